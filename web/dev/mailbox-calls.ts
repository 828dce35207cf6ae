/** Calls about mailboxes and their sweeps. */
import type { Mailbox, Sweep } from '../src/api/types.ts';
import { ago, messages, sweep as newSweep } from './data.ts';
import { type Body, type Desk, json, type Route, refuse } from './desk.ts';

function addMailbox(desk: Desk, body: Body): Response {
  if (body.host === 'nowhere')
    return refuse(422, 'invalid', { errors: [{ field: 'host', code: 'invalid', detail: '' }] });
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

function sweep(desk: Desk, id: string | undefined): { sweep_id: string } {
  const list = desk.sweeps[id ?? ''] ?? refuse(404, 'not_found');
  const sweep = newSweep(`swp_${Date.now()}_${id}`, 'asked', { mailbox_id: String(id), started_at: ago(0) });
  list.unshift(sweep);
  desk.started.set(sweep.id, Date.now());
  return { sweep_id: sweep.id };
}

/** A sweep of 22 messages takes ten seconds. */
function progress(desk: Desk, id: string | undefined): Sweep[] {
  const list = desk.sweeps[id ?? ''] ?? refuse(404, 'not_found');
  for (const sweep of list) {
    const started = desk.started.get(sweep.id);
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

export const mailboxCalls: Route[] = [
  ['GET', /^\/api\/mailboxes$/, desk => json({ items: desk.mailboxes, next_cursor: null })],
  ['POST', /^\/api\/mailboxes$/, (desk, { body }) => addMailbox(desk, body)],
  [
    'PATCH',
    /^\/api\/mailboxes\/([^/]+)$/,
    (desk, { body }, id) =>
      json(Object.assign(desk.mailboxes.find(m => m.id === id) ?? refuse(404, 'not_found'), body)),
  ],
  [
    'POST',
    /^\/api\/mailboxes\/([^/]+)\/test$/,
    (_desk, _call, id) =>
      json(
        id === 'mbx_ajuda'
          ? { ok: false, code: 'auth_failed', detail: '-ERR [AUTH] Authentication failed.' }
          : { ok: true, messages: 22 },
      ),
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
