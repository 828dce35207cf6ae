// @vitest-environment node
/** The service worker: what it keeps, what it answers, and that no version of it gets stuck. */
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';
import { fillWorker } from '../../build/service-worker.ts';

const SITE = 'https://help.example/';
const page = (script: string) => `<!doctype html><script type="module" src="./assets/${script}"></script>`;

type Listener = (event: object) => void;

/** The caches of one browser, and the server, which may be away. */
const stores = new Map<string, Map<string, Response>>();
let server: Record<string, string>;
let away: boolean;
let asked: string[];

const keyOf = (request: string | { url: string }) => (typeof request === 'string' ? request : request.url);

const caches = {
  open: async (name: string) => {
    if (!stores.has(name)) stores.set(name, new Map());
    const held = stores.get(name) as Map<string, Response>;
    return {
      put: async (key: string, value: Response) => void held.set(key, value.clone()),
      match: async (key: string) => held.get(key)?.clone(),
    };
  },
  keys: async () => [...stores.keys()],
  delete: async (name: string) => stores.delete(name),
  match: async (request: string) =>
    [...stores.values()]
      .map(held => held.get(request))
      .find(Boolean)
      ?.clone(),
};

async function fetchFrom(request: string | { url: string }): Promise<Response> {
  const url = keyOf(request);
  asked.push(url);
  if (away) throw new TypeError('Failed to fetch');
  const body = server[url.slice(SITE.length)];
  return body === undefined ? new Response('', { status: 404 }) : new Response(body);
}

/** A worker of a build with these files, as the browser would run it. */
function worker(files: string[], html: string) {
  const listeners: Record<string, Listener> = {};
  const state = { skipped: false, claimed: false };
  const self = {
    addEventListener: (name: string, listener: Listener) => {
      listeners[name] = listener;
    },
    skipWaiting: async () => {
      state.skipped = true;
    },
    clients: {
      claim: async () => {
        state.claimed = true;
      },
    },
  };
  const world = { self, caches, fetch: fetchFrom, location: { href: `${SITE}sw.js` }, URL, Response, Error };
  runInNewContext(fillWorker(files, html), world);
  const run = async (name: string) => {
    let work: Promise<unknown> = Promise.resolve();
    listeners[name]?.({ waitUntil: (of: Promise<unknown>) => (work = of) });
    await work;
  };
  return {
    state,
    start: async () => {
      await run('install');
      await run('activate');
    },
    /** What it answers; undefined where it leaves the request alone. */
    ask: (path: string, mode = 'cors', method = 'GET'): Promise<Response> | undefined => {
      let answer: Promise<Response> | undefined;
      const request = { url: SITE + path, mode, method };
      listeners.fetch?.({ request, respondWith: (of: Promise<Response>) => (answer = of) });
      return answer;
    },
  };
}

const deploy = (script: string) => {
  server = { '': page(script), 'index.html': page(script), [`assets/${script}`]: script, 'assets/es-1.js': 'textos' };
  return worker([`assets/${script}`, 'assets/es-1.js'], page(script));
};

beforeEach(() => {
  stores.clear();
  away = false;
  asked = [];
});

describe('the service worker', () => {
  it('opens the page and its files without a connection', async () => {
    const one = deploy('a-1.js');
    await one.start();
    away = true;
    expect(await (await one.ask('', 'navigate'))?.text()).toContain('a-1.js');
    expect(await (await one.ask('index.html', 'navigate'))?.text()).toContain('a-1.js');
    expect(await (await one.ask('assets/a-1.js'))?.text()).toBe('a-1.js');
  });

  it.each([
    ['api/tickets', 'cors', 'GET'],
    ['api/tickets/1/entries/2/html', 'navigate', 'GET'],
    ['outbox', 'navigate', 'GET'],
    ['icon.svg', 'no-cors', 'GET'],
    ['assets/a-1.js', 'cors', 'POST'],
    ['', 'navigate', 'POST'],
  ])('leaves %s (%s, %s) alone', async (path, mode, method) => {
    const one = deploy('a-1.js');
    await one.start();
    expect(one.ask(path, mode, method)).toBeUndefined();
  });

  it('asks for the page each time: a new version is shown at once, also under an old worker', async () => {
    const old = deploy('a-1.js');
    await old.start();
    deploy('a-2.js');
    expect(await (await old.ask('', 'navigate'))?.text()).toContain('a-2.js');
  });

  it('takes over at once, asks only for what is new, and leaves the screens of an open page', async () => {
    await deploy('a-1.js').start();
    const two = deploy('a-2.js');
    asked = [];
    await two.start();
    expect(two.state).toEqual({ skipped: true, claimed: true });
    expect(asked.sort()).toEqual([SITE, `${SITE}assets/a-2.js`]);
    away = true;
    expect(await (await two.ask('assets/a-1.js'))?.text()).toBe('a-1.js');
    expect(await (await two.ask('', 'navigate'))?.text()).toContain('a-2.js');
    away = false;
    await deploy('a-3.js').start();
    expect(stores.size).toBe(2);
    expect([...stores.values()].some(held => held.has(`${SITE}assets/a-1.js`))).toBe(false);
  });

  it('works after going back to an earlier version', async () => {
    await deploy('a-1.js').start();
    await deploy('a-2.js').start();
    const again = deploy('a-1.js');
    await again.start();
    away = true;
    expect(await (await again.ask('', 'navigate'))?.text()).toContain('a-1.js');
  });

  it('is not installed where a file is missing', async () => {
    const one = deploy('a-1.js');
    delete server['assets/es-1.js'];
    await expect(one.start()).rejects.toThrow('assets/es-1.js: 404');
    expect(one.state.skipped).toBe(false);
  });

  it('keeps what the page names, though the page is newer than its list', async () => {
    const one = deploy('a-1.js');
    server[''] = page('a-2.js');
    server['assets/a-2.js'] = 'a-2.js';
    await one.start();
    away = true;
    expect(await (await one.ask('assets/a-2.js'))?.text()).toBe('a-2.js');
  });

  it('has another version with any change', () => {
    const version = (files: string[], html: string) => /VERSION = '(\w+)'/.exec(fillWorker(files, html))?.[1];
    const first = version(['assets/a.js'], 'x');
    expect(first).toMatch(/^[0-9a-f]{12}$/);
    expect(version(['assets/b.js'], 'x')).not.toBe(first);
    expect(version(['assets/a.js'], 'y')).not.toBe(first);
  });
});
