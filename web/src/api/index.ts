/**
 * The API as the screens see it. Nothing outside this folder knows paths, headers or where types come from.
 * Every write takes the Idempotency-Key that its caller keeps across retries.
 */
import { client, once, onceAt, read } from './client.ts';
import type * as T from './types.ts';

export { newKey, onSessionEnded, reached, serverNow } from './client.ts';
export { ApiError, isApiError, isNetworkError } from './errors.ts';
export * from './types.ts';

export const session = {
  site: () => read(client.GET('/api/site'), true),
  me: () => read(client.GET('/api/me'), true),
  update: (change: { name?: string; locale?: T.Locale; notify?: boolean }, key: string) =>
    read(client.PATCH('/api/me', { params: once(key), body: change })),
  askLink: (email: string, locale: T.Locale, key: string) =>
    read(client.POST('/api/sign-in', { params: once(key), body: { email, locale } }), true),
  byToken: (token: string) => read(client.POST('/api/session', { body: { token } }), true),
  byPassword: (email: string, password: string) =>
    read(client.POST('/api/session', { body: { email, password } }), true),
  byTicketKey: (ticket: number, ticket_key: string) =>
    read(client.POST('/api/session', { body: { ticket, ticket_key } }), true),
  newTicketLink: (ticket: number, ticket_key: string, key: string) =>
    read(client.POST('/api/ticket-links', { params: once(key), body: { ticket, ticket_key } }), true),
  end: () => read(client.DELETE('/api/session'), true),
};

/** How many tickets one call may name. */
const AT_ONCE = 100;
/** How often the server takes one parameter. */
const REPEATED = 20;

const ticketPath = (number: number) => ({ path: { number } });

export const tickets = {
  list: (query: T.TicketQuery, signal?: AbortSignal) => read(client.GET('/api/tickets', { params: { query }, signal })),
  open: (number: number, signal?: AbortSignal) =>
    read(client.GET('/api/tickets/{number}', { params: ticketPath(number), signal })),
  older: (number: number, cursor: string) =>
    read(client.GET('/api/tickets/{number}/entries', { params: { ...ticketPath(number), query: { cursor } } })),
  since: (number: number, after: number, signal?: AbortSignal) =>
    read(client.GET('/api/tickets/{number}/entries', { params: { ...ticketPath(number), query: { after } }, signal })),
  create: (body: T.NewTicket, key: string) => read(client.POST('/api/tickets', { params: once(key), body })),
  /** By somebody who has not signed in, where the site allows it: 401 says that it does not any more. */
  createAsGuest: (body: T.NewTicket, key: string) =>
    read(client.POST('/api/tickets', { params: once(key), body }), true),
  change: (number: number, version: number, body: T.TicketChange, key: string) =>
    read(client.PATCH('/api/tickets/{number}', { params: { ...ticketPath(number), ...onceAt(key, version) }, body })),
  message: (number: number, body: T.NewMessage, key: string) =>
    read(client.POST('/api/tickets/{number}/messages', { params: { ...ticketPath(number), ...once(key) }, body })),
  claim: (number: number, key: string) =>
    read(client.POST('/api/tickets/{number}/claim', { params: { ...ticketPath(number), ...once(key) } })),
  verify: (number: number) => read(client.GET('/api/tickets/{number}/verify', { params: ticketPath(number) })),
  download: (number: number, id: string) =>
    read(client.GET('/api/tickets/{number}/attachments/{id}', { params: { path: { number, id } } })),
  counts: () => read(client.GET('/api/tickets/counts')),
  /** How far one has read each of these, as many at a time as a parameter may be repeated. */
  reads: async (numbers: readonly number[]): Promise<T.ReadMark[]> => {
    const parts = Array.from({ length: Math.ceil(numbers.length / REPEATED) }, (_, part) =>
      numbers.slice(part * REPEATED, (part + 1) * REPEATED),
    );
    const asked = parts.map(number => read(client.GET('/api/tickets/reads', { params: { query: { number } } })));
    return (await Promise.all(asked)).flatMap(page => page.items);
  },
  markRead: (number: number, seq: number) =>
    read(client.PUT('/api/tickets/{number}/read', { params: ticketPath(number), body: { seq } }), true),
  /** What became of each, a hundred at a time. */
  bulk: async (numbers: readonly number[], set: T.BulkSet, key: string): Promise<T.BulkResult[]> => {
    const results: T.BulkResult[][] = [];
    for (let from = 0; from < numbers.length; from += AT_ONCE) {
      const body = { numbers: numbers.slice(from, from + AT_ONCE), set };
      const params = once(`${key}-${from}`);
      results.push((await read(client.POST('/api/tickets/bulk', { params, body }))).results as T.BulkResult[]);
    }
    return results.flat();
  },
  remove: (number: number, key: string) =>
    read(client.DELETE('/api/tickets/{number}', { params: { ...ticketPath(number), ...once(key) } })),
  restore: (number: number, key: string) =>
    read(client.POST('/api/tickets/{number}/restore', { params: { ...ticketPath(number), ...once(key) } })),
  erase: (number: number, key: string) =>
    read(client.POST('/api/tickets/{number}/erase', { params: { ...ticketPath(number), ...once(key) } })),
  merge: (number: number, into: number, key: string) =>
    read(
      client.POST('/api/tickets/{number}/merge', { params: { ...ticketPath(number), ...once(key) }, body: { into } }),
    ),
  link: (number: number, other: number, key: string) =>
    read(client.PUT('/api/tickets/{number}/links/{other}', { params: { path: { number, other }, ...once(key) } })),
  unlink: (number: number, other: number, key: string) =>
    read(client.DELETE('/api/tickets/{number}/links/{other}', { params: { path: { number, other }, ...once(key) } })),
  rate: (number: number, body: T.NewRating, key: string) =>
    read(client.PUT('/api/tickets/{number}/rating', { params: { ...ticketPath(number), ...once(key) }, body })),
  keys: (number: number) => read(client.GET('/api/tickets/{number}/keys', { params: ticketPath(number) })),
  revokeKey: (number: number, id: string, key: string) =>
    read(client.DELETE('/api/tickets/{number}/keys/{id}', { params: { path: { number, id }, ...once(key) } })),
  revokeKeys: (number: number, key: string) =>
    read(client.DELETE('/api/tickets/{number}/keys', { params: { ...ticketPath(number), ...once(key) } })),
  /** The texts that staff have ready, filled for this ticket. */
  cannedReplies: (number: number) => read(client.GET('/api/canned-replies', { params: { query: { ticket: number } } })),
};

const withId = (id: string) => ({ path: { id } });

export const attachments = {
  create: (body: T.NewAttachment, key: string) => read(client.POST('/api/attachments', { params: once(key), body })),
  complete: (id: string, key: string) =>
    read(client.POST('/api/attachments/{id}/complete', { params: { ...withId(id), ...once(`${key}-complete`) } })),
  remove: (id: string) => read(client.DELETE('/api/attachments/{id}', { params: withId(id) })),
};
export type Attachments = typeof attachments;

export const directory = {
  specialists: () => read(client.GET('/api/specialists')),
  organisation: () => read(client.GET('/api/organisation')),
  categories: () => read(client.GET('/api/categories')),
  users: (cursor?: string) =>
    read(client.GET('/api/users', { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } } })),
  createUser: (body: T.NewUser, key: string) => read(client.POST('/api/users', { params: once(key), body })),
  changeUser: (id: string, body: T.UserChange, key: string) =>
    read(client.PATCH('/api/users/{id}', { params: { ...withId(id), ...once(key) }, body })),
};

export const mailboxes = {
  /** All of them, page after page. */
  list: async (): Promise<{ items: T.Mailbox[] }> => {
    const items: T.Mailbox[] = [];
    let cursor: string | null | undefined;
    do {
      const query = { limit: 100, ...(cursor ? { cursor } : {}) };
      const page = await read(client.GET('/api/mailboxes', { params: { query } }));
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return { items };
  },
  open: (id: string) => read(client.GET('/api/mailboxes/{id}', { params: withId(id) })),
  create: (body: T.NewMailbox, key: string) => read(client.POST('/api/mailboxes', { params: once(key), body })),
  change: (id: string, body: T.MailboxChange, key: string) =>
    read(client.PATCH('/api/mailboxes/{id}', { params: { ...withId(id), ...once(key) }, body })),
  remove: (id: string, key: string) =>
    read(client.DELETE('/api/mailboxes/{id}', { params: { ...withId(id), ...once(key) } })),
  test: (id: string, key: string) =>
    read(client.POST('/api/mailboxes/{id}/test', { params: { ...withId(id), ...once(key) } })),
  sweep: (id: string, key: string) =>
    read(client.POST('/api/mailboxes/{id}/sweep', { params: { ...withId(id), ...once(key) } })),
  sweepAll: (key: string) => read(client.POST('/api/sweeps', { params: once(key) })),
  sweeps: (id: string, limit: number) =>
    read(client.GET('/api/mailboxes/{id}/sweeps', { params: { ...withId(id), query: { limit } } })),
  messages: (id: string, state: T.MessageState | undefined, cursor?: string) =>
    read(
      client.GET('/api/mailboxes/{id}/messages', {
        params: { ...withId(id), query: { ...(state ? { state } : {}), ...(cursor ? { cursor } : {}) } },
      }),
    ),
};
