/** What proves a ticket's history: mails as they came. */
import { fireEvent, screen, waitFor } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { button, open, sent, words } from './desk.tsx';

const frame = () => document.querySelector('iframe');
const HTML = '/api/tickets/2841/entries/1/html';

describe('a message that came by mail', () => {
  it('is shown as sent when asked for, in a frame that may run nothing', async () => {
    const mock = await open('camila', '#/t/2841');
    const show = await button('Ver como se envió');
    expect(show.getAttribute('aria-expanded')).toBe('false');
    expect(sent(mock, 'GET', HTML)).toHaveLength(0);
    fireEvent.click(show);
    expect(show.getAttribute('aria-expanded')).toBe('true');
    await waitFor(() => expect(frame()).toBeTruthy());
    expect(frame()?.getAttribute('src')).toBe(HTML);
    expect(frame()?.title).toBe('El correo de Camila Soto, como se envió');
    expect(frame()?.getAttribute('sandbox')).toBe('allow-popups allow-popups-to-escape-sandbox');
    expect(document.getElementById(show.getAttribute('aria-controls') ?? '')?.contains(frame())).toBe(true);
    fireEvent.click(show);
    expect(frame()).toBeNull();
  });

  it('loads what lies elsewhere behind a click alone, and lets go of it again', async () => {
    await open('camila', '#/t/2841');
    fireEvent.click(await button('Ver como se envió'));
    const images = await button('Mostrar imágenes externas');
    expect(images.getAttribute('aria-pressed')).toBe('false');
    expect(await words('Quien las puso sabrá que abrió el correo.')).toBeTruthy();
    fireEvent.click(images);
    expect(frame()?.getAttribute('src')).toBe(`${HTML}?images=true`);
    expect(images.getAttribute('aria-pressed')).toBe('true');
    fireEvent.click(images);
    expect(frame()?.getAttribute('src')).toBe(HTML);
  });

  it('gives staff the mail as it came, and others none', async () => {
    await open('ana', '#/t/2841');
    expect((await words('Correo original')).getAttribute('href')).toBe('/api/tickets/2841/entries/1/raw');
    document.body.innerHTML = '';
    await open('camila', '#/t/2841');
    await button('Ver como se envió');
    expect(screen.queryByText('Correo original')).toBeNull();
  });

  it('says what is wrong with it, and tries again', async () => {
    const mock = await open('camila', '#/t/2841');
    const entry = mock.tickets.get(2841)?.entries[0];
    const show = await button('Ver como se envió');
    const facts = entry?.mail;
    Object.assign(entry ?? {}, { mail: null });
    fireEvent.click(show);
    await words('No existe o no tiene acceso.');
    expect(frame()).toBeNull();
    Object.assign(entry ?? {}, { mail: facts });
    fireEvent.click(await button('Reintentar'));
    await waitFor(() => expect(frame()).toBeTruthy());
  });

  it('offers nothing where its words were erased, or it was plain text', async () => {
    await open('camila', '#/t/2841', desk => {
      const entry = desk.tickets.get(2841)?.entries[0];
      if (entry?.mail) entry.mail.has_html = false;
    });
    await words('Historial verificado');
    expect(screen.queryByText('Ver como se envió')).toBeNull();
    document.body.innerHTML = '';
    await open('ana', '#/t/2841', desk => {
      Object.assign(desk.tickets.get(2841)?.entries[0] ?? {}, { body: null });
    });
    await words('log-terminal.txt');
    expect(screen.queryByText('Correo original')).toBeNull();
  });
});
