/** Where somebody wanted to go before having to sign in. On the device, since a mailed link opens in a tab of its own. */
import { navigate } from './hash-location.ts';

const STORED = 'chamada.wanted';
/** Longer than a sign-in link lives. */
const LIVES = 30 * 60_000;

export function rememberWanted(path: string): void {
  // What looks like a link with a secret, come here mangled, is not kept.
  if (path.startsWith('/m/') || path.includes('key=')) return;
  try {
    localStorage.setItem(STORED, JSON.stringify({ path, until: Date.now() + LIVES }));
  } catch {
    // Storage may be full or forbidden: then one arrives at the start.
  }
}

function wanted(): string {
  try {
    const { path, until } = JSON.parse(localStorage.getItem(STORED) ?? '{}') as { path?: string; until?: number };
    localStorage.removeItem(STORED);
    return path !== undefined && Date.now() < (until ?? 0) ? path : '/';
  } catch {
    return '/';
  }
}

export function forgetWanted(): void {
  try {
    localStorage.removeItem(STORED);
  } catch {
    // Nothing is kept where storage is forbidden.
  }
}

export const goOn = (): void => navigate(wanted(), { replace: true });
