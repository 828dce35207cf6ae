/** The list's views, marks, filters, and what is done to many tickets at once. */
import { fireEvent, screen, waitFor, within } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { type Ticket, tickets } from '../api/index.ts';
import { apiQuery, listAddress, parseList, shownRows, withSort } from '../lib/list-query.ts';
import { inverses } from '../screens/list/bulk-bar.tsx';
import { labelled, open, sent, ticketOf, words } from './desk.tsx';

const title = 'Terminal de pago rechaza tarjetas con chip';
const rows = () => document.querySelectorAll('tbody tr').length;
const press = (key: string, on: Element = document.body) => fireEvent.keyDown(on, { key });
const tick = async (number: number) => fireEvent.click(await labelled(`Marcar CH-${number}`));

describe('the address of a view', () => {
  it.each([
    '/?view=overdue',
    '/?view=deleted',
    '/?assignee=me&requester=usr_1&kind=incident&category=cat_1&company=org_1',
    '/?status=all&requester=usr_1',
  ])('%s is read and written alike', address => {
    expect(listAddress(parseList(address.slice(2)))).toBe(address);
  });

  it('asks the server for what it says', () => {
    expect(apiQuery(parseList('view=deleted'))).toEqual({ deleted: true, limit: 50 });
    expect(apiQuery(parseList('category=cat_1&company=org_1&requester=usr_1'))).toMatchObject({
      category_id: 'cat_1',
      company_id: 'org_1',
      requester: 'usr_1',
    });
  });

  it('ends the overdue ones with the first that is not', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const late = { due_at: '2026-11-21T12:00:00Z' };
    const query = parseList('view=overdue');
    expect(apiQuery(query)).toMatchObject({ sort: 'due_at', status: ['pending'] });
    expect(shownRows(query, [late, late], true, now)).toEqual({ rows: [late, late], hasMore: true });
    expect(shownRows(query, [late, { due_at: null }], true, now)).toEqual({ rows: [late], hasMore: false });
    expect(withSort(query, '-priority').overdue).toBe(false);
  });
});

describe('saved views', () => {
  it('stand in the rail with their numbers', async () => {
    await open('ana', '#/');
    const rail = within(await screen.findByRole('navigation', { name: 'Principal' }));
    await waitFor(() => expect(rail.getByText('Vencidos').textContent).toMatch(/Vencidos\d+/));
    expect(rail.getByText('Sin asignar').textContent).toBe('Sin asignar3');
    expect(rail.queryByText('Eliminados')).toBeNull();
  });

  it('shows overdue tickets and no others', async () => {
    await open('ana', '#/?view=overdue');
    await words(title);
    expect(rows()).toBe(4);
    expect(screen.queryByText('Cargar más')).toBeNull();
  });

  it('shows administrators what was deleted, and brings it back', async () => {
    const mock = await open('marta', '#/?view=deleted', desk => {
      ticketOf(desk, 2841).deleted_at = new Date().toISOString();
    });
    await words(title);
    expect(rows()).toBe(1);
    expect(screen.queryByLabelText('Marcar CH-2841')).toBeNull();
    fireEvent.click(screen.getByText('Restaurar', { exact: false, selector: 'td button, td button *' }));
    await words('No hay tickets eliminados.');
    expect(ticketOf(mock, 2841).deleted_at).toBeNull();
  });

  it('has no such view for others', async () => {
    await open('ana', '#/?view=deleted');
    await words('No se encuentra');
    expect(screen.queryByRole('table')).toBeNull();
  });
});

describe('unread tickets', () => {
  it('are asked about in parts that the server takes, however many there are', async () => {
    const mock = await open('ana', '#/');
    await words(title);
    const many = Array.from({ length: 45 }, (_, n) => 1000 + n);
    expect(await tickets.reads(many)).toHaveLength(45);
    const asked = sent(mock, 'GET', '/api/tickets/reads').slice(-3);
    expect(asked).toHaveLength(3);
  });

  it('are marked, in words too, until they are opened', async () => {
    const mock = await open('ana', '#/');
    const link = (await words(title)).closest('a') as HTMLElement;
    await waitFor(() => expect(link.textContent).toBe(`Con novedades: ${title}`));
    expect(screen.getByText('VPN drops every 20 minutes on home network').textContent).not.toContain('Con novedades');
    const asked = () => sent(mock, 'GET', '/api/tickets/reads').length;
    const before = asked();
    location.hash = '#/t/2841';
    await waitFor(() => expect(sent(mock, 'PUT', '/api/tickets/2841/read')).toHaveLength(1));
    location.hash = '#/';
    await waitFor(() => expect(asked()).toBeGreaterThan(before));
    await new Promise(done => setTimeout(done, 50));
    expect((await words(title)).textContent).toBe(title);
  });
});

describe('filters', () => {
  it('know categories, companies, and the requesters in sight', async () => {
    await open('ana', '#/');
    await words(title);
    fireEvent.click(screen.getByRole('button', { name: 'Solicitante' }));
    fireEvent.click(within(await screen.findByRole('listbox')).getByText('Rafael Nunes'));
    await waitFor(() => expect(location.hash).toBe('#/?requester=usr_rafael'));
    await waitFor(() => expect(rows()).toBe(3));
    fireEvent.click(screen.getByRole('button', { name: 'Empresa' }));
    fireEvent.click(within(await screen.findByRole('listbox')).getByText('Farmacias Luz'));
    fireEvent.click(await words('Quitar filtros'));
    await waitFor(() => expect(location.hash).toBe('#/'));
  });
});

describe('many at once', () => {
  it('is for administrators alone', async () => {
    await open('ana', '#/');
    await words(title);
    expect(screen.queryByLabelText('Marcar todos')).toBeNull();
  });

  it('changes what is ticked, says which stayed, and keeps those ticked', async () => {
    const mock = await open('marta', '#/', desk => desk.stubborn.add(2835));
    await tick(2838);
    await tick(2835);
    await words('2 marcados');
    fireEvent.click(screen.getByText('Asignar a'));
    fireEvent.click(await within(await screen.findByRole('listbox')).findByText('Diego Fuentes'));
    await words('1 ticket quedó como estaba');
    expect(sent(mock, 'POST', '/api/tickets/bulk')[0]?.body).toEqual({
      numbers: [2838, 2835],
      set: { assignee_id: 'usr_diego' },
    });
    expect(await words('Este ticket continúa en otro.')).toBeTruthy();
    expect(ticketOf(mock, 2838).assignee?.id).toBe('usr_diego');
  });

  it('can be undone, each to what it was', async () => {
    const mock = await open('marta', '#/');
    await tick(2838);
    await tick(2835);
    await words('2 marcados');
    const bar = within(await screen.findByRole('group', { name: 'Cambiar los marcados' }));
    fireEvent.click(bar.getByText('Prioridad'));
    fireEvent.click(within(await screen.findByRole('listbox')).getByText('Baja'));
    await words('2 tickets cambiados');
    expect(screen.queryByText('2 marcados')).toBeNull();
    fireEvent.click(await words('Deshacer'));
    await words('Deshecho');
    expect([ticketOf(mock, 2838).priority, ticketOf(mock, 2835).priority]).toEqual(['urgent', 'high']);
  });

  it('ticks a range with Shift, all with the head, and none in another view', async () => {
    await open('marta', '#/');
    await tick(2841);
    fireEvent.click(await labelled('Marcar CH-2829'), { shiftKey: true });
    await words('4 marcados');
    fireEvent.click(await labelled('Marcar todos'));
    await words('50 marcados');
    location.hash = '#/?assignee=none';
    await waitFor(() => expect(screen.queryByText(/marcados/)).toBeNull());
  });

  it('on a phone ticks by touch once one selects', async () => {
    await open('marta', '#/');
    const link = (await words(title)).closest('a') as HTMLElement;
    fireEvent.click(await words('Seleccionar'));
    await waitFor(() => expect(document.querySelector('.picking')).toBeTruthy());
    fireEvent.click(link);
    await words('1 marcado');
    expect(location.hash).toBe('#/');
    fireEvent.click(await words('Cancelar'));
    await waitFor(() => expect(screen.queryByText('1 marcado')).toBeNull());
  });

  it('groups what brings tickets back', () => {
    const row = (number: number, id: string | null) => ({ number, assignee: id && { id } }) as unknown as Ticket;
    expect(inverses({ assignee_id: 'usr_x' }, [row(1, 'usr_a'), row(2, null), row(3, 'usr_a')])).toEqual([
      { set: { assignee_id: 'usr_a' }, numbers: [1, 3] },
      { set: { assignee_id: null }, numbers: [2] },
    ]);
  });
});

describe('keys', () => {
  it('go from row to row, tick and open', async () => {
    await open('marta', '#/');
    await words(title);
    await waitFor(() => {
      press('j');
      expect(document.activeElement?.getAttribute('data-row')).toBe('2841');
    });
    press('j', document.activeElement as Element);
    expect(document.activeElement?.getAttribute('data-row')).toBe('2838');
    press('x', document.activeElement as Element);
    await words('1 marcado');
    press('k', document.activeElement as Element);
    press('o', document.activeElement as Element);
    expect(location.hash).toBe('#/t/2841');
  });

  it('lead to views and to their own list, not while typing, not where turned off', async () => {
    await open('ana', '#/t/2841');
    const area = await labelled('Respuesta a Camila Soto');
    press('?', area);
    press('g', area);
    expect(screen.queryByText('Atajos de teclado')).toBeNull();
    press('?');
    await words('Atajos de teclado');
    expect((await words('Mi cuenta')).getAttribute('href')).toBe('#/account');
    fireEvent.click(await labelled('Cerrar'));
    localStorage.setItem('chamada.keys', 'off');
    press('u');
    expect(location.hash).toBe('#/t/2841');
    localStorage.removeItem('chamada.keys');
    press('g');
    press('m');
    await waitFor(() => expect(location.hash).toBe('#/?assignee=me'));
  });
});

describe('a long list', () => {
  it('is laid out as far as it is in sight alone, and draws anew what changed', async () => {
    await open('marta', '#/', desk => {
      const [model] = desk.tickets.values();
      if (!model) return;
      for (let number = 1; number <= 400; number += 1)
        desk.tickets.set(number, { ...model, ticket: { ...model.ticket, number, title: `Uno de muchos ${number}` } });
    });
    await words(title);
    for (let page = 0; page < 6; page += 1) {
      const before = rows();
      fireEvent.click(screen.getByText('Cargar más'));
      await waitFor(() => expect(rows()).toBeGreaterThan(before));
    }
    expect(rows()).toBe(350);
    expect(document.querySelector('table.many')).toBeTruthy();
  });
});
