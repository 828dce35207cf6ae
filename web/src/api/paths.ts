/** The calls in the form that openapi-fetch reads. Written after API.md; generated types can take this file's place. */
import type * as T from './types.ts';

interface Shape {
  path?: Record<string, string | number>;
  query?: object;
  body?: unknown;
}

type Operation<Answer, S extends Shape = Record<never, never>> = {
  parameters: (S extends { query: infer Q } ? { query?: Q } : { query?: never }) &
    (S extends { path: infer P } ? { path: P } : { path?: never }) & {
      header?: Record<string, string>;
      cookie?: never;
    };
  responses: {
    200: { headers: Record<string, unknown>; content: { 'application/json': Answer } };
    400: { headers: Record<string, unknown>; content: { 'application/problem+json': T.Problem } };
  };
} & (S extends { body: infer B } ? { requestBody: { content: { 'application/json': B } } } : { requestBody?: never });

type Id = { path: { id: string } };
type Number_ = { path: { number: number } };
type Paging = { limit?: number; cursor?: string };

export interface TicketQuery extends Paging {
  status?: string[];
  assignee?: string;
  requester?: string;
  kind?: string;
  sort?: string;
}

export interface paths {
  '/api/site': { get: Operation<T.Site> };
  '/api/me': { get: Operation<T.User>; patch: Operation<T.User, { body: { name?: string; locale?: T.Locale } }> };
  '/api/sign-in': { post: Operation<undefined, { body: { email: string; locale?: T.Locale } }> };
  '/api/session': {
    post: Operation<
      T.Session,
      {
        body: { token: string } | { email: string; password: string } | { ticket: number; ticket_key: string };
      }
    >;
    delete: Operation<undefined>;
  };
  '/api/ticket-links': { post: Operation<undefined, { body: { ticket: number; ticket_key: string } }> };
  '/api/specialists': { get: Operation<{ items: T.Specialist[] }> };
  '/api/organisation': { get: Operation<T.Organisation> };
  '/api/categories': { get: Operation<T.Categories> };
  '/api/users': {
    get: Operation<T.Page<T.User>, { query: Paging }>;
    post: Operation<T.User, { body: Omit<T.User, 'id'> }>;
  };
  '/api/users/{id}': { patch: Operation<T.User, Id & { body: Partial<Omit<T.User, 'id'>> }> };
  '/api/tickets': {
    get: Operation<T.Page<T.TicketRow>, { query: TicketQuery }>;
    post: Operation<T.Ticket, { body: T.NewTicket }>;
  };
  '/api/tickets/{number}': {
    get: Operation<T.TicketPage, Number_>;
    patch: Operation<T.Ticket, Number_ & { body: T.TicketChange }>;
  };
  '/api/tickets/{number}/entries': {
    get: Operation<T.Page<T.AnyEntry>, Number_ & { query: { cursor?: string; after?: number } }>;
  };
  '/api/tickets/{number}/messages': { post: Operation<T.Entry, Number_ & { body: T.NewMessage }> };
  '/api/tickets/{number}/claim': { post: Operation<T.Ticket, Number_> };
  '/api/tickets/{number}/verify': { get: Operation<T.Verdict, Number_> };
  '/api/tickets/{number}/attachments/{id}': {
    get: Operation<T.Download, { path: { number: number; id: string } }>;
  };
  '/api/attachments': { post: Operation<T.UploadTicket, { body: T.NewAttachment }> };
  '/api/attachments/{id}': { delete: Operation<undefined, Id> };
  '/api/attachments/{id}/complete': { post: Operation<unknown, Id> };
  '/api/mailboxes': {
    get: Operation<T.Page<T.Mailbox>>;
    post: Operation<T.Mailbox, { body: T.MailboxChange }>;
  };
  '/api/mailboxes/{id}': {
    patch: Operation<T.Mailbox, Id & { body: T.MailboxChange }>;
    delete: Operation<undefined, Id>;
  };
  '/api/mailboxes/{id}/test': { post: Operation<T.MailboxTest, Id> };
  '/api/mailboxes/{id}/sweep': { post: Operation<{ sweep_id: string }, Id> };
  '/api/mailboxes/{id}/sweeps': { get: Operation<T.Page<T.Sweep>, Id & { query: Paging }> };
  '/api/mailboxes/{id}/messages': {
    get: Operation<T.Page<T.MailboxMessage>, Id & { query: Paging & { state?: T.MessageState } }>;
  };
  '/api/sweeps': { post: Operation<{ sweep_id: string }> };
}
