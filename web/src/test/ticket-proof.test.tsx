/** What proves a ticket's history: mails as they came, the check of its chain, and what one can take along. */
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { button, labelled, open, sent, words } from './desk.tsx';

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

const details = async (badge: string | RegExp) => {
  const opener = await button(badge);
  opener.focus();
  fireEvent.click(opener);
  return within(await screen.findByRole('dialog', {}, { timeout: 4000 }));
};

describe('the badge', () => {
  it('opens what it stands for: every entry computed again here, and what is erased', async () => {
    const mock = await open('ana', '#/t/2841', desk => {
      for (const entry of desk.tickets.get(2841)?.entries ?? [])
        if (entry.seq === 6 || entry.seq === 8) entry.body = undefined;
    });
    const box = await details('Historial verificado');
    await words('8 registros calculados de nuevo');
    expect(box.getByText('Palabras de los registros 6, 8; la cadena sigue entera')).toBeTruthy();
    expect(box.getByText(mock.tickets.get(2841)?.ticket.head_hash ?? 'none')).toBeTruthy();
    expect(sent(mock, 'GET', '/api/tickets/2841/transcript')[0]?.query).toBe('?format=json');
    fireEvent.click(box.getByLabelText('Cerrar'));
    await waitFor(() => expect(document.activeElement?.textContent).toBe('Historial verificado'));
  });

  it('counts for a customer what is internal', async () => {
    await open('camila', '#/t/2841');
    const box = await details('Historial verificado');
    await words('7 registros calculados de nuevo; 1 interno, enlazado');
    expect(box.getByText('Nada')).toBeTruthy();
  });

  it('turns red where the words are not what was sealed, and names the entry', async () => {
    await open('ana', '#/t/2841', desk => desk.forged.set(2841, 6));
    const box = await details('Historial verificado');
    await box.findByText(/El registro 6 no es el que se escribió, o falta\. Los anteriores están en orden\./);
    expect(box.getByRole('heading', { level: 2 }).textContent).toBe('Historial alterado desde el registro 6');
    fireEvent.click(box.getByLabelText('Cerrar'));
    expect((await button('Historial alterado desde el registro 6')).className).toBe('badge bad');
  });

  it('is red from the start where the server says so', async () => {
    await open('ana', '#/t/2841', desk => desk.tampered.add(2841));
    const box = await details('Historial alterado desde el registro 2');
    expect(box.getByText(/El registro 2 no es el que se escribió/)).toBeTruthy();
  });
});

describe('what one can take along', () => {
  let saved: { name: string; href: string }[];
  let made: Blob[];

  beforeEach(() => {
    saved = [];
    made = [];
    const urls = { createObjectURL: (blob: Blob) => `blob:${made.push(blob)}`, revokeObjectURL: () => undefined };
    vi.stubGlobal('URL', Object.assign(URL, urls));
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      saved.push({ name: this.download, href: this.href });
    });
  });

  const choose = async () => {
    fireEvent.click(await labelled('Acciones'));
    fireEvent.click(await words('Descargar historial'));
  };

  it('is the history as the server wrote it, and the same as a page', async () => {
    await open('camila', '#/t/2841');
    await choose();
    fireEvent.click(await labelled('Descargar el registro (JSON)'));
    await waitFor(() => expect(saved.map(file => file.name)).toEqual(['CH-2841.json']));
    expect(await made[0]?.text()).toContain('"format":"chamada-transcript-1"');
    fireEvent.click(await labelled('Descargar la página'));
    await waitFor(() => expect(saved.map(file => file.name)).toEqual(['CH-2841.json', 'CH-2841.html']));
    expect(made[1]?.type).toBe('text/html');
  });

  it('says why there is none, where it would be', async () => {
    await open('camila', '#/t/2841', desk => desk.tooLong.add(2841));
    await choose();
    fireEvent.click(await labelled('Descargar la página'));
    await words('El historial es demasiado largo para un archivo. Pida el paquete de pruebas.');
    expect(saved).toEqual([]);
  });

  it('is a bundle that is asked for once, looked at, and downloaded when it is ready', async () => {
    const mock = await open('ana', '#/t/2841');
    await choose();
    fireEvent.click(await labelled('Preparar el paquete de pruebas'));
    await words(/Reuniendo historial y archivos/);
    await words('Listo. La descarga comenzó.');
    expect(saved.map(file => new URL(file.href).pathname)).toEqual(['/files/bundle-2841']);
    expect(sent(mock, 'POST', '/api/tickets/2841/bundle')).toHaveLength(1);
    expect(sent(mock, 'GET', '/api/tickets/2841/bundles/bun_2841')).toHaveLength(2);
    fireEvent.click(await labelled('Descargar el paquete de pruebas'));
    await waitFor(() => expect(saved).toHaveLength(2));
    expect(sent(mock, 'POST', '/api/tickets/2841/bundle')).toHaveLength(1);
  });

  it('is told of though its dialog was closed', async () => {
    await open('ana', '#/t/2838');
    await choose();
    fireEvent.click(await labelled('Preparar el paquete de pruebas'));
    fireEvent.click(within(screen.getByRole('dialog')).getByLabelText('Cerrar'));
    await words('El paquete de pruebas de CH-2838 está listo');
    expect(saved).toHaveLength(1);
  });

  it('says that a bundle could not be made, and asks for another by another key', async () => {
    const mock = await open('ana', '#/t/2835', desk => {
      desk.bundles = { looks: 0, state: 'failed' };
    });
    await choose();
    fireEvent.click(await labelled('Preparar el paquete de pruebas'));
    await words('No se pudo preparar. Inténtelo de nuevo.');
    mock.bundles = { looks: 0, state: 'ready' };
    fireEvent.click(await labelled('Preparar el paquete de pruebas'));
    await words('Listo. La descarga comenzó.');
    const keys = sent(mock, 'POST', '/api/tickets/2835/bundle').map(call => call.key);
    expect(new Set(keys).size).toBe(2);
  });
});

describe('printing', () => {
  it('is offered to everybody, and begins at the beginning of the history', async () => {
    const print = vi.fn();
    vi.stubGlobal('print', print);
    const mock = await open('camila', '#/t/2841', desk => {
      desk.pageSize = 3;
    });
    await words('Mostrar lo anterior');
    expect(screen.queryByText(/Desde las 9:10/)).toBeNull();
    fireEvent.click(await labelled('Acciones'));
    fireEvent.click(await words('Imprimir'));
    await waitFor(() => expect(print).toHaveBeenCalledTimes(1));
    expect(await words(/Desde las 9:10/)).toBeTruthy();
    expect(screen.queryByText('Mostrar lo anterior')).toBeNull();
    expect(screen.queryByRole('menu')).toBeNull();
    expect(sent(mock, 'GET', '/api/tickets/2841/entries').map(call => call.query)).toEqual(['?cursor=5', '?cursor=2']);
  });

  it('says why it cannot begin', async () => {
    const print = vi.fn();
    vi.stubGlobal('print', print);
    const mock = await open('camila', '#/t/2841', desk => {
      desk.pageSize = 3;
    });
    await words('Mostrar lo anterior');
    mock.pageSize = 0;
    fireEvent.click(await labelled('Acciones'));
    fireEvent.click(await words('Imprimir'));
    await words('El servicio está ocupado. Inténtelo en un momento.');
    expect(print).not.toHaveBeenCalled();
  });

  it('has a day and an hour for everything that was said, whatever the page says', async () => {
    await open('ana', '#/t/2841');
    await words(/Desde las 9:10/);
    const times = [...document.querySelectorAll('.tl .msg > header time')].map(time => time.getAttribute('data-at'));
    expect(times.length).toBeGreaterThan(2);
    for (const time of times) expect(time).toMatch(/\d{4}.*\d\d:\d\d/);
  });
});
