/** Calls about mailboxes and their sweeps. */
import type { Mailbox, Sweep } from '../src/api/types.ts';
import { ended } from '../src/lib/sweeps.ts';
import { ago, HOUR, messages, sweep as newSweep } from './data.ts';
import { type Body, type Call, type Desk, json, nothing, type Route, refuse } from './desk.ts';

function list(desk: Desk, { url }: Call): Response {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const to = from + Number(url.searchParams.get('limit') ?? 25);
  return json({ items: desk.mailboxes.slice(from, to), next_cursor: to < desk.mailboxes.length ? String(to) : null });
}

const find = (desk: Desk, id: string | undefined): Mailbox =>
  desk.mailboxes.find(mailbox => mailbox.id === id) ?? refuse(404, 'not_found');

function addMailbox(desk: Desk, body: Body): Response {
  if (body.host === 'nowhere')
    return refuse(422, 'invalid', { errors: [{ field: 'host', code: 'invalid', detail: '' }] });
  if (body.security === 'plain' && body.host !== '127.0.0.1')
    return refuse(422, 'invalid', { errors: [{ field: 'security', code: 'not_allowed', detail: '' }] });
  const { auth, ...rest } = body as unknown as Mailbox;
  const mailbox = {
    ...rest,
    id: `mbx_${desk.mailboxes.length}`,
    auth: { type: auth.type, username: auth.username },
  } as Mailbox;
  desk.mailboxes.push(mailbox);
  desk.sweeps[mailbox.id] = [];
  return json(mailbox, 201);
}

function removeMailbox(desk: Desk, id: string | undefined): Response {
  desk.mailboxes.splice(desk.mailboxes.indexOf(find(desk, id)), 1);
  return nothing(204);
}

function sweep(desk: Desk, id: string | undefined): { sweep_id: string } {
  const list = desk.sweeps[id ?? ''] ?? refuse(404, 'not_found');
  const newest = list[0];
  if (newest && !ended(newest)) return { sweep_id: newest.id };
  const sweep = newSweep(`swp_${Date.now()}_${id}`, 'asked', { mailbox_id: String(id), started_at: ago(0) });
  list.unshift(sweep);
  desk.started.set(sweep.id, Date.now());
  return { sweep_id: sweep.id };
}

/** A sweep of 22 messages takes ten seconds, one whose password is refused takes one. */
function progress(desk: Desk, id: string | undefined): Sweep[] {
  const list = desk.sweeps[id ?? ''] ?? refuse(404, 'not_found');
  for (const sweep of list) {
    const started = desk.started.get(sweep.id);
    if (started === undefined || ended(sweep)) continue;
    const passed = Date.now() - started;
    const done = Math.min(22, Math.floor(passed / 450));
    if (desk.refused.has(sweep.mailbox_id))
      Object.assign(sweep, passed < 1000 ? { state: 'running' } : { state: 'failed', error: REFUSED });
    else
      Object.assign(sweep, {
        state: done === 22 ? 'done' : 'running',
        found: 22,
        done,
        imported: Math.floor(done * 0.6),
      });
    if (ended(sweep)) note(find(desk, id), sweep);
  }
  return list;
}

const REFUSED = { code: 'auth_failed', detail: '-ERR [AUTH] Authentication failed.' };

function note(mailbox: Mailbox, sweep: Sweep): void {
  sweep.ended_at = ago(0);
  mailbox.last_sweep = {
    at: sweep.ended_at,
    ...(sweep.error ? { error: sweep.error, next_attempt_at: ago(-HOUR) } : {}),
  };
}

export const mailboxCalls: Route[] = [
  ['GET', /^\/api\/mailboxes$/, (desk, call) => list(desk, call)],
  ['GET', /^\/api\/mailboxes\/([^/]+)$/, (desk, _call, id) => json(find(desk, id))],
  ['POST', /^\/api\/mailboxes$/, (desk, { body }) => addMailbox(desk, body)],
  ['PATCH', /^\/api\/mailboxes\/([^/]+)$/, (desk, { body }, id) => json(Object.assign(find(desk, id), body))],
  ['DELETE', /^\/api\/mailboxes\/([^/]+)$/, (desk, _call, id) => removeMailbox(desk, id)],
  [
    'POST',
    /^\/api\/mailboxes\/([^/]+)\/test$/,
    (desk, _call, id) => json(desk.refused.has(id) ? { ok: false, ...REFUSED } : { ok: true, messages: 22 }),
  ],
  ['POST', /^\/api\/mailboxes\/([^/]+)\/sweep$/, (desk, _call, id) => json(sweep(desk, id), 202)],
  [
    'POST',
    /^\/api\/sweeps$/,
    desk => {
      for (const box of desk.mailboxes) sweep(desk, box.id);
      return json({ sweep_id: 'swp_all' }, 202);
    },
  ],
  [
    'GET',
    /^\/api\/mailboxes\/([^/]+)\/sweeps$/,
    (desk, _call, id) => json({ items: progress(desk, id), next_cursor: null }),
  ],
  [
    'GET',
    /^\/api\/mailboxes\/([^/]+)\/messages$/,
    (_desk, { url }) =>
      json({
        items: messages.filter(m => !url.searchParams.get('state') || m.state === url.searchParams.get('state')),
        next_cursor: null,
      }),
  ],
];
