/** Turns what went wrong into words of the language in use. */
import { isApiError, isNetworkError } from '../api/index.ts';
import { hasText, t } from '../i18n/index.ts';

export function codeText(code: string): string | undefined {
  const key = `problem.${code}`;
  return hasText(key) ? t(key) : undefined;
}

export function problemText(error: unknown): string {
  if (isNetworkError(error)) return t('problem.network');
  if (!isApiError(error)) return t('problem.unknown');
  if (error.code === 'invalid') {
    const first = error.problem.errors?.[0];
    if (first) return fieldText(first.code);
  }
  return codeText(error.code) ?? t('problem.unknown');
}

export const fieldText = (code: string): string => {
  const key = `field.${code}`;
  return hasText(key) ? t(key) : (codeText(code) ?? t('field.invalid'));
};

/** Errors by field, for the forms. `auth.password` and the like are found under their last name too. */
export function fieldErrors(error: unknown): Record<string, string> {
  if (!isApiError(error)) return {};
  const found: Record<string, string> = {};
  if (error.code === 'email_taken') found.email = t('problem.email_taken');
  for (const { field, code } of error.problem.errors ?? []) {
    const path = field.replace(/^\//, '').replaceAll('/', '.');
    found[path] = fieldText(code);
    found[path.split('.').pop() ?? path] ??= fieldText(code);
  }
  return found;
}
