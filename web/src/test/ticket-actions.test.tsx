/** What can be done to a ticket: each action is shown to those who may, and sends what it says. */
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { addressesIn } from '../screens/ticket/dialogs.tsx';
import { numberIn } from '../screens/ticket/peek.tsx';
import { button, labelled, open, sent, ticketOf, words } from './desk.tsx';

const menu = async () => {
  fireEvent.click(await labelled('Acciones'));
  return within(await screen.findByRole('menu'));
};
const choose = async (item: string) => fireEvent.click((await menu()).getByText(item));
const dialog = async () => within(await screen.findByRole('dialog', {}, { timeout: 4000 }));
const submit = async (name: string) => fireEvent.click((await dialog()).getByText(name, { selector: 'button' }));
const fill = async (label: string, value: string) => fireEvent.input(await labelled(label), { target: { value } });

describe('the menu of a ticket', () => {
  it('holds what an administrator may do', async () => {
    await open('marta', '#/t/2841');
    const items = (await menu()).getAllByRole('menuitem').map(item => item.textContent);
    expect(items).toEqual([
      'Cambiar título',
      'Cambiar copias',
      'Relacionar con otro',
      'Unir a otro',
      'Enlaces de acceso',
      'Descargar historial',
      'Imprimir',
      'Eliminar',
    ]);
  });

  it('holds nothing of an administrator for a specialist, and nothing of staff for a customer', async () => {
    await open('ana', '#/t/2841');
    const items = (await menu()).getAllByRole('menuitem').map(item => item.textContent);
    expect(items).toEqual([
      'Cambiar título',
      'Cambiar copias',
      'Relacionar con otro',
      'Descargar historial',
      'Imprimir',
    ]);
    document.body.innerHTML = '';
    await open('camila', '#/t/2841');
    const own = (await menu()).getAllByRole('menuitem').map(item => item.textContent);
    expect(own).toEqual(['Cambiar copias', 'Enlaces de acceso', 'Descargar historial', 'Imprimir']);
  });

  it('goes by keyboard, and gives the focus back', async () => {
    await open('marta', '#/t/2841');
    await labelled('Acciones');
    // The heading takes the focus a moment after the page is drawn.
    await new Promise(done => setTimeout(done, 200));
    const list = await menu();
    const items = list.getAllByRole('menuitem');
    expect(document.activeElement).toBe(items[0]);
    fireEvent.keyDown(items[0] as HTMLElement, { key: 'ArrowUp' });
    expect(document.activeElement?.textContent).toBe('Eliminar');
    fireEvent.keyDown(document.activeElement as HTMLElement, { key: 'Escape' });
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Acciones');
  });
});

describe('taking a ticket', () => {
  it('moves it in the numbers of the views at once', async () => {
    const mock = await open('marta', '#/t/2841', desk => {
      ticketOf(desk, 2841).assignee = null;
    });
    const numbers = () => sent(mock, 'GET', '/api/tickets/counts').length;
    const claim = await words('Tomar el ticket');
    const before = numbers();
    expect(before).toBeGreaterThan(0);
    fireEvent.click(claim);
    await waitFor(() => expect(ticketOf(mock, 2841).assignee?.id).toBe('usr_marta'));
    await waitFor(() => expect(numbers()).toBe(before + 1));
  });
});

describe('deleting', () => {
  it('asks first, goes back to the list, and can be undone', async () => {
    const mock = await open('marta', '#/t/2841');
    await choose('Eliminar');
    await words('¿Eliminar CH-2841?');
    expect(sent(mock, 'DELETE', '/api/tickets/2841')).toHaveLength(0);
    await submit('Eliminar');
    await words('CH-2841 eliminado');
    expect(location.hash).toBe('#/');
    fireEvent.click(await words('Deshacer'));
    await waitFor(() => expect(location.hash).toBe('#/t/2841'));
    expect(ticketOf(mock, 2841).deleted_at).toBeNull();
  });

  it('shows a deleted ticket without a reply box, and restores it', async () => {
    const mock = await open('marta', '#/t/2841', desk => {
      ticketOf(desk, 2841).deleted_at = new Date().toISOString();
    });
    const restore = await words('Restaurar');
    expect(screen.queryByText('Enviar')).toBeNull();
    fireEvent.click(restore);
    await words('CH-2841 restaurado');
    expect(await words('Enviar')).toBeTruthy();
    expect(ticketOf(mock, 2841).deleted_at).toBeNull();
  });

  it('erases only where the number was typed', async () => {
    const mock = await open('marta', '#/t/2841', desk => {
      ticketOf(desk, 2841).deleted_at = new Date().toISOString();
    });
    fireEvent.click(await words('Borrar para siempre'));
    await fill('Escriba CH-2841 para confirmar', 'CH-2840');
    await submit('Borrar para siempre');
    await words('Escriba CH-2841 tal como está.');
    expect(sent(mock, 'POST', '/api/tickets/2841/erase')).toHaveLength(0);
    await fill('Escriba CH-2841 para confirmar', '2841');
    await submit('Borrar para siempre');
    await words(/Su contenido se borró para siempre/);
    expect(screen.queryByText('Restaurar')).toBeNull();
  });
});

describe('merging', () => {
  it('shows the other ticket before it is done, and goes there', async () => {
    const mock = await open('marta', '#/t/2841');
    await choose('Unir a otro');
    const unite = (await dialog()).getByText('Unir', { selector: 'button' });
    expect(unite.getAttribute('aria-disabled')).toBe('true');
    await fill('Unirlo al ticket', 'CH-2835');
    await words('VPN drops every 20 minutes on home network');
    await submit('Unir');
    await waitFor(() => expect(location.hash).toBe('#/t/2835'));
    expect(sent(mock, 'POST', '/api/tickets/2841/merge')[0]?.body).toEqual({ into: 2835 });
  });

  it('tells why not: unknown, itself, gone on elsewhere', async () => {
    await open('marta', '#/t/2841', desk => desk.stubborn.add(2835));
    await choose('Unir a otro');
    await fill('Unirlo al ticket', '999999');
    await words('No hay ticket con ese número.');
    await fill('Unirlo al ticket', '2841');
    await words('Es este mismo ticket. Escriba otro.');
    await fill('Unirlo al ticket', '2835');
    await words('VPN drops every 20 minutes on home network');
    await submit('Unir');
    expect(await words('Este ticket continúa en otro.')).toBeTruthy();
    expect(location.hash).toBe('#/t/2841');
  });

  it('points from the one to the other', async () => {
    await open('marta', '#/t/2841', desk => {
      ticketOf(desk, 2841).merged_into = 2835;
    });
    expect((await words('CH-2835')).getAttribute('href')).toBe('#/t/2835');
  });
});

describe('related tickets', () => {
  it('are tied, shown with their titles, and untied', async () => {
    const mock = await open('marta', '#/t/2841');
    await choose('Relacionar con otro');
    await fill('Con el ticket', '2835');
    await words('VPN drops every 20 minutes on home network');
    await submit('Relacionar');
    fireEvent.click(await labelled('Quitar relación con CH-2835'));
    await words('Relación quitada');
    expect(sent(mock, 'PUT', '/api/tickets/2841/links/2835')).toHaveLength(1);
    expect(sent(mock, 'DELETE', '/api/tickets/2841/links/2835')).toHaveLength(1);
    await waitFor(() => expect(screen.queryByLabelText('Quitar relación con CH-2835')).toBeNull());
  });
});

describe('title and copies', () => {
  it('changes the title with the version it saw', async () => {
    const mock = await open('ana', '#/t/2841');
    await choose('Cambiar título');
    await fill('Título', ' ');
    await submit('Guardar');
    expect(sent(mock, 'PATCH', '/api/tickets/2841')).toHaveLength(0);
    await fill('Título', 'Lector de chip');
    await submit('Guardar');
    await waitFor(() => expect(screen.getByRole('heading', { level: 1 }).textContent).toBe('Lector de chip'));
    expect(sent(mock, 'PATCH', '/api/tickets/2841')[0]?.body).toEqual({ title: 'Lector de chip' });
  });

  it('shows both titles where somebody else was faster', async () => {
    const mock = await open('ana', '#/t/2841');
    await choose('Cambiar título');
    Object.assign(ticketOf(mock, 2841), { version: 9, title: 'Otro título' });
    await fill('Título', 'El mío');
    await submit('Guardar');
    expect(await words('Ahora: Otro título. Lo suyo: El mío.')).toBeTruthy();
  });

  it('lets a customer name who gets copies, five at most and real addresses', async () => {
    const mock = await open('camila', '#/t/2841');
    await choose('Cambiar copias');
    await fill('Copias a', 'jefe');
    await submit('Guardar');
    await words(/jefe no es un correo/);
    await fill('Copias a', 'a@x.example b@x.example c@x.example d@x.example e@x.example f@x.example');
    await submit('Guardar');
    await words('Hasta 5 correos.');
    await fill('Copias a', 'Jefe@x.example, jefe@x.example');
    await submit('Guardar');
    await words('Copias a jefe@x.example');
    expect(sent(mock, 'PATCH', '/api/tickets/2841')[0]?.body).toEqual({ cc: ['jefe@x.example'] });
  });

  it('reads what people type', () => {
    expect(addressesIn(' a@b.c;\nA@b.c d@e.f ')).toEqual(['a@b.c', 'd@e.f']);
    expect([numberIn('CH-2841'), numberIn('#12'), numberIn('0'), numberIn('x')]).toEqual([
      2841,
      12,
      undefined,
      undefined,
    ]);
  });
});

describe('links and history', () => {
  it('lists who holds links, and revokes one, then all after asking', async () => {
    const mock = await open('marta', '#/t/2841');
    await choose('Enlaces de acceso');
    fireEvent.click(await labelled('Anular el enlace de Helen Brooks'));
    await waitFor(() => expect(screen.queryByLabelText('Anular el enlace de Helen Brooks')).toBeNull());
    expect(sent(mock, 'DELETE', '/api/tickets/2841/keys/key_2')).toHaveLength(1);
    expect(screen.getByLabelText('Anular el enlace de Camila Soto')).toBeTruthy();
  });
});

describe('a field that somebody else changed meanwhile', () => {
  const raise = async (to: string) => {
    fireEvent.click(await button(/^Cambiar Prioridad:/));
    const list = within(await screen.findByRole('listbox'));
    fireEvent.click(list.getByText(to));
  };
  const meanwhile = (mock: Awaited<ReturnType<typeof open>>) =>
    Object.assign(ticketOf(mock, 2841), { version: 9, priority: 'low', status: 'on_hold' });

  it('shows both, and takes what the person chooses: theirs', async () => {
    const mock = await open('ana', '#/t/2841');
    await button(/^Cambiar Prioridad:/);
    meanwhile(mock);
    await raise('Alta');
    expect((await dialog()).getByText('Ahora: Baja. Lo suyo: Alta.')).toBeTruthy();
    expect(ticketOf(mock, 2841).priority).toBe('low');
    await submit('Poner lo mío');
    await waitFor(() => expect(ticketOf(mock, 2841).priority).toBe('high'));
    expect(ticketOf(mock, 2841).status).toBe('on_hold');
    await waitFor(() => expect(screen.queryByText('Cambió mientras tanto')).toBeNull());
    expect(await button(/^Cambiar Prioridad: ?Alta/)).toBeTruthy();
    const tags = sent(mock, 'PATCH', '/api/tickets/2841').map(call => call.match);
    expect(tags).toEqual(['"3"', '"9"']);
  });

  it('or what there is now', async () => {
    const mock = await open('ana', '#/t/2841');
    await button(/^Cambiar Prioridad:/);
    meanwhile(mock);
    await raise('Alta');
    await submit('Dejar lo que hay');
    expect(await button(/^Cambiar Prioridad: ?Baja/)).toBeTruthy();
    expect(sent(mock, 'PATCH', '/api/tickets/2841')).toHaveLength(1);
    expect(ticketOf(mock, 2841).priority).toBe('low');
  });

  it('asks again where it changed once more while one chose', async () => {
    const mock = await open('ana', '#/t/2841');
    await button(/^Cambiar Prioridad:/);
    meanwhile(mock);
    await raise('Alta');
    await words('Ahora: Baja. Lo suyo: Alta.');
    Object.assign(ticketOf(mock, 2841), { version: 12, priority: 'normal' });
    await submit('Poner lo mío');
    await words('Ahora: Media. Lo suyo: Alta.');
    await submit('Poner lo mío');
    await waitFor(() => expect(ticketOf(mock, 2841).priority).toBe('high'));
  });
});

describe('the reply box of staff', () => {
  it('puts a ready text in, filled and in the language of the requester', async () => {
    await open('ana', '#/t/2817');
    fireEvent.click(await labelled('Respuestas preparadas'));
    fireEvent.click(await words('Recibido'));
    const area = (await labelled('Respuesta a Rafael Nunes')) as HTMLTextAreaElement;
    await waitFor(() => expect(area.value).toMatch(/^Olá Rafael Nunes: recebemos seu chamado CH-2817/));
  });

  it('says where there is no ready text', async () => {
    await open('ana', '#/t/2817', desk => {
      desk.canned = { replies: [] };
    });
    fireEvent.click(await labelled('Respuestas preparadas'));
    expect(await words('Aún no hay respuestas preparadas.')).toBeTruthy();
  });

  it('resolves with a reply, whatever outcome is shown', async () => {
    const mock = await open('ana', '#/t/2841');
    await fill('Respuesta a Camila Soto', 'Listo.');
    fireEvent.click(await labelled('Más formas de enviar'));
    fireEvent.click(await words('Enviar y resolver'));
    const numbers = () => sent(mock, 'GET', '/api/tickets/counts').length;
    const before = numbers();
    await waitFor(() => expect(ticketOf(mock, 2841).status).toBe('resolved'));
    // One pending ticket less, which the rail says at once.
    await waitFor(() => expect(numbers()).toBe(before + 1));
  });

  it('goes to the next ticket of the list, and remembers that it should', async () => {
    await open('ana', '#/');
    fireEvent.click(await words('Impressora fiscal não imprime após atualização'));
    location.hash = '#/t/2838';
    await fill('Respuesta a Rafael Nunes', 'Uno.');
    fireEvent.click(await labelled('Más formas de enviar'));
    fireEvent.click(await words('Enviar y pasar al siguiente'));
    await waitFor(() => expect(location.hash).toBe('#/t/2835'));
    await labelled('Respuesta a Helen Brooks');
    expect(await words('Enviar y seguir')).toBeTruthy();
  });
});

describe('having read', () => {
  it('is told to the server when a ticket is opened, and again with what is new', async () => {
    const mock = await open('camila', '#/t/2841');
    await waitFor(() => expect(sent(mock, 'PUT', '/api/tickets/2841/read')[0]?.body).toEqual({ seq: 8 }));
    await fill('Su respuesta', 'Gracias');
    fireEvent.click(await words('Enviar'));
    await waitFor(() => expect(sent(mock, 'PUT', '/api/tickets/2841/read')[1]?.body).toEqual({ seq: 9 }));
  });
});

describe('rating', () => {
  const stars = (n: number) => labelled(n === 1 ? '1 estrella' : `${n} estrellas`);

  it('takes stars and a comment, and can be changed until the ticket is reopened', async () => {
    const mock = await open('rafael', '#/t/2783');
    fireEvent.click(await words('Enviar calificación'));
    await words('Elija de 1 a 5 estrellas.');
    fireEvent.click(await stars(4));
    await fill('¿Quiere contar más? (opcional)', ' Muy bien ');
    fireEvent.click(await words('Enviar calificación'));
    await words('Gracias por su calificación');
    expect(sent(mock, 'PUT', '/api/tickets/2783/rating')[0]?.body).toEqual({ stars: 4, comment: 'Muy bien' });
    fireEvent.click(await words('Cambiar calificación'));
    expect(((await stars(4)) as HTMLInputElement).checked).toBe(true);
    await fill('Su respuesta', 'Volvió a fallar');
    fireEvent.click(await words('Enviar'));
    await waitFor(() => expect(screen.queryByText('¿Cómo fue la atención?')).toBeNull());
  });

  it('is not asked while the ticket is not resolved, nor of staff', async () => {
    await open('camila', '#/t/2841');
    await words('Terminal de pago rechaza tarjetas con chip');
    expect(screen.queryByText('¿Cómo fue la atención?')).toBeNull();
    document.body.innerHTML = '';
    await open('ana', '#/t/2783', desk => {
      ticketOf(desk, 2783).rating = { stars: 2, comment: 'Lento', at: new Date().toISOString() };
    });
    expect((await words('Lento')).closest('section')?.textContent).toContain('2 estrellas');
    expect(screen.queryByText('Enviar calificación')).toBeNull();
  });
});

describe('whoever came by a link', () => {
  it('sees no control of staff, may rate and reply, and has no mark kept', async () => {
    const mock = await open(undefined, '#/t/2783?key=good');
    await words('¿Cómo fue la atención?');
    expect(location.hash).toBe('#/t/2783');
    expect(screen.queryByRole('tab')).toBeNull();
    expect(screen.queryByLabelText('Más formas de enviar')).toBeNull();
    expect(screen.queryByText(/Nota interna/)).toBeNull();
    expect(screen.queryByText('Mis tickets')).toBeNull();
    expect(await words('Enviar')).toBeTruthy();
    expect(sent(mock, 'PUT', '/api/tickets/2783/read')).toHaveLength(0);
  });

  it('is offered a new link where theirs runs out while the page is open', async () => {
    const mock = await open(undefined, '#/t/2783?key=good');
    await words('¿Cómo fue la atención?');
    fireEvent.click(await labelled('3 estrellas'));
    mock.guest = undefined;
    mock.keysExpired = true;
    fireEvent.click(await words('Enviar calificación'));
    document.dispatchEvent(new Event('visibilitychange'));
    fireEvent.click(await words('Enviarme un enlace nuevo'));
    await waitFor(() =>
      expect(sent(mock, 'POST', '/api/ticket-links')[0]?.body).toEqual({ ticket: 2783, ticket_key: 'good' }),
    );
  });
});
