// A ticket's mails, files and proofs in a real browser: what only one can show. Once on a desktop, once on a phone.
import { readFileSync } from 'node:fs';
import { check, enter, look, open, person, withBrowser } from './browser.mjs';
import { deliverFile, desk, say, sent } from './desk.mjs';

const viewport = process.argv[2] ?? 'desktop';
const phone = viewport === 'phone';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n').toString('base64');
/** Nobody answers there: that it is asked for is what counts. */
const REMOTE = 'https://images.example/logo.png';

const part = (type, body, more = '') => `--b\nContent-Type: ${type}\n${more}\n${body}\n`;
const attached = (type, name, base64) => part(type, base64, `Content-Disposition: attachment; filename="${name}"\nContent-Transfer-Encoding: base64\n`);

const MAIL = `From: Camila Soto <camila@farmacia.example>
To: soporte@example.org
Subject: Caja 3 con error
Message-ID: <html@farmacia.example>
Date: Mon, 02 Mar 2026 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

${part(
  'text/html; charset=utf-8',
  `<table><tr><th>Caja</th><td>3</td></tr></table><p onclick="x()">Error <b>51-C</b></p>
<script>document.title = 'run'; fetch('/api/me')</script><img src="${REMOTE}" alt="Logo"><a href="https://farmacia.example/">Tienda</a>`,
)}${attached('image/png', 'caja3.png', PIXEL)}${attached('application/pdf', 'guia.pdf', PDF)}--b--
`;

async function fetchMail(admin) {
  const { page } = admin;
  const { host, port, user, password } = desk.pop3;
  const mailbox = {
    ...{ name: 'Soporte', address: 'soporte@example.org', host, port, security: 'tls', after_import: 'delete', enabled: true },
    auth: { type: 'password', username: user, password },
  };
  const status = await page.evaluate(async body => {
    const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': 'mailbox', 'X-Requested-With': 'chamada' };
    return (await fetch('/api/mailboxes', { method: 'POST', headers, body: JSON.stringify(body) })).status;
  }, mailbox);
  check(status === 201, `the mailbox is made: ${status}`);
  await page.getByRole('button', { name: 'Buscar correo ahora' }).click();
  const row = page.getByRole('link', { name: 'Caja 3 con error' });
  await row.waitFor({ timeout: 60_000 });
  await row.click();
  await page.getByRole('list', { name: 'Historia del ticket' }).waitFor();
}

async function seesMailAsSent(admin) {
  const { page } = admin;
  const asked = [];
  page.on('request', request => asked.push(request.url()));
  await page.route(REMOTE, route => route.fulfill({ contentType: 'image/png', body: Buffer.from(PIXEL, 'base64') }));
  const title = await page.title();
  const show = page.getByRole('button', { name: 'Ver como se envió' });
  await show.focus();
  await page.keyboard.press('Enter');
  check((await show.getAttribute('aria-expanded')) === 'true', 'the button says that it is open');
  const frame = page.frameLocator('iframe[title="El correo de Camila Soto, como se envió"]');
  await frame.getByRole('cell', { name: '3' }).waitFor();
  check((await frame.locator('script, [onclick]').count()) === 0, 'there is no script in the mail');
  check((await page.title()) === title, 'nothing of the mail has run');
  check(!asked.includes(REMOTE), 'no image of another site is asked for unasked');
  await look(admin, 'as-sent');
  await page.getByRole('button', { name: 'Mostrar imágenes externas' }).click();
  await frame.getByAltText('Logo').waitFor();
  await page.waitForTimeout(300);
  check(asked.includes(REMOTE), 'an image of another site is asked for once one wants it');
  check(await frame.getByAltText('Logo').evaluate(image => image.naturalWidth > 0), 'and it is shown');
  const file = await page.getByRole('link', { name: 'Correo original' }).getAttribute('href');
  const raw = await page.evaluate(async address => (await fetch(address)).text(), file);
  check(raw.includes('html@farmacia.example') && raw.includes(REMOTE), 'the mail as it came is there');
  await show.click();
  check((await page.locator('iframe').count()) === 0, 'it closes again');
}

async function looksAtFiles(admin) {
  const { page } = admin;
  const opener = page.getByRole('button', { name: 'caja3.png' });
  await opener.focus();
  await page.keyboard.press('Enter');
  const viewer = page.getByRole('dialog');
  const image = viewer.getByAltText('caja3.png');
  await image.waitFor();
  await page.waitForFunction(() => document.querySelector('dialog img')?.naturalWidth === 1);
  await look(admin, 'viewer');
  await page.keyboard.press('ArrowRight');
  await viewer.getByRole('heading', { name: 'guia.pdf' }).waitFor();
  check((await viewer.getByRole('link', { name: 'Abrir en otra pestaña' }).getAttribute('href')).startsWith('http'), 'a PDF opens elsewhere');
  const [download] = await Promise.all([page.waitForEvent('download'), viewer.getByRole('button', { name: /Descargar/ }).click()]);
  check(download.suggestedFilename() === 'guia.pdf', `the file is saved under its name: ${download.suggestedFilename()}`);
  check(readFileSync(await download.path(), 'latin1').startsWith('%PDF-1.4'), 'and is what was sent');
  await page.keyboard.press('ArrowLeft');
  await image.waitFor();
  await page.keyboard.press('Escape');
  await viewer.waitFor({ state: 'hidden' });
  check(await opener.evaluate(button => button === document.activeElement), 'the focus goes back to the file');
}

/** On a phone by its camera, whose files are all of one name; on a desktop by the picker. */
async function sendsFiles(admin) {
  const { page } = admin;
  const input = page.getByLabel(phone ? 'Tomar foto o video' : 'Adjuntar');
  const photo = async () => ({ name: 'image.jpg', mimeType: 'image/jpeg', buffer: await page.screenshot({ type: 'jpeg', quality: 20 }) });
  const film = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypmp42'), Buffer.alloc(4), Buffer.from('mp42isom'), Buffer.alloc(64)]);
  if (phone) {
    check((await input.getAttribute('capture')) === 'environment', 'the camera is asked for');
    check((await input.getAttribute('accept')) === 'image/*,video/*', 'for photos and films');
  } else check(!(await page.getByLabel('Tomar foto o video').isVisible()), 'a desktop is offered no camera');
  await input.setInputFiles(await photo());
  await input.setInputFiles(await photo());
  await input.setInputFiles({ name: 'film.mp4', mimeType: 'video/mp4', buffer: film });
  await input.setInputFiles({ name: 'run.exe', mimeType: 'application/octet-stream', buffer: Buffer.from('MZ') });
  const files = page.getByRole('form', { name: 'Responder' }).getByRole('list', { name: 'Adjuntos' });
  await files.getByText('Tipo no admitido').waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.up').length === 4 && [...document.querySelectorAll('.up')].filter(row => /listo/.test(row.textContent)).length === 3);
  await look(admin, 'uploads');
  await files.getByRole('button', { name: 'Quitar run.exe' }).click();
  await page.getByRole('form', { name: 'Responder' }).getByRole('textbox').fill('Fotos de la caja.');
  await page.getByRole('button', { name: 'Enviar', exact: true }).click();
  const history = page.getByRole('list', { name: 'Historia del ticket' });
  await history.getByText('Fotos de la caja.').waitFor();
  check((await history.getByRole('button', { name: 'image.jpg' }).count()) === 2, 'both photos of one name are kept');
  await history.getByRole('button', { name: 'film.mp4' }).click();
  // Its bytes are no film: what a browser cannot play, it says.
  await page.getByRole('dialog').getByText('Este navegador no puede mostrarlo').waitFor();
  await page.keyboard.press('Home');
  await page.waitForFunction(() => (document.querySelector('dialog img')?.naturalWidth ?? 0) > 100);
  await look(admin, 'viewer-photo');
  await page.keyboard.press('Escape');
}

async function takesProofs(admin) {
  const { page } = admin;
  await page.getByRole('button', { name: 'Historial verificado' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText(/registros calculados de nuevo/).waitFor();
  check((await dialog.getByRole('heading').first().textContent()) === 'Historial verificado', 'every hash is what this browser computes');
  await look(admin, 'verify');
  const [record] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Descargar el registro (JSON)' }).click()]);
  check(JSON.parse(readFileSync(await record.path(), 'utf8')).format === 'chamada-transcript-1', 'the record is one');
  const [text] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name: 'Descargar la página' }).click()]);
  check(/^<!doctype html>/i.test(readFileSync(await text.path(), 'utf8')), 'the page is one');
  const waiting = page.waitForEvent('download', { timeout: 60_000 });
  await dialog.getByRole('button', { name: 'Preparar el paquete de pruebas' }).click();
  const bundle = await waiting;
  check(/^CH-\d+\.zip$/.test(bundle.suggestedFilename()), `the bundle has the ticket's name: ${bundle.suggestedFilename()}`);
  check(readFileSync(await bundle.path(), 'latin1').startsWith('PK'), 'and is a ZIP');
  await dialog.getByText('Listo. La descarga comenzó.').waitFor();
  await page.keyboard.press('Escape');
}

async function prints(admin) {
  const { page } = admin;
  await page.evaluate(() => {
    window.print = () => {
      document.title = 'printed';
    };
  });
  await page.getByRole('button', { name: 'Acciones' }).click();
  await page.getByRole('menuitem', { name: 'Imprimir' }).click();
  await page.waitForFunction(() => document.title === 'printed');
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  check(!(await page.getByRole('form', { name: 'Responder' }).isVisible()), 'paper has no form');
  check(!(await page.getByRole('button', { name: 'Acciones' }).isVisible()), 'and no menu');
  check(await page.getByText('Fotos de la caja.').isVisible(), 'but what was said');
  const heading = page.getByRole('heading', { level: 1 });
  check((await heading.evaluate(h => getComputedStyle(h).color)) === 'rgb(25, 28, 30)', 'dark on white, whatever the theme');
  await page.emulateMedia({ media: 'screen', colorScheme: 'light' });
}

/** Whoever wrote the mail, by the link that they were sent: the same, and nothing of staff. */
async function customerSees(browser) {
  const { ticketLink } = await sent('camila@farmacia.example', 'Fotos de la caja.');
  const camila = await person(browser, 'camila', viewport);
  const { page } = camila;
  await open(camila, ticketLink);
  await page.getByRole('button', { name: 'Ver como se envió' }).click();
  await page.frameLocator('iframe').getByText('51-C').waitFor();
  check((await page.getByRole('link', { name: 'Correo original' }).count()) === 0, 'the mail as it came is for staff');
  await page.getByRole('button', { name: 'Historial verificado' }).click();
  await page.getByRole('dialog').getByText(/registros calculados de nuevo/).waitFor();
  const waiting = page.waitForEvent('download', { timeout: 60_000 });
  await page.getByRole('button', { name: 'Preparar el paquete de pruebas' }).click();
  check(readFileSync(await (await waiting).path(), 'latin1').startsWith('PK'), 'the bundle of a customer is a ZIP');
  await page.keyboard.press('Escape');
  await look(camila, 'customer');
  return camila;
}

await withBrowser(async browser => {
  await deliverFile(MAIL);
  const admin = await person(browser, 'admin', viewport);
  await enter(admin, desk.signIn);
  await fetchMail(admin);
  await seesMailAsSent(admin);
  await looksAtFiles(admin);
  await sendsFiles(admin);
  await takesProofs(admin);
  await prints(admin);
  const camila = await customerSees(browser);
  const errors = [admin, camila].flatMap(someone => someone.errors);
  check(errors.length === 0, `no error in any console: ${errors.join('\n')}`);
  say(`${viewport}: mails, files and proofs are there`);
});
process.exit(0);
