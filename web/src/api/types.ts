/** The resources of API.md as this client reads them. */
export type Role = 'user' | 'specialist' | 'administrator';
export type Status = 'new' | 'in_process' | 'on_hold' | 'resolved' | 'cancelled';
export type Priority = 'low' | 'normal' | 'high' | 'urgent';
export type Kind = 'incident' | 'requirement';
export type Locale = 'es' | 'pt' | 'en';

export const STATUSES: readonly Status[] = ['new', 'in_process', 'on_hold', 'resolved', 'cancelled'];
export const PRIORITIES: readonly Priority[] = ['low', 'normal', 'high', 'urgent'];
export const KINDS: readonly Kind[] = ['incident', 'requirement'];

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  code: string;
  detail?: string;
  request_id?: string;
  errors?: { field: string; code: string; detail?: string }[];
  /** With 412: the ticket as it is now. */
  current?: Ticket;
}

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Site {
  site_name: string;
  default_locale: Locale;
  guest_tickets: boolean;
  open_sign_up: boolean;
  max_attachment_mb: number;
  time_zone: string;
  ticket_prefix: string;
}

export interface User {
  id: string;
  email: string;
  name: string;
  role: Role;
  locale: Locale;
  company_id?: string | null;
  active: boolean;
}

export interface Session {
  user: User;
  scope: { kind: 'user' } | { kind: 'guest'; tickets: number[] };
}

export interface Specialist {
  id: string;
  name: string;
  pending: number;
}

export interface Person {
  id: string;
  name: string;
}

export type Can = Partial<
  Record<
    | 'message'
    | 'attach'
    | 'note'
    | 'resolve'
    | 'title'
    | 'priority'
    | 'classify'
    | 'due'
    | 'cc'
    | 'status'
    | 'assign'
    | 'claim'
    | 'rate'
    | 'delete',
    boolean
  >
>;

export interface Ticket {
  number: number;
  version: number;
  title: string;
  kind: Kind;
  status: Status;
  priority: Priority;
  category_id: string | null;
  subcategory_id: string | null;
  corporation_id: string | null;
  company_id: string | null;
  site_id: string | null;
  cost_centre_id: string | null;
  requester: Person & { email: string };
  assignee: Person | null;
  cc: string[];
  due_at: string | null;
  created_at: string;
  updated_at: string;
  resolved_at: string | null;
  channel: 'web' | 'mail' | 'api';
  message_count: number;
  attachment_count: number;
  last_seq: number;
  head_hash: string;
  can: Can;
}

/** A row of a list: what an index projects of a ticket. */
export type TicketRow = Pick<
  Ticket,
  'number' | 'title' | 'kind' | 'status' | 'priority' | 'assignee' | 'due_at' | 'created_at' | 'updated_at'
> &
  Partial<Ticket>;

export interface TicketChange {
  title?: string;
  status?: Status;
  priority?: Priority;
  kind?: Kind;
  category_id?: string | null;
  subcategory_id?: string | null;
  assignee_id?: string | null;
  due_at?: string | null;
}

export interface NewTicket {
  title: string;
  body: string;
  kind: Kind;
  category_id?: string;
  subcategory_id?: string;
  corporation_id?: string;
  company_id?: string;
  site_id?: string;
  cost_centre_id?: string;
  attachment_ids?: string[];
}

export interface NewMessage {
  body: string;
  visibility: 'public' | 'internal';
  resolve?: boolean;
  due_at?: string;
  attachment_ids?: string[];
}

export interface Attached {
  attachment_id: string;
  name: string | null;
  content_type: string;
  size: number;
  sha256: string;
  inline?: boolean;
}

export type EntryType =
  | 'opened'
  | 'message'
  | 'note'
  | 'status'
  | 'assigned'
  | 'due'
  | 'priority'
  | 'classified'
  | 'title'
  | 'cc'
  | 'attachment'
  | 'rated'
  | 'reopened'
  | 'delivery'
  | 'linked'
  | 'merged'
  | 'deleted'
  | 'restored'
  | 'erased';

export interface MailFacts {
  from?: string | null;
  subject?: string | null;
  has_html?: boolean;
  authentication?: 'pass' | 'fail' | 'none';
}

export interface EntryData {
  from?: unknown;
  to?: unknown;
  changes?: Record<string, { from?: unknown; to?: unknown }>;
  attachments?: Attached[];
  [name: string]: unknown;
}

export interface Entry {
  seq: number;
  at: string;
  author: { id?: string | null; name: string | null; role: Role } | null;
  type: EntryType;
  data?: EntryData;
  body?: string | null;
  quoted?: string | null;
  mail?: MailFacts | null;
  via: 'web' | 'mail' | 'api' | 'system';
  unverified?: boolean;
  attachments?: Attached[];
  sendings?: {
    to: string;
    state: 'sending' | 'sent' | 'delivered' | 'bounced' | 'complained' | 'failed';
    at: string;
  }[];
  hash: string;
  previous_hash: string;
  hidden?: false;
}

/** What a customer gets of an entry that staff alone may read. */
export interface HiddenEntry {
  seq: number;
  hash: string;
  previous_hash: string;
  hidden: true;
}

export type AnyEntry = Entry | HiddenEntry;

export interface TicketPage {
  ticket: Ticket;
  entries: AnyEntry[];
  older_cursor: string | null;
  attachments: (Attached & { seq: number })[];
}

export interface Verdict {
  valid: boolean;
  entries: number;
  head_hash: string;
  first_bad_seq?: number | null;
  problem?: string | null;
}

export interface NewAttachment {
  name: string;
  content_type: string;
  size: number;
  sha256: string;
}

export interface UploadTicket {
  attachment_id: string;
  upload: { method: 'PUT'; url: string; headers: Record<string, string> };
  expires_at: string;
}

export interface Download {
  url: string;
  name: string;
  content_type: string;
  size: number;
}

interface Retirable {
  id?: string;
  retired?: boolean;
}
export interface Organisation {
  corporations: (Retirable & {
    name: string;
    companies?: (Retirable & {
      name: string;
      sites?: (Retirable & { name: string })[];
      cost_centres?: (Retirable & { code: string; name: string })[];
    })[];
  })[];
}
export interface Category extends Retirable {
  names: Partial<Record<Locale, string>>;
  subcategories?: (Retirable & { names: Partial<Record<Locale, string>> })[];
}
export type Categories = Record<Kind, Category[]>;

export type Security = 'tls' | 'starttls' | 'plain';
export type AfterImport = 'delete' | 'leave';

export interface Mailbox {
  id: string;
  name: string;
  address: string;
  host: string;
  port: number;
  security: Security;
  auth: { type: string; username?: string };
  after_import: AfterImport;
  defaults?: Record<string, unknown>;
  enabled: boolean;
  last_sweep?: { at: string; error?: { code: string; detail: string }; next_attempt_at?: string } | null;
}

export interface MailboxChange {
  name?: string;
  address?: string;
  host?: string;
  port?: number;
  security?: Security;
  auth?: { type: 'password'; username: string; password?: string };
  after_import?: AfterImport;
  enabled?: boolean;
}

export interface MailboxTest {
  ok: boolean;
  messages?: number | null;
  code?: string | null;
  detail?: string | null;
}

export interface Sweep {
  id?: string;
  sweep_id?: string;
  state: 'asked' | 'running' | 'done' | 'failed';
  found?: number | null;
  done?: number | null;
  imported?: number | null;
  replies?: number | null;
  ignored?: number | null;
  quarantined?: number | null;
  duplicates?: number | null;
  oversize?: number | null;
  bytes?: number | null;
  started_at?: string | null;
  ended_at?: string | null;
  error?: string | { code?: string; detail?: string } | null;
}

export type MessageState = 'imported' | 'reply' | 'ignored' | 'duplicate' | 'oversize' | 'quarantined';
export const MESSAGE_STATES: readonly MessageState[] = [
  'imported',
  'reply',
  'ignored',
  'duplicate',
  'oversize',
  'quarantined',
];

export interface MailboxMessage {
  id: string;
  state: MessageState;
  reason?: string | null;
  ticket?: number | null;
  subject?: string | null;
  sender?: string | null;
  size?: number | null;
  at: string;
}
