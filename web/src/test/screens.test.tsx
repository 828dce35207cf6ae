/** Screens against the fake API: what is shown, what is sent. */
import { File } from 'node:buffer';
import { fireEvent, render, screen, waitFor, within } from '@testing-library/preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { ago, MINUTE, sweep } from '../../dev/data.ts';
import { Mock } from '../../dev/mock.ts';
import { App } from '../app.tsx';
import { setLocale } from '../i18n/index.ts';
import { takeSecrets } from '../lib/secrets.ts';
import { startSession } from '../state/session.ts';

let mock: Mock;
const held = new Map<string, Promise<void>>();

/** Keeps the answers to a call back until it is let go. */
function hold(call: string): () => void {
  let go: () => void = () => undefined;
  held.set(
    call,
    new Promise(done => {
      go = done;
    }),
  );
  return () => {
    held.delete(call);
    go();
  };
}

async function answer(request: Request): Promise<Response> {
  const wait = held.get(`${request.method} ${new URL(request.url).pathname}`);
  const response = await mock.handle(request);
  await wait;
  return response;
}

async function open(as: string | undefined, path: string): Promise<void> {
  mock = new Mock();
  mock.signedIn = as && `usr_${as}`;
  // Node's fetch speaks to nobody: every request goes to the fake.
  vi.stubGlobal('fetch', answer);
  location.hash = path;
  takeSecrets();
  await startSession();
  await setLocale('es');
  render(<App />);
}

const sent = (method: string, path: string) => mock.seen.filter(call => call.method === method && call.path === path);
const button = (name: string | RegExp) => screen.findByRole('button', { name }, { timeout: 4000 });
const heading = (name: string | RegExp) => screen.findByRole('heading', { name, level: 1 }, { timeout: 4000 });

/** A store that takes every file at once. */
class Store {
  upload = {};
  status = 200;
  onload = () => undefined;
  open() {}
  setRequestHeader() {}
  send() {
    queueMicrotask(() => this.onload());
  }
}

beforeEach(() => {
  held.clear();
  localStorage.setItem('chamada.locale', 'es');
});

describe('signing in', () => {
  it('goes where one wanted to go, after the password', async () => {
    await open(undefined, '#/?assignee=me');
    await heading('Entrar');
    fireEvent.click(await button('Usar mi contraseña'));
    fireEvent.input(screen.getByLabelText('Correo'), { target: { value: 'ana.ribeiro@andino.example' } });
    fireEvent.input(screen.getByLabelText('Contraseña'), { target: { value: 'a long password' } });
    fireEvent.click(await button('Entrar'));
    await heading('Mis tickets');
    expect(location.hash).toBe('#/?assignee=me');
  });

  it('checks the address before sending, and says the same whoever it is', async () => {
    await open(undefined, '#/in');
    fireEvent.click(await button('Enviar enlace de acceso'));
    expect(await screen.findByText(/Escriba un correo como/)).toBeTruthy();
    expect(sent('POST', '/api/sign-in')).toHaveLength(0);
    fireEvent.input(screen.getByLabelText('Correo'), { target: { value: 'nobody@nowhere.example' } });
    fireEvent.click(await button('Enviar enlace de acceso'));
    await heading('Revise su correo');
    expect(sent('POST', '/api/sign-in')[0]).toMatchObject({
      body: { email: 'nobody@nowhere.example', locale: 'es' },
      key: expect.stringMatching(/.{16,}/),
    });
  });

  it('redeems a link by its button alone', async () => {
    await open(undefined, '#/m/ana');
    expect(location.hash).toBe('#/m');
    await heading('Enlace de acceso');
    expect(sent('POST', '/api/session')).toHaveLength(0);
    fireEvent.click(await button('Continuar'));
    await heading('Bandeja');
    expect(sent('POST', '/api/session')[0]?.body).toEqual({ token: 'ana' });
  });

  it('sends an expired ticket link to the page that asks for a new one', async () => {
    await open(undefined, '#/t/2783?key=expired');
    await heading('Este enlace ya venció');
    fireEvent.click(await button('Enviarme un enlace nuevo'));
    await heading('Revise su correo');
    expect(sent('POST', '/api/ticket-links')[0]?.body).toEqual({ ticket: 2783, ticket_key: 'expired' });
  });

  it('says of an unknown link what can be done about it', async () => {
    await open(undefined, '#/m/nobody');
    fireEvent.click(await button('Continuar'));
    expect(await screen.findByText(/no está completo o no se conoce/)).toBeTruthy();
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('leads from a mail to the notices, by way of a link that opens in a tab of its own', async () => {
    await open(undefined, '#/notices');
    await heading('Entrar');
    location.hash = '#/m/camila';
    takeSecrets();
    fireEvent.click(await button('Continuar'));
    const choice = (await screen.findByLabelText(/Avisarme también/, {}, { timeout: 4000 })) as HTMLInputElement;
    expect(location.hash).toBe('#/notices');
    expect(choice.checked).toBe(true);
    fireEvent.click(choice);
    await waitFor(() => expect(sent('PATCH', '/api/me')[0]?.body).toEqual({ notify: false }));
    await waitFor(() => expect(choice.checked).toBe(false));
    fireEvent.click(await button('Cerrar'));
    await waitFor(() => expect(location.hash).toBe('#/'));
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('the list', () => {
  it('asks for pending tickets and shows rows with the prefix of the site', async () => {
    await open('marta', '#/');
    expect(await screen.findByText('CH-2841')).toBeTruthy();
    expect(screen.getAllByRole('row')).toHaveLength(51);
    fireEvent.click(await button('Cargar más'));
    await waitFor(() => expect(screen.getAllByRole('row').length).toBeGreaterThan(51));
  });

  it('sorts by its heads and keeps the sort in the address', async () => {
    await open('marta', '#/');
    await screen.findByText('CH-2841');
    fireEvent.click(screen.getByRole('button', { name: 'Vence' }));
    await waitFor(() => expect(location.hash).toBe('#/?sort=due_at'));
    expect(await screen.findByRole('columnheader', { name: 'Vence' })).toHaveProperty('ariaSort');
  });

  it('filters by a chip with the keyboard', async () => {
    await open('marta', '#/');
    await screen.findByText('CH-2841');
    fireEvent.click(await button('Tipo'));
    const list = await screen.findByRole('listbox', { name: 'Tipo' });
    fireEvent.keyDown(list, { key: 'ArrowDown' });
    fireEvent.keyDown(list, { key: 'Enter' });
    await waitFor(() => expect(location.hash).toBe('#/?kind=requirement'));
    await waitFor(() => expect(screen.queryByText('CH-2841')).toBeNull());
  });

  it('lets a specialist take a ticket whose page is closed until then', async () => {
    await open('ana', '#/?assignee=none');
    mock.seeAssigned = true;
    const [take] = await screen.findAllByRole('button', { name: /^Tomar CH-/ }, { timeout: 4000 });
    const number = Number(/\d+/.exec(take?.textContent ?? '')?.[0]);
    fireEvent.click(take as HTMLElement);
    await waitFor(() => expect(location.hash).toBe(`#/t/${number}`));
    await heading(mock.tickets.get(number)?.ticket.title ?? '');
    expect(sent('POST', `/api/tickets/${number}/claim`)).toEqual([
      expect.objectContaining({ key: expect.stringMatching(/.{16,}/) }),
    ]);
    expect(mock.tickets.get(number)?.ticket.assignee?.id).toBe('usr_ana');
  });

  it('says that somebody else was faster, and shows the rows as they are', async () => {
    await open('ana', '#/?assignee=none');
    const [take] = await screen.findAllByRole('button', { name: /^Tomar CH-/ }, { timeout: 4000 });
    const name = /CH-\d+/.exec(take?.textContent ?? '')?.[0] ?? '';
    const one = mock.tickets.get(Number(name.slice(3)));
    if (!one) throw new Error('no ticket');
    one.ticket.assignee = { id: 'usr_joao', name: 'João' };
    mock.seeAssigned = true;
    fireEvent.click(take as HTMLElement);
    expect(await screen.findByRole('alert')).toBeTruthy();
    await waitFor(() => expect(screen.queryByText(name)).toBeNull());
  });

  it('gives up on a sweep that nobody begins, and says so', async () => {
    await open('marta', '#/');
    mock.sweeps.mbx_soporte?.unshift(sweep('swp_stuck', 'asked', { asked_at: ago(11 * MINUTE) }));
    fireEvent.click(await button('Buscar correo ahora'));
    const link = await screen.findByRole(
      'link',
      { name: /No se supo más de la lectura de Soporte/ },
      { timeout: 4000 },
    );
    expect(link.getAttribute('href')).toBe('#/admin/mailboxes/mbx_soporte');
    expect(
      await screen.findByText('Terminó, pero no se leyeron todos los buzones.', {}, { timeout: 4000 }),
    ).toBeTruthy();
    expect((await button('Buscar correo ahora')).getAttribute('aria-busy')).toBeNull();
  });

  it('tells an administrator whose inbox is empty that no mail can arrive', async () => {
    await open('marta', '#/in');
    mock.tickets.clear();
    mock.mailboxes.length = 0;
    location.hash = '#/';
    expect(await screen.findByText(/Aún no hay buzones/, {}, { timeout: 4000 })).toBeTruthy();
  });

  it('gives customers their own list and no administration', async () => {
    await open('camila', '#/');
    await heading('Mis tickets');
    expect(await screen.findByText('Atiende')).toBeTruthy();
    expect(screen.queryByText('Administración')).toBeNull();
  });
});

describe('a ticket', () => {
  it('shows customers no note, no property to change and no tabs', async () => {
    await open('camila', '#/t/2841');
    await heading('Terminal de pago rechaza tarjetas con chip');
    expect(screen.queryByText('Nota interna')).toBeNull();
    expect(screen.queryByRole('tab')).toBeNull();
    expect(await screen.findByText('Historial verificado')).toBeTruthy();
  });

  it('sends a reply that resolves, once, and shows it', async () => {
    await open('ana', '#/t/2841');
    await heading(/Terminal/);
    fireEvent.input(screen.getByLabelText('Respuesta a Camila Soto'), { target: { value: 'Listo.' } });
    fireEvent.click(screen.getByLabelText('Marcar resuelto'));
    const send = await button('Enviar');
    fireEvent.click(send);
    fireEvent.click(send);
    expect(await screen.findByText('Listo.', { selector: 'p' }, { timeout: 4000 })).toBeTruthy();
    const calls = sent('POST', '/api/tickets/2841/messages');
    expect(calls).toHaveLength(1);
    expect(calls[0]?.body).toEqual({ body: 'Listo.', visibility: 'public', resolve: true });
  });

  it('keeps what is typed and attached while a message is on its way', async () => {
    vi.stubGlobal('XMLHttpRequest', Store);
    await open('ana', '#/t/2841');
    await heading(/Terminal/);
    const area = screen.getByLabelText('Respuesta a Camila Soto') as HTMLTextAreaElement;
    const attach = (name: string) =>
      fireEvent.change(screen.getByLabelText('Adjuntar', { selector: 'input' }), {
        target: { files: [new File(['words'], name)] },
      });
    attach('one.txt');
    await screen.findByText(/listo/);
    fireEvent.input(area, { target: { value: 'Uno' } });
    const go = hold('POST /api/tickets/2841/messages');
    fireEvent.click(await button('Enviar'));
    await waitFor(() => expect(sent('POST', '/api/tickets/2841/messages')).toHaveLength(1));
    fireEvent.input(area, { target: { value: 'Uno y dos' } });
    attach('two.txt');
    go();
    expect(await screen.findByText('Uno', { selector: 'p' }, { timeout: 4000 })).toBeTruthy();
    expect(area.value).toBe('Uno y dos');
    const files = screen.getByRole('form', { name: 'Responder' });
    expect(within(files).queryByText('one.txt')).toBeNull();
    expect(within(files).getByText('two.txt')).toBeTruthy();
    dispatchEvent(new Event('pagehide'));
    expect(localStorage.getItem('chamada.draft.usr_ana.ticket-2841')).toContain('Uno y dos');
  });

  it('sends once however often the button is pressed while it looks for answers of others', async () => {
    await open('ana', '#/t/2841');
    await heading(/Terminal/);
    fireEvent.input(screen.getByLabelText('Respuesta a Camila Soto'), { target: { value: 'Listo.' } });
    const first = hold('GET /api/tickets/2841/entries');
    fireEvent.click(await button('Enviar'));
    const second = hold('GET /api/tickets/2841/entries');
    expect((await button('Enviar')).getAttribute('aria-busy')).toBe('true');
    fireEvent.keyDown(screen.getByLabelText('Respuesta a Camila Soto'), { key: 'Enter', ctrlKey: true });
    first();
    expect(await screen.findByText('Listo.', { selector: 'p' }, { timeout: 4000 })).toBeTruthy();
    second();
    await new Promise(done => setTimeout(done, 50));
    expect(sent('POST', '/api/tickets/2841/messages')).toHaveLength(1);
  });

  it('keeps a note apart: no outcome, internal', async () => {
    await open('ana', '#/t/2841');
    await heading(/Terminal/);
    fireEvent.click(screen.getByRole('tab', { name: 'Nota interna' }));
    fireEvent.input(screen.getByLabelText('Nota interna', { selector: 'textarea' }), {
      target: { value: 'Solo nosotros' },
    });
    expect(screen.queryByLabelText('Marcar resuelto')).toBeNull();
    fireEvent.click(await button('Guardar nota'));
    await waitFor(() =>
      expect(sent('POST', '/api/tickets/2841/messages')[0]?.body).toEqual({
        body: 'Solo nosotros',
        visibility: 'internal',
      }),
    );
  });

  it('saves a property at once with the version it saw', async () => {
    await open('marta', '#/t/2841');
    await heading(/Terminal/);
    fireEvent.click(await button(/Cambiar Prioridad/));
    fireEvent.click(within(await screen.findByRole('listbox', { name: 'Prioridad' })).getByText('Baja'));
    await waitFor(() => expect(sent('PATCH', '/api/tickets/2841')[0]?.body).toEqual({ priority: 'low' }));
    expect(await button('Deshacer')).toBeTruthy();
  });

  it('shows both values where somebody else was faster', async () => {
    await open('marta', '#/t/2841');
    await heading(/Terminal/);
    const held = mock.tickets.get(2841);
    if (!held) throw new Error('no ticket');
    Object.assign(held.ticket, { version: 9, priority: 'high' });
    fireEvent.click(await button(/Cambiar Prioridad/));
    fireEvent.click(within(await screen.findByRole('listbox', { name: 'Prioridad' })).getByText('Baja'));
    expect(await screen.findByText('Ahora: Alta. Lo suyo: Baja.')).toBeTruthy();
    fireEvent.click(await button('Poner lo mío'));
    await waitFor(() => expect(held.ticket.priority).toBe('low'));
  });

  it('calls no history altered while a saved change is ahead of it', async () => {
    await open('marta', '#/t/2841');
    await screen.findAllByText(/^Historial verificado/, {}, { timeout: 4000 });
    const go = hold('GET /api/tickets/2841');
    fireEvent.click(await button(/Cambiar Prioridad/));
    fireEvent.click(within(await screen.findByRole('listbox', { name: 'Prioridad' })).getByText('Baja'));
    await screen.findByText('Guardado');
    await new Promise(done => setTimeout(done, 100));
    expect(screen.queryByText(/Historial alterado/)).toBeNull();
    go();
    await waitFor(() => expect(sent('GET', '/api/tickets/2841/verify')).toHaveLength(2));
    await new Promise(done => setTimeout(done, 100));
    expect(screen.queryByText(/Historial alterado/)).toBeNull();
    expect(screen.getAllByText(/^Historial verificado/).length).toBeGreaterThan(0);
  });

  it('says where a history was altered', async () => {
    await open('marta', '#/in');
    mock.tampered.add(2841);
    location.hash = '#/t/2841';
    expect(
      (await screen.findAllByText('Historial alterado desde el registro 2', {}, { timeout: 4000 })).length,
    ).toBeGreaterThan(0);
  });

  it('keeps page and draft when the session ends', async () => {
    await open('ana', '#/t/2841');
    await heading(/Terminal/);
    const area = screen.getByLabelText('Respuesta a Camila Soto');
    fireEvent.input(area, { target: { value: 'A medias' } });
    mock.sessionEnded = true;
    fireEvent.click(await button('Enviar'));
    expect(await screen.findByText('Su sesión terminó')).toBeTruthy();
    expect((area as HTMLTextAreaElement).value).toBe('A medias');
    expect(screen.getByRole('heading', { level: 1, hidden: true }).textContent).toContain('Terminal');
  });

  it('has one page for what is not there and what is not theirs', async () => {
    await open('camila', '#/t/2838');
    await heading('No se encuentra');
  });
});

describe('administration', () => {
  it('says why a mailbox could not be read', async () => {
    await open('marta', '#/admin/mailboxes');
    const tests = await screen.findAllByRole('button', { name: 'Probar conexión' }, { timeout: 4000 });
    fireEvent.click(tests[1] as HTMLElement);
    expect(
      (await screen.findAllByText('El servidor de correo rechazó el usuario o la contraseña.')).length,
    ).toBeGreaterThan(0);
  });

  it.each(['#/admin/mailboxes', '#/admin/mailboxes/mbx_soporte'])(
    'shows by itself why a sweep failed and when it is tried again, at %s',
    async path => {
      await open('marta', path);
      mock.refused.add('mbx_soporte');
      const [fetchNow] = await screen.findAllByRole('button', { name: 'Buscar correo ahora' }, { timeout: 4000 });
      const place = within(fetchNow?.closest('.panel') as HTMLElement);
      fireEvent.click(fetchNow as HTMLElement);
      const words = 'El servidor de correo rechazó el usuario o la contraseña.';
      expect(await place.findByText(words, {}, { timeout: 6000 })).toBeTruthy();
      expect(await place.findByText(/Se intentará de nuevo/)).toBeTruthy();
    },
  );

  it('says that a sweep never began', async () => {
    await open('marta', '#/in');
    mock.sweeps.mbx_soporte?.unshift(sweep('swp_stuck', 'asked', { asked_at: ago(11 * MINUTE) }));
    location.hash = '#/admin/mailboxes/mbx_soporte';
    expect((await screen.findAllByText(/La lectura no llegó a empezar/, {}, { timeout: 4000 })).length).toBe(2);
  });

  it('never sends a password that nobody typed, and asks for it when the server changes', async () => {
    await open('marta', '#/admin/mailboxes');
    fireEvent.click((await screen.findAllByRole('button', { name: 'Editar' }, { timeout: 4000 }))[0] as HTMLElement);
    fireEvent.input(screen.getByLabelText('Servidor (POP3)'), { target: { value: 'other.example' } });
    fireEvent.click(await button('Guardar'));
    expect(await screen.findByText(/Escriba de nuevo la contraseña/)).toBeTruthy();
    fireEvent.input(screen.getByLabelText('Servidor (POP3)'), { target: { value: 'mail.farmaciasluz.example' } });
    fireEvent.input(screen.getByLabelText('Nombre'), { target: { value: 'Soporte 2' } });
    fireEvent.click(await button('Guardar'));
    await waitFor(() => expect(sent('PATCH', '/api/mailboxes/mbx_soporte')[0]?.body).toEqual({ name: 'Soporte 2' }));
  });

  it('leaves mails on the server unless told otherwise, and says once why it may not read one in the clear', async () => {
    await open('marta', '#/admin/mailboxes');
    fireEvent.click(await button('Nuevo buzón'));
    const fill = (label: string, value: string) =>
      fireEvent.input(screen.getByLabelText(label, { selector: 'input' }), { target: { value } });
    fill('Nombre', 'Ventas');
    fill('Dirección', 'ventas@andino.example');
    fill('Servidor (POP3)', 'mail.andino.example');
    fill('Usuario', 'ventas');
    fill('Contraseña', 'x');
    fireEvent.change(screen.getByLabelText('Seguridad'), { target: { value: 'plain' } });
    fireEvent.click(await button('Guardar'));
    expect(await screen.findAllByText(/--allow-plain-pop3/)).toHaveLength(1);
    expect(screen.queryByRole('alert')).toBeNull();
    expect(sent('POST', '/api/mailboxes')[0]?.body).toMatchObject({ after_import: 'leave' });
    expect(screen.queryByText(/desaparecen del buzón/)).toBeNull();
    fireEvent.click(screen.getByLabelText('Borrarlo del servidor'));
    expect(await screen.findByText(/desaparecen del buzón/)).toBeTruthy();
  });

  it('removes a mailbox after asking', async () => {
    await open('marta', '#/admin/mailboxes/mbx_soporte');
    fireEvent.click(await button('Editar'));
    fireEvent.click(await button('Eliminar'));
    expect(await screen.findByText('¿Eliminar Soporte?')).toBeTruthy();
    expect(sent('DELETE', '/api/mailboxes/mbx_soporte')).toHaveLength(0);
    fireEvent.click(await button('Eliminar'));
    await heading('Buzones');
    expect(screen.queryByRole('link', { name: 'Soporte' })).toBeNull();
    expect(sent('DELETE', '/api/mailboxes/mbx_soporte')).toHaveLength(1);
  });

  it('keeps the last administrator', async () => {
    await open('marta', '#/admin/users');
    fireEvent.click(await button('Editar Marta Quiroga'));
    fireEvent.change(screen.getByLabelText('Rol'), { target: { value: 'user' } });
    fireEvent.click(await button('Guardar'));
    expect(await screen.findByText('Debe quedar al menos un administrador activo.')).toBeTruthy();
  });

  it('is not there for others', async () => {
    await open('ana', '#/admin/users');
    await heading('No se encuentra');
  });
});
