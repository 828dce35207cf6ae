/** Where somebody wanted to go before having to sign in. */
import { navigate } from './hash-location.ts';

let wanted = '/';

export function rememberWanted(path: string): void {
  wanted = path;
}

export function goOn(): void {
  const to = wanted;
  wanted = '/';
  navigate(to, { replace: true });
}
