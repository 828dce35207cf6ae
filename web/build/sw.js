/**
 * The service worker: lets the client open without a connection. It keeps the shell alone, which is the page and the files
 * in `assets/` whose names hold a digest of what is in them. What the API says never passes through it.
 *
 * No version can get stuck:
 * - The page is asked for anew each time it is opened, and the kept one is shown only where no answer comes at all. So a
 *   new version is there with the next load, whether this worker knows of it or not.
 * - A file of `assets/` never changes under its name, so a kept one is always right. The page has no words in it: the
 *   texts of each language are such files, and go with the page that names them.
 * - A new worker (this file differs with every build) keeps its files before it takes over at once. It leaves the files of
 *   the version before: a page that is open still loads its screens from there, after the server has deleted them too.
 * - Where keeping fails, the worker is not installed, and the browser tries again at the next opening.
 */
const VERSION = '%VERSION%';
const FILES = '%FILES%'.split(' ');
const PREFIX = 'chamada-';
const CACHE = PREFIX + VERSION;
const SHELL = new URL('./', location.href).href;

async function keep(cache, file) {
  const url = new URL(file, SHELL).href;
  const response = (await caches.match(url, { ignoreVary: true })) ?? (await fetch(url));
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  await cache.put(url, response);
}

async function install() {
  const cache = await caches.open(CACHE);
  const page = await fetch(SHELL, { cache: 'no-cache' });
  if (!page.ok || page.redirected) throw new Error(`the page: ${page.status}`);
  // In the moment of a deployment the page may be of another version than this list.
  const named = (await page.clone().text()).match(/assets\/[\w.-]+/g) ?? [];
  await Promise.all([...new Set([...FILES, ...named])].map(file => keep(cache, file)));
  await cache.put(SHELL, page);
  await self.skipWaiting();
}

async function activate() {
  const others = (await caches.keys()).filter(name => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(others.slice(0, -1).map(name => caches.delete(name)));
  await self.clients.claim();
}

async function page(request) {
  try {
    return await fetch(request);
  } catch {
    const cache = await caches.open(CACHE);
    return (await cache.match(SHELL, { ignoreVary: true })) ?? Response.error();
  }
}

const asset = async request => (await caches.match(request.url, { ignoreVary: true })) ?? fetch(request);

self.addEventListener('install', event => event.waitUntil(install()));
self.addEventListener('activate', event => event.waitUntil(activate()));
self.addEventListener('fetch', event => {
  const { request } = event;
  if (request.method !== 'GET') return;
  const address = request.url.replace(/[?#].*$/, '');
  if (request.mode === 'navigate') {
    // Other pages of this site, such as a mail in its frame, are none of ours.
    if (address === SHELL || address === `${SHELL}index.html`) event.respondWith(page(request));
  } else if (address.startsWith(`${SHELL}assets/`)) event.respondWith(asset(request));
});
