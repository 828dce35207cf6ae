// Pictures of every screen from the built client against the fake API, each checked by axe. Needs `npm run build`.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const out = process.argv[2] ?? join(import.meta.dirname, '..', 'dist-shots');
const only = process.argv[3] && new RegExp(process.argv[3]);
const widths = (process.argv[4] ?? '1280,390,360').split(',').map(Number);
mkdirSync(out, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'];

const SCREENS = [
  { name: 'sign-in', path: '#/in' },
  { name: 'landing', path: '#/m/ana' },
  { name: 'expired', path: '#/t/2783?key=expired', wait: 'h1' },
  { name: 'list', as: 'marta', path: '#/' },
  { name: 'list-pt', as: 'marta', path: '#/?status=new&status=on_hold&sort=due_at', locale: 'pt' },
  {
    name: 'sweep',
    as: 'marta',
    path: '#/',
    act: page => page.getByRole('button', { name: 'Buscar correo ahora' }).click(),
    settle: 4000,
  },
  {
    name: 'filter',
    as: 'marta',
    path: '#/',
    act: page =>
      page
        .getByRole('button', { name: /Especialista/ })
        .first()
        .click(),
  },
  { name: 'ticket', as: 'marta', path: '#/t/2841' },
  {
    name: 'ticket-as-sent',
    as: 'marta',
    path: '#/t/2841',
    act: async page => {
      await page.getByRole('button', { name: 'Ver como se envió' }).click();
      await page.frameLocator('iframe').getByText('51-C').waitFor();
    },
  },
  {
    name: 'ticket-note',
    as: 'ana',
    path: '#/t/2841',
    act: page => page.getByRole('tab', { name: 'Nota interna' }).click(),
  },
  {
    name: 'ticket-verify',
    as: 'marta',
    path: '#/t/2841',
    act: page => page.getByRole('button', { name: 'Historial verificado' }).click(),
  },
  {
    name: 'ticket-viewer',
    as: 'marta',
    path: '#/t/2841',
    act: async page => {
      await page.getByRole('button', { name: 'caja3-error-51C.png' }).click();
      await page.getByRole('dialog').getByRole('img').waitFor();
    },
  },
  { name: 'list-bulk', as: 'marta', path: '#/', act: tickThree },
  {
    name: 'list-help',
    as: 'marta',
    path: '#/',
    act: page => page.keyboard.press('?'),
  },
  { name: 'list-overdue', as: 'marta', path: '#/?view=overdue' },
  { name: 'list-deleted', as: 'marta', path: '#/?view=deleted', before: page => api(page, 'DELETE', 'tickets/2695') },
  {
    name: 'ticket-menu',
    as: 'marta',
    path: '#/t/2841',
    act: page => page.getByRole('button', { name: 'Acciones' }).click(),
  },
  ...[
    ['merge', 'Unir a otro', page => page.getByLabel('Unirlo al ticket').fill('CH-2835')],
    ['cc', 'Cambiar copias'],
    ['keys', 'Enlaces de acceso'],
    ['export', 'Descargar historial'],
    ['delete', 'Eliminar'],
  ].map(([name, item, then]) => ({
    name: `ticket-${name}`,
    as: 'marta',
    path: '#/t/2841',
    act: async page => {
      await page.getByRole('button', { name: 'Acciones' }).click();
      await page.getByRole('menuitem', { name: item, exact: true }).click();
      await page.getByRole('dialog').waitFor();
      await then?.(page);
    },
    settle: 900,
  })),
  {
    name: 'ticket-deleted',
    as: 'marta',
    path: '#/t/2694',
    before: page => api(page, 'DELETE', 'tickets/2694'),
    act: page => page.getByRole('button', { name: 'Borrar para siempre' }).click(),
  },
  {
    name: 'ticket-related',
    as: 'marta',
    path: '#/t/2829',
    before: page => api(page, 'PUT', 'tickets/2829/links/2822'),
    act: page => page.getByRole('button', { name: 'Más formas de enviar' }).click(),
  },
  {
    name: 'ticket-canned',
    as: 'ana',
    path: '#/t/2817',
    act: page => page.getByRole('button', { name: 'Respuestas preparadas' }).click(),
  },
  {
    name: 'ticket-merged',
    as: 'marta',
    path: '#/t/2690',
    before: page => api(page, 'POST', 'tickets/2690/merge', { into: 2689 }),
  },
  { name: 'guest-ticket', path: '#/t/2783?key=good', locale: 'pt', wait: '.rate' },
  {
    name: 'customer-rated',
    as: 'helen',
    path: '#/t/2798',
    locale: 'en',
    before: page => api(page, 'PUT', 'tickets/2798/rating', { stars: 4, comment: 'Quick and kind.' }),
  },
  { name: 'ticket-en', as: 'joao', path: '#/t/2835', locale: 'en' },
  { name: 'customer-ticket', as: 'rafael', path: '#/t/2783', locale: 'pt' },
  { name: 'customer-list', as: 'rafael', path: '#/', locale: 'pt' },
  { name: 'new', as: 'camila', path: '#/new', act: fillNew },
  { name: 'new-staff', as: 'marta', path: '#/new' },
  { name: 'users', as: 'marta', path: '#/admin/users' },
  {
    name: 'user-edit',
    as: 'marta',
    path: '#/admin/users',
    act: page => page.getByRole('button', { name: 'Editar Ana Ribeiro' }).click(),
  },
  {
    name: 'mailboxes',
    as: 'marta',
    path: '#/admin/mailboxes',
    act: page => page.getByRole('button', { name: 'Probar conexión' }).last().click(),
  },
  { name: 'mailbox', as: 'marta', path: '#/admin/mailboxes/mbx_soporte' },
  {
    name: 'mailbox-new',
    as: 'marta',
    path: '#/admin/mailboxes',
    act: page => page.getByRole('button', { name: 'Nuevo buzón' }).click(),
  },
  {
    name: 'account',
    as: 'marta',
    path: '#/',
    act: page => page.getByRole('button', { name: 'Cuenta' }).filter({ visible: true }).click(),
  },
  { name: 'admin', as: 'marta', path: '#/admin' },
  {
    name: 'org',
    as: 'marta',
    path: '#/admin/org',
    act: page => page.getByRole('treeitem', { name: /Farmacias Luz/ }).click(),
  },
  {
    name: 'org-move',
    as: 'marta',
    path: '#/admin/org',
    act: async page => {
      await page.getByRole('treeitem', { name: /Maip/ }).click();
      await page.getByRole('button', { name: 'Mover a…' }).click();
    },
  },
  {
    name: 'org-in-use',
    as: 'marta',
    path: '#/admin/org',
    act: async page => {
      await page.getByRole('button', { name: 'Eliminar' }).click();
      await page.getByRole('dialog').getByRole('button', { name: 'Eliminar' }).click();
    },
  },
  { name: 'org-conflict', as: 'marta', path: '#/admin/org', act: conflict },
  { name: 'categories', as: 'marta', path: '#/admin/categories' },
  {
    name: 'category-edit',
    as: 'marta',
    path: '#/admin/categories',
    act: page => page.getByRole('button', { name: 'Editar Impresora' }).click(),
  },
  { name: 'canned', as: 'marta', path: '#/admin/canned' },
  {
    name: 'canned-edit',
    as: 'marta',
    path: '#/admin/canned',
    act: page => page.getByRole('button', { name: 'Editar Recibido' }).click(),
  },
  { name: 'settings', as: 'marta', path: '#/admin/settings' },
  { name: 'settings-pt', as: 'marta', path: '#/admin/settings', locale: 'pt' },
  { name: 'audit', as: 'marta', path: '#/admin/audit' },
  { name: 'import-bad', as: 'marta', path: '#/admin/imports', act: page => importUsers(page, 'nadie') },
  { name: 'import-good', as: 'marta', path: '#/admin/imports', act: page => importUsers(page, 'nueva@andino.example') },
  {
    name: 'user-new',
    as: 'marta',
    path: '#/admin/users',
    act: page => page.getByRole('button', { name: 'Nuevo usuario' }).click(),
  },
  {
    name: 'user-erase',
    as: 'marta',
    path: '#/admin/users',
    act: async page => {
      await page.getByRole('button', { name: 'Editar Camila Soto' }).click();
      await page.getByRole('button', { name: 'Borrar a esta persona' }).click();
    },
  },
  { name: 'my-account', as: 'ana', path: '#/account' },
  { name: 'my-account-customer', as: 'rafael', path: '#/account', locale: 'pt' },
  {
    name: 'token-new',
    as: 'ana',
    path: '#/account',
    act: page => page.getByRole('button', { name: 'Nuevo token' }).click(),
  },
  {
    name: 'token-made',
    as: 'ana',
    path: '#/account',
    act: async page => {
      await page.getByRole('button', { name: 'Nuevo token' }).click();
      await page.getByRole('dialog').getByLabel('Nombre').fill('Informe mensual');
      await page.getByRole('button', { name: 'Crear token' }).click();
      await page.getByText('Cópielo ahora').waitFor();
    },
  },
  { name: 'guest', path: '#/guest', act: fillNew },
  { name: 'guest-sent', path: '#/guest', act: sendAsGuest },
  { name: 'gone', as: 'camila', path: '#/t/999999' },
];

/** Brings the fake to where the picture is taken. */
const api = (page, method, path, data) =>
  page.request.fetch(`${origin}/api/${path}`, { method, ...(data ? { data } : {}) });

async function tickThree(page) {
  if ((page.viewportSize()?.width ?? 0) < 720) {
    await page.getByRole('button', { name: 'Seleccionar' }).click();
    for (const number of [2838, 2829, 2822]) await page.locator(`a[data-row="${number}"]`).click();
  } else for (const number of [2838, 2829, 2822]) await page.getByLabel(`Marcar CH-${number}`).check();
  await page.getByText('3 marcados').waitFor();
}

async function fillNew(page) {
  await page.getByLabel('Título').fill('Terminal de pago rechaza tarjetas con chip');
  await page.getByLabel('Mensaje').fill('Desde las 9:10 la caja 3 muestra «Error 51-C».');
  await page
    .locator('input[type=file]')
    .last()
    .setInputFiles([
      { name: 'caja3-error-51C.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(2_400_000) },
      { name: 'respaldo-caja3.iso', mimeType: 'application/octet-stream', buffer: Buffer.alloc(10) },
    ]);
  await page.getByText('listo').waitFor();
}

async function sendAsGuest(page) {
  await page.getByLabel('Nombre').fill('Sofía Lagos');
  await page.getByLabel('Correo').fill('sofia@otra.example');
  await page.getByLabel('Empresa').selectOption('org_sol');
  await page.getByLabel('Categoría', { exact: true }).selectOption('cat_net');
  await page.getByLabel('Título').fill('Sin red');
  await page.getByLabel('Mensaje').fill('Desde hoy.');
  await page.getByRole('button', { name: 'Enviar ticket' }).click();
  await page.getByRole('heading', { name: 'Falta un paso' }).waitFor();
}

/** Somebody else adds a company while this one is typing. */
async function conflict(page) {
  await page.getByRole('button', { name: 'Nueva empresa' }).click();
  await page.getByLabel('Nombre').fill('Botica Norte');
  await page.evaluate(async () => {
    const answer = await fetch('/api/organisation');
    const tree = await answer.json();
    tree.corporations[0].companies[1].name += ' SA';
    const headers = { 'If-Match': answer.headers.get('ETag'), 'Content-Type': 'application/json' };
    await fetch('/api/organisation', { method: 'PUT', headers, body: JSON.stringify(tree) });
  });
  await page.getByRole('button', { name: 'Guardar' }).click();
  await page.getByText('Lo que cambió').waitFor();
}

async function importUsers(page, address) {
  const text = `email,name,role,locale,company\n${address},Nueva Persona,user,es,\n`;
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'personas.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByText(/Hay 1 error|El archivo está bien/).waitFor();
}

const server = await preview({ preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
const origin = server.resolvedUrls.local[0].replace(/\/$/, '');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
  ],
});

let bad = 0;
const complain = text => {
  bad += 1;
  process.stdout.write(`${text}\n`);
};

for (const screen of SCREENS.filter(s => !only || only.test(s.name)))
  for (const width of widths)
    for (const scheme of ['light', 'dark']) {
      if (width === 360 && scheme === 'dark') continue;
      const label = `${screen.name}-${width}-${scheme}`;
      const context = await browser.newContext({
        viewport: { width, height: width === 1280 ? 820 : 844 },
        colorScheme: scheme,
        hasTouch: width < 720,
        locale: 'es-CL',
        bypassCSP: false,
      });
      if (screen.as) await context.addCookies([{ name: 'session', value: `usr_${screen.as}`, url: origin }]);
      await context.addInitScript(locale => {
        // The frame of a mail has nothing of the kind.
        if (self === top) localStorage.setItem('chamada.locale', locale);
      }, screen.locale ?? 'es');
      const page = await context.newPage();
      page.on('console', message => {
        // The browser itself reports every answer of 400 and above.
        if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
          complain(`${label}: ${message.text()}`);
      });
      page.on('pageerror', error => complain(`${label}: ${error.message}`));
      await screen.before?.(page);
      await page.goto(`${origin}/${screen.path}`);
      await page
        .locator(screen.wait ?? 'h1')
        .first()
        .waitFor({ state: 'attached' });
      await page.waitForLoadState('networkidle');
      if (screen.act) await screen.act(page).catch(error => complain(`${label}: ${error.message.split('\n')[0]}`));
      await page.waitForTimeout(screen.settle ?? 350);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth);
      if (overflow > width) complain(`${label}: ${overflow} px wide`);
      if (width !== 360) await page.screenshot({ path: join(out, `${label}.png`), fullPage: true });
      // Outside the page's own world, so that the strict CSP stays as it is.
      const found = await page.evaluate(
        `${axe};axe.run(document,{runOnly:${JSON.stringify(TAGS)}}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.slice(0,3).map(n=>n.target.join(' ')).join(' | ')))`,
      );
      for (const violation of found) complain(`${label}: axe ${violation}`);
      await context.close();
    }

await browser.close();
await server.close();
process.stdout.write(bad === 0 ? 'all well\n' : `${bad} findings\n`);
process.exit(bad === 0 ? 0 : 1);
