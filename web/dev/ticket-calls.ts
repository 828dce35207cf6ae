/** Calls about tickets and their files. */
import type {
  AnyEntry,
  Can,
  Entry,
  EntryData,
  EntryType,
  Place,
  Status,
  Ticket,
  TicketChange,
  User,
} from '../src/api/types.ts';
import { ago } from './data.ts';
import { type Body, type Call, type Desk, json, nothing, type Route, refuse } from './desk.ts';
import { append, type Held, person } from './tickets.ts';

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==',
  'base64',
);

function can(me: User | undefined, ticket: Held['ticket']): Can {
  const open = !ticket.deleted_at && ticket.merged_into == null;
  const admin = open && me?.role === 'administrator';
  const staff = admin || (open && me?.role === 'specialist');
  return {
    message: open,
    attach: open,
    note: staff,
    resolve: staff,
    title: staff,
    priority: staff,
    classify: staff,
    due: staff,
    cc: staff || (open && ticket.requester.id === me?.id),
    status: admin,
    assign: admin,
    claim: staff && ticket.assignee?.id !== me?.id,
    rate: open && ticket.status === 'resolved' && ticket.requester.id === me?.id,
    delete: me?.role === 'administrator',
  };
}

export function ticket(me: User | undefined, held: Held): Ticket {
  return { ...held.ticket, can: can(me, held.ticket) };
}

export function heldOf(desk: Desk, { me }: Call, number: string | undefined, claiming = false): Held {
  if (desk.sessionEnded) return refuse(401, 'sign_in_needed');
  const held = desk.tickets.get(Number(number)) ?? refuse(404, 'not_found');
  if (!me) return refuse(401, 'sign_in_needed');
  if (me.role === 'user' && held.ticket.requester.id !== me.id) return refuse(404, 'not_found');
  if (held.ticket.deleted_at && me.role !== 'administrator') return refuse(404, 'not_found');
  const theirs = held.ticket.assignee?.id === me.id || (claiming && !held.ticket.assignee);
  if (desk.seeAssigned && me.role === 'specialist' && !theirs) return refuse(404, 'not_found');
  return held;
}

function list(desk: Desk, { url, me }: Call): Response {
  if (!me) return refuse(401, 'sign_in_needed');
  const query = url.searchParams;
  const wanted = query
    .getAll('status')
    .flatMap((s): string[] => (s === 'pending' ? ['new', 'in_process', 'on_hold'] : [s]));
  const assignee = query.get('assignee') === 'me' ? me.id : query.get('assignee');
  const rows = [...desk.tickets.values()]
    .map(held => ticket(me, held))
    .filter(t => me.role !== 'user' || t.requester.id === me.id)
    .filter(t => wanted.length === 0 || wanted.includes(t.status))
    .filter(t => !assignee || (assignee === 'none' ? t.assignee === null : t.assignee?.id === assignee))
    .filter(t => Boolean(t.deleted_at) === (query.get('deleted') === 'true'))
    .filter(t => !query.get('kind') || t.kind === query.get('kind'))
    .filter(t => !query.get('category_id') || t.category_id === query.get('category_id'))
    .filter(t => !query.get('company_id') || t.company_id === query.get('company_id'))
    .filter(t => !query.get('requester') || t.requester.id === query.get('requester'))
    .sort(order(query.get('sort')));
  const from = Number(query.get('cursor') ?? 0);
  const limit = Number(query.get('limit') ?? 25);
  const next = from + limit < rows.length ? String(from + limit) : null;
  return json({ items: rows.slice(from, from + limit), next_cursor: next });
}

function order(sort: string | null): (a: Ticket, b: Ticket) => number {
  const rank = { low: 0, normal: 1, high: 2, urgent: 3 };
  if (sort === '-priority') return (a, b) => rank[b.priority] - rank[a.priority];
  if (sort === 'due_at') return (a, b) => (a.due_at ?? '9').localeCompare(b.due_at ?? '9');
  return (a, b) => b.updated_at.localeCompare(a.updated_at);
}

/** A guest is somebody new; nobody sees the ticket until the mailed link is used, and here nobody ever uses it. */
function opener(desk: Desk, { body, me }: Call): User {
  if (me) return me;
  const guest = body.guest as { name: string; email: string } | undefined;
  if (!guest || !desk.settings.guest_tickets) return refuse(401, 'sign_in_needed');
  return { ...(desk.users.at(-1) as User), ...guest, id: 'usr_guest', role: 'user' };
}

function create(desk: Desk, call: Call): Response {
  const { body } = call;
  const me = opener(desk, call);
  if (String(body.title).includes('422'))
    return refuse(422, 'invalid', { errors: [{ field: 'title', code: 'too_long', detail: '' }] });
  const number = Math.max(...desk.tickets.keys()) + 1;
  const model = desk.tickets.values().next().value ?? refuse(500, 'no_model');
  const held: Held = {
    ticket: {
      ...model.ticket,
      ...(body as Partial<Ticket>),
      number,
      version: 1,
      status: 'new',
      priority: (body.priority as Ticket['priority'] | undefined) ?? 'normal',
      assignee: null,
      due_at: null,
      resolved_at: null,
      requester: body.requester
        ? { id: 'usr_new', ...(body.requester as { name: string; email: string }) }
        : { id: me.id, name: me.name, email: me.email },
      created_at: ago(0),
      channel: 'web',
      last_seq: 0,
    },
    entries: [],
  };
  append(held, me, { type: 'opened', body: String(body.body), data: { attachments: attached(desk, body) } });
  desk.tickets.set(number, held);
  return json(ticket(me, held), 201, { Location: `/api/tickets/${number}` });
}

function attached(desk: Desk, body: Body) {
  return ((body.attachment_ids as string[] | undefined) ?? []).map(id => ({
    attachment_id: id,
    ...(desk.uploads.get(id) ?? refuse(422, 'invalid')),
  }));
}

export function shown(me: User | undefined, entries: readonly Entry[]): AnyEntry[] {
  if (me?.role !== 'user') return [...entries];
  return entries.map(e =>
    e.type === 'note' ? { seq: e.seq, hash: e.hash, previous_hash: e.previous_hash, hidden: true } : e,
  );
}

function open(desk: Desk, call: Call, number: string | undefined): Response {
  const held = heldOf(desk, call, number);
  const all = shown(call.me, held.entries);
  const from = Math.max(0, all.length - desk.pageSize);
  return json({
    ticket: ticket(call.me, held),
    entries: all.slice(from),
    older_cursor: from > 0 ? String(from) : null,
    attachments: [],
  });
}

/** The page before a place in the history, newest first. */
function older(desk: Desk, all: AnyEntry[], before: number): Response {
  if (desk.pageSize === 0) return refuse(503, 'unavailable');
  const from = Math.max(0, before - desk.pageSize);
  return json({ items: all.slice(from, before).reverse(), next_cursor: from > 0 ? String(from) : null });
}

function entries(desk: Desk, call: Call, number: string | undefined): Response {
  const held = heldOf(desk, call, number);
  const before = call.url.searchParams.get('cursor');
  if (before !== null) return older(desk, shown(call.me, held.entries), Number(before));
  const after = Number(call.url.searchParams.get('after') ?? 0);
  return json({ items: shown(call.me, held.entries).filter(e => e.seq > after), next_cursor: null });
}

const FIELDS = ['category_id', 'subcategory_id', 'corporation_id', 'company_id', 'site_id', 'cost_centre_id'] as const;

const placeOf = (ticket: Place): Place => ({
  kind: ticket.kind,
  ...Object.fromEntries(FIELDS.filter(field => ticket[field]).map(field => [field, ticket[field]])),
});

function change(desk: Desk, call: Call, number: string | undefined): Response {
  const held = heldOf(desk, call, number);
  if (call.request.headers.get('If-Match') !== `"${held.ticket.version}"`)
    return refuse(412, 'stale_version', { current: ticket(call.me, held) });
  const { assignee_id, ...fields } = call.body as TicketChange;
  const before = structuredClone(held.ticket);
  Object.assign(held.ticket, fields);
  const { status, priority, due_at } = held.ticket;
  const note = (type: EntryType, data: EntryData) => append(held, call.me, { type, data });
  if (fields.status) note('status', { from: before.status, to: status });
  if (fields.priority) note('priority', { from: before.priority, to: priority });
  if (fields.title) note('title', { from: before.title, to: fields.title });
  if (fields.cc) note('cc', {});
  if (fields.due_at !== undefined) note('due', { from: before.due_at, to: due_at });
  const [from, to] = [placeOf(before), placeOf(held.ticket)];
  if (JSON.stringify(from) !== JSON.stringify(to)) note('classified', { from, to });
  if (assignee_id !== undefined) assign(held, call.me, person(assignee_id));
  held.ticket.version += 1;
  return json(ticket(call.me, held));
}

function assign(held: Held, by: User | undefined, to: User | undefined): void {
  const next = to ? { id: to.id, name: to.name } : null;
  append(held, by, { type: 'assigned', data: { from: held.ticket.assignee, to: next } });
  held.ticket.assignee = next;
}

function claim(desk: Desk, call: Call, number: string | undefined): Response {
  const held = heldOf(desk, call, number, true);
  assign(held, call.me, call.me);
  held.ticket.version += 1;
  return json(ticket(call.me, held));
}

function message(desk: Desk, call: Call, number: string | undefined): Response {
  const held = heldOf(desk, call, number);
  const { body, me } = call;
  const type = body.visibility === 'internal' ? 'note' : 'message';
  const entry = append(held, me, { type, body: String(body.body), data: { attachments: attached(desk, body) } });
  if (body.due_at) {
    append(held, me, { type: 'due', data: { from: held.ticket.due_at, to: String(body.due_at) } });
    held.ticket.due_at = String(body.due_at);
  }
  const next: Status | undefined = body.resolve
    ? 'resolved'
    : me?.role === 'user' && held.ticket.status === 'resolved'
      ? 'in_process'
      : undefined;
  if (next) {
    append(held, me, {
      type: next === 'resolved' ? 'status' : 'reopened',
      data: { from: held.ticket.status, to: next },
    });
    held.ticket.status = next;
    held.ticket.resolved_at = next === 'resolved' ? ago(0) : null;
  }
  return json(entry, 201);
}

function verify(desk: Desk, number: string | undefined): Response {
  const held = desk.tickets.get(Number(number)) ?? refuse(404, 'not_found');
  const { head_hash } = held.ticket;
  const entries = held.entries.length;
  if (desk.tampered.has(Number(number)))
    return json({ valid: false, entries, head_hash, first_bad_seq: 2, problem: 'altered' });
  return json({ valid: true, entries, head_hash });
}

function upload(desk: Desk, { body, url, me }: Call): Response {
  if (!me) {
    if (!desk.settings.guest_tickets) return refuse(401, 'sign_in_needed');
    desk.guestUploads.push(String(body.name));
  }
  const id = `att_${desk.uploads.size}${String(body.name).includes('bad') ? 'bad' : ''}`;
  desk.uploads.set(id, body as never);
  return json(
    {
      attachment_id: id,
      upload: {
        method: 'PUT',
        url: `${url.origin}/files/${id}`,
        headers: { 'Content-Type': String(body.content_type) },
      },
      expires_at: ago(-900_000),
    },
    201,
  );
}

export const ticketCalls: Route[] = [
  ['GET', /^\/api\/tickets$/, (desk, call) => list(desk, call)],
  ['POST', /^\/api\/tickets$/, (desk, call) => create(desk, call)],
  ['GET', /^\/api\/tickets\/(\d+)$/, (desk, call, n) => open(desk, call, n)],
  ['PATCH', /^\/api\/tickets\/(\d+)$/, (desk, call, n) => change(desk, call, n)],
  ['GET', /^\/api\/tickets\/(\d+)\/entries$/, (desk, call, n) => entries(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/messages$/, (desk, call, n) => message(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/claim$/, (desk, call, n) => claim(desk, call, n)],
  ['GET', /^\/api\/tickets\/(\d+)\/verify$/, (desk, _call, n) => verify(desk, n)],
  [
    'GET',
    /^\/api\/tickets\/(\d+)\/attachments\/([^/]+)$/,
    (_desk, { url }, _n, id) =>
      json({ url: `${url.origin}/files/${id}`, name: id, content_type: 'image/png', size: 70 }),
  ],
  ['POST', /^\/api\/attachments$/, (desk, call) => upload(desk, call)],
  [
    'POST',
    /^\/api\/attachments\/([^/]+)\/complete$/,
    (_desk, _call, id) => json({ attachment_id: id, state: 'stored' }),
  ],
  ['DELETE', /^\/api\/attachments\/([^/]+)$/, () => nothing()],
  ['PUT', /^\/files\/([^/]+)$/, (_desk, _call, id) => new Response(null, { status: id.includes('bad') ? 403 : 200 })],
  ['GET', /^\/files\/([^/]+)$/, () => new Response(PIXEL, { headers: { 'Content-Type': 'image/png' } })],
];
