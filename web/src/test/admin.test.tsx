/** Organisation, categories, settings, canned replies, audit, imports and users against the fake API. */
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import type { Mock } from '../../dev/mock.ts';
import { button, called, heading, open, PATIENT, sent } from './desk.tsx';

const tree = (mock: Mock) => mock.trees.organisation.value.corporations;
const company = (mock: Mock, id: string) =>
  tree(mock)
    .flatMap(one => one.companies)
    .find(one => one.id === id);
const pick = async (name: RegExp) => fireEvent.click(await screen.findByRole('treeitem', { name }, PATIENT));
const fill = (label: string | RegExp, value: string, within_: HTMLElement = document.body) =>
  fireEvent.input(within(within_).getByLabelText(label), { target: { value } });
const dialog = () => screen.findByRole('dialog', {}, PATIENT);
const inDialog = async (name: string) => fireEvent.click(within(await dialog()).getByRole('button', { name }));

describe('the organisation', () => {
  it('is a tree that the keyboard moves in', async () => {
    await open('marta', '#/admin/org');
    const first = await screen.findByRole('treeitem', { name: /Grupo Andino/ }, PATIENT);
    expect(first.getAttribute('aria-level')).toBe('1');
    expect(first.tabIndex).toBe(0);
    const list = screen.getByRole('tree');
    fireEvent.keyDown(list, { key: 'ArrowDown' });
    const luz = await screen.findByRole('treeitem', { name: /Farmacias Luz/, selected: true });
    expect(document.activeElement).toBe(luz);
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    await waitFor(() => expect(screen.queryByRole('treeitem', { name: /Providencia/ })).toBeNull());
    expect(luz.getAttribute('aria-expanded')).toBe('false');
    fireEvent.keyDown(list, { key: 'ArrowLeft' });
    await screen.findByRole('treeitem', { name: /Grupo Andino/, selected: true });
    fireEvent.keyDown(list, { key: 'd' });
    await screen.findByRole('treeitem', { name: /Drogaria Sol/, selected: true });
  });

  it('adds a site and writes the version that it saw', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Farmacias Luz/);
    fireEvent.click(await button('Nueva sucursal'));
    await inDialog('Guardar');
    expect(await screen.findByText('Complete este campo.')).toBeTruthy();
    expect(sent(mock, 'PUT', '/api/organisation')).toHaveLength(0);
    fill('Nombre', 'Ñuñoa');
    await inDialog('Guardar');
    await screen.findByRole('treeitem', { name: /Ñuñoa/ }, PATIENT);
    await called(mock, 'PUT', '/api/organisation');
    expect(mock.trees.organisation.version).toBe(2);
    expect(company(mock, 'org_luz')?.sites.map(one => one.name)).toContain('Ñuñoa');
  });

  it('offers to retire what is in use, and brings it back', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Farmacias Luz/);
    fireEvent.click(await button('Eliminar'));
    await inDialog('Eliminar');
    expect(await screen.findByText(/No se puede eliminar/, {}, PATIENT)).toBeTruthy();
    expect(company(mock, 'org_luz')).toBeTruthy();
    await inDialog('Retirarla');
    await waitFor(() => expect(company(mock, 'org_luz')?.retired).toBe(true), PATIENT);
    await pick(/Farmacias Luz/);
    fireEvent.click(await button('Volver a usar'));
    await waitFor(() => expect(company(mock, 'org_luz')?.retired).toBe(false), PATIENT);
  });

  it('moves what nothing names; what is named begins anew and stays, retired', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Maipú/);
    fireEvent.click(await button('Mover a…'));
    await inDialog('Mover');
    await waitFor(() => expect(company(mock, 'org_sol')?.sites.map(one => one.name)).toContain('Maipú'), PATIENT);
    expect(company(mock, 'org_luz')?.sites.map(one => one.name)).not.toContain('Maipú');
    await pick(/Providencia/);
    fireEvent.click(await button('Mover a…'));
    await inDialog('Mover');
    await waitFor(() => expect(company(mock, 'org_sol')?.sites).toHaveLength(3), PATIENT);
    expect(company(mock, 'org_luz')?.sites).toEqual([
      expect.objectContaining({ id: 'org_providencia', retired: true }),
    ]);
    const copy = company(mock, 'org_sol')?.sites.find(one => one.name.startsWith('Providencia'));
    expect(copy?.id).not.toBe('org_providencia');
  });

  it('shows what somebody else did and what one wanted, and does it where one says so', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Farmacias Luz/);
    const other = structuredClone(mock.trees.organisation.value);
    const second = other.corporations[0]?.companies[1];
    if (second) second.name = 'Drogaria Lua';
    mock.trees.organisation = { value: other, version: 2 };
    fireEvent.click(await button('Cambiar nombre'));
    fill('Nombre', 'Farmacias Sol y Luz');
    await inDialog('Guardar');
    expect(await screen.findByText('Drogaria Sol ahora se llama Drogaria Lua', {}, PATIENT)).toBeTruthy();
    expect(screen.getByText('Llamar Farmacias Sol y Luz a Farmacias Luz')).toBeTruthy();
    expect(company(mock, 'org_luz')?.name).toBe('Farmacias Luz');
    await inDialog('Hacerlo de todos modos');
    await waitFor(() => expect(company(mock, 'org_luz')?.name).toBe('Farmacias Sol y Luz'), PATIENT);
    expect(company(mock, 'org_sol')?.name).toBe('Drogaria Lua');
  });

  it('keeps what it is now where one says so', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Farmacias Luz/);
    mock.trees.organisation.version = 7;
    fireEvent.click(await button('Retirar'));
    await inDialog('Dejar lo que hay');
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(company(mock, 'org_luz')?.retired).toBeUndefined();
    expect(sent(mock, 'PUT', '/api/organisation')).toHaveLength(1);
  });

  it('takes mail domains one a line, and no addresses', async () => {
    const mock = await open('marta', '#/admin/org');
    await pick(/Farmacias Luz/);
    fireEvent.click(screen.getAllByRole('button', { name: 'Editar' })[0] as HTMLElement);
    fill('Dominios de correo', 'luz', await dialog());
    await inDialog('Guardar');
    expect(await screen.findByText(/no es un dominio de correo: luz/)).toBeTruthy();
    fill('Dominios de correo', '@Farmaciasluz.example\nluz.example', await dialog());
    await inDialog('Guardar');
    await waitFor(
      () => expect(company(mock, 'org_luz')?.domains).toEqual(['farmaciasluz.example', 'luz.example']),
      PATIENT,
    );
  });

  it('is not there for specialists', async () => {
    await open('ana', '#/admin/org');
    await heading('No se encuentra');
  });
});

describe('categories', () => {
  it('are put in order by buttons', async () => {
    const mock = await open('marta', '#/admin/categories');
    const up = await button('Subir Punto de venta');
    expect(up.getAttribute('aria-disabled')).toBe('true');
    fireEvent.click(await button('Bajar Punto de venta'));
    await waitFor(
      () => expect(mock.trees.categories.value.incident.map(one => one.id)).toEqual(['cat_net', 'cat_pos']),
      PATIENT,
    );
  });

  it('say why one could not be retired, and stay open', async () => {
    const mock = await open('marta', '#/admin/categories');
    fireEvent.click(await button('Editar VPN'));
    mock.sessionEnded = true;
    fireEvent.click(within(await dialog()).getByRole('button', { name: 'Retirar' }));
    expect(await screen.findByText('Su sesión terminó', {}, PATIENT)).toBeTruthy();
    expect(screen.getByText('Editar categoría')).toBeTruthy();
  });

  it('have a name in each language', async () => {
    const mock = await open('marta', '#/admin/categories');
    fireEvent.click(await button('Nueva subcategoría de Redes'));
    fill('Nombre (Español)', 'Antena');
    await inDialog('Guardar');
    expect(await screen.findAllByText('Complete este campo.')).toHaveLength(2);
    fill('Nombre (Português)', 'Antena');
    fill('Nombre (English)', 'Aerial');
    await inDialog('Guardar');
    await waitFor(
      () =>
        expect(mock.trees.categories.value.incident[1]?.subcategories[1]?.names).toEqual({
          es: 'Antena',
          pt: 'Antena',
          en: 'Aerial',
        }),
      PATIENT,
    );
  });
});

describe('settings', () => {
  it('keep to their bounds, and only what differs is sent', async () => {
    const mock = await open('marta', '#/admin/settings');
    fireEvent.input(await screen.findByLabelText('Tamaño máximo de un archivo, en MB', {}, PATIENT), {
      target: { value: '51' },
    });
    fireEvent.click(await button('Guardar'));
    expect(await screen.findByText('Escriba un número de 1 a 50.')).toBeTruthy();
    fill('Tamaño máximo de un archivo, en MB', '20');
    fireEvent.click(screen.getByLabelText('Se pueden abrir tickets sin cuenta'));
    fireEvent.click(await button('Guardar'));
    await called(mock, 'PATCH', '/api/settings');
    expect(sent(mock, 'PATCH', '/api/settings')[0]?.body).toEqual({ max_attachment_mb: 20, guest_tickets: false });
  });
});

describe('canned replies', () => {
  it('say what no ticket fills, at its field', async () => {
    const mock = await open('marta', '#/admin/canned');
    fireEvent.click(await button('Editar Cierre'));
    fill('Texto (English)', 'Yours, {{boss}}');
    await inDialog('Guardar');
    expect(await screen.findByText(/ningún ticket completa/, {}, PATIENT)).toBeTruthy();
    expect(screen.getByLabelText('Texto (English)').getAttribute('aria-invalid')).toBe('true');
    fill('Texto (English)', 'Yours, {{specialist}}');
    await inDialog('Guardar');
    await waitFor(() => expect(mock.canned.replies[2]?.bodies.en).toBe('Yours, {{specialist}}'), PATIENT);
  });

  it('ask where somebody else changed the list meanwhile', async () => {
    const mock = await open('marta', '#/admin/canned');
    await button('Editar Cierre');
    mock.canned = { replies: mock.canned.replies.slice(1) };
    fireEvent.click(await button('Bajar Reiniciar la terminal'));
    expect(await screen.findByText('Se eliminó Recibido', {}, PATIENT)).toBeTruthy();
    expect(sent(mock, 'PUT', '/api/canned-replies')).toHaveLength(0);
    await inDialog('Hacerlo de todos modos');
    await waitFor(() => expect(mock.canned.replies.map(one => one.id)).toEqual(['can_bye', 'can_restart']), PATIENT);
  });
});

describe('the audit', () => {
  it('says in words who did what, and goes on page by page', async () => {
    await open('marta', '#/admin/audit');
    expect(await screen.findByText('Marta Quiroga cambió la cuenta de Ana Ribeiro', {}, PATIENT)).toBeTruthy();
    expect(screen.getByText('Rol: de Usuario a Especialista')).toBeTruthy();
    expect(await screen.findByText('Empresa: Farmacias Luz')).toBeTruthy();
    expect(await screen.findByText('Agregado: Maipú y 1 más que ya no están')).toBeTruthy();
    expect(screen.getByText('Se pueden abrir tickets sin cuenta: de no a sí')).toBeTruthy();
    expect(screen.getByText('Quien opera el servidor creó la cuenta de Marta Quiroga')).toBeTruthy();
    const before = screen.getAllByText('Marta Quiroga cambió las categorías').length;
    fireEvent.click(await button('Cargar más'));
    await waitFor(
      () => expect(screen.getAllByText('Marta Quiroga cambió las categorías').length).toBeGreaterThan(before),
      PATIENT,
    );
  });
});

describe('imports', () => {
  const choose = async (bytes: BlobPart) => {
    const input = await screen.findByLabelText(/Elegir/, { selector: 'input' }, PATIENT);
    fireEvent.change(input, { target: { files: [new File([bytes], 'personas.csv')] } });
  };

  it('show each faulty line, and write nothing', async () => {
    const mock = await open('marta', '#/admin/imports');
    await choose('email,name,role,locale,company\nnadie,Nadie,,,\nuna@a.example,Una,,,\n');
    const table = await screen.findByRole('table', {}, PATIENT);
    const [, row] = within(table).getAllByRole('row');
    expect(row?.textContent).toContain('2email');
    expect(screen.queryByRole('button', { name: /^Importar/ })).toBeNull();
    expect(sent(mock, 'POST', '/api/import/users').map(call => call.query)).toEqual(['?dry_run=true']);
  });

  it('try first, then write the very same', async () => {
    const mock = await open('marta', '#/admin/imports');
    await choose('email,name,role,locale,company\nnueva@andino.example,Nueva,,,\n');
    expect(await screen.findByText(/Aún no se ha escrito nada/, {}, PATIENT)).toBeTruthy();
    expect(mock.users.some(user => user.email === 'nueva@andino.example')).toBe(false);
    fireEvent.click(await button('Importar 1 fila'));
    expect(await screen.findByText('Importado.', { selector: '.notice p' }, PATIENT)).toBeTruthy();
    expect(mock.users.some(user => user.email === 'nueva@andino.example')).toBe(true);
  });

  it('take no file in another encoding', async () => {
    const mock = await open('marta', '#/admin/imports');
    await choose(new Uint8Array([0x65, 0xf1, 0x0a]));
    expect(await screen.findByText(/no es CSV en UTF-8/, {}, PATIENT)).toBeTruthy();
    expect(sent(mock, 'POST', '/api/import/users')).toHaveLength(0);
  });
});

describe('users', () => {
  it('are invited by a link after their account is made', async () => {
    const mock = await open('marta', '#/admin/users');
    fireEvent.click(await button('Nuevo usuario'));
    fill('Nombre', 'Sofía Lagos');
    fill('Correo', 'sofia@andino.example');
    fireEvent.change(await screen.findByLabelText('Empresa', {}, PATIENT), { target: { value: 'org_luz' } });
    await inDialog('Guardar');
    await called(mock, 'POST', '/api/sign-in');
    expect(sent(mock, 'POST', '/api/users')[0]?.body).toMatchObject({ company_id: 'org_luz', role: 'user' });
    expect(sent(mock, 'POST', '/api/sign-in')[0]?.body).toEqual({ email: 'sofia@andino.example', locale: 'es' });
    expect(await screen.findByText(/Se envió un enlace de acceso a sofia/)).toBeTruthy();
  });

  it('are erased only by whoever types their address', async () => {
    const mock = await open('marta', '#/admin/users');
    fireEvent.click(await button('Editar Camila Soto'));
    fireEvent.click(await button('Borrar a esta persona'));
    const typed = await screen.findByLabelText('Para confirmar, escriba su dirección');
    fireEvent.input(typed, { target: { value: 'camila' } });
    await inDialog('Borrar para siempre');
    expect(await screen.findByText('No es la misma dirección.')).toBeTruthy();
    expect(sent(mock, 'DELETE', '/api/users/usr_camila')).toHaveLength(0);
    fireEvent.input(typed, { target: { value: 'Camila.Soto@farmaciasluz.example' } });
    await inDialog('Borrar para siempre');
    await called(mock, 'DELETE', '/api/users/usr_camila');
    expect(sent(mock, 'DELETE', '/api/users/usr_camila')[0]?.query).toBe('?erase=true');
    await waitFor(() => expect(screen.queryByText('Camila Soto')).toBeNull(), PATIENT);
  });

  it('are not offered to erase themselves', async () => {
    await open('marta', '#/admin/users');
    fireEvent.click(await button('Editar Marta Quiroga'));
    await dialog();
    expect(screen.queryByRole('button', { name: 'Borrar a esta persona' })).toBeNull();
  });
});

describe('the start of administration', () => {
  it('leads to every page', async () => {
    await open('marta', '#/admin');
    await heading('Administración');
    const hrefs = within(screen.getByRole('main'))
      .getAllByRole('link')
      .map(link => link.getAttribute('href'));
    expect(hrefs).toHaveLength(8);
    for (const href of hrefs) {
      location.hash = href ?? '';
      await waitFor(() => expect(screen.queryByRole('heading', { name: 'Administración', level: 1 })).toBeNull());
      await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).not.toBe(''), PATIENT);
      expect(screen.queryByText('No se encuentra')).toBeNull();
      location.hash = '#/admin';
      await heading('Administración');
    }
  });

  it('is one of many pages that a phone shows with the account, beside the views its bar has no room for', async () => {
    await open('marta', '#/');
    fireEvent.click(within(await screen.findByRole('navigation', { name: 'Principal, abajo' })).getByText('Cuenta'));
    const more = within(await dialog()).getByRole('navigation', { name: 'Más páginas' });
    expect(
      within(more)
        .getAllByRole('link')
        .map(link => link.getAttribute('href')),
    ).toEqual([
      '#/?view=overdue',
      ...['users', 'org', 'categories', 'mailboxes', 'canned', 'imports', 'settings', 'audit'].map(p => `#/admin/${p}`),
      '#/?view=deleted',
    ]);
    const rail = screen.getByRole('navigation', { name: 'Principal' });
    for (const link of within(more).getAllByRole('link'))
      expect(rail.querySelector(`[href="${link.getAttribute('href')}"]`)).toBeTruthy();
  });
});
