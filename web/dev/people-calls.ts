/** Calls about the site, people, sessions and the two trees. */
import type { User } from '../src/api/types.ts';
import { changePassword, removeUser } from './admin-calls.ts';
import { type Body, type Call, type Desk, json, nothing, type Route, refuse } from './desk.ts';
import { person } from './tickets.ts';

function enter(desk: Desk, { body }: Call): Response {
  if (body.ticket_key === 'expired' || desk.keysExpired) return refuse(401, 'key_expired');
  if (body.token === 'used') return refuse(401, 'link_used');
  const held = desk.tickets.get(Number(body.ticket));
  const user = held
    ? person(held.ticket.requester.id)
    : desk.users.find(u => u.email === body.email || u.id === `usr_${String(body.token)}`);
  if (!user || body.password === 'wrong' || body.ticket_key === 'wrong') return refuse(401, 'bad_credentials');
  desk.sessionEnded = false;
  if (held) {
    // Whoever is signed in stays so; everybody else is a guest from now on.
    desk.guest = user.id;
    const scope = { kind: 'guest', tickets: [held.ticket.number] };
    return json({ user, scope }, 200, { 'Set-Cookie': `guest=${user.id}; Path=/; SameSite=Lax; HttpOnly` });
  }
  desk.signedIn = user.id;
  const scope = { kind: 'user' };
  return json({ user, scope }, 200, { 'Set-Cookie': `session=${user.id}; Path=/; SameSite=Lax; HttpOnly` });
}

function leave(desk: Desk): Response {
  desk.signedIn = undefined;
  return new Response(null, { status: 204, headers: { 'Set-Cookie': 'session=; Path=/; Max-Age=0' } });
}

function pending(desk: Desk, id: string): number {
  return [...desk.tickets.values()].filter(
    h => h.ticket.assignee?.id === id && h.ticket.status !== 'resolved' && h.ticket.status !== 'cancelled',
  ).length;
}

function addUser(desk: Desk, body: Body): Response {
  if (desk.users.some(user => user.email === body.email)) return refuse(409, 'email_taken');
  const user = { ...body, id: `usr_${desk.users.length}` } as User;
  desk.users.push(user);
  return json(user, 201);
}

function changeUser(desk: Desk, id: string | undefined, body: Body): Response {
  const user = desk.users.find(u => u.id === id) ?? refuse(404, 'not_found');
  const administrators = desk.users.filter(u => u.role === 'administrator' && u.active);
  const leaves = (body.role !== undefined && body.role !== 'administrator') || body.active === false;
  if (leaves && administrators.length === 1 && administrators[0]?.id === user.id)
    return refuse(409, 'last_administrator');
  return json(Object.assign(user, body));
}

const aboutMe = (desk: Desk, me: User | undefined) => ({
  ...(me ?? refuse(401, 'sign_in_needed')),
  has_password: desk.hasPassword,
});

function changeMe(desk: Desk, { me, body }: Call) {
  const { password, current_password: _, ...rest } = body;
  if (password !== undefined) changePassword(desk, body);
  Object.assign(me ?? refuse(401, 'sign_in_needed'), rest);
  return aboutMe(desk, me);
}

export const peopleCalls: Route[] = [
  [
    'GET',
    /^\/api\/site$/,
    desk => {
      const { site_name, default_locale, guest_tickets, open_sign_up } = desk.settings;
      const { max_attachment_mb, time_zone, ticket_prefix } = desk.settings;
      const open = guest_tickets
        ? { organisation: desk.trees.organisation.value, categories: desk.trees.categories.value }
        : {};
      const site = {
        site_name,
        default_locale,
        guest_tickets,
        open_sign_up,
        max_attachment_mb,
        time_zone,
        ticket_prefix,
      };
      return json({ ...site, ...open });
    },
  ],
  ['GET', /^\/api\/me$/, (desk, { me }) => json(aboutMe(desk, me))],
  ['PATCH', /^\/api\/me$/, (desk, call) => json(changeMe(desk, call))],
  ['POST', /^\/api\/sign-in$/, () => nothing(202)],
  ['POST', /^\/api\/session$/, (desk, call) => enter(desk, call)],
  ['DELETE', /^\/api\/session$/, desk => leave(desk)],
  ['POST', /^\/api\/ticket-links$/, () => nothing(202)],
  [
    'GET',
    /^\/api\/specialists$/,
    desk =>
      json({
        items: desk.users
          .filter(u => u.role !== 'user')
          .map(u => ({ id: u.id, name: u.name, pending: pending(desk, u.id) })),
      }),
  ],
  ['GET', /^\/api\/users$/, desk => json({ items: desk.users, next_cursor: null })],
  ['POST', /^\/api\/users$/, (desk, { body }) => addUser(desk, body)],
  ['DELETE', /^\/api\/users\/([^/]+)$/, (desk, { url }, id) => removeUser(desk, id, url)],
  ['PATCH', /^\/api\/users\/([^/]+)$/, (desk, { body }, id) => changeUser(desk, id, body)],
];
