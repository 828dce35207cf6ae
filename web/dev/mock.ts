/**
 * A fake of the API for developing and for tests of the client, as one function from request to answer. It knows the
 * shapes and codes of API.md, not its guarantees; no build contains it.
 */
import type { User } from '../src/api/types.ts';
import { adminCalls } from './admin-calls.ts';
import { type Body, Desk, json, Refused, refuse } from './desk.ts';
import { evidenceCalls } from './evidence-calls.ts';
import { mailboxCalls } from './mailbox-calls.ts';
import { peopleCalls } from './people-calls.ts';
import { ticketCalls } from './ticket-calls.ts';
import { moreTicketCalls } from './ticket-more.ts';

const ROUTES = [...adminCalls, ...peopleCalls, ...ticketCalls, ...moreTicketCalls, ...evidenceCalls, ...mailboxCalls];

export class Mock extends Desk {
  handle = async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    try {
      const text = url.pathname.startsWith('/api/') ? await request.text() : '';
      const isJson = text !== '' && request.headers.get('Content-Type')?.startsWith('application/json') === true;
      const body = isJson ? (JSON.parse(text) as Body) : {};
      this.seen.push({
        method: request.method,
        path: url.pathname,
        query: url.search,
        key: request.headers.get('Idempotency-Key'),
        match: request.headers.get('If-Match'),
        body,
      });
      const me = this.#who(request);
      for (const [method, pattern, handler] of ROUTES) {
        const match = method === request.method && pattern.exec(url.pathname);
        if (match) return handler(this, { url, body, text, me, request }, ...match.slice(1).map(decodeURIComponent));
      }
      return refuse(404, 'not_found');
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return json(error.problem, error.problem.status, { 'Content-Type': 'application/problem+json' });
    }
  };

  #who(request: Request): User | undefined {
    if (this.sessionEnded) return undefined;
    const cookies = request.headers.get('Cookie') ?? '';
    const cookie = (name: string) => new RegExp(`${name}=([^;]+)`).exec(cookies)?.[1];
    const known = (id: string | undefined) => this.users.find(user => user.id === id);
    const person = known(cookie('session') ?? this.signedIn);
    // A guest has the ticket and nothing else.
    const open = /^\/api\/(tickets\/\d+|attachments)/.test(new URL(request.url).pathname);
    return person ?? (open ? known(cookie('guest') ?? (cookies === '' ? this.guest : undefined)) : undefined);
  }
}
