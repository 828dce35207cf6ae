/** The whole client against the fake API, for tests of its screens. */
import { render, screen, waitFor } from '@testing-library/preact';
import { expect, vi } from 'vitest';
import { Mock } from '../../dev/mock.ts';
import { App } from '../app.tsx';
import { setLocale } from '../i18n/index.ts';
import { takeSecrets } from '../lib/secrets.ts';
import { startSession } from '../state/session.ts';

export const PATIENT = { timeout: 8000 };

/** Opens a page as somebody; `prepare` brings the fake to where the test begins. */
export async function open(
  as: string | undefined,
  path: string,
  prepare: (mock: Mock) => void = () => undefined,
): Promise<Mock> {
  const mock = new Mock();
  mock.signedIn = as && `usr_${as}`;
  prepare(mock);
  // Node's fetch speaks to nobody: every request goes to the fake.
  vi.stubGlobal('fetch', mock.handle);
  localStorage.setItem('chamada.locale', 'es');
  location.hash = path;
  takeSecrets();
  await startSession();
  await setLocale('es');
  render(<App />);
  return mock;
}

/** Finding by role reads every element's style, which is slow where there are hundreds: these look for words first. */
export const words = (text: string | RegExp) => screen.findByText(text, {}, PATIENT);
export const labelled = (text: string | RegExp) => screen.findByLabelText(text, {}, PATIENT);

export const sent = (mock: Mock, method: string, path: string) =>
  mock.seen.filter(call => call.method === method && call.path === path);

export const ticketOf = (mock: Mock, number: number) => {
  const held = mock.tickets.get(number);
  expect(held).toBeDefined();
  if (!held) throw new Error('no ticket');
  return held.ticket;
};

export const button = (name: string | RegExp) => screen.findByRole('button', { name }, PATIENT);
export const heading = (name: string | RegExp) => screen.findByRole('heading', { name, level: 1 }, PATIENT);

/** Waits until a call was made so many times. */
export const called = (mock: Mock, method: string, path: string, times = 1) =>
  waitFor(() => expect(sent(mock, method, path)).toHaveLength(times), PATIENT);
