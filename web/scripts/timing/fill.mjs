// Makes the tickets that a measurement needs, with the session of the page that is signed in.

const SUBJECTS = [
  'La terminal de pago rechaza tarjetas',
  'Sin red en la caja',
  'Impresora detenida',
  'Alta de un usuario',
  'Correo lento',
];
const HEADERS = { 'X-Requested-With': 'chamada' };

async function call(page, method, path, data) {
  const origin = new URL(page.url()).origin;
  const answer = await page.request.fetch(`${origin}/api/${path}`, {
    method,
    headers: { ...HEADERS, Origin: origin },
    ...(data ? { data } : {}),
  });
  if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
  return answer.status() === 204 ? undefined : answer.json();
}

/** The first category and place of the trees, where there are any: a ticket must name them then. */
async function whereAndWhat(page) {
  const [organisation, categories] = await Promise.all([
    call(page, 'GET', 'organisation'),
    call(page, 'GET', 'categories'),
  ]);
  const category = categories.incident.find(one => !one.retired);
  const corporation = organisation.corporations.find(one => !one.retired);
  const company = corporation?.companies.find(one => !one.retired);
  const first = units => units?.find(one => !one.retired)?.id;
  const named = {
    category_id: category?.id,
    subcategory_id: first(category?.subcategories),
    corporation_id: corporation?.id,
    company_id: company?.id,
    site_id: first(company?.sites),
    cost_centre_id: first(company?.cost_centres),
  };
  return Object.fromEntries(Object.entries(named).filter(([, id]) => id !== undefined));
}

/** The number of a ticket with at least so many entries; the list has at least so many rows afterwards. */
export async function fill(page, { rows, entries }, known) {
  const place = await whereAndWhat(page);
  const make = index =>
    call(page, 'POST', 'tickets', {
      title: `${SUBJECTS[index % SUBJECTS.length]} ${index}`,
      body: 'Desde ayer.\n\nGracias.',
      kind: 'incident',
      ...place,
    });
  const listed = (await call(page, 'GET', 'tickets?limit=100')).items.length;
  for (let index = listed; index < rows; index += 1) await make(index);
  const number = known ?? (await make(0)).number;
  const has = (await call(page, 'GET', `tickets/${number}`)).ticket.last_seq;
  // Some entries are not shown, such as those of the system: a few more than asked for.
  for (let seq = has; seq < entries + 10; seq += 1)
    await call(page, 'POST', `tickets/${number}/messages`, {
      body: `Paso ${seq}: se revisó el equipo y se cambió el cable.\n\nVéase https://example.org/guia/${seq} para más detalle.`,
      visibility: seq % 5 === 0 ? 'internal' : 'public',
    });
  return number;
}
