/**
 * A fake of the API for developing and for tests of the client, as one function from request to answer. It knows the
 * shapes and codes of API.md, not its guarantees; no build contains it.
 */
import type { AnyEntry, Can, Entry, Mailbox, Problem, Status, Sweep, Ticket, User } from '../src/api/types.ts';
import { ago, categories, mailboxes, messages, organisation, sweeps, users } from './data.ts';
import { append, type Held, makeTickets, person } from './tickets.ts';

class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

const refuse = (status: number, code: string, more: Partial<Problem> = {}): never => {
  throw new Refused({ status, code, title: code, request_id: 'req_fake', ...more });
};

const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

type Body = Record<string, unknown>;
interface Call {
  url: URL;
  body: Body;
  me: User | undefined;
  request: Request;
}
type Handler = (call: Call, ...parts: string[]) => Response;

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPj/HwADBwIAMCbHYQAAAABJRU5ErkJggg==',
  'base64',
);

export class Mock {
  readonly tickets = makeTickets();
  readonly mailboxes: Mailbox[] = structuredClone(mailboxes);
  readonly users: User[] = structuredClone(users);
  readonly sweeps: Record<string, Sweep[]> = structuredClone(sweeps);
  readonly uploads = new Map<string, { name: string; content_type: string; size: number; sha256: string }>();
  readonly seen: { method: string; path: string; key: string | null; body: Body }[] = [];
  /** Who is signed in, by user id; a browser's cookie wins over it. */
  signedIn: string | undefined;
  /** Makes every call fail as if the session had ended. */
  sessionEnded = false;
  tampered = new Set<number>();
  #started = new Map<string, number>();

  readonly #routes: [string, RegExp, Handler][] = [
    [
      'GET',
      /^\/api\/site$/,
      () =>
        json({
          site_name: 'Mesa de servicio · Grupo Andino',
          default_locale: 'es',
          guest_tickets: false,
          open_sign_up: true,
          max_attachment_mb: 50,
          time_zone: 'America/Santiago',
          ticket_prefix: 'CH',
        }),
    ],
    ['GET', /^\/api\/me$/, ({ me }) => json(me ?? refuse(401, 'sign_in_needed'))],
    ['PATCH', /^\/api\/me$/, ({ me, body }) => json(Object.assign(me ?? refuse(401, 'sign_in_needed'), body))],
    ['POST', /^\/api\/sign-in$/, () => new Response(null, { status: 202 })],
    ['POST', /^\/api\/session$/, call => this.#enter(call)],
    ['DELETE', /^\/api\/session$/, () => this.#leave()],
    ['POST', /^\/api\/ticket-links$/, () => new Response(null, { status: 202 })],
    [
      'GET',
      /^\/api\/specialists$/,
      () =>
        json({
          items: this.users
            .filter(u => u.role !== 'user')
            .map(u => ({ id: u.id, name: u.name, pending: this.#pending(u.id) })),
        }),
    ],
    ['GET', /^\/api\/organisation$/, () => json(organisation)],
    ['GET', /^\/api\/categories$/, () => json(categories)],
    ['GET', /^\/api\/users$/, () => json({ items: this.users, next_cursor: null })],
    ['POST', /^\/api\/users$/, ({ body }) => this.#addUser(body)],
    ['PATCH', /^\/api\/users\/([^/]+)$/, ({ body }, id) => this.#changeUser(id, body)],
    ['GET', /^\/api\/tickets$/, call => this.#list(call)],
    ['POST', /^\/api\/tickets$/, call => this.#create(call)],
    ['GET', /^\/api\/tickets\/(\d+)$/, (call, n) => this.#open(call, n)],
    ['PATCH', /^\/api\/tickets\/(\d+)$/, (call, n) => this.#change(call, n)],
    ['GET', /^\/api\/tickets\/(\d+)\/entries$/, (call, n) => this.#entries(call, n)],
    ['POST', /^\/api\/tickets\/(\d+)\/messages$/, (call, n) => this.#message(call, n)],
    ['POST', /^\/api\/tickets\/(\d+)\/claim$/, (call, n) => this.#claim(call, n)],
    ['GET', /^\/api\/tickets\/(\d+)\/verify$/, (_call, n) => this.#verify(n)],
    [
      'GET',
      /^\/api\/tickets\/(\d+)\/attachments\/([^/]+)$/,
      ({ url }, _n, id) => json({ url: `${url.origin}/files/${id}`, name: id, content_type: 'image/png', size: 70 }),
    ],
    ['POST', /^\/api\/attachments$/, call => this.#upload(call)],
    ['POST', /^\/api\/attachments\/([^/]+)\/complete$/, (_call, id) => json({ attachment_id: id, state: 'stored' })],
    ['DELETE', /^\/api\/attachments\/([^/]+)$/, () => new Response(null, { status: 204 })],
    ['PUT', /^\/files\/([^/]+)$/, (_call, id) => new Response(null, { status: id.includes('bad') ? 403 : 200 })],
    ['GET', /^\/files\/([^/]+)$/, () => new Response(PIXEL, { headers: { 'Content-Type': 'image/png' } })],
    ['GET', /^\/api\/mailboxes$/, () => json({ items: this.mailboxes, next_cursor: null })],
    ['POST', /^\/api\/mailboxes$/, ({ body }) => this.#addMailbox(body)],
    [
      'PATCH',
      /^\/api\/mailboxes\/([^/]+)$/,
      ({ body }, id) => json(Object.assign(this.mailboxes.find(m => m.id === id) ?? refuse(404, 'not_found'), body)),
    ],
    [
      'POST',
      /^\/api\/mailboxes\/([^/]+)\/test$/,
      (_call, id) =>
        json(
          id === 'mbx_ajuda'
            ? { ok: false, code: 'auth_failed', detail: '-ERR [AUTH] Authentication failed.' }
            : { ok: true, messages: 22 },
        ),
    ],
    ['POST', /^\/api\/mailboxes\/([^/]+)\/sweep$/, (_call, id) => json(this.#sweep(id), 202)],
    [
      'POST',
      /^\/api\/sweeps$/,
      () => {
        for (const box of this.mailboxes) this.#sweep(box.id);
        return json({ sweep_id: 'swp_all' }, 202);
      },
    ],
    [
      'GET',
      /^\/api\/mailboxes\/([^/]+)\/sweeps$/,
      (_call, id) => json({ items: this.#progress(id), next_cursor: null }),
    ],
    [
      'GET',
      /^\/api\/mailboxes\/([^/]+)\/messages$/,
      ({ url }) =>
        json({
          items: messages.filter(m => !url.searchParams.get('state') || m.state === url.searchParams.get('state')),
          next_cursor: null,
        }),
    ],
  ];

  handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    try {
      const text = url.pathname.startsWith('/api/') ? await request.text() : '';
      const body = text === '' ? {} : (JSON.parse(text) as Body);
      this.seen.push({ method: request.method, path: url.pathname, key: request.headers.get('Idempotency-Key'), body });
      const me = this.#who(request);
      for (const [method, pattern, handler] of this.#routes) {
        const match = method === request.method && pattern.exec(url.pathname);
        if (match) return handler({ url, body, me, request }, ...match.slice(1).map(decodeURIComponent));
      }
      return refuse(404, 'not_found');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return json(error.problem, error.problem.status, { 'Content-Type': 'application/problem+json' });
    }
  };

  #who(request: Request): User | undefined {
    if (this.sessionEnded) return undefined;
    const cookie = /session=([^;]+)/.exec(request.headers.get('Cookie') ?? '')?.[1];
    return this.users.find(user => user.id === (cookie ?? this.signedIn));
  }

  #enter({ body }: Call): Response {
    if (body.ticket_key === 'expired') return refuse(401, 'key_expired');
    if (body.token === 'used') return refuse(401, 'link_used');
    const held = this.tickets.get(Number(body.ticket));
    const user = held
      ? person(held.ticket.requester.id)
      : this.users.find(u => u.email === body.email || u.id === `usr_${String(body.token)}`);
    if (!user || body.password === 'wrong' || body.ticket_key === 'wrong') return refuse(401, 'bad_credentials');
    this.sessionEnded = false;
    this.signedIn = user.id;
    const scope = held ? { kind: 'guest', tickets: [held.ticket.number] } : { kind: 'user' };
    return json({ user, scope }, 200, { 'Set-Cookie': `session=${user.id}; Path=/; SameSite=Lax; HttpOnly` });
  }

  #leave(): Response {
    this.signedIn = undefined;
    return new Response(null, { status: 204, headers: { 'Set-Cookie': 'session=; Path=/; Max-Age=0' } });
  }

  #pending(id: string): number {
    return [...this.tickets.values()].filter(
      h => h.ticket.assignee?.id === id && h.ticket.status !== 'resolved' && h.ticket.status !== 'cancelled',
    ).length;
  }

  #addUser(body: Body): Response {
    if (this.users.some(user => user.email === body.email)) return refuse(409, 'email_taken');
    const user = { ...body, id: `usr_${this.users.length}` } as User;
    this.users.push(user);
    return json(user, 201);
  }

  #changeUser(id: string | undefined, body: Body): Response {
    const user = this.users.find(u => u.id === id) ?? refuse(404, 'not_found');
    const administrators = this.users.filter(u => u.role === 'administrator' && u.active);
    const leaves = (body.role !== undefined && body.role !== 'administrator') || body.active === false;
    if (leaves && administrators.length === 1 && administrators[0]?.id === user.id)
      return refuse(409, 'last_administrator');
    return json(Object.assign(user, body));
  }

  #addMailbox(body: Body): Response {
    if (body.host === 'nowhere') return refuse(422, 'invalid', { errors: [{ field: 'host', code: 'invalid' }] });
    const { auth, ...rest } = body as unknown as Mailbox;
    const mailbox = {
      ...rest,
      id: `mbx_${this.mailboxes.length}`,
      auth: { type: auth.type, username: auth.username },
    } as Mailbox;
    this.mailboxes.push(mailbox);
    this.sweeps[mailbox.id] = [];
    return json(mailbox, 201);
  }

  #can(me: User | undefined, ticket: Held['ticket']): Can {
    const admin = me?.role === 'administrator';
    const staff = admin || me?.role === 'specialist';
    return {
      message: true,
      attach: true,
      note: staff,
      resolve: staff,
      title: staff,
      priority: staff,
      classify: staff,
      due: staff,
      cc: true,
      status: admin,
      assign: admin,
      claim: staff && ticket.assignee?.id !== me?.id,
      rate: false,
      delete: admin,
    };
  }

  #ticket(me: User | undefined, held: Held): Ticket {
    return { ...held.ticket, can: this.#can(me, held.ticket) };
  }

  #held({ me }: Call, number: string | undefined): Held {
    if (this.sessionEnded) return refuse(401, 'sign_in_needed');
    const held = this.tickets.get(Number(number)) ?? refuse(404, 'not_found');
    if (!me) return refuse(401, 'sign_in_needed');
    if (me.role === 'user' && held.ticket.requester.id !== me.id) return refuse(404, 'not_found');
    return held;
  }

  #list({ url, me }: Call): Response {
    if (!me) return refuse(401, 'sign_in_needed');
    const query = url.searchParams;
    const wanted = query
      .getAll('status')
      .flatMap((s): string[] => (s === 'pending' ? ['new', 'in_process', 'on_hold'] : [s]));
    const assignee = query.get('assignee') === 'me' ? me.id : query.get('assignee');
    const rows = [...this.tickets.values()]
      .map(held => this.#ticket(me, held))
      .filter(t => me.role !== 'user' || t.requester.id === me.id)
      .filter(t => wanted.length === 0 || wanted.includes(t.status))
      .filter(t => !assignee || (assignee === 'none' ? t.assignee === null : t.assignee?.id === assignee))
      .filter(t => !query.get('kind') || t.kind === query.get('kind'))
      .sort(this.#order(query.get('sort')));
    const from = Number(query.get('cursor') ?? 0);
    const limit = Number(query.get('limit') ?? 25);
    const next = from + limit < rows.length ? String(from + limit) : null;
    return json({ items: rows.slice(from, from + limit), next_cursor: next });
  }

  #order(sort: string | null): (a: Ticket, b: Ticket) => number {
    const rank = { low: 0, normal: 1, high: 2, urgent: 3 };
    if (sort === '-priority') return (a, b) => rank[b.priority] - rank[a.priority];
    if (sort === 'due_at') return (a, b) => (a.due_at ?? '9').localeCompare(b.due_at ?? '9');
    return (a, b) => b.updated_at.localeCompare(a.updated_at);
  }

  #create({ body, me }: Call): Response {
    if (!me) return refuse(401, 'sign_in_needed');
    if (String(body.title).includes('422'))
      return refuse(422, 'invalid', { errors: [{ field: 'title', code: 'too_long' }] });
    const number = Math.max(...this.tickets.keys()) + 1;
    const model = this.tickets.values().next().value ?? refuse(500, 'no_model');
    const held: Held = {
      ticket: {
        ...model.ticket,
        ...(body as Partial<Ticket>),
        number,
        version: 1,
        status: 'new',
        priority: 'normal',
        assignee: null,
        due_at: null,
        resolved_at: null,
        requester: { id: me.id, name: me.name, email: me.email },
        created_at: ago(0),
        channel: 'web',
        last_seq: 0,
      },
      entries: [],
    };
    append(held, me, { type: 'opened', body: String(body.body), data: { attachments: this.#attached(body) } });
    this.tickets.set(number, held);
    return json(this.#ticket(me, held), 201, { Location: `/api/tickets/${number}` });
  }

  #attached(body: Body) {
    return ((body.attachment_ids as string[] | undefined) ?? []).map(id => ({
      attachment_id: id,
      ...(this.uploads.get(id) ?? refuse(422, 'invalid')),
    }));
  }

  #shown(me: User | undefined, entries: readonly Entry[]): AnyEntry[] {
    if (me?.role !== 'user') return [...entries];
    return entries.map(e =>
      e.type === 'note' ? { seq: e.seq, hash: e.hash, previous_hash: e.previous_hash, hidden: true } : e,
    );
  }

  #open(call: Call, number: string | undefined): Response {
    const held = this.#held(call, number);
    return json({
      ticket: this.#ticket(call.me, held),
      entries: this.#shown(call.me, held.entries).slice(-50),
      older_cursor: null,
      attachments: [],
    });
  }

  #entries(call: Call, number: string | undefined): Response {
    const held = this.#held(call, number);
    const after = Number(call.url.searchParams.get('after') ?? 0);
    return json({ items: this.#shown(call.me, held.entries).filter(e => e.seq > after), next_cursor: null });
  }

  #change(call: Call, number: string | undefined): Response {
    const held = this.#held(call, number);
    const { ticket } = held;
    if (call.request.headers.get('If-Match') !== `"${ticket.version}"`)
      return refuse(412, 'stale_version', { current: this.#ticket(call.me, held) });
    const { assignee_id, status, due_at, priority, ...rest } = call.body;
    if (status !== undefined) append(held, call.me, { type: 'status', data: { from: ticket.status, to: status } });
    if (priority !== undefined)
      append(held, call.me, { type: 'priority', data: { from: ticket.priority, to: priority } });
    if (due_at !== undefined) append(held, call.me, { type: 'due', data: { from: ticket.due_at, to: due_at } });
    if (Object.keys(rest).length > 0)
      append(held, call.me, {
        type: 'classified',
        data: { changes: Object.fromEntries(Object.entries(rest).map(([k, to]) => [k, { from: null, to }])) },
      });
    if (assignee_id !== undefined) this.#assign(held, call.me, person(assignee_id as string | null));
    Object.assign(
      ticket,
      rest,
      status ? { status } : {},
      priority ? { priority } : {},
      due_at !== undefined ? { due_at } : {},
    );
    ticket.version += 1;
    return json(this.#ticket(call.me, held));
  }

  #assign(held: Held, by: User | undefined, to: User | undefined): void {
    const next = to ? { id: to.id, name: to.name } : null;
    append(held, by, { type: 'assigned', data: { from: held.ticket.assignee, to: next } });
    held.ticket.assignee = next;
  }

  #claim(call: Call, number: string | undefined): Response {
    const held = this.#held(call, number);
    this.#assign(held, call.me, call.me);
    held.ticket.version += 1;
    return json(this.#ticket(call.me, held));
  }

  #message(call: Call, number: string | undefined): Response {
    const held = this.#held(call, number);
    const { body, me } = call;
    const type = body.visibility === 'internal' ? 'note' : 'message';
    const entry = append(held, me, { type, body: String(body.body), data: { attachments: this.#attached(body) } });
    if (body.due_at) {
      append(held, me, { type: 'due', data: { from: held.ticket.due_at, to: body.due_at } });
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

  #verify(number: string | undefined): Response {
    const held = this.tickets.get(Number(number)) ?? refuse(404, 'not_found');
    const { head_hash } = held.ticket;
    const entries = held.entries.length;
    if (this.tampered.has(Number(number)))
      return json({ valid: false, entries, head_hash, first_bad_seq: 2, problem: 'altered' });
    return json({ valid: true, entries, head_hash });
  }

  #upload({ body, url }: Call): Response {
    const id = `att_${this.uploads.size}${String(body.name).includes('bad') ? 'bad' : ''}`;
    this.uploads.set(id, body as never);
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

  #sweep(id: string | undefined): { sweep_id: string } {
    const list = this.sweeps[id ?? ''] ?? refuse(404, 'not_found');
    const sweep = {
      id: `swp_${Date.now()}_${id}`,
      state: 'asked',
      found: 0,
      done: 0,
      imported: 0,
      replies: 0,
      ignored: 0,
      quarantined: 0,
      duplicates: 0,
      oversize: 0,
      bytes: 0,
      started_at: ago(0),
      ended_at: null,
    } as Sweep;
    list.unshift(sweep);
    this.#started.set(String(sweep.id), Date.now());
    return { sweep_id: String(sweep.id) };
  }

  /** A sweep of 22 messages takes ten seconds. */
  #progress(id: string | undefined): Sweep[] {
    const list = this.sweeps[id ?? ''] ?? refuse(404, 'not_found');
    for (const sweep of list) {
      const started = this.#started.get(String(sweep.id));
      if (started === undefined || sweep.state === 'done') continue;
      const done = Math.min(22, Math.floor((Date.now() - started) / 450));
      Object.assign(sweep, {
        state: done === 22 ? 'done' : 'running',
        found: 22,
        done,
        imported: Math.floor(done * 0.6),
        ended_at: done === 22 ? ago(0) : null,
      });
    }
    return list;
  }
}
