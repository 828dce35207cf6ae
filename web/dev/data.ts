/** A made-up help desk for developing without the server. Times are relative to now, so that ages and due dates look alive. */
import type {
  Categories,
  Kind,
  Mailbox,
  MailboxMessage,
  Organisation,
  Priority,
  Status,
  Sweep,
  User,
} from '../src/api/types.ts';

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
export const ago = (ms: number) => new Date(Date.now() - ms).toISOString();

const user = (
  id: string,
  name: string,
  email: string,
  role: User['role'],
  locale: User['locale'],
  active = true,
): User => ({
  id: `usr_${id}`,
  name,
  email,
  role,
  locale,
  active,
  notify: true,
  created_at: ago(90 * DAY),
});

export const users: User[] = [
  user('marta', 'Marta Quiroga', 'marta.quiroga@andino.example', 'administrator', 'es'),
  user('ana', 'Ana Ribeiro', 'ana.ribeiro@andino.example', 'specialist', 'es'),
  user('joao', 'João Pinto', 'joao.pinto@andino.example', 'specialist', 'pt'),
  user('diego', 'Diego Fuentes', 'diego.fuentes@andino.example', 'specialist', 'es'),
  user('camila', 'Camila Soto', 'camila.soto@farmaciasluz.example', 'user', 'es'),
  user('rafael', 'Rafael Nunes', 'rafael.nunes@drogariasol.example', 'user', 'pt'),
  user('helen', 'Helen Brooks', 'helen.brooks@andino.example', 'user', 'en'),
  user('lucia', 'Lucía Vidal', 'lucia.vidal@farmaciasluz.example', 'user', 'es', false),
];

export const organisation: Organisation = {
  corporations: [
    {
      id: 'org_andino',
      name: 'Grupo Andino',
      companies: [
        {
          id: 'org_luz',
          name: 'Farmacias Luz',
          sites: [
            { id: 'org_providencia', name: 'Providencia 1208' },
            { id: 'org_maipu', name: 'Maipú' },
          ],
          cost_centres: [
            { id: 'org_2140', code: '2140', name: 'Operación tienda' },
            { id: 'org_2150', code: '2150', name: 'Bodega' },
          ],
        },
        {
          id: 'org_sol',
          name: 'Drogaria Sol',
          sites: [{ id: 'org_moema', name: 'Moema' }],
          cost_centres: [{ id: 'org_310', code: '310', name: 'Lojas' }],
        },
      ],
    },
  ],
};

const names = (es: string, pt: string, en: string) => ({ es, pt, en });
export const categories: Categories = {
  incident: [
    {
      id: 'cat_pos',
      names: names('Punto de venta', 'Ponto de venda', 'Point of sale'),
      subcategories: [
        { id: 'cat_terminal', names: names('Terminal de pago', 'Terminal de pagamento', 'Payment terminal') },
        { id: 'cat_printer', names: names('Impresora', 'Impressora', 'Printer') },
      ],
    },
    {
      id: 'cat_net',
      names: names('Redes', 'Redes', 'Network'),
      subcategories: [{ id: 'cat_vpn', names: names('VPN', 'VPN', 'VPN') }],
    },
  ],
  requirement: [
    {
      id: 'cat_access',
      names: names('Accesos', 'Acessos', 'Access'),
      subcategories: [{ id: 'cat_new_user', names: names('Usuario nuevo', 'Usuário novo', 'New user') }],
    },
  ],
};

export interface Seed {
  number: number;
  title: string;
  status: Status;
  priority: Priority;
  kind: Kind;
  requester: string;
  assignee: string | null;
  /** Due, in ms from now; negative is overdue. */
  due: number | null;
  /** Last change, in ms ago. */
  updated: number;
}

const seed = (
  number: number,
  title: string,
  status: Status,
  priority: Priority,
  requester: string,
  assignee: string | null,
  due: number | null,
  updated: number,
  kind: Kind = 'incident',
): Seed => ({ number, title, status, priority, kind, requester, assignee, due, updated });

export const seeds: Seed[] = [
  seed(
    2841,
    'Terminal de pago rechaza tarjetas con chip',
    'in_process',
    'urgent',
    'camila',
    'ana',
    -16 * HOUR,
    4 * MINUTE,
  ),
  seed(2838, 'Impressora fiscal não imprime após atualização', 'new', 'urgent', 'rafael', null, 2 * HOUR, 11 * MINUTE),
  seed(
    2835,
    'VPN drops every 20 minutes on home network',
    'in_process',
    'high',
    'helen',
    'joao',
    3 * HOUR,
    26 * MINUTE,
  ),
  seed(
    2829,
    'Alta de usuario para bodega central',
    'on_hold',
    'normal',
    'lucia',
    'diego',
    2 * DAY,
    HOUR,
    'requirement',
  ),
  seed(2826, 'Balanza sin conexión con el punto de venta', 'in_process', 'high', 'camila', 'ana', -2 * DAY, 2 * HOUR),
  seed(
    2822,
    'Solicitud de segundo monitor para contabilidad',
    'new',
    'low',
    'lucia',
    null,
    6 * DAY,
    2 * HOUR,
    'requirement',
  ),
  seed(2817, 'Acesso negado ao relatório de vendas', 'in_process', 'normal', 'rafael', 'joao', 3 * DAY, 3 * HOUR),
  seed(2811, 'Correo devuelto al enviar a proveedores', 'on_hold', 'high', 'lucia', 'marta', -3 * DAY, 5 * HOUR),
  seed(
    2804,
    'Cambio de centro de costo para 14 equipos',
    'in_process',
    'normal',
    'camila',
    'diego',
    4 * DAY,
    26 * HOUR,
    'requirement',
  ),
  seed(
    2798,
    'Shared drive permission for audit team',
    'resolved',
    'normal',
    'helen',
    'ana',
    20 * HOUR,
    27 * HOUR,
    'requirement',
  ),
  seed(2791, 'Teclado numérico defectuoso en caja 5', 'resolved', 'low', 'camila', 'joao', 20 * HOUR, 28 * HOUR),
  seed(
    2787,
    'Duplicidade de nota fiscal no fechamento',
    'in_process',
    'urgent',
    'rafael',
    'marta',
    -4 * DAY,
    50 * HOUR,
  ),
  seed(
    2783,
    'Acesso negado ao relatório de vendas de Moema',
    'resolved',
    'normal',
    'rafael',
    'ana',
    5 * HOUR,
    60 * HOUR,
  ),
  seed(2779, 'Instalar cámara en recepción', 'cancelled', 'low', 'lucia', 'diego', null, 75 * HOUR, 'requirement'),
  seed(2772, 'Actualizar certificado del portal interno', 'new', 'high', 'helen', null, 5 * DAY, 76 * HOUR),
  ...Array.from({ length: 46 }, (_, i) =>
    seed(
      2700 - i,
      `Revisión mensual del equipo ${i + 1}`,
      'in_process',
      'normal',
      'camila',
      'diego',
      null,
      (90 + i) * HOUR,
      'requirement',
    ),
  ),
];

const mailbox = (
  id: string,
  name: string,
  more: Pick<Mailbox, 'address' | 'host' | 'auth'> & Partial<Mailbox>,
): Mailbox => ({
  id: `mbx_${id}`,
  name,
  port: 995,
  security: 'tls',
  after_import: 'delete',
  defaults: {},
  enabled: true,
  ignore_automatic: true,
  created_at: ago(90 * DAY),
  ...more,
});

export const mailboxes: Mailbox[] = [
  mailbox('soporte', 'Soporte', {
    address: 'soporte@farmaciasluz.example',
    host: 'mail.farmaciasluz.example',
    auth: { type: 'password', username: 'soporte' },
    last_sweep: { at: ago(2 * HOUR - MINUTE) },
  }),
  mailbox('ajuda', 'Ajuda', {
    address: 'ajuda@drogariasol.example',
    host: 'pop.drogariasol.example',
    port: 110,
    security: 'starttls',
    auth: { type: 'password', username: 'ajuda@drogariasol.example' },
    after_import: 'leave',
    last_sweep: { at: ago(HOUR), error: { code: 'auth_failed', detail: '-ERR' }, next_attempt_at: ago(-HOUR) },
  }),
];

export const sweep = (id: string, state: Sweep['state'], more: Partial<Sweep> = {}): Sweep => ({
  id,
  mailbox_id: 'mbx_soporte',
  state,
  found: 0,
  done: 0,
  imported: 0,
  replies: 0,
  ignored: 0,
  quarantined: 0,
  duplicates: 0,
  oversize: 0,
  bytes: 0,
  asked_at: more.started_at ?? ago(0),
  ...more,
});

export const sweeps: Record<string, Sweep[]> = {
  mbx_soporte: [
    sweep('swp_1', 'done', {
      found: 14,
      done: 14,
      imported: 9,
      replies: 4,
      ignored: 1,
      bytes: 918_221,
      started_at: ago(2 * HOUR),
      ended_at: ago(2 * HOUR - MINUTE),
    }),
    sweep('swp_0', 'done', {
      found: 2,
      done: 2,
      imported: 1,
      quarantined: 1,
      bytes: 20_221,
      started_at: ago(4 * HOUR),
      ended_at: ago(4 * HOUR),
    }),
  ],
  mbx_ajuda: [
    sweep('swp_2', 'failed', {
      mailbox_id: 'mbx_ajuda',
      started_at: ago(HOUR),
      ended_at: ago(HOUR),
      error: { code: 'auth_failed', detail: '-ERR [AUTH] Authentication failed.' },
    }),
  ],
};

const message = (
  id: string,
  state: MailboxMessage['state'],
  more: Omit<MailboxMessage, 'id' | 'state' | 'digest'>,
) => ({
  id: `msg_${id}`,
  state,
  digest: id.repeat(64),
  ...more,
});

export const messages: MailboxMessage[] = [
  message('1', 'imported', {
    ticket: 2841,
    subject: 'Terminal de pago rechaza tarjetas con chip',
    sender: 'camila.soto@farmaciasluz.example',
    size: 42_112,
    at: ago(2 * HOUR),
  }),
  message('2', 'reply', {
    ticket: 2835,
    subject: 'Re: [CH-2835] VPN drops',
    sender: 'helen.brooks@andino.example',
    size: 9_112,
    at: ago(2 * HOUR),
  }),
  message('3', 'ignored', {
    reason: 'out of office',
    subject: 'Respuesta automática',
    sender: 'lucia.vidal@farmaciasluz.example',
    size: 3_004,
    at: ago(2 * HOUR),
  }),
  message('4', 'quarantined', { reason: 'no sender', subject: '', sender: '', size: 700, at: ago(4 * HOUR) }),
];
