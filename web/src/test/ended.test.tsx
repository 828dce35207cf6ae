/** A session that ends in the middle of something: a dialog over the page, and nothing typed is lost. */
import { act, fireEvent, screen, waitFor } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { lookAgain } from '../state/session.ts';
import { button, called, heading, labelled, open, PATIENT, sent, words } from './desk.tsx';

const MESSAGES = '/api/tickets/2835/messages';
const gone = () => waitFor(() => expect(screen.queryByText('Su sesión terminó')).toBeNull(), PATIENT);

describe('a session that ends', () => {
  it('while a reply is written: what was typed is there after signing in, and is sent then', async () => {
    const mock = await open('joao', '#/t/2835');
    const box = (await labelled(/^Respuesta a/)) as HTMLTextAreaElement;
    fireEvent.input(box, { target: { value: 'A medio escribir.' } });
    mock.sessionEnded = true;
    fireEvent.click(await button('Enviar'));
    await words('Su sesión terminó');
    expect(box.isConnected).toBe(true);
    mock.sessionEnded = false;
    await act(async () => void (await lookAgain()));
    await gone();
    expect(box.value).toBe('A medio escribir.');
    const before = sent(mock, 'POST', MESSAGES);
    fireEvent.click(await button('Enviar'));
    await called(mock, 'POST', MESSAGES, before.length + 1);
    const keys = sent(mock, 'POST', MESSAGES).map(call => call.key);
    expect(new Set(keys).size).toBe(1);
  });

  it('cannot be passed over: a dialog that was closed without asking opens again', async () => {
    const mock = await open('joao', '#/t/2835');
    fireEvent.input(await labelled(/^Respuesta a/), { target: { value: 'Hola' } });
    mock.sessionEnded = true;
    fireEvent.click(await button('Enviar'));
    await words('Su sesión terminó');
    const dialog = screen.getByText('Su sesión terminó').closest('dialog') as HTMLDialogElement;
    dialog.close();
    fireEvent(dialog, new Event('close'));
    expect(dialog.hasAttribute('open')).toBe(true);
  });

  it('while a ticket is written: every field is as it was', async () => {
    const mock = await open('camila', '#/new');
    fireEvent.change(await labelled('Empresa'), { target: { value: 'org_sol' } });
    fireEvent.change(screen.getByLabelText('Categoría'), { target: { value: 'cat_net' } });
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'No hay red' } });
    fireEvent.input(screen.getByLabelText('Mensaje'), { target: { value: 'Desde hoy.' } });
    mock.sessionEnded = true;
    fireEvent.click(await button('Enviar ticket'));
    await words('Su sesión terminó');
    mock.sessionEnded = false;
    await act(async () => void (await lookAgain()));
    await gone();
    expect((screen.getByLabelText('Título') as HTMLInputElement).value).toBe('No hay red');
    expect((screen.getByLabelText('Empresa') as HTMLSelectElement).value).toBe('org_sol');
    fireEvent.click(await button('Enviar ticket'));
    await words(/Se envió el ticket/);
  });

  it('while a list is read: it is read again after signing in, with no button to press', async () => {
    const mock = await open('marta', '#/');
    await heading('Bandeja');
    mock.sessionEnded = true;
    await act(() => {
      location.hash = '#/?status=new';
    });
    await words('Su sesión terminó');
    mock.sessionEnded = false;
    await act(async () => void (await lookAgain()));
    await gone();
    await waitFor(() => expect(screen.queryByText('Entre de nuevo.')).toBeNull(), PATIENT);
    await waitFor(() => expect(screen.queryAllByRole('row').length).toBeGreaterThan(1), PATIENT);
  });
});
