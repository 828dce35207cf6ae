/** The categories as administrators change them: one deed at a time, on whatever version there is. */
import { type Categories, type CategoriesInput, KINDS, type Kind, type Names } from '../api/index.ts';
import type { Part } from './tree-diff.ts';

export interface CategoryUnit {
  id?: string | null;
  names: Names;
  retired?: boolean;
  subcategories?: CategoryUnit[];
}

export type CategoryDeed =
  /** Under a category, or as one of a kind. */
  | { do: 'add'; kind: Kind; parent?: string; names: Names }
  | { do: 'edit'; id: string; names: Names }
  | { do: 'shift'; id: string; by: 1 | -1 }
  | { do: 'retire'; id: string; retired: boolean }
  | { do: 'remove'; id: string };

export interface CategoryPlace {
  unit: CategoryUnit;
  kind: Kind;
  siblings: CategoryUnit[];
  parent?: CategoryUnit;
}

export function categoryPlaces(tree: Categories | CategoriesInput): CategoryPlace[] {
  const found: CategoryPlace[] = [];
  for (const kind of KINDS) {
    const siblings = tree[kind] as CategoryUnit[];
    for (const unit of siblings) {
      found.push({ unit, kind, siblings });
      const below = unit.subcategories ?? [];
      for (const one of below) found.push({ unit: one, kind, siblings: below, parent: unit });
    }
  }
  return found;
}

export const findCategory = (tree: Categories | CategoriesInput, id: string): CategoryPlace | undefined =>
  categoryPlaces(tree).find(place => place.unit.id === id);

function add(tree: CategoriesInput, deed: CategoryDeed & { do: 'add' }): boolean {
  if (deed.parent === undefined) {
    (tree[deed.kind] as CategoryUnit[]).push({ names: deed.names, subcategories: [] });
    return true;
  }
  const parent = findCategory(tree, deed.parent)?.unit;
  if (!parent) return false;
  parent.subcategories = [...(parent.subcategories ?? []), { names: deed.names }];
  return true;
}

function shift({ unit, siblings }: CategoryPlace, by: 1 | -1): void {
  const at = siblings.indexOf(unit);
  const to = at + by;
  const other = siblings[to];
  if (!other) return;
  siblings[at] = other;
  siblings[to] = unit;
}

/** The tree after a deed; nothing where what it is about is not there any more. */
export function afterCategoryDeed(tree: Categories, deed: CategoryDeed): CategoriesInput | undefined {
  const next = structuredClone(tree) as CategoriesInput;
  if (deed.do === 'add') return add(next, deed) ? next : undefined;
  const place = findCategory(next, deed.id);
  if (!place) return undefined;
  if (deed.do === 'edit') place.unit.names = deed.names;
  else if (deed.do === 'shift') shift(place, deed.by);
  else if (deed.do === 'retire') place.unit.retired = deed.retired;
  else place.siblings.splice(place.siblings.indexOf(place.unit), 1);
  return next;
}

export const categoryParts = (tree: Categories): Part[] =>
  categoryPlaces(tree).map(({ unit, parent }) => ({
    id: unit.id ?? '',
    name: [unit.names.es, unit.names.pt, unit.names.en].join(' / '),
    rest: '',
    parent: parent?.id ?? '',
    retired: unit.retired === true,
  }));
