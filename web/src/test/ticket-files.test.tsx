/** A ticket's files: looked at one after the other, and sent by every way there is. */
import { File } from 'node:buffer';
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { labelled, open, sent, ticketOf, words } from './desk.tsx';

/** A store whose every PUT waits to be let go. */
class Store {
  static all: Store[] = [];
  upload: { onprogress?: (event: { loaded: number }) => void } = {};
  status = 200;
  aborted = false;
  onload = () => undefined;
  onerror = () => undefined;
  onabort = () => undefined;
  open() {}
  setRequestHeader() {}
  send() {
    Store.all.push(this);
  }
  abort() {
    this.aborted = true;
    this.onabort();
  }
}

beforeEach(() => {
  Store.all = [];
  vi.stubGlobal('XMLHttpRequest', Store);
  vi.stubGlobal('URL', Object.assign(URL, { createObjectURL: () => 'blob:made', revokeObjectURL: () => undefined }));
});

const file = (name: string, size = 100, type = '') => new File([new Uint8Array(size)], name, { type }) as never;
const choose = async (input: string, ...files: never[]) =>
  fireEvent.change(await labelled(input), { target: { files } });
const rows = () => [...document.querySelectorAll('.up b')].map(name => name.textContent);
const started = (count: number) => waitFor(() => expect(Store.all).toHaveLength(count));
const finish = () => {
  for (const put of Store.all.splice(0)) put.onload();
};

describe('the files of a message', () => {
  const dialog = async () => within(await screen.findByRole('dialog', {}, { timeout: 4000 }));
  const title = () => screen.getByRole('dialog').querySelector('h2')?.textContent;

  async function view(name: string) {
    const mock = await open('ana', '#/t/2841', desk => {
      const entry = desk.tickets.get(2841)?.entries[0];
      const zip = { attachment_id: 'att_zip', name: 'todo.zip', content_type: 'application/zip', size: 9, sha256: '' };
      const pdf = { ...zip, attachment_id: 'att_pdf', name: 'guía.pdf', content_type: 'application/pdf' };
      const film = { ...zip, attachment_id: 'att_film', name: 'caja.mp4', content_type: 'video/mp4' };
      if (entry?.data) entry.data = { attachments: [...(entry.data.attachments ?? []), zip, pdf, film] };
    });
    const opener = (await words(name)).closest('button') as HTMLButtonElement;
    // The heading takes the focus a moment after the page is drawn.
    await new Promise(done => setTimeout(done, 200));
    opener.focus();
    fireEvent.click(opener);
    return { mock, opener };
  }

  it('are gone through by arrow keys and buttons, without what can only be saved', async () => {
    await view('caja3-error-51C.png');
    const box = await dialog();
    expect((await box.findByAltText('caja3-error-51C.png')).getAttribute('src')).toMatch(/\/files\/att_photo$/);
    expect(box.getByText('1 de 4')).toBeTruthy();
    fireEvent.keyDown(document.body, { key: 'ArrowLeft' });
    expect(title()).toBe('caja3-error-51C.png');
    fireEvent.keyDown(document.body, { key: 'ArrowRight' });
    await waitFor(() => expect(title()).toBe('log-terminal.txt'));
    await box.findByText('Se abre en otra pestaña.');
    expect((await box.findByText('Abrir en otra pestaña')).getAttribute('href')).toMatch(/\/files\/att_log$/);
    fireEvent.click(box.getByText('Siguiente'));
    await waitFor(() => expect(title()).toBe('guía.pdf'));
    fireEvent.keyDown(document.body, { key: 'End' });
    await waitFor(() => expect(title()).toBe('caja.mp4'));
    const player = await box.findByLabelText('caja.mp4');
    expect(player.tagName).toBe('VIDEO');
    fireEvent.keyDown(player, { key: 'ArrowLeft' });
    expect(title()).toBe('caja.mp4');
    expect(box.getByText('Siguiente').getAttribute('aria-disabled')).toBe('true');
  });

  it('close by Esc, and give the focus back', async () => {
    const { opener } = await view('caja3-error-51C.png');
    await dialog();
    expect(opener.contains(document.activeElement)).toBe(true);
    (document.activeElement as HTMLElement).blur();
    fireEvent(screen.getByRole('dialog'), new Event('cancel', { cancelable: true }));
    await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
    expect(document.activeElement).toBe(opener);
    expect(location.hash).toBe('#/t/2841');
  });

  it('say where this browser cannot show one', async () => {
    await view('caja3-error-51C.png');
    const box = await dialog();
    fireEvent.error(await box.findByAltText('caja3-error-51C.png'));
    await box.findByText('Este navegador no puede mostrarlo. Descárguelo.');
  });

  it('are saved from an address asked for anew, or it is said that they cannot be', async () => {
    const { mock } = await view('caja3-error-51C.png');
    const click = vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(() => undefined);
    const box = await dialog();
    await box.findByText('1 de 4');
    const fetched: string[] = [];
    const served = globalThis.fetch;
    vi.stubGlobal('fetch', async (input: Request | string) => {
      if (typeof input !== 'string') return served(input);
      fetched.push(input);
      return new Response('', { status: fetched.length === 1 ? 200 : 403 });
    });
    fireEvent.click(box.getByText('Descargar'));
    await waitFor(() => expect(click).toHaveBeenCalledTimes(1));
    expect(fetched[0]).toMatch(/\/files\/att_photo$/);
    expect(sent(mock, 'GET', '/api/tickets/2841/attachments/att_photo')).toHaveLength(2);
    await waitFor(() => expect(box.getByText('Descargar').getAttribute('aria-busy')).toBeNull());
    fireEvent.click(box.getByText('Descargar'));
    await words('No se pudo descargar caja3-error-51C.png');
    expect(click).toHaveBeenCalledTimes(1);
  });

  it('download at once where there is nothing to show', async () => {
    const went: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function click(this: HTMLAnchorElement) {
      went.push(this.href);
    });
    await view('todo.zip');
    await waitFor(() => expect(went[0]).toMatch(/\/files\/att_zip$/));
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});

describe('files for a reply', () => {
  it('come from the camera one after the other, all of one name, and all are kept', async () => {
    const mock = await open('camila', '#/t/2841');
    const camera = await labelled('Tomar foto o video');
    expect(camera.getAttribute('accept')).toBe('image/*,video/*');
    expect(camera.getAttribute('capture')).toBe('environment');
    await choose('Tomar foto o video', file('image.jpg', 100, 'image/jpeg'));
    await choose('Tomar foto o video', file('image.jpg', 200, 'image/jpeg'));
    await choose('Tomar foto o video', file('1000012345', 300, 'video/mp4'));
    expect(rows()).toEqual(['image.jpg', 'image.jpg', '1000012345.mp4']);
    await started(3);
    finish();
    await waitFor(() => expect(screen.getAllByText(/listo/)).toHaveLength(3));
    fireEvent.click(await words('Enviar'));
    await waitFor(() => expect(sent(mock, 'POST', '/api/tickets/2841/messages')).toHaveLength(1));
    const ids = sent(mock, 'POST', '/api/tickets/2841/messages')[0]?.body.attachment_ids as string[];
    expect(new Set(ids).size).toBe(3);
    await waitFor(() => expect(rows()).toEqual([]));
  });

  it('are dropped on the page and pasted into it, but not as pictures of copied words', async () => {
    await open('camila', '#/t/2841');
    await words('Enviar');
    await waitFor(() => {
      fireEvent.dragOver(document.body, { dataTransfer: { types: ['Files'] } });
      expect(document.querySelector('.reply.over')).toBeTruthy();
    });
    fireEvent.drop(document.body, { dataTransfer: { types: ['Files'], files: [file('a.png')] } });
    await waitFor(() => expect(rows()).toEqual(['a.png']));
    expect(document.querySelector('.reply.over')).toBeNull();
    fireEvent.paste(document.body, { clipboardData: { types: ['text/plain', 'Files'], files: [file('cells.png')] } });
    fireEvent.paste(document.body, { clipboardData: { types: ['Files'], files: [file('image.png')] } });
    await waitFor(() => expect(rows()).toEqual(['a.png', 'image.png']));
  });

  it('are refused before anything is sent, with the reason at the file', async () => {
    const mock = await open('camila', '#/t/2841');
    const big = file('film.mp4');
    Object.defineProperty(big, 'size', { value: 51 * 2 ** 20 });
    await choose('Adjuntar', file('run.exe'), big);
    const reasons = [...document.querySelectorAll('.up')].map(row => row.textContent);
    expect(reasons[0]).toContain('Tipo no admitido. Comprímalo en ZIP.');
    expect(reasons[1]).toContain('Demasiado grande. Hasta 50 MB por archivo.');
    expect(sent(mock, 'POST', '/api/attachments')).toHaveLength(0);
  });

  it('leave the focus near by when they are taken away', async () => {
    await open('camila', '#/t/2841');
    await choose('Adjuntar', file('a.exe'), file('b.exe'));
    const first = await labelled('Quitar a.exe');
    first.focus();
    fireEvent.click(first);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Quitar b.exe');
    fireEvent.click(await labelled('Quitar b.exe'));
    expect(rows()).toEqual([]);
    expect((document.activeElement as HTMLInputElement).type).toBe('file');
  });

  it('show how far they are, can be cancelled, and tried again', async () => {
    const mock = await open('camila', '#/t/2841');
    await choose('Adjuntar', file('a.png'), file('b.png'));
    await started(2);
    Store.all[0]?.upload.onprogress?.({ loaded: 40 });
    const bar = await labelled('Subiendo a.png');
    expect(bar.getAttribute('role')).toBe('progressbar');
    await waitFor(() => expect(bar.getAttribute('aria-valuenow')).toBe('40'));
    fireEvent.click(await labelled('Cancelar b.png'));
    expect(Store.all[1]?.aborted).toBe(true);
    await waitFor(() => expect(sent(mock, 'DELETE', '/api/attachments/att_1')).toHaveLength(1));
    expect(rows()).toEqual(['a.png']);
    Store.all.pop();
    // By itself it is tried three times, with longer and longer pauses.
    for (let tries = 1; tries <= 3; tries += 1) {
      await waitFor(() => expect(Store.all).toHaveLength(tries), { timeout: 6_000 });
      Store.all.at(-1)?.onerror();
    }
    await words('El servidor no responde. Inténtelo de nuevo.');
    Store.all = [];
    fireEvent.click(await labelled('Reintentar a.png'));
    await started(1);
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Cancelar a.png');
    finish();
    await words(/listo/);
  });

  it('cannot be attached where one may not, by dropping neither', async () => {
    await open('camila', '#/t/2841', desk => {
      ticketOf(desk, 2841).merged_into = 2835;
    });
    await words('Historial verificado');
    fireEvent.dragOver(document.body, { dataTransfer: { types: ['Files'] } });
    fireEvent.drop(document.body, { dataTransfer: { types: ['Files'], files: [file('a.png')] } });
    expect(rows()).toEqual([]);
  });
});
