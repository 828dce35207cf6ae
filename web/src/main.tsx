import { render } from 'preact';
import { App } from './app.tsx';
import { age } from './i18n/format.ts';
import { firstLocale, setLocale } from './i18n/index.ts';
import { takeSecrets } from './lib/secrets.ts';
import { startSession } from './state/session.ts';
import { applyTheme } from './state/theme.ts';

// First of all, and before any request: what a link carried leaves the address.
takeSecrets();
addEventListener('hashchange', takeSecrets);
applyTheme();

const root = document.getElementById('app');
if (root) {
  const started = startSession();
  await setLocale(firstLocale() ?? 'es');
  // The first formatter of a page takes a slow device 100 ms and more: better now than between an answer and its rows.
  setTimeout(() => age(new Date(), new Date()));
  render(<App />, root);
  await started;
  // Only now: what it keeps for later must not stand in the way of the first view.
  if (import.meta.env.PROD)
    navigator.serviceWorker?.register('./sw.js', { updateViaCache: 'none' }).catch(() => undefined);
}
