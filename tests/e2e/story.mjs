// The story of a ticket in real browsers: from the mailbox's settings to the customer's answer that reopens it. Once on a desktop, once on a phone.
import { check, enter, look, open, person, violations, withBrowser } from './browser.mjs';
import { deliver, desk, say, sent, signInLink } from './desk.mjs';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGP4z8DwHwAFAAH/iZk9HQAAAABJRU5ErkJggg==', 'base64');

const viewport = process.argv[2] ?? 'desktop';
const phone = viewport === 'phone';

/** The settings of a ticket: beside it on a desktop, behind a summary on a phone. */
async function facts(page) {
  if (!phone) return page.getByRole('complementary', { name: 'Datos del ticket' });
  const box = page.locator('details.facts');
  if (!(await box.evaluate(element => element.open))) await box.locator('summary').click();
  return box;
}

async function choose(page, fact, option) {
  const box = await facts(page);
  await box.getByRole('button', { name: new RegExp(`^Cambiar ${fact}:`) }).click();
  await page.getByRole('listbox', { name: fact }).getByRole('option', { name: option }).click();
  await (await facts(page)).getByRole('button', { name: new RegExp(`^Cambiar ${fact}:.*${option}`) }).waitFor();
}

async function reply(page, words, { resolve = false } = {}) {
  const form = page.getByRole('form', { name: 'Responder' });
  await form.getByRole('textbox').fill(words);
  if (resolve) await form.getByText('Marcar resuelto').click();
  await form.getByRole('button', { name: 'Enviar', exact: true }).click();
  await page.getByRole('list', { name: 'Historia del ticket' }).getByText(words).waitFor();
}

async function configureMailbox(admin) {
  const { page } = admin;
  await open(admin, '#/admin/mailboxes');
  await page.getByText('Aún no hay buzones').waitFor();
  await look(admin, 'mailboxes-empty');
  await page.getByRole('button', { name: 'Nuevo buzón' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Nombre').fill('Soporte');
  await dialog.getByLabel('Dirección').fill('soporte@example.org');
  await dialog.getByLabel('Servidor (POP3)').fill(desk.pop3.host);
  await dialog.getByLabel('Seguridad').selectOption({ label: 'TLS' });
  await dialog.getByLabel('Puerto').fill(String(desk.pop3.port));
  await dialog.getByLabel('Usuario').fill(desk.pop3.user);
  await dialog.getByLabel('Contraseña').fill('equivocada');
  await look(admin, 'mailbox-form');
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Probar conexión' }).click();
  await page.getByText('El servidor de correo rechazó el usuario o la contraseña.').waitFor();
  await page.getByRole('button', { name: 'Editar' }).click();
  await dialog.getByLabel('Contraseña').fill(desk.pop3.password);
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Probar conexión' }).click();
  await page.getByText('La conexión funciona. Hay 1 mensaje en el buzón.').waitFor();
  await look(admin, 'mailboxes');
}

async function addSpecialist(admin) {
  const { page } = admin;
  await open(admin, '#/admin/users');
  await page.getByRole('button', { name: 'Nuevo usuario' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Nombre').fill('Bruno Díaz');
  await dialog.getByLabel('Correo').fill('bruno@chamada.example');
  await dialog.getByLabel('Rol').selectOption({ label: 'Especialista' });
  await dialog.getByLabel('Idioma').selectOption({ label: 'Español' });
  // He asks for a link himself, later on.
  await dialog.getByLabel('Enviarle un enlace de acceso').uncheck();
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.waitFor({ state: 'hidden' });
  await page.getByRole('cell', { name: 'bruno@chamada.example' }).waitFor();
  await look(admin, 'users');
}

async function fetchMail(admin) {
  const { page } = admin;
  await open(admin, '#/');
  await page.getByRole('button', { name: 'Buscar correo ahora' }).click();
  const row = page.getByRole('link', { name: 'La terminal de pago rechaza tarjetas' });
  await row.waitFor({ timeout: 60_000 });
  await look(admin, 'list');
  await row.click();
  await page.getByText('rechaza todas las tarjetas con chip').waitFor();
}

async function assign(admin) {
  const { page } = admin;
  await choose(page, 'Especialista', 'Bruno Díaz');
  await choose(page, 'Prioridad', 'Alta');
  await (await facts(page)).getByRole('button', { name: /^Cambiar Vence:/ }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Fecha y hora').fill('2030-11-22T13:00');
  await look(admin, 'due');
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await page.getByText('Historial verificado').first().waitFor();
  await look(admin, 'ticket-admin');
  const number = Number(/#\/t\/(\d+)/.exec(page.url())[1]);
  await sent('bruno@chamada.example', `CH-${number}`);
  return number;
}

async function specialistAnswers(browser, number) {
  const bruno = await person(browser, 'bruno', viewport);
  await open(bruno, '#/in');
  await look(bruno, 'sign-in');
  await bruno.page.getByLabel('Correo').fill('bruno@chamada.example');
  await bruno.page.getByRole('button', { name: 'Enviar enlace de acceso' }).click();
  await bruno.page.getByText('Revise su correo').waitFor();
  await look(bruno, 'sign-in-sent');
  await enter(bruno, (await signInLink('bruno@chamada.example')).link);
  await open(bruno, '#/?assignee=me');
  await bruno.page.getByRole('link', { name: 'La terminal de pago rechaza tarjetas' }).click();
  await reply(bruno.page, 'El técnico llega antes de las 13:00.');
  await look(bruno, 'ticket-specialist');
  const mail = await sent('camila@farmacia.example', 'antes de las 13:00');
  check(mail.subject.includes(`CH-${number}`), 'the subject names the ticket');
  check(mail.html.includes('antes de las 13:00'), 'the answer stands in the HTML as well');
  return { bruno, link: mail.ticketLink };
}

async function customerAnswers(browser, link, number) {
  const camila = await person(browser, 'camila', viewport);
  await open(camila, link);
  await camila.page.getByText('antes de las 13:00').waitFor();
  check(!camila.page.url().includes('key='), 'the key is dropped from the address');
  check(camila.page.url().includes(`#/t/${number}`), 'the address names the ticket');
  await reply(camila.page, 'Gracias, lo espero.');
  await look(camila, 'ticket-customer');
  return camila;
}

async function resolveAndReopen(bruno, camila) {
  await bruno.page.reload();
  await bruno.page.getByText('Gracias, lo espero.').waitFor();
  await reply(bruno.page, 'Queda instalado el lector nuevo.', { resolve: true });
  await sent('camila@farmacia.example', 'lector nuevo');
  await camila.page.reload();
  await camila.page.getByText('Queda instalado el lector nuevo.').waitFor();
  await look(camila, 'ticket-resolved');
  await reply(camila.page, 'Volvió a fallar.');
  await bruno.page.reload();
  await bruno.page.getByText('Volvió a fallar.').waitFor();
  await bruno.page.getByText(/reabrió el ticket/).waitFor();
  await bruno.page.getByText('Historial verificado').first().waitFor();
}

async function userOpensByForm(browser, admin) {
  await open(admin, '#/admin/users');
  await admin.page.getByRole('button', { name: 'Nuevo usuario' }).click();
  const dialog = admin.page.getByRole('dialog');
  await dialog.getByLabel('Nombre').fill('Rosa Lima');
  await dialog.getByLabel('Correo').fill('rosa@botica.example');
  await dialog.getByRole('button', { name: 'Guardar' }).click();
  await dialog.waitFor({ state: 'hidden' });
  const rosa = await person(browser, 'rosa', viewport);
  const { page } = rosa;
  // Who made her account had the link sent.
  await open(rosa, (await signInLink('rosa@botica.example')).link);
  await page.getByRole('button', { name: 'Continuar' }).click();
  await page.getByRole('link', { name: 'Nuevo ticket' }).click();
  await page.getByLabel('Título').fill('Impresora detenida');
  await page.getByLabel('Mensaje').fill('No imprime desde temprano.');
  await page.locator('input[type=file]').last().setInputFiles({ name: 'foto.png', mimeType: 'image/png', buffer: PIXEL });
  await page.getByText(/listo/).first().waitFor();
  await look(rosa, 'new-ticket');
  await page.getByRole('button', { name: 'Enviar ticket' }).click();
  await page.getByRole('list', { name: 'Historia del ticket' }).getByRole('button', { name: 'foto.png' }).waitFor();
  await page.getByText('Historial verificado').first().waitFor();
  await look(rosa, 'new-ticket-sent');
  await open(rosa, '#/');
  await page.getByRole('link', { name: 'Impresora detenida' }).waitFor();
  await look(rosa, 'my-tickets');
  return rosa;
}

/** The harness proves itself: an image without words for it must be found. */
async function axeSeesFaults(browser) {
  const someone = await person(browser, 'nobody', viewport);
  await someone.page.setContent('<html lang="es"><head><title>x</title></head><body><main><h1>x</h1><img src="x.png"></main></body></html>');
  const found = await violations(someone.page);
  check(found.some(fault => fault.startsWith('image-alt')), 'axe finds an image without alternative text');
  await someone.close();
}

await withBrowser(async browser => {
  await axeSeesFaults(browser);
  await deliver({
    from: 'Camila Soto <camila@farmacia.example>',
    subject: 'La terminal de pago rechaza tarjetas',
    id: 'uno@farmacia.example',
    body: 'Buenos días:\n\nLa terminal de la caja 2 rechaza todas las tarjetas con chip desde ayer.\n\nGracias,\nCamila\n',
  });
  const admin = await person(browser, 'admin', viewport);
  await enter(admin, desk.signIn);
  await configureMailbox(admin);
  await addSpecialist(admin);
  await fetchMail(admin);
  const number = await assign(admin);
  const { bruno, link } = await specialistAnswers(browser, number);
  const camila = await customerAnswers(browser, link, number);
  await resolveAndReopen(bruno, camila);
  const rosa = await userOpensByForm(browser, admin);
  const errors = [admin, bruno, camila, rosa].flatMap(someone => someone.errors);
  check(errors.length === 0, `no error in any console: ${errors.join('\n')}`);
  say(`${viewport}: the story is told`);
});
process.exit(0);
