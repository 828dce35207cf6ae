/** Choices that depend on one another: where a ticket happens, and what it is about. */
import type { Categories, Kind, Organisation } from '../api/index.ts';
import { locale } from '../i18n/index.ts';

export interface Choice {
  id: string;
  name: string;
}

export interface Place {
  corporation_id: string;
  company_id: string;
  site_id: string;
  cost_centre_id: string;
}

export interface Subject {
  kind: Kind;
  category_id: string;
  subcategory_id: string;
}

export type PlaceField = keyof Place;
export type SubjectField = 'category_id' | 'subcategory_id';

const live = <T extends { id?: string; retired?: boolean }>(units: readonly T[] | undefined) =>
  (units ?? []).filter((unit): unit is T & { id: string } => unit.id !== undefined && !unit.retired);

const named = (units: readonly { id?: string; name: string; retired?: boolean }[] | undefined): Choice[] =>
  live(units).map(({ id, name }) => ({ id, name }));

export function placeChoices(tree: Organisation, place: Place): Record<PlaceField, Choice[]> {
  const corporation = tree.corporations.find(c => c.id === place.corporation_id);
  const company = corporation?.companies?.find(c => c.id === place.company_id);
  return {
    corporation_id: named(tree.corporations),
    company_id: named(corporation?.companies),
    site_id: named(company?.sites),
    cost_centre_id: live(company?.cost_centres).map(c => ({ id: c.id, name: `${c.code} · ${c.name}` })),
  };
}

/** A category's name in the language in use, else in any language it has. */
export const nameOf = (names: Partial<Record<string, string>>): string =>
  names[locale()] || names.es || names.pt || names.en || '';

const categoryNames = (units: readonly { id?: string; names: Partial<Record<string, string>>; retired?: boolean }[]) =>
  live(units).map(unit => ({ id: unit.id, name: nameOf(unit.names) }));

export function subjectChoices(tree: Categories, subject: Subject): Record<SubjectField, Choice[]> {
  const categories = tree[subject.kind];
  const category = categories.find(c => c.id === subject.category_id);
  return {
    category_id: categoryNames(categories),
    subcategory_id: categoryNames(category?.subcategories ?? []),
  };
}

const PLACE_ORDER: readonly PlaceField[] = ['corporation_id', 'company_id', 'site_id', 'cost_centre_id'];

/** Sets what has one choice alone, and clears what is no choice any more. */
export function settlePlace(tree: Organisation, place: Place): Place {
  const settled = { ...place };
  for (const field of PLACE_ORDER) {
    const choices = placeChoices(tree, settled)[field];
    settled[field] = settle(choices, settled[field]);
  }
  return settled;
}

export function settleSubject(tree: Categories, subject: Subject): Subject {
  const settled = { ...subject };
  for (const field of ['category_id', 'subcategory_id'] as const)
    settled[field] = settle(subjectChoices(tree, settled)[field], settled[field]);
  return settled;
}

function settle(choices: Choice[], chosen: string): string {
  if (choices.some(c => c.id === chosen)) return chosen;
  return choices.length === 1 ? (choices[0]?.id ?? '') : '';
}

/** Names of the units that a ticket points at; retired ones too, since old tickets keep them. */
export function placeNames(tree: Organisation | undefined, place: Partial<Record<PlaceField, string | null>>) {
  const corporation = tree?.corporations.find(c => c.id === place.corporation_id);
  const company = corporation?.companies?.find(c => c.id === place.company_id);
  const centre = company?.cost_centres?.find(c => c.id === place.cost_centre_id);
  return {
    corporation: corporation?.name,
    company: company?.name,
    site: company?.sites?.find(s => s.id === place.site_id)?.name,
    costCentre: centre && `${centre.code} · ${centre.name}`,
  };
}

export function categoryName(
  tree: Categories | undefined,
  ticket: { kind: Kind; category_id?: string | null; subcategory_id?: string | null },
) {
  const category = tree?.[ticket.kind].find(c => c.id === ticket.category_id);
  const subcategory = category?.subcategories?.find(s => s.id === ticket.subcategory_id);
  return { category: category && nameOf(category.names), subcategory: subcategory && nameOf(subcategory.names) };
}
