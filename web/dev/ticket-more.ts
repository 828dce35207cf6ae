/** Calls about what becomes of tickets: counts, marks, many at once, deleting, merging, ties, ratings, links, ready texts. */
import type { BulkSet, CannedReply, Ticket } from '../src/api/types.ts';
import { ago, DAY } from './data.ts';
import { type Call, type Desk, json, nothing, type Route, refuse } from './desk.ts';
import { heldOf, ticket } from './ticket-calls.ts';
import { append, person } from './tickets.ts';

const PENDING = new Set(['new', 'in_process', 'on_hold']);

function counts(desk: Desk, { me }: Call): Response {
  if (!me) return refuse(401, 'sign_in_needed');
  const pending = [...desk.tickets.values()].map(h => h.ticket).filter(t => PENDING.has(t.status) && !t.deleted_at);
  return json({
    pending: pending.length,
    mine: pending.filter(t => t.assignee?.id === me.id).length,
    unassigned: pending.filter(t => !t.assignee).length,
    overdue: pending.filter(t => t.due_at && t.due_at < ago(0)).length,
  });
}

function reads(desk: Desk, { url, me }: Call): Response {
  if (!me) return refuse(401, 'sign_in_needed');
  const marks = desk.marks(me.id);
  const numbers = url.searchParams.getAll('number');
  if (numbers.length > 20) return refuse(422, 'invalid');
  const items = numbers.map(n => ({ number: Number(n), seq: marks.get(Number(n)) ?? 0 }));
  return json({ items });
}

function markRead(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  desk.marks(call.me?.id ?? '').set(held.ticket.number, Math.min(Number(call.body.seq), held.ticket.last_seq));
  return nothing();
}

function bulk(desk: Desk, { body, me }: Call): Response {
  if (me?.role !== 'administrator') return refuse(403, 'forbidden');
  const { assignee_id, status, priority } = body.set as BulkSet;
  const results = (body.numbers as number[]).map(number => {
    const held = desk.tickets.get(number);
    if (!held || desk.stubborn.has(number))
      return { number, ok: false, problem: { status: 409, code: 'merged', title: 'merged' } };
    if (status) held.ticket.status = status;
    if (priority) held.ticket.priority = priority;
    const to = assignee_id == null ? undefined : person(assignee_id);
    if (assignee_id !== undefined) held.ticket.assignee = to ? { id: to.id, name: to.name } : null;
    held.ticket.version += 1;
    return { number, ok: true };
  });
  return json({ results });
}

function remove(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  append(held, call.me, { type: 'deleted' });
  held.ticket.deleted_at = ago(0);
  return nothing();
}

function restore(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  if (held.ticket.erased) return refuse(409, 'erased');
  append(held, call.me, { type: 'restored' });
  held.ticket.deleted_at = null;
  return json(ticket(call.me, held));
}

function erase(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  held.ticket.deleted_at ??= ago(0);
  Object.assign(held.ticket, { erased: true, title: '' });
  for (const entry of held.entries) entry.body = undefined;
  append(held, call.me, { type: 'erased' });
  return json(ticket(call.me, held));
}

function merge(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  const into = desk.tickets.get(Number(call.body.into));
  const field = (code: string) => refuse(422, 'invalid', { errors: [{ field: 'into', code, detail: '' }] });
  if (!into) return field('unknown');
  if (into === held) return field('same_ticket');
  if (held.ticket.merged_into != null || into.ticket.merged_into != null || desk.stubborn.has(into.ticket.number))
    return refuse(409, 'merged');
  Object.assign(held.ticket, { merged_into: into.ticket.number, status: 'cancelled' });
  append(held, call.me, { type: 'merged', data: { into: into.ticket.number } });
  append(into, call.me, { type: 'merged', data: { from: held.ticket.number } });
  return json(ticket(call.me, held));
}

function tie(desk: Desk, call: Call, n: string, m: string, removed: boolean): Response {
  const [one, other] = [heldOf(desk, call, n), heldOf(desk, call, m)];
  const half = (from: typeof one, to: number) => {
    const rest = (from.ticket.links ?? []).filter(number => number !== to);
    from.ticket.links = removed ? rest : [...rest, to];
    append(from, call.me, { type: 'linked', data: { ticket: to, ...(removed ? { removed } : {}) } });
  };
  half(one, other.ticket.number);
  half(other, one.ticket.number);
  return removed ? nothing() : json(ticket(call.me, one));
}

function rate(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  if (held.ticket.status !== 'resolved') return refuse(409, 'not_resolved');
  const { stars, comment } = call.body as { stars: number; comment?: string };
  held.ticket.rating = { stars, comment: comment ?? null, at: ago(0) };
  append(held, call.me, { type: 'rated', data: { stars, comment: comment ?? null } });
  return json(ticket(call.me, held));
}

const holders = (held: { ticket: Omit<Ticket, 'can'> }) => [
  {
    id: 'key_1',
    person: { id: held.ticket.requester.id, name: held.ticket.requester.name },
    created_at: ago(2 * DAY),
    expires_at: ago(-28 * DAY),
    expired: false,
  },
  {
    id: 'key_2',
    person: { id: 'usr_helen', name: 'Helen Brooks' },
    created_at: ago(40 * DAY),
    expires_at: ago(10 * DAY),
    expired: true,
  },
];

function keys(desk: Desk, call: Call, n: string | undefined): Response {
  const held = heldOf(desk, call, n);
  return json({ items: holders(held).filter(key => !desk.revoked.has(`${n} ${key.id}`)) });
}

function revoke(desk: Desk, call: Call, n: string | undefined, id?: string): Response {
  const held = heldOf(desk, call, n);
  for (const key of holders(held)) if (id === undefined || key.id === id) desk.revoked.add(`${n} ${key.id}`);
  return nothing();
}

/** For one ticket, each is filled; where its language is missing, by the first there is. Without a ticket, as they are. */
function canned(desk: Desk, call: Call): Response {
  if (!call.me || call.me.role === 'user') return refuse(403, 'forbidden');
  const number = call.url.searchParams.get('ticket');
  if (number === null) return json(desk.canned);
  const { ticket: about } = heldOf(desk, call, number);
  const locale = person(about.requester.id)?.locale ?? 'es';
  const fill = (text: string) =>
    text
      .replaceAll('{{requester}}', about.requester.name)
      .replaceAll('{{ticket}}', `CH-${about.number}`)
      .replaceAll('{{specialist}}', about.assignee?.name ?? '—')
      .replaceAll('{{due}}', about.due_at?.slice(0, 10) ?? '—');
  const replies = desk.canned.replies.map((reply): CannedReply => {
    const [first = 'es'] = (['es', 'pt', 'en'] as const).filter(one => reply.bodies[one]);
    const spoken = reply.bodies[locale] ? locale : first;
    return { ...reply, locale: spoken, body: fill(reply.bodies[spoken] ?? '') };
  });
  return json({ replies });
}

export const moreTicketCalls: Route[] = [
  ['GET', /^\/api\/tickets\/counts$/, (desk, call) => counts(desk, call)],
  ['GET', /^\/api\/tickets\/reads$/, (desk, call) => reads(desk, call)],
  ['POST', /^\/api\/tickets\/bulk$/, (desk, call) => bulk(desk, call)],
  ['PUT', /^\/api\/tickets\/(\d+)\/read$/, (desk, call, n) => markRead(desk, call, n)],
  ['DELETE', /^\/api\/tickets\/(\d+)$/, (desk, call, n) => remove(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/restore$/, (desk, call, n) => restore(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/erase$/, (desk, call, n) => erase(desk, call, n)],
  ['POST', /^\/api\/tickets\/(\d+)\/merge$/, (desk, call, n) => merge(desk, call, n)],
  ['PUT', /^\/api\/tickets\/(\d+)\/links\/(\d+)$/, (desk, call, n = '', m = '') => tie(desk, call, n, m, false)],
  ['DELETE', /^\/api\/tickets\/(\d+)\/links\/(\d+)$/, (desk, call, n = '', m = '') => tie(desk, call, n, m, true)],
  ['PUT', /^\/api\/tickets\/(\d+)\/rating$/, (desk, call, n) => rate(desk, call, n)],
  ['GET', /^\/api\/tickets\/(\d+)\/keys$/, (desk, call, n) => keys(desk, call, n)],
  ['DELETE', /^\/api\/tickets\/(\d+)\/keys$/, (desk, call, n) => revoke(desk, call, n)],
  ['DELETE', /^\/api\/tickets\/(\d+)\/keys\/([^/]+)$/, (desk, call, n, id) => revoke(desk, call, n, id)],
  ['GET', /^\/api\/canned-replies$/, (desk, call) => canned(desk, call)],
];
