// What is done on a screen before its picture is taken.

/** Brings the fake to where the picture is taken. */
export const api = (page, method, path, data) =>
  page.request.fetch(`${page.context().origin}/api/${path}`, { method, ...(data ? { data } : {}) });

export async function tickThree(page, say) {
  if ((page.viewportSize()?.width ?? 0) < 720) {
    await page.getByRole('button', { name: say('list.pick'), exact: true }).click();
    for (const number of [2838, 2829, 2822]) await page.locator(`a[data-row="${number}"]`).click();
  } else
    for (const number of [2838, 2829, 2822])
      await page.getByLabel(say('list.tick', { ticket: `CH-${number}` }), { exact: true }).check();
  await page.getByText(say('bulk.count.other', { n: 3 })).waitFor();
}

export async function fillNew(page, say) {
  await page.getByLabel(say('ticket.title'), { exact: true }).fill('Terminal de pago rechaza tarjetas con chip');
  await page.getByLabel(say('create.message'), { exact: true }).fill('Desde las 9:10 la caja 3 muestra «Error 51-C».');
  await page
    .locator('input[type=file]')
    .last()
    .setInputFiles([
      { name: 'caja3-error-51C.jpg', mimeType: 'image/jpeg', buffer: Buffer.alloc(2_400_000) },
      { name: 'respaldo-caja3.iso', mimeType: 'application/octet-stream', buffer: Buffer.alloc(10) },
    ]);
  await page.getByText(say('upload.ready', { size: '' }).trim()).waitFor();
}

export async function sendAsGuest(page, say) {
  await page.getByLabel(say('guest.name')).fill('Sofía Lagos');
  await page.getByLabel(say('sign_in.email')).fill('sofia@otra.example');
  await page.getByLabel(say('place.company_id'), { exact: true }).selectOption('org_sol');
  await page.getByLabel(say('ticket.category'), { exact: true }).selectOption('cat_net');
  await page.getByLabel(say('ticket.title'), { exact: true }).fill('Sin red');
  await page.getByLabel(say('create.message'), { exact: true }).fill('Desde hoy.');
  await page.getByRole('button', { name: say('create.send'), exact: true }).click();
  await page.getByRole('heading', { name: say('guest.sent_title') }).waitFor();
}

/** Somebody else adds a company while this one is typing. */
export async function conflict(page, say) {
  await page.getByRole('button', { name: say('org.add.company'), exact: true }).click();
  await page.getByLabel(say('org.name'), { exact: true }).fill('Botica Norte');
  await page.evaluate(async () => {
    const answer = await fetch('/api/organisation');
    const tree = await answer.json();
    tree.corporations[0].companies[1].name += ' SA';
    const headers = { 'If-Match': answer.headers.get('ETag'), 'Content-Type': 'application/json' };
    await fetch('/api/organisation', { method: 'PUT', headers, body: JSON.stringify(tree) });
  });
  await page.getByRole('button', { name: say('save'), exact: true }).click();
  await page.getByText(say('tree.conflict.theirs')).waitFor();
}

export async function importUsers(page, say, address) {
  const text = `email,name,role,locale,company\n${address},Nueva Persona,user,es,\n`;
  const told = [say('import.faults.one', { n: 1 }), say('import.count.rows')];
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'personas.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page
    .getByText(told[0])
    .or(page.getByText(told[1], { exact: true }))
    .first()
    .waitFor();
}

/** A reply that is sent without a connection. */
export async function keepWaiting(page, say) {
  await page.context().setOffline(true);
  const form = page.getByRole('form', { name: say('reply'), exact: true });
  await form.getByRole('textbox').fill('Ya pedí el repuesto; llega mañana antes de las 11.');
  await form.getByRole('button', { name: say('reply.send'), exact: true }).click();
  await page.getByText(say('outbox.count.one', { n: 1 })).waitFor();
}

/** The session ends, and the next thing that is done shows it. */
export async function signOutBehind(page, say) {
  await page.context().clearCookies({ name: 'session' });
  await page.evaluate(() => {
    location.hash = '#/?assignee=me';
  });
  await page.getByRole('dialog', { name: say('ended.title') }).waitFor();
}
