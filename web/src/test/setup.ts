import { afterEach, beforeEach } from 'vitest';

// Tests of pure code run in Node, without a document.
if (typeof document !== 'undefined') {
  const { cleanup } = await import('@testing-library/preact');
  const { allTexts, setLocale } = await import('../i18n/index.ts');

  beforeEach(async () => {
    localStorage.clear();
    location.hash = '';
    await setLocale('es');
    await allTexts();
  });
  afterEach(cleanup);

  // jsdom knows no modal dialogs.
  HTMLDialogElement.prototype.showModal ??= function showModal(this: HTMLDialogElement) {
    this.setAttribute('open', '');
  };
  HTMLDialogElement.prototype.close ??= function close(this: HTMLDialogElement) {
    this.removeAttribute('open');
  };
}
