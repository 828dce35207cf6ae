import type { Sweep } from '../../api/index.ts';
import { hasText, t } from '../../i18n/index.ts';

/** Why a mail server could not be read, in plain words. */
export function codeWords(code: string | null | undefined): string {
  const key = `mail_failure.${code ?? ''}`;
  return hasText(key) ? t(key) : t('mail_failure.unknown');
}

export function sweepError(sweep: Sweep): { words: string; detail: string | undefined } | undefined {
  const { error } = sweep;
  if (!error) return undefined;
  if (typeof error !== 'string') return { words: codeWords(error.code), detail: error.detail };
  // A bare code, or a sentence of the server's.
  return hasText(`mail_failure.${error}`)
    ? { words: codeWords(error), detail: undefined }
    : { words: t('mail_failure.unknown'), detail: error };
}
