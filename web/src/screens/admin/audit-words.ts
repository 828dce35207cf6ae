/** The audit's records in words. */
import type { AuditChange, AuditRecord, CannedReplies, Categories, Organisation } from '../../api/index.ts';
import { fullDate, number } from '../../i18n/format.ts';
import { hasText, locale, t } from '../../i18n/index.ts';
import { categoryPlaces } from '../../lib/category-tree.ts';
import { places, unitName } from '../../lib/org-tree.ts';
import { nameOf } from '../../lib/trees.ts';

/** Names of units, categories and canned replies that are still there. */
export function partNames(
  organisation: Organisation | undefined,
  categories: Categories | undefined,
  canned: CannedReplies | undefined,
): Map<string, string> {
  const names = new Map<string, string>();
  for (const { unit } of organisation ? places(organisation) : []) names.set(unit.id ?? '', unitName(unit));
  for (const { unit } of categories ? categoryPlaces(categories) : []) names.set(unit.id ?? '', nameOf(unit.names));
  for (const { id, name } of canned?.replies ?? []) names.set(id, name);
  return names;
}

/** A server may be newer than this page: a word that it has none for is shown as it came. */
const textOr = (key: string, other: string): string => (hasText(key) ? t(key) : other);

function personName(person: AuditRecord['by']): string {
  if (!person) return t('audit.operator');
  return person.name || t('audit.someone_gone');
}

export function actionWords(record: AuditRecord): string {
  const key = `audit.action.${record.action}`;
  const target = record.target.name || t('audit.gone');
  return hasText(key) ? t(key, { who: personName(record.by), target }) : `${personName(record.by)}: ${record.action}`;
}

const fieldName = (field: string): string => {
  const known = [`audit.field.${field}`, `setting.${field}`, `users.${field}`, `mailbox.${field}`].find(hasText);
  return known === undefined ? field : t(known);
};

/** Words that the API uses for values, where this page has its own. */
const VALUES: Record<string, string> = {
  role: 'role.',
  locale: 'language.',
  default_locale: 'language.',
  specialists_see: 'setting.see.',
  security: 'security.',
  after_import: 'after.',
  scope: 'token.scope.',
};

const MOST_TEXT = 120;

function valueWords(field: string, value: unknown, names: ReadonlyMap<string, string>): string {
  if (value === null || value === undefined || value === '') return t('none');
  if (typeof value === 'boolean') return t(value ? 'yes' : 'no');
  if (typeof value === 'number') return number(value);
  if (typeof value !== 'string') return JSON.stringify(value).slice(0, MOST_TEXT);
  const prefix = VALUES[field];
  if (prefix) return textOr(`${prefix}${value}`, value);
  if (/^\d{4}-\d\d-\d\dT/.test(value)) return fullDate(new Date(value));
  return names.get(value) ?? value.slice(0, MOST_TEXT);
}

const list = (words: string[]): string => new Intl.ListFormat(locale(), { type: 'conjunction' }).format(words);

/** One change in words; undefined where there is nothing to say beyond the action. */
export function changeWords(change: AuditChange, names: ReadonlyMap<string, string>): string {
  const { field, from, to, ids, count } = change;
  if (ids && ids.length > 0) {
    const known = ids.map(id => names.get(id)).filter(name => name !== undefined);
    const all = Math.max(count ?? 0, ids.length);
    const unknown = all - known.length;
    const words =
      unknown > 0 ? [...known, t(known.length > 0 ? 'audit.others' : 'audit.parts', { n: number(unknown) })] : known;
    return t('event.change', { field: fieldName(field), value: list(words) });
  }
  if (from === undefined && to === undefined) return fieldName(field);
  const value = valueWords(field, to, names);
  if (from === undefined) return t('event.change', { field: fieldName(field), value });
  return t('audit.change', { field: fieldName(field), from: valueWords(field, from, names), to: value });
}
