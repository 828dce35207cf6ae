import { fireEvent, screen, waitFor } from '@testing-library/preact';
import { describe, expect, it } from 'vitest';
import { button, heading, open, sent, words } from './desk.tsx';

describe('a new ticket', () => {
  it('asks for what is missing, clears the child of a changed parent, and sends ids', async () => {
    const mock = await open('camila', '#/new');
    fireEvent.click(await button('Enviar ticket'));
    expect((await screen.findAllByText('Elija una opción.')).length).toBe(2);
    fireEvent.change(screen.getByLabelText('Empresa'), { target: { value: 'org_sol' } });
    expect((screen.getByLabelText('Sucursal') as HTMLSelectElement).value).toBe('org_moema');
    fireEvent.change(screen.getByLabelText('Categoría'), { target: { value: 'cat_net' } });
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'No hay red' } });
    fireEvent.input(screen.getByLabelText('Mensaje'), { target: { value: 'Desde hoy.' } });
    fireEvent.click(await button('Enviar ticket'));
    await heading('No hay red');
    expect(sent(mock, 'POST', '/api/tickets')[0]?.body).toMatchObject({
      title: 'No hay red',
      kind: 'incident',
      category_id: 'cat_net',
      subcategory_id: 'cat_vpn',
      company_id: 'org_sol',
      site_id: 'org_moema',
    });
    expect(localStorage.getItem('chamada.draft.usr_camila.new')).toBeNull();
  });

  it('puts the problem of the server at its field', async () => {
    await open('camila', '#/new');
    await button('Enviar ticket');
    fireEvent.change(screen.getByLabelText('Empresa'), { target: { value: 'org_sol' } });
    fireEvent.change(screen.getByLabelText('Categoría'), { target: { value: 'cat_net' } });
    fireEvent.input(screen.getByLabelText('Título'), { target: { value: 'Un 422' } });
    fireEvent.input(screen.getByLabelText('Mensaje'), { target: { value: 'x' } });
    fireEvent.click(await button('Enviar ticket'));
    await waitFor(() => expect(screen.getByLabelText('Título').getAttribute('aria-invalid')).toBe('true'));
  });

  it('is opened by staff for somebody else, as urgent as they say', async () => {
    const mock = await open('marta', '#/new');
    await button('Enviar ticket');
    const fill = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });
    const choose = (label: string, value: string) =>
      fireEvent.change(screen.getByLabelText(label), { target: { value } });
    fill('Correo del solicitante', ' luis@example.com');
    fill('Nombre del solicitante', 'Luis Mora');
    choose('Prioridad', 'high');
    choose('Empresa', 'org_sol');
    choose('Categoría', 'cat_net');
    fill('Título', 'Sin línea');
    fill('Mensaje', 'Llamó por teléfono.');
    fireEvent.click(await button('Enviar ticket'));
    await heading('Sin línea');
    expect(sent(mock, 'POST', '/api/tickets')[0]?.body).toMatchObject({
      requester: { email: 'luis@example.com', name: 'Luis Mora' },
      priority: 'high',
    });
    await words('luis@example.com');
  });

  it('asks customers neither for whom it is nor how urgent', async () => {
    await open('camila', '#/new');
    await button('Enviar ticket');
    expect(screen.queryByLabelText('Correo del solicitante')).toBeNull();
    expect(screen.queryByLabelText('Prioridad')).toBeNull();
  });
});
