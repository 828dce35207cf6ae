// The client's texts, so that what is pressed for a picture is found in every language.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const LOCALES = ['es', 'pt', 'en'];
const folder = join(import.meta.dirname, '..', '..', 'src', 'i18n');

/** `say('canned.edit')`; a text that is not there is a fault of the script. */
export function texts(locale) {
  const all = JSON.parse(readFileSync(join(folder, `${locale}.json`), 'utf8'));
  return (key, params = {}) => {
    if (!(key in all)) throw new Error(`no text ${key}`);
    return all[key].replace(/\{(\w+)\}/g, (whole, name) => String(params[name] ?? whole));
  };
}
