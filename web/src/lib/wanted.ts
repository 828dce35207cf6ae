/**
 * Where somebody wanted to go before having to sign in. On the device, since a mailed link opens in a tab of its own, and
 * for as long as such a link lives.
 */
import { navigate } from './hash-location.ts';

const STORED = 'chamada.wanted';
const LIVES = 15 * 60_000;

export function rememberWanted(path: string): void {
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

export const goOn = (): void => navigate(wanted(), { replace: true });
