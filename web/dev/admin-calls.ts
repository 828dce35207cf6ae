/** Calls of administration and of one's own account. */
import type {
  AuditRecord,
  CannedReplies,
  Categories,
  ImportCounts,
  Organisation,
  Settings,
  Token,
  User,
} from '../src/api/types.ts';
import { ago, DAY, HOUR, MINUTE } from './data.ts';
import { type Body, type Call, type Desk, json, nothing, type Route, refuse } from './desk.ts';

export const settings: Settings = {
  site_name: 'Mesa de servicio · Grupo Andino',
  default_locale: 'es',
  guest_tickets: true,
  open_sign_up: true,
  max_attachment_mb: 50,
  time_zone: 'America/Santiago',
  ticket_prefix: 'CH',
  specialists_see: 'assigned',
  specialists_claim: true,
  magic_link_days: 30,
  reopen_days: 30,
  sender: null,
};

export const canned: CannedReplies = {
  replies: [
    {
      id: 'can_hello',
      name: 'Recibido',
      bodies: {
        es: 'Hola {{requester}}: recibimos su ticket {{ticket}} y lo atiende {{specialist}}.',
        pt: 'Olá {{requester}}: recebemos seu chamado {{ticket}}.',
      },
    },
    {
      id: 'can_restart',
      name: 'Reiniciar la terminal',
      bodies: { es: 'Apague la terminal, espere un minuto y enciéndala.' },
    },
    {
      id: 'can_bye',
      name: 'Cierre',
      bodies: { es: 'Quedamos atentos.', pt: 'Ficamos à disposição.', en: 'All the best.' },
    },
  ],
};

const marta = { id: 'usr_marta', name: 'Marta Quiroga' };

export const audit: AuditRecord[] = [
  {
    at: ago(12 * MINUTE),
    by: marta,
    action: 'settings_changed',
    target: { kind: 'settings' },
    changes: [
      { field: 'specialists_see', from: 'all', to: 'assigned' },
      { field: 'guest_tickets', from: false, to: true },
    ],
  },
  {
    at: ago(3 * HOUR),
    by: marta,
    action: 'user_changed',
    target: { kind: 'user', id: 'usr_ana', name: 'Ana Ribeiro' },
    changes: [
      { field: 'role', from: 'user', to: 'specialist' },
      { field: 'company_id', to: 'org_luz' },
      { field: 'email' },
    ],
  },
  {
    at: ago(5 * HOUR),
    by: marta,
    action: 'organisation_changed',
    target: { kind: 'organisation' },
    changes: [
      { field: 'added', ids: ['org_maipu', 'org_gone'] },
      { field: 'renamed', ids: ['org_luz'] },
    ],
  },
  {
    at: ago(DAY),
    by: null,
    action: 'user_made',
    target: { kind: 'user', id: 'usr_marta', name: 'Marta Quiroga' },
    changes: [],
  },
  {
    at: ago(2 * DAY),
    by: { id: 'usr_gone', name: '' },
    action: 'token_made',
    target: { kind: 'token', id: 'tok_1' },
    changes: [
      { field: 'scope', to: 'read' },
      { field: 'expires_at', to: ago(-90 * DAY) },
    ],
  },
  ...Array.from(
    { length: 60 },
    (_, day): AuditRecord => ({
      at: ago((3 + day) * DAY),
      by: marta,
      action: 'categories_changed',
      target: { kind: 'categories' },
      changes: [{ field: 'renamed', ids: ['cat_pos'] }],
    }),
  ),
];

const admin = (me: User | undefined): User => {
  if (!me) return refuse(401, 'sign_in_needed');
  return me.role === 'administrator' ? me : refuse(403, 'forbidden');
};

interface Part {
  id?: string | null;
  [list: string]: unknown;
}

/** Gives ids to what has none, all the way down. */
function settle(part: unknown, prefix: string): void {
  if (Array.isArray(part)) for (const one of part) settle(one, prefix);
  else if (typeof part === 'object' && part !== null) {
    const unit = part as Part;
    if ('names' in unit || 'name' in unit) unit.id ??= `${prefix}_${Math.random().toString(36).slice(2, 10)}`;
    for (const [name, value] of Object.entries(unit)) if (name !== 'names' && name !== 'bodies') settle(value, prefix);
  }
}

function ids(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(ids);
  if (typeof part !== 'object' || part === null) return [];
  const unit = part as Part;
  return [...(typeof unit.id === 'string' ? [unit.id] : []), ...Object.values(unit).flatMap(ids)];
}

type TreeName = 'organisation' | 'categories';

const treeAnswer = (desk: Desk, name: TreeName) =>
  json(desk.trees[name].value, 200, { ETag: `W/"${desk.trees[name].version}"` });

function saveTree(desk: Desk, { me, body, request }: Call, name: TreeName): Response {
  admin(me);
  const tree = desk.trees[name];
  const match = request.headers.get('If-Match') ?? refuse(428, 'version_needed');
  if (match !== `W/"${tree.version}"`) return refuse(412, 'stale_version', { current: tree.value as never });
  const kept = new Set(ids(body));
  if (ids(tree.value).some(id => !kept.has(id) && desk.used.has(id))) return refuse(409, 'in_use');
  const next = structuredClone(body);
  settle(next, name === 'organisation' ? 'org' : 'cat');
  tree.value = next as unknown as Organisation & Categories;
  tree.version += 1;
  return treeAnswer(desk, name);
}

function saveCanned(desk: Desk, { me, body }: Call): Response {
  admin(me);
  const next = structuredClone(body) as unknown as CannedReplies;
  const bad = next.replies.flatMap(({ bodies }, at) =>
    Object.entries(bodies).flatMap(([locale, text]) =>
      /\{\{(?!(ticket|title|requester|specialist|site|due)\}\})/.test(text ?? '')
        ? [{ field: `replies.${at}.bodies.${locale}`, code: 'unknown_placeholder', detail: '' }]
        : [],
    ),
  );
  if (bad.length > 0) return refuse(422, 'invalid', { errors: bad });
  settle(next.replies, 'can');
  desk.canned = next;
  return json(next);
}

/** Two addresses a line are a fault; `dry_run` counts alone. */
function importCsv(desk: Desk, { me, text, url }: Call): Response {
  admin(me);
  const lines = text.split(/\r?\n/).filter(line => line.trim() !== '');
  const [head = '', ...rows] = lines;
  const cells = (line: string) => line.split(head.includes(';') ? ';' : ',');
  const email = cells(head).indexOf('email');
  if (email < 0) return refuse(422, 'invalid', { errors: [{ field: 'line.1.email', code: 'required', detail: '' }] });
  const errors = rows.flatMap((row, at) =>
    cells(row)[email]?.includes('@') ? [] : [{ field: `line.${at + 2}.email`, code: 'invalid', detail: '' }],
  );
  if (errors.length > 0) return refuse(422, 'invalid', { errors });
  const known = (row: string) => desk.users.some(user => user.email === cells(row)[email]);
  const created = rows.filter(row => !known(row)).length;
  const counts: ImportCounts = { rows: rows.length, created, changed: 0, unchanged: rows.length - created };
  if (url.searchParams.get('dry_run') !== 'true')
    for (const row of rows.filter(one => !known(one)))
      desk.users.push({
        ...(desk.users[4] as User),
        id: `usr_${desk.users.length}`,
        name: row,
        email: cells(row)[email] ?? '',
      });
  return json(counts);
}

function page<T>(rows: readonly T[], url: URL): Response {
  const from = Number(url.searchParams.get('cursor') ?? 0);
  const to = from + Number(url.searchParams.get('limit') ?? 25);
  return json({ items: rows.slice(from, to), next_cursor: to < rows.length ? String(to) : null });
}

function makeToken(desk: Desk, { me, body }: Call): Response {
  if (!me) return refuse(401, 'sign_in_needed');
  const token = { ...body, id: `tok_${desk.tokens.length + 1}`, created_at: ago(0) } as unknown as Token;
  desk.tokens.push(token);
  return json({ ...token, token: 'chm_0123456789abcdefghijklmnopqrstuvwxyz' }, 201);
}

/** The old password is 'an old password of mine'; whatever has 'password' in it is too easy. */
export function changePassword(desk: Desk, body: Body): void {
  const fault = (field: string, code: string) => refuse(422, 'invalid', { errors: [{ field, code, detail: '' }] });
  if (/password1?$/.test(String(body.password))) fault('password', 'too_weak');
  if (!desk.freshLink) {
    if (body.current_password === undefined) fault('current_password', 'required');
    if (body.current_password !== 'an old password of mine') fault('current_password', 'wrong');
  }
  desk.hasPassword = true;
}

export function removeUser(desk: Desk, id: string | undefined, url: URL): Response {
  const at = desk.users.findIndex(user => user.id === id);
  const user = desk.users[at] ?? refuse(404, 'not_found');
  const administrators = desk.users.filter(one => one.role === 'administrator' && one.active);
  if (administrators.length === 1 && administrators[0] === user) return refuse(409, 'last_administrator');
  if (url.searchParams.get('erase') === 'true') desk.users.splice(at, 1);
  else user.active = false;
  return nothing();
}

export const adminCalls: Route[] = [
  ['GET', /^\/api\/organisation$/, desk => treeAnswer(desk, 'organisation')],
  ['PUT', /^\/api\/organisation$/, (desk, call) => saveTree(desk, call, 'organisation')],
  ['GET', /^\/api\/categories$/, desk => treeAnswer(desk, 'categories')],
  ['PUT', /^\/api\/categories$/, (desk, call) => saveTree(desk, call, 'categories')],
  ['PUT', /^\/api\/canned-replies$/, (desk, call) => saveCanned(desk, call)],
  ['GET', /^\/api\/settings$/, (desk, { me }) => json(admin(me) && desk.settings)],
  ['PATCH', /^\/api\/settings$/, (desk, { me, body }) => json(admin(me) && Object.assign(desk.settings, body))],
  ['GET', /^\/api\/audit$/, (_desk, { me, url }) => page(admin(me) ? audit : [], url)],
  ['POST', /^\/api\/import\/(?:users|organisation|categories)$/, (desk, call) => importCsv(desk, call)],
  ['GET', /^\/api\/tokens$/, desk => json({ items: desk.tokens })],
  ['POST', /^\/api\/tokens$/, (desk, call) => makeToken(desk, call)],
  [
    'DELETE',
    /^\/api\/tokens\/([^/]+)$/,
    (desk, _call, id) => {
      desk.tokens.splice(
        desk.tokens.findIndex(token => token.id === id),
        1,
      );
      return nothing();
    },
  ],
  [
    'DELETE',
    /^\/api\/sessions$/,
    desk => {
      desk.signedIn = undefined;
      return new Response(null, { status: 204, headers: { 'Set-Cookie': 'session=; Path=/; Max-Age=0' } });
    },
  ],
];
