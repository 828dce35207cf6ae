import { createHash, randomBytes } from 'node:crypto';
import type { Attached, Entry, Ticket, User } from '../src/api/types.ts';
import { canonical, FIRST_PREVIOUS, type Json } from '../src/lib/chain.ts';
import { ago, DAY, HOUR, type Seed, seeds, users } from './data.ts';

export interface Held {
  ticket: Omit<Ticket, 'can'>;
  entries: Entry[];
}

export const person = (id: string | null): User | undefined =>
  users.find(user => user.id === id || user.id === `usr_${id}`);

const digest = (text: string) => createHash('sha256').update(text).digest('hex');

interface Sealed {
  core: Json;
  words: Record<string, { salt: string; text: string }>;
}

const sealed = new WeakMap<Entry, Sealed>();

/** Hashes an entry as the server does, though of fewer members: who, when, and what was said. */
function seal(entry: Entry): void {
  const words: Sealed['words'] = {};
  const hide = (text: string): Json => {
    const salt = randomBytes(16);
    const c = createHash('sha256').update(salt).update(text).digest('hex');
    words[c] = { salt: salt.toString('hex'), text };
    return { c };
  };
  const { seq, at, type, via, author, body } = entry;
  const core: Json = {
    ...{ seq, at, type, via },
    ...(author ? { author: { id: author.id ?? '', role: author.role, name: hide(author.name ?? '') } } : {}),
    ...(body == null ? {} : { body: hide(body) }),
  };
  entry.hash = digest(`${entry.previous_hash}\n${canonical(core)}`);
  sealed.set(entry, { core, words });
}

/** An entry as a transcript carries it; erased words are missing, and a forged one is not what was sealed. */
export function transcribed(entry: Entry, forged: boolean) {
  const { hash, previous_hash } = entry;
  const { core, words } = sealed.get(entry) ?? { core: null, words: {} };
  const left = entry.body === undefined && entry.type === 'message' ? {} : words;
  const told = Object.entries(left).map(
    ([c, word]) => [c, forged ? { ...word, text: `${word.text}!` } : word] as const,
  );
  return { previous_hash, hash, core, words: Object.fromEntries(told) };
}

type NewEntry = Pick<Entry, 'type'> & Partial<Entry>;

export function append(held: Held, author: User | undefined, entry: NewEntry): Entry {
  const previous = held.entries.at(-1)?.hash ?? FIRST_PREVIOUS;
  const whole: Entry = {
    seq: held.entries.length + 1,
    at: new Date().toISOString(),
    author: author ? { id: author.id, name: author.name, role: author.role } : null,
    via: 'web',
    ...entry,
    hash: '',
    previous_hash: previous,
  };
  seal(whole);
  held.entries.push(whole);
  held.ticket.last_seq = whole.seq;
  held.ticket.head_hash = whole.hash;
  held.ticket.updated_at = whole.at;
  return whole;
}

const at = (ms: number) => new Date(Date.now() + ms).toISOString();

const PICTURES: Attached[] = [
  {
    attachment_id: 'att_photo',
    name: 'caja3-error-51C.png',
    content_type: 'image/png',
    size: 2_516_582,
    sha256: digest('1'),
  },
  { attachment_id: 'att_log', name: 'log-terminal.txt', content_type: 'text/plain', size: 18_432, sha256: digest('2') },
];

function begin(seed: Seed, created: number): Held {
  const requester = person(seed.requester);
  const assignee = person(seed.assignee);
  const sol = seed.requester === 'rafael';
  return {
    ticket: {
      number: seed.number,
      version: 3,
      title: seed.title,
      kind: seed.kind,
      status: seed.status,
      priority: seed.priority,
      category_id: seed.kind === 'incident' ? 'cat_pos' : 'cat_access',
      subcategory_id: seed.kind === 'incident' ? 'cat_terminal' : 'cat_new_user',
      corporation_id: 'org_andino',
      company_id: sol ? 'org_sol' : 'org_luz',
      site_id: sol ? 'org_moema' : 'org_providencia',
      cost_centre_id: sol ? 'org_310' : 'org_2140',
      requester: { id: requester?.id ?? '', name: requester?.name ?? '', email: requester?.email ?? '' },
      assignee: assignee ? { id: assignee.id, name: assignee.name } : null,
      cc: [],
      due_at: seed.due === null ? null : at(seed.due),
      created_at: ago(created),
      updated_at: ago(seed.updated),
      resolved_at: seed.status === 'resolved' ? ago(seed.updated) : null,
      channel: 'mail',
      message_count: 3,
      attachment_count: 2,
      last_seq: 0,
      head_hash: FIRST_PREVIOUS,
    },
    entries: [],
  };
}

const opening = (seed: Seed): string =>
  seed.number === 2841
    ? 'Desde las 9:10 la caja 3 muestra «Error 51-C» al insertar tarjetas con chip. Con banda magnética sí funciona. Ya reinicié el equipo dos veces.'
    : seed.requester === 'rafael'
      ? 'Ao abrir o relatório de vendas da loja aparece “Acesso negado (403)”. Até sexta funcionava. Preciso fechar o mês hoje.\n\nDetalhes em https://intranet.example/erro?id=403.'
      : 'Necesito ayuda con esto, por favor. Gracias.';

const mailOf = (seed: Seed, from: User | undefined): Entry['mail'] => ({
  from: from?.email ?? null,
  to: ['soporte@andino.example'],
  subject: seed.title,
  has_html: true,
  authentication: 'pass',
});

function makeTicket(seed: Seed): Held {
  const created = seed.updated + 2 * DAY;
  const held = begin(seed, created);
  const requester = person(seed.requester);
  const marta = person('marta');
  const ana = person('ana');
  const attachments = seed.number === 2841 ? PICTURES : [];
  append(held, requester, {
    type: 'opened',
    at: ago(created),
    via: 'mail',
    body: opening(seed),
    data: { attachments },
    mail: mailOf(seed, requester),
  });
  if (seed.assignee) {
    const to = held.ticket.assignee;
    append(held, marta, { type: 'assigned', at: ago(created - HOUR), data: { from: null, to } });
    append(held, marta, { type: 'priority', at: ago(created - HOUR), data: { from: 'normal', to: seed.priority } });
    append(held, ana, { type: 'status', at: ago(created - 2 * HOUR), data: { from: 'new', to: 'in_process' } });
    if (held.ticket.due_at)
      append(held, ana, { type: 'due', at: ago(created - 2 * HOUR), data: { to: held.ticket.due_at } });
    append(held, ana, {
      type: 'message',
      at: ago(created - 3 * HOUR),
      body: 'Hola, gracias por el detalle y las fotos. El código 51-C indica que el lector de chip perdió su clave de cifrado. Enviaremos la recarga remota; por favor deje la terminal encendida y conectada.',
      sendings: requester ? [{ to: requester.email, state: 'sent', at: ago(created - 3 * HOUR) }] : [],
    });
    append(held, person('joao'), {
      type: 'note',
      at: ago(seed.updated + 16 * HOUR),
      body: 'El proveedor confirma que la serie 4471 necesita cambio de lector. Hay dos unidades en bodega Quilicura, reservé una.',
    });
    append(held, requester, {
      type: 'message',
      at: ago(seed.updated),
      via: 'mail',
      body: 'Sigue igual esta mañana y hay fila en la tienda. ¿Tenemos una hora estimada?',
      quoted: 'Hola, gracias por el detalle y las fotos.',
    });
  }
  if (seed.status === 'resolved')
    append(held, ana, { type: 'status', at: ago(seed.updated), data: { from: 'in_process', to: 'resolved' } });
  held.ticket.updated_at = ago(seed.updated);
  return held;
}

export const makeTickets = (): Map<number, Held> => new Map(seeds.map(seed => [seed.number, makeTicket(seed)]));
