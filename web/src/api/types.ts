/**
 * Names for the types that `openapi.json` gives (`npm run api` makes both anew), and the few lists that screens go through.
 * A field that the server does not have, or calls something else, fails the compiler here.
 */
import type { components, operations } from './schema.d.ts';

type Schemas = components['schemas'];

export type Role = Schemas['Role'];
export type Status = Schemas['Status'];
export type Priority = Schemas['Priority'];
export type Kind = Schemas['Kind'];
export type Locale = Schemas['Locale'];

/** Fails the compiler where a list lacks a word that the server may send. */
const all =
  <Word extends string>() =>
  <const List extends readonly Word[]>(
    list: Exclude<Word, List[number]> extends never ? List : never,
  ): readonly Word[] =>
    list;

export const STATUSES = all<Status>()(['new', 'in_process', 'on_hold', 'resolved', 'cancelled']);
export const PRIORITIES = all<Priority>()(['low', 'normal', 'high', 'urgent']);
export const KINDS = all<Kind>()(['incident', 'requirement']);

/** With 412, `current` is the ticket as it is now. A proxy's own words carry less than the server's. */
export type Problem = Pick<Schemas['Problem'], 'status' | 'code'> &
  Partial<Omit<Schemas['Problem'], 'current'>> & { current?: Ticket | null };

export interface Page<T> {
  items: T[];
  next_cursor?: string | null;
}

export type Site = Schemas['SiteInfo'];
export type User = Schemas['User'];
export type NewUser = Schemas['NewUser'];
export type UserChange = Schemas['UserChange'];
export type Session = Schemas['Session'];
export type Specialist = Schemas['Specialist'];
export type Person = Schemas['Assignee'];

export type Can = Schemas['Can'];
export type Ticket = Schemas['Ticket'];
export type TicketQuery = NonNullable<operations['get_tickets']['parameters']['query']>;
export type TicketChange = Schemas['TicketChange'];
export type NewTicket = Schemas['NewTicket'];
export type NewMessage = Schemas['NewMessage'];
export type TicketPage = Schemas['TicketPage'];

export type TicketCounts = Schemas['TicketCounts'];
export type ReadMark = Schemas['ReadMark'];
export type BulkSet = Schemas['BulkSet'];
export type BulkResult = Schemas['BulkResult'] & { problem?: Problem | null };
export type NewRating = Schemas['NewRating'];
export type TicketKey = Schemas['TicketKey'];
export type CannedReply = Schemas['CannedReply'];

export type Attached = Schemas['AttachedFile'];
export type NewAttachment = Schemas['NewUpload'];
export type Download = Schemas['Download'];

/** An entry as the list carries it: one that the reader may not see has its place and its hashes alone. */
export type AnyEntry = Schemas['Entry'];
/** An entry that the reader may see. */
export type Entry = AnyEntry & { at: string; type: EntryType; via: NonNullable<AnyEntry['via']> };
export type EntryType = NonNullable<AnyEntry['type']>;
export type Place = Schemas['Place'];

export type Organisation = Schemas['Organisation'];
export type OrganisationInput = Schemas['OrganisationInput'];
export type Categories = Schemas['Categories'];
export type CategoriesInput = Schemas['CategoriesInput'];
export type Names = Schemas['Names'];

export type Me = Schemas['Me'];
export type MeChange = Schemas['MeChange'];
export type Token = Schemas['Token'];
export type TokenScope = Schemas['TokenScope'];
export type NewToken = Schemas['NewToken'];
export type MadeToken = Schemas['MadeToken'];

export type Settings = Schemas['SiteSettings'];
export type SettingsChange = Schemas['SettingsChange'];
export type CannedReplies = Schemas['CannedReplies'];
export type CannedRepliesInput = Schemas['CannedRepliesInput'];
export type AuditRecord = Schemas['AuditRecord'];
export type AuditChange = Schemas['AuditChange'];
export type ImportCounts = Schemas['ImportCounts'];
export const IMPORTS = ['users', 'organisation', 'categories'] as const;
export type Import = (typeof IMPORTS)[number];

export type Security = Schemas['Security'];
export type AfterImport = Schemas['AfterImport'];
export type Mailbox = Schemas['Mailbox'];
export type NewMailbox = Schemas['NewMailbox'];
export type MailboxChange = Schemas['MailboxChange'];
export type MailboxTest = Schemas['MailboxTest'];
export type Sweep = Schemas['Sweep'];
export type MailboxMessage = Schemas['MailboxMessage'];
export type MessageState = Schemas['Verdict'];
export const MESSAGE_STATES = all<MessageState>()([
  'imported',
  'reply',
  'ignored',
  'duplicate',
  'oversize',
  'quarantined',
]);
export type EntryData = Schemas['EntryData'];
