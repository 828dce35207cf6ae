/** What the fake help desk holds, and how its calls answer. */
import type {
  CannedReplies,
  Categories,
  Mailbox,
  NewAttachment,
  Organisation,
  Problem,
  Settings,
  Sweep,
  Token,
  User,
} from '../src/api/types.ts';
import { canned, settings } from './admin-calls.ts';
import { ago, categories, DAY, mailboxes, organisation, sweeps, users } from './data.ts';
import { makeTickets } from './tickets.ts';

export class Refused extends Error {
  constructor(readonly problem: Problem) {
    super(problem.code);
  }
}

export const refuse = (status: number, code: string, more: Partial<Problem> = {}): never => {
  throw new Refused({ status, code, title: code, request_id: 'req_fake', ...more });
};

export const json = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });

export const nothing = (status = 204) => new Response(null, { status });

export type Body = Record<string, unknown>;
export interface Call {
  url: URL;
  body: Body;
  /** The body as it came, where it is no JSON. */
  text: string;
  me: User | undefined;
  request: Request;
}
export type Route = [string, RegExp, (desk: Desk, call: Call, ...parts: string[]) => Response];

export class Desk {
  readonly tickets = makeTickets();
  readonly mailboxes: Mailbox[] = structuredClone(mailboxes);
  readonly users: User[] = structuredClone(users);
  readonly sweeps: Record<string, Sweep[]> = structuredClone(sweeps);
  readonly uploads = new Map<string, NewAttachment>();
  readonly seen: {
    method: string;
    path: string;
    query: string;
    key: string | null;
    match: string | null;
    body: Body;
  }[] = [];
  /** Who is signed in, by user id; a browser's cookie wins over it. */
  signedIn: string | undefined;
  /** Who came by a ticket's link in a test; a browser has a cookie of its own for it. */
  guest: string | undefined;
  /** Every ticket's link has run out. */
  keysExpired = false;
  /** Makes every call fail as if the session had ended. */
  sessionEnded = false;
  tampered = new Set<number>();
  /** Entries whose words are not what was sealed: ticket and entry. */
  forged = new Map<number, number>();
  /** How many entries one answer holds; with none the service is away. */
  pageSize = 50;
  /** Transcripts that are too long for one answer. */
  tooLong = new Set<number>();
  /** How often a bundle is still being made when it is looked at, and how it ends. */
  bundles = { looks: 1, state: 'ready' as 'ready' | 'failed' };
  /** Specialists see what is theirs alone, and may take what is nobody's. */
  seeAssigned = false;
  /** Mailboxes whose server refuses the password. */
  refused = new Set(['mbx_ajuda']);
  /** When the sweeps began that are under way. */
  started = new Map<string, number>();
  /** Tickets that refuse to be changed or merged into. */
  stubborn = new Set<number>();
  /** Links that were revoked: ticket and key. */
  revoked = new Set<string>();
  settings: Settings = structuredClone(settings);
  canned: CannedReplies = structuredClone(canned);
  trees: {
    organisation: { value: Organisation; version: number };
    categories: { value: Categories; version: number };
  } = {
    organisation: { value: structuredClone(organisation), version: 1 },
    categories: { value: structuredClone(categories), version: 1 },
  };
  /** Units and categories that tickets or people name. */
  used = new Set(['org_andino', 'org_luz', 'org_providencia', 'org_2140', 'cat_pos', 'cat_terminal']);
  tokens: Token[] = [
    { id: 'tok_1', name: 'Informe semanal', scope: 'read', created_at: ago(20 * DAY), expires_at: ago(-70 * DAY) },
    { id: 'tok_2', name: 'Respaldo', scope: 'write', created_at: ago(90 * DAY), expires_at: null },
  ];
  hasPassword = false;
  /** Whether the person came by a link of the last minutes. */
  freshLink = true;
  /** Ids of files that guests announced, in the order in which their announcements came. */
  guestUploads: string[] = [];
  readonly #read = new Map<string, Map<number, number>>();

  /** How far somebody has read; all of the fake's tickets but the newest two, unless they read on. */
  marks(person: string): Map<number, number> {
    const known = this.#read.get(person);
    if (known) return known;
    const rows = [...this.tickets.values()].map(({ ticket }) => [ticket.number, ticket.last_seq] as const);
    const marks = new Map(rows.map(([number, seq], index) => [number, index < 2 ? seq - 1 : seq]));
    this.#read.set(person, marks);
    return marks;
  }
}
