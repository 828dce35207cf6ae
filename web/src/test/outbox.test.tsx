/** What is sent without a connection: kept for its writer, sent once, given back where it is refused. */
import { act, fireEvent, screen, waitFor } from '@testing-library/preact';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Mock } from '../../dev/mock.ts';
import { tellBack } from '../lib/back.ts';
import { flush, keepForLater, outbox, reread, type Waiting } from '../lib/outbox.ts';
import { button, labelled, open, PATIENT, sent, words } from './desk.tsx';

const MESSAGES = '/api/tickets/2835/messages';
const KEPT = 'chamada.outbox.';

let away = false;
/** What the server says to writes instead of taking them. */
let refusal: Response | undefined;

async function openAs(person: string, path: string, prepare?: (mock: Mock) => void): Promise<Mock> {
  const mock = await open(person, path, prepare);
  vi.stubGlobal('fetch', async (request: Request) => {
    if (away) throw new TypeError('Failed to fetch');
    if (refusal && request.method === 'POST') {
      await mock.handle(request);
      return refusal.clone();
    }
    return mock.handle(request);
  });
  return mock;
}

const kept = (): Waiting[] =>
  Object.keys(localStorage)
    .filter(key => key.startsWith(KEPT))
    .map(key => JSON.parse(localStorage.getItem(key) ?? '') as Waiting);

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ status, code }), { status, headers: { 'Content-Type': 'application/problem+json' } });

function item(change: Partial<Waiting> = {}): Waiting {
  const body = { body: 'Voy en camino.', visibility: 'public' as const };
  return { kind: 'message', key: 'k-1', at: Date.now(), files: [], number: 2835, body, ...change } as Waiting;
}

const put = (person: string, waiting: Waiting) =>
  localStorage.setItem(`${KEPT}usr_${person}.${waiting.key}`, JSON.stringify(waiting));

async function comeBack(): Promise<void> {
  away = false;
  await act(() => tellBack());
}

async function replyAway(text: string): Promise<HTMLTextAreaElement> {
  const box = (await labelled(/^Respuesta a/)) as HTMLTextAreaElement;
  away = true;
  fireEvent.input(box, { target: { value: text } });
  fireEvent.click(await button('Enviar'));
  return box;
}

afterEach(() => {
  away = false;
  refusal = undefined;
  localStorage.clear();
  reread();
});

describe('a reply without a connection', () => {
  it('waits in the browser, is shown as waiting, and is sent once with its first key', async () => {
    const mock = await openAs('joao', '#/t/2835');
    const box = await replyAway('Voy en camino.');
    await words('Espera la conexión');
    await words('1 envío espera la conexión');
    expect(box.value).toBe('');
    const [waiting] = kept();
    expect(waiting).toMatchObject({ kind: 'message', number: 2835, body: { body: 'Voy en camino.' } });
    expect(sent(mock, 'POST', MESSAGES)).toHaveLength(0);
    await comeBack();
    await waitFor(() => expect(kept()).toHaveLength(0), PATIENT);
    await Promise.all([flush(), flush()]);
    expect(sent(mock, 'POST', MESSAGES)).toMatchObject([{ key: waiting?.key, body: { body: 'Voy en camino.' } }]);
    await waitFor(() => expect(screen.queryByText('Espera la conexión')).toBeNull(), PATIENT);
    expect((await screen.findAllByText('Voy en camino.', {}, PATIENT)).length).toBe(1);
  });

  it('can be taken back into the editor, and keeps its key where nothing is changed', async () => {
    const mock = await openAs('joao', '#/t/2835');
    const box = await replyAway('Casi listo.');
    await words('Espera la conexión');
    const key = kept()[0]?.key;
    fireEvent.click(await button('Volver a editar'));
    await waitFor(() => expect(box.value).toBe('Casi listo.'), PATIENT);
    expect(kept()).toHaveLength(0);
    away = false;
    fireEvent.click(await button('Enviar'));
    await waitFor(() => expect(sent(mock, 'POST', MESSAGES)).toMatchObject([{ key }]), PATIENT);
    expect(outbox.get()).toHaveLength(0);
  });

  it('is found again after the page was loaded anew', async () => {
    put('joao', item());
    const mock = await openAs('joao', '#/');
    await act(() => flush());
    await waitFor(() => expect(sent(mock, 'POST', MESSAGES)).toMatchObject([{ key: 'k-1' }]), PATIENT);
    expect(kept()).toHaveLength(0);
  });

  it('is neither shown to nor sent as another person', async () => {
    put('joao', item());
    const mock = await openAs('ana', '#/');
    await act(() => flush());
    expect(outbox.get()).toHaveLength(0);
    expect(screen.queryByText(/espera la conexión/)).toBeNull();
    expect(sent(mock, 'POST', MESSAGES)).toHaveLength(0);
    expect(kept()).toHaveLength(1);
  });

  it('stays where the cookie is somebody else’s by now', async () => {
    const mock = await openAs('joao', '#/');
    mock.signedIn = 'usr_ana';
    keepForLater(item());
    await act(() => flush());
    expect(sent(mock, 'POST', MESSAGES)).toHaveLength(0);
    expect(kept()).toHaveLength(1);
  });
});

describe('a new ticket without a connection', () => {
  const form = async () => {
    fireEvent.change(await labelled('Empresa'), { target: { value: 'org_sol' } });
    fireEvent.change(screen.getByLabelText('Categoría'), { target: { value: 'cat_net' } });
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'No hay red' } });
    fireEvent.input(screen.getByLabelText('Mensaje'), { target: { value: 'Desde hoy.' } });
    away = true;
    fireEvent.click(await button('Enviar ticket'));
    await words('1 envío espera la conexión');
  };
  const title = () => (screen.getByLabelText('Título') as HTMLInputElement).value;

  it('leaves the form for the next one, and becomes a ticket later', async () => {
    const mock = await openAs('camila', '#/new');
    await form();
    expect(title()).toBe('');
    const key = kept()[0]?.key;
    await comeBack();
    await words(/Se envió el ticket CH-/);
    expect(sent(mock, 'POST', '/api/tickets')).toMatchObject([{ key, body: { title: 'No hay red' } }]);
    expect(kept()).toHaveLength(0);
  });

  it('comes back into its form where the server refuses it, but not over another one', async () => {
    await openAs('camila', '#/new');
    await form();
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'Otro' } });
    refusal = problem(403, 'forbidden');
    await comeBack();
    await words('1 envío no se aceptó');
    expect(title()).toBe('Otro');
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: '' } });
    await waitFor(() => expect(title()).toBe('No hay red'), PATIENT);
    await words('No se aceptó. No tiene permiso para esto.');
    expect(kept()).toHaveLength(0);
  });

  it('is listed with its words, and can be taken back from any page', async () => {
    await openAs('camila', '#/new');
    await form();
    fireEvent.click(await button('Ver'));
    await words(/Desde hoy/);
    fireEvent.click(await button('Volver a editar'));
    await waitFor(() => expect(title()).toBe('No hay red'), PATIENT);
    expect(kept()).toHaveLength(0);
  });
});

describe('what the server makes of it', () => {
  it.each([
    [403, 'forbidden', 'No se aceptó. No tiene permiso para esto.'],
    [412, 'stale_version', 'No se aceptó. Otra persona lo cambió mientras tanto.'],
    [422, 'merged', 'No se aceptó. Este ticket continúa en otro.'],
  ])('%s gives the text back as a draft, with the error', async (status, code, said) => {
    const mock = await openAs('joao', '#/t/2835');
    const box = await replyAway('No cabe.');
    await words('Espera la conexión');
    refusal = problem(status, code);
    await comeBack();
    await waitFor(() => expect(box.value).toBe('No cabe.'), PATIENT);
    await words(said);
    expect(kept()).toHaveLength(0);
    expect(sent(mock, 'POST', MESSAGES)).toHaveLength(1);
  });

  it.each([429, 500, 503])('%s decides nothing: it goes on waiting', async status => {
    await openAs('joao', '#/t/2835');
    await replyAway('Más tarde.');
    await words('Espera la conexión');
    refusal = problem(status, 'unavailable');
    await comeBack();
    await act(() => flush());
    expect(kept()).toHaveLength(1);
    expect(kept()[0]?.back).toBeUndefined();
  });

  it('does not send what may have arrived longer ago than the server knows its key', async () => {
    put('joao', item({ tried: Date.now() - 24 * 3_600_000 }));
    const mock = await openAs('joao', '#/t/2835');
    const box = (await labelled(/^Respuesta a/)) as HTMLTextAreaElement;
    await waitFor(() => expect(box.value).toBe('Voy en camino.'), PATIENT);
    await words(/Revise si ya llegó/);
    expect(sent(mock, 'POST', MESSAGES)).toHaveLength(0);
  });

  it('keeps a note out of a reply that is being written, and says which files are missing', async () => {
    const note = item({ body: { body: 'Solo para el equipo.', visibility: 'internal' }, files: ['foto.png'] } as never);
    await openAs('ana', '#/t/2835', () => undefined);
    const box = (await labelled(/^Respuesta a/)) as HTMLTextAreaElement;
    fireEvent.input(box, { target: { value: 'Estimada:' } });
    await act(() => {
      put('ana', { ...note, back: { code: 'forbidden' } });
      reread();
    });
    expect(box.value).toBe('Estimada:');
    fireEvent.click(await button('Volver a editar'));
    await words(/Hay otro texto aquí/);
    fireEvent.input(box, { target: { value: '' } });
    await waitFor(() => expect(box.value).toBe('Solo para el equipo.'), PATIENT);
    expect(screen.getByRole('tab', { name: 'Nota interna' }).getAttribute('aria-selected')).toBe('true');
    await words(/Adjunte de nuevo: foto.png/);
  });
});

describe('the bar', () => {
  it('says that the server does not answer, and goes when it does', async () => {
    await openAs('joao', '#/t/2835');
    await replyAway('Hola.');
    await words(/El servidor no responde/);
    away = false;
    await waitFor(() => expect(screen.queryByText(/El servidor no responde/)).toBeNull(), PATIENT);
    await waitFor(() => expect(kept()).toHaveLength(0), PATIENT);
  });

  it('says that the browser has no network', async () => {
    vi.spyOn(navigator, 'onLine', 'get').mockReturnValue(false);
    await openAs('joao', '#/');
    await words('Sin conexión. Lo escrito se guarda en este equipo.');
  });
});
