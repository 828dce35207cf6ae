/** One's own account, and what people without one can do. */
import { File } from 'node:buffer';
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { describe, expect, it, vi } from 'vitest';
import { keysOn } from '../lib/keys.ts';
import { button, called, heading, open, PATIENT, sent } from './desk.tsx';

const dialog = () => screen.findByRole('dialog', {}, PATIENT);

describe('the account', () => {
  it('takes a new name', async () => {
    const mock = await open('camila', '#/account');
    fireEvent.input(await screen.findByLabelText('Nombre', {}, PATIENT), { target: { value: 'Camila S.' } });
    fireEvent.click(await button('Guardar nombre'));
    await called(mock, 'PATCH', '/api/me');
    expect(sent(mock, 'PATCH', '/api/me')[0]?.body).toEqual({ name: 'Camila S.' });
  });

  it('shows what the server says of a password', async () => {
    const mock = await open('camila', '#/account');
    const field = await screen.findByLabelText('Contraseña nueva', {}, PATIENT);
    fireEvent.input(field, { target: { value: 'short' } });
    fireEvent.click(await button('Poner contraseña'));
    expect(await screen.findByText('Use 12 caracteres o más.')).toBeTruthy();
    expect(sent(mock, 'PATCH', '/api/me')).toHaveLength(0);
    fireEvent.input(field, { target: { value: 'my own password1' } });
    fireEvent.click(await button('Poner contraseña'));
    expect(await screen.findByText(/Es fácil de adivinar/, {}, PATIENT)).toBeTruthy();
    fireEvent.input(field, { target: { value: 'three odd words of mine' } });
    fireEvent.click(await button('Poner contraseña'));
    await waitFor(() => expect(mock.hasPassword).toBe(true), PATIENT);
    expect(await screen.findByLabelText('Contraseña actual', {}, PATIENT)).toBeTruthy();
    expect((field as HTMLInputElement).value).toBe('');
  });

  it('wants the old password, or offers a link that leads back here', async () => {
    const mock = await open('camila', '#/account', desk => {
      desk.hasPassword = true;
      desk.freshLink = false;
    });
    const fresh = await screen.findByLabelText('Contraseña nueva', {}, PATIENT);
    fireEvent.input(fresh, { target: { value: 'three odd words of mine' } });
    fireEvent.click(await button('Cambiar contraseña'));
    fireEvent.click(await button('Enviarme un enlace'));
    await called(mock, 'POST', '/api/sign-in');
    expect(await screen.findByText(/Se envió un enlace a camila.soto/)).toBeTruthy();
    expect(localStorage.getItem('chamada.wanted')).toContain('/account');
    fireEvent.input(screen.getByLabelText('Contraseña actual'), { target: { value: 'an old password of mine' } });
    fireEvent.click(await button('Cambiar contraseña'));
    expect(await screen.findByText('La contraseña quedó guardada.', {}, PATIENT)).toBeTruthy();
  });

  it('shows a token once, copies it, and revokes it after asking', async () => {
    const copied = vi.fn(() => Promise.resolve());
    vi.stubGlobal('navigator', Object.assign(navigator, { clipboard: { writeText: copied } }));
    const mock = await open('ana', '#/account');
    fireEvent.click(await button('Nuevo token'));
    fireEvent.input(within(await dialog()).getByLabelText('Nombre'), { target: { value: 'Prueba' } });
    fireEvent.click(within(await dialog()).getByLabelText('Leer y escribir'));
    fireEvent.click(await button('Crear token'));
    const secret = (await screen.findByLabelText('Token', { selector: 'input' }, PATIENT)) as HTMLInputElement;
    const body = sent(mock, 'POST', '/api/tokens')[0]?.body;
    expect(body).toMatchObject({ name: 'Prueba', scope: 'write' });
    const days = (Date.parse(String(body?.expires_at)) - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(90);
    fireEvent.click(await button('Copiar'));
    await waitFor(() => expect(copied).toHaveBeenCalledWith(secret.value));
    fireEvent.click(await button('Ya lo guardé'));
    await waitFor(() => expect(screen.queryByDisplayValue(secret.value)).toBeNull());
    fireEvent.click(await button('Revocar Prueba'));
    expect(sent(mock, 'DELETE', '/api/tokens/tok_3')).toHaveLength(0);
    fireEvent.click(within(await dialog()).getByRole('button', { name: 'Revocar' }));
    await waitFor(() => expect(screen.queryByText('Prueba')).toBeNull(), PATIENT);
    expect(mock.tokens).toHaveLength(2);
  });

  it('turns keys of one letter off for staff', async () => {
    await open('ana', '#/account');
    fireEvent.click(await screen.findByLabelText('Atajos de teclado', {}, PATIENT));
    expect(keysOn()).toBe(false);
    fireEvent.click(screen.getByLabelText('Atajos de teclado'));
    expect(keysOn()).toBe(true);
  });

  it('ends all sessions after asking', async () => {
    const mock = await open('camila', '#/account');
    fireEvent.click(await button('Cerrar todas las sesiones'));
    expect(sent(mock, 'DELETE', '/api/sessions')).toHaveLength(0);
    fireEvent.click(within(await dialog()).getByRole('button', { name: 'Cerrar todas las sesiones' }));
    await called(mock, 'DELETE', '/api/sessions');
  });
});

/** A store that takes every file at once. */
class Store {
  upload = {};
  status = 200;
  onload = () => undefined;
  open() {}
  setRequestHeader() {}
  abort() {}
  send() {
    queueMicrotask(() => this.onload());
  }
}

describe('a guest', () => {
  const write = async () => {
    fireEvent.input(await screen.findByLabelText('Nombre', {}, PATIENT), { target: { value: 'Sofía Lagos' } });
    fireEvent.input(screen.getByLabelText('Correo'), { target: { value: 'sofia@otra.example' } });
    fireEvent.change(screen.getByLabelText('Empresa'), { target: { value: 'org_sol' } });
    fireEvent.change(screen.getByLabelText('Categoría'), { target: { value: 'cat_net' } });
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'Sin red' } });
    fireEvent.input(screen.getByLabelText('Mensaje'), { target: { value: 'Desde hoy.' } });
  };
  const attach = (...names: string[]) =>
    fireEvent.change(screen.getByLabelText(/Arrastre|Suelte/, { selector: 'input' }), {
      target: { files: names.map(name => new File(['words'], name)) },
    });

  it('sends a ticket with files, and is told to open the mailed link', async () => {
    vi.stubGlobal('XMLHttpRequest', Store);
    const mock = await open(undefined, '#/guest');
    await write();
    attach('one.txt', 'two.txt', 'three.txt');
    await waitFor(() => expect(screen.getAllByText(/listo/)).toHaveLength(3), PATIENT);
    fireEvent.click(await button('Enviar ticket'));
    await heading('Falta un paso');
    expect(screen.getByText('sofia@otra.example')).toBeTruthy();
    expect(sent(mock, 'POST', '/api/tickets')[0]?.body).toMatchObject({
      guest: { name: 'Sofía Lagos', email: 'sofia@otra.example' },
      company_id: 'org_sol',
      attachment_ids: ['att_0', 'att_1', 'att_2'],
    });
    expect(screen.queryByText('Su sesión terminó')).toBeNull();
  });

  it('asks who it is before anything is sent, and takes five files', async () => {
    vi.stubGlobal('XMLHttpRequest', Store);
    const mock = await open(undefined, '#/guest');
    await button('Enviar ticket');
    attach('1.txt', '2.txt', '3.txt', '4.txt', '5.txt', '6.txt');
    expect(await screen.findByText('Hasta 5 archivos.', {}, PATIENT)).toBeTruthy();
    fireEvent.click(await button('Enviar ticket'));
    expect(await screen.findByText(/Escriba un correo como/)).toBeTruthy();
    expect(sent(mock, 'POST', '/api/tickets')).toHaveLength(0);
  });

  it('is told where the site takes none', async () => {
    await open(undefined, '#/guest', desk => {
      desk.settings.guest_tickets = false;
    });
    await heading('Aquí hace falta entrar');
  });

  it('finds the form from the sign-in page, where there is one', async () => {
    await open(undefined, '#/in');
    const link = await screen.findByRole('link', { name: 'Abrir un ticket sin cuenta' }, PATIENT);
    expect(link.getAttribute('href')).toBe('#/guest');
  });

  it('has its own form once signed in', async () => {
    await open('camila', '#/guest');
    await waitFor(() => expect(location.hash).toBe('#/new'), PATIENT);
  });
});
