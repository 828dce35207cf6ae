import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Connect, Plugin } from 'vite';
import { Mock } from './mock.ts';

/** As the server sends it; `dist` must work under it. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  'media-src blob:',
  "connect-src 'self'",
  "manifest-src 'self'",
  "frame-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) if (typeof value === 'string') headers.set(name, value);
  const method = incoming.method ?? 'GET';
  const body = method === 'GET' || method === 'HEAD' ? undefined : Buffer.concat(chunks);
  return new Request(`http://${incoming.headers.host}${incoming.url}`, { method, headers, body });
}

async function answer(response: Response, out: ServerResponse): Promise<void> {
  out.writeHead(response.status, Object.fromEntries(response.headers));
  out.end(Buffer.from(await response.arrayBuffer()));
}

/** How many help desks are kept: each browser of the picture script has one of its own, by a cookie. */
const DESKS = 20;

function desks(): (request: Request) => Mock {
  const known = new Map<string, Mock>();
  return request => {
    const name = /(?:^|; )desk=([^;]+)/.exec(request.headers.get('Cookie') ?? '')?.[1] ?? '';
    const mock = known.get(name) ?? new Mock();
    known.set(name, mock);
    for (const old of [...known.keys()].slice(0, -DESKS)) known.delete(old);
    return mock;
  };
}

function middleware(mockOf: (request: Request) => Mock): Connect.NextHandleFunction {
  return (request, response, next) => {
    if (!/^\/(api|files)\//.test(request.url ?? '')) return next();
    toRequest(request)
      .then(asked => mockOf(asked).handle(asked))
      .then(result => answer(result, response))
      .catch(next);
  };
}

/** Answers `/api` from the fake while developing, and beside a finished build under the server's own CSP. */
export function mockServer(): Plugin {
  return {
    name: 'chamada-mock',
    configureServer(server) {
      server.middlewares.use(middleware(desks()));
    },
    configurePreviewServer(server) {
      server.middlewares.use((_request, response, next) => {
        response.setHeader('Content-Security-Policy', CSP);
        response.setHeader('X-Content-Type-Options', 'nosniff');
        next();
      });
      server.middlewares.use(middleware(desks()));
    },
  };
}
