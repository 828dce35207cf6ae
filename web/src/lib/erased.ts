/** What is shown in the place of words that were erased. */
import { t } from '../i18n/index.ts';

/** What the server says where an address was erased: nobody's mail is read there. */
const NO_ADDRESS = 'erased@invalid';

export const titleOf = (ticket: { title: string }): string => ticket.title || t('erased');

export const addressOf = (email: string): string => (email === NO_ADDRESS ? t('erased') : email);

export const knownAs = (person: { name?: string | null; email: string }): string =>
  person.name || addressOf(person.email);
