// Writing without a connection, and with a session that has ended, in a real browser against the real server.
import { check, enter, look, open, person, withBrowser } from './browser.mjs';
import { desk, say } from './desk.mjs';

const viewport = process.argv[2] ?? 'desktop';

const history = page => page.getByRole('list', { name: 'Historia del ticket' });
const form = page => page.getByRole('form', { name: 'Responder' });
const send = page => form(page).getByRole('button', { name: 'Enviar', exact: true }).click();

/** Waits until the reply box holds these words. */
async function typed(page, words, what) {
  const box = form(page).getByRole('textbox');
  for (let turn = 0; turn < 50 && (await box.inputValue()) !== words; turn += 1) await page.waitForTimeout(100);
  check((await box.inputValue()) === words, what);
}

/** What the outbox holds on this device. */
const kept = page => page.evaluate(() => Object.keys(localStorage).filter(key => key.startsWith('chamada.outbox.')).length);

async function newTicket(page, title) {
  await page.getByLabel('Título').fill(title);
  await page.getByLabel('Mensaje').fill('Desde temprano.');
  await page.getByRole('button', { name: 'Enviar ticket' }).click();
}

async function replyWaits(admin) {
  const { page } = admin;
  await page.context().setOffline(true);
  await page.getByText('Sin conexión. Lo escrito se guarda en este equipo.').waitFor();
  await form(page).getByRole('textbox').fill('Escrito sin conexión.');
  await send(page);
  await page.getByText('Espera la conexión', { exact: true }).waitFor();
  await typed(page, '', 'the box is free for the next reply');
  await look(admin, 'offline');
  await page.getByRole('button', { name: 'Volver a editar' }).click();
  await typed(page, 'Escrito sin conexión.', 'it can be taken back');
  await send(page);
  await page.getByText('Espera la conexión', { exact: true }).waitFor();
}

/** The page is loaded anew before the server answers again: the calls fail, the page itself comes. */
async function sentOnceAfterReload(admin) {
  const { page } = admin;
  const sent = [];
  page.on('request', request => request.method() === 'POST' && /messages$/.test(request.url()) && sent.push(request.headers()['idempotency-key']));
  await page.context().route('**/api/tickets/*/messages', route => route.abort());
  await page.context().setOffline(false);
  await page.reload();
  await page.getByText('Espera la conexión', { exact: true }).first().waitFor();
  await page.context().unroute('**/api/tickets/*/messages');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await history(page).getByText('Escrito sin conexión.').waitFor({ timeout: 40_000 });
  check((await history(page).getByText('Escrito sin conexión.').count()) === 1, 'it is there once');
  check(new Set(sent).size === 1 && sent[0], `every attempt had the same key: ${sent.join(' ')}`);
  check((await kept(page)) === 0, 'nothing is left on the device');
}

/** The server did the work, and its answer was lost on the way. */
async function lostAnswer(admin) {
  const { page } = admin;
  let lost = 0;
  await page.route('**/api/tickets/*/messages', async route => {
    await route.fetch();
    lost += 1;
    await route.abort();
  });
  await form(page).getByRole('textbox').fill('Dicho una vez.');
  await send(page);
  await page.getByText('Espera la conexión', { exact: true }).waitFor();
  check(lost > 0, 'the server got it');
  await page.unroute('**/api/tickets/*/messages');
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await page.getByText('Espera la conexión', { exact: true }).waitFor({ state: 'hidden', timeout: 40_000 });
  await page.reload();
  await history(page).getByText('Dicho una vez.').waitFor();
  check((await history(page).getByText('Dicho una vez.').count()) === 1, 'a lost answer makes no second reply');
}

async function ticketWaits(admin) {
  const { page } = admin;
  await open(admin, '#/new');
  await page.getByLabel('Título').waitFor();
  await page.context().setOffline(true);
  await newTicket(page, 'Sin red en la tienda');
  await page.getByText('1 envío espera la conexión').waitFor();
  await page.getByRole('button', { name: 'Ver', exact: true }).click();
  await page.getByRole('dialog').getByText('Sin red en la tienda').waitFor();
  await look(admin, 'outbox');
  await page.keyboard.press('Escape');
  await page.context().setOffline(false);
  await page.getByText(/Se envió el ticket CH-/).waitFor({ timeout: 40_000 });
  await open(admin, '#/');
  await page.getByRole('link', { name: 'Sin red en la tienda' }).waitFor();
}

/** Opened without a connection, the client itself is there; it goes on by itself when the server is. */
async function opensOffline(admin) {
  const { page } = admin;
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!navigator.serviceWorker.controller) await new Promise(done => setTimeout(done, 100));
  });
  await page.context().setOffline(true);
  await page.reload();
  await page.getByText('Sin conexión. Lo escrito se guarda en este equipo.').waitFor();
  await page.getByText('El servidor no responde. Inténtelo de nuevo.').waitFor();
  const held = await page.evaluate(async () => {
    const names = await caches.keys();
    const kept = await Promise.all(names.map(async name => (await (await caches.open(name)).keys()).map(request => new URL(request.url).pathname)));
    return kept.flat();
  });
  check(held.every(path => path === '/' || path.startsWith('/assets/')), `the shell alone is kept: ${held.join(' ')}`);
  await look(admin, 'opened-offline');
  await page.context().setOffline(false);
  await page.getByRole('heading', { level: 1, name: 'Bandeja' }).waitFor({ timeout: 40_000 });
}

/** The cookie is gone in the middle of a reply: signing in again over the page, with what was typed still there. */
async function sessionEnds(admin) {
  const { page } = admin;
  await page.getByRole('link', { name: 'Sin red en la tienda' }).click();
  await form(page).getByRole('textbox').fill('Escrito antes de que terminara.');
  const cookies = await page.context().cookies();
  await page.context().clearCookies();
  await send(page);
  const dialog = page.getByRole('dialog', { name: 'Su sesión terminó' });
  await dialog.waitFor();
  await look(admin, 'session-ended');
  // Esc must not leave a page behind that nobody is signed in to, however often it is pressed.
  for (let turn = 0; turn < 3; turn += 1) await page.keyboard.press('Escape');
  await dialog.waitFor();
  // As after signing in by a link, which opens a tab of its own.
  await page.context().addCookies(cookies);
  const other = await page.context().newPage();
  await other.goto(desk.site);
  await other.evaluate(() => new BroadcastChannel('chamada').postMessage('signed-in'));
  await other.close();
  await dialog.waitFor({ state: 'hidden' });
  await typed(page, 'Escrito antes de que terminara.', 'what was typed is still there');
  await send(page);
  await history(page).getByText('Escrito antes de que terminara.').waitFor();
}

await withBrowser(async browser => {
  const admin = await person(browser, 'admin', viewport);
  await enter(admin, desk.signIn);
  await open(admin, '#/new');
  await newTicket(admin.page, 'Caja detenida');
  await history(admin.page).waitFor();
  await replyWaits(admin);
  await sentOnceAfterReload(admin);
  await lostAnswer(admin);
  await ticketWaits(admin);
  await opensOffline(admin);
  await sessionEnds(admin);
  check(admin.errors.length === 0, `no error in the console: ${admin.errors.join('\n')}`);
  say(`${viewport}: nothing was lost without a connection`);
});
process.exit(0);
