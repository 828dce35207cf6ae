/** The organisation as administrators change it: one deed at a time, on whatever version of the tree there is. */
import type { Organisation, OrganisationInput } from '../api/index.ts';
import type { Part } from './tree-diff.ts';

export type UnitKind = 'corporation' | 'company' | 'site' | 'centre';

export interface Unit {
  id?: string | null;
  name: string;
  code?: string;
  domains?: string[];
  retired?: boolean;
  companies?: Unit[];
  sites?: Unit[];
  cost_centres?: Unit[];
}

export type OrgDeed =
  | { do: 'add'; kind: UnitKind; parent?: string; name: string; code?: string }
  | { do: 'edit'; id: string; name: string; code?: string }
  | { do: 'domains'; id: string; domains: string[] }
  | { do: 'retire'; id: string; retired: boolean }
  | { do: 'remove'; id: string }
  /** `keep`: what is named somewhere stays where it was, retired, and begins anew in the other place. */
  | { do: 'move'; id: string; to: string; keep: boolean };

const BELOW = {
  corporation: [['companies', 'company']],
  company: [
    ['sites', 'site'],
    ['cost_centres', 'centre'],
  ],
  site: [],
  centre: [],
} as const satisfies Record<UnitKind, readonly (readonly [keyof Unit, UnitKind])[]>;

/** What a unit of this kind lies in. */
const PARENT = { corporation: undefined, company: 'corporation', site: 'company', centre: 'company' } as const;

const LIST = { company: 'companies', site: 'sites', centre: 'cost_centres' } as const;

export interface Place {
  unit: Unit;
  kind: UnitKind;
  siblings: Unit[];
  parent?: Place;
}

/** Every unit with its place, parents before what lies in them. */
export function places(tree: Organisation | OrganisationInput): Place[] {
  const found: Place[] = [];
  const walk = (siblings: Unit[], kind: UnitKind, parent?: Place) => {
    for (const unit of siblings) {
      const place: Place = { unit, kind, siblings, ...(parent ? { parent } : {}) };
      found.push(place);
      for (const [list, below] of BELOW[kind]) walk(unit[list] ?? [], below, place);
    }
  };
  walk(tree.corporations as Unit[], 'corporation');
  return found;
}

export const findUnit = (tree: Organisation | OrganisationInput, id: string | undefined): Place | undefined =>
  id === undefined ? undefined : places(tree).find(place => place.unit.id === id);

export const unitName = (unit: Unit): string => (unit.code === undefined ? unit.name : `${unit.code} · ${unit.name}`);

/** The same without ids, as something new; what was retired in it stays behind. */
function anew({ id: _, ...unit }: Unit): Unit {
  const copy: Unit = { ...unit };
  for (const list of Object.values(LIST)) {
    const below = copy[list];
    if (below) copy[list] = below.filter(one => !one.retired).map(anew);
  }
  return copy;
}

const emptied = (kind: UnitKind, name: string, code?: string): Unit => {
  if (kind === 'corporation') return { name, companies: [] };
  if (kind === 'company') return { name, domains: [], sites: [], cost_centres: [] };
  return kind === 'centre' ? { code: code ?? '', name } : { name };
};

function add(tree: OrganisationInput, deed: OrgDeed & { do: 'add' }): boolean {
  const fresh = emptied(deed.kind, deed.name, deed.code);
  if (deed.kind === 'corporation') {
    (tree.corporations as Unit[]).push(fresh);
    return true;
  }
  const parent = findUnit(tree, deed.parent)?.unit;
  if (!parent) return false;
  parent[LIST[deed.kind]] = [...(parent[LIST[deed.kind]] ?? []), fresh];
  return true;
}

function move(tree: OrganisationInput, place: Place, deed: OrgDeed & { do: 'move' }): boolean {
  const target = findUnit(tree, deed.to)?.unit;
  if (!target || place.kind === 'corporation') return false;
  const list = LIST[place.kind];
  const copy = anew(place.unit);
  if (deed.keep) {
    place.unit.retired = true;
    // A mail domain is one company's: it goes along.
    if (place.unit.domains) place.unit.domains = [];
  } else place.siblings.splice(place.siblings.indexOf(place.unit), 1);
  target[list] = [...(target[list] ?? []), { ...copy, retired: false }];
  return true;
}

/** The tree after a deed; nothing where what it is about is not there any more. */
export function afterOrgDeed(tree: Organisation, deed: OrgDeed): OrganisationInput | undefined {
  const next = structuredClone(tree) as OrganisationInput;
  if (deed.do === 'add') return add(next, deed) ? next : undefined;
  const place = findUnit(next, deed.id);
  if (!place) return undefined;
  const { unit, siblings } = place;
  if (deed.do === 'edit') {
    unit.name = deed.name;
    if (unit.code !== undefined) unit.code = deed.code ?? unit.code;
  } else if (deed.do === 'domains') unit.domains = deed.domains;
  else if (deed.do === 'retire') unit.retired = deed.retired;
  else if (deed.do === 'remove') siblings.splice(siblings.indexOf(unit), 1);
  else if (!move(next, place, deed)) return undefined;
  return next;
}

export const orgParts = (tree: Organisation): Part[] =>
  places(tree).map(({ unit, parent }) => ({
    id: unit.id ?? '',
    name: unitName(unit),
    rest: (unit.domains ?? []).join(' '),
    parent: parent?.unit.id ?? '',
    retired: unit.retired === true,
  }));

/** Where a unit could go: live ones of the kind that it lies in, but for the one it is in. */
export const targets = (tree: Organisation, place: Place): Place[] =>
  places(tree).filter(
    other =>
      other.kind === PARENT[place.kind] &&
      !other.unit.retired &&
      other.unit.id !== undefined &&
      other.unit.id !== place.parent?.unit.id,
  );

/** Mail domains as somebody typed them: one a line, or with commas; without the @. */
export const readDomains = (text: string): string[] => [
  ...new Set(
    text
      .split(/[\s,;]+/)
      .map(word => word.replace(/^@/, '').toLowerCase())
      .filter(word => word !== ''),
  ),
];

export const looksLikeDomain = (text: string): boolean => /^(?=.{1,253}$)[^\s@.]+(\.[^\s@.]+)+$/u.test(text);
