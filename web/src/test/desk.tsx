/** The whole client against the fake API, for tests of its screens. */
import { render, screen } from '@testing-library/preact';
import { expect, vi } from 'vitest';
import { Mock } from '../../dev/mock.ts';
import { App } from '../app.tsx';
import { setLocale } from '../i18n/index.ts';
import { takeSecrets } from '../lib/secrets.ts';
import { startSession } from '../state/session.ts';

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
const WAIT = { timeout: 8000 };
export const words = (text: string | RegExp) => screen.findByText(text, {}, WAIT);
export const labelled = (text: string | RegExp) => screen.findByLabelText(text, {}, WAIT);

export const sent = (mock: Mock, method: string, path: string) =>
  mock.seen.filter(call => call.method === method && call.path === path);

export const ticketOf = (mock: Mock, number: number) => {
  const held = mock.tickets.get(number);
  expect(held).toBeDefined();
  if (!held) throw new Error('no ticket');
  return held.ticket;
};
