import {
  type Categories,
  directory,
  KINDS,
  type Kind,
  type Organisation,
  type Specialist,
  STATUSES,
  type Status,
  type Ticket,
} from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { knownAs } from '../../lib/erased.ts';
import { useResource } from '../../lib/hooks.ts';
import { type ListQuery, SORTS, type Sort, withSort, withStatuses } from '../../lib/list-query.ts';
import { nameOf } from '../../lib/trees.ts';
import { Avatar, StatusTag } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { type Option, Picker } from '../../parts/overlay.tsx';
import { isAdministrator, useSession } from '../../state/session.ts';

interface FiltersProps {
  query: ListQuery;
  onQuery: (query: ListQuery) => void;
}

interface ChipProps {
  label: string;
  value: string | undefined;
  options: readonly Option[];
  chosen: readonly string[];
  many?: boolean;
  onChoose: (id: string) => void;
  onClear: (() => void) | undefined;
}

/** Dashed while off; solid with its value and a cross while on. */
function Chip({ label, value, options, chosen, many, onChoose, onClear }: ChipProps) {
  return (
    <span class="chip-wrap">
      <Picker
        label={label}
        options={options}
        chosen={chosen}
        many={many === true}
        onChoose={onChoose}
        look="chip"
        pressed={value !== undefined}
      >
        {value === undefined ? (
          <>
            <Icon name="plus" />
            {label}
          </>
        ) : (
          <>
            {t('filter.is', { name: label })} <b>{value}</b>
          </>
        )}
      </Picker>
      {value !== undefined && onClear && (
        <button type="button" class="chip-x" aria-label={t('filter.clear', { name: label })} onClick={onClear}>
          <Icon name="x" />
        </button>
      )}
    </span>
  );
}

const toggled = <T,>(values: readonly T[], value: T): T[] =>
  values.includes(value) ? values.filter(v => v !== value) : [...values, value];

function StatusChip({ query, onQuery }: FiltersProps) {
  const options: Option[] = [
    { id: 'pending', text: t('filter.pending') },
    ...STATUSES.map(status => ({ id: status, text: t(`status.${status}`), content: <StatusTag status={status} /> })),
    { id: 'all', text: t('filter.all') },
  ];
  const pending = !query.all && query.statuses.length === 0;
  const chosen = query.all ? ['all'] : pending ? ['pending'] : query.statuses;
  const value = query.all
    ? t('filter.all')
    : pending
      ? t('filter.pending')
      : query.statuses.map(status => t(`status.${status}`)).join(', ');
  const choose = (id: string) => {
    if (id === 'pending' || id === 'all') onQuery(withStatuses(query, [], id === 'all'));
    else
      onQuery(
        withStatuses(
          query,
          STATUSES.filter(s => toggled(query.statuses, id as Status).includes(s)),
          false,
        ),
      );
  };
  return (
    <Chip
      label={t('ticket.status')}
      value={value}
      options={options}
      chosen={chosen}
      many
      onChoose={choose}
      onClear={pending ? undefined : () => onQuery(withStatuses(query, [], false))}
    />
  );
}

function AssigneeChip({ query, onQuery, people }: FiltersProps & { people: readonly Specialist[] }) {
  const { me } = useSession();
  const options: Option[] = [
    { id: 'me', text: t('filter.me') },
    { id: 'none', text: t('unassigned') },
    ...people
      .filter(person => person.id !== me?.id)
      .map(person => ({
        id: person.id,
        text: person.name,
        content: (
          <span class="who">
            <Avatar id={person.id} name={person.name} />
            <span>{person.name}</span>
          </span>
        ),
      })),
  ];
  const value = query.assignee && (options.find(o => o.id === query.assignee)?.text ?? query.assignee);
  return (
    <Chip
      label={t('ticket.assignee')}
      value={value}
      options={options}
      chosen={query.assignee ? [query.assignee] : []}
      onChoose={assignee => onQuery({ ...query, assignee })}
      onClear={() => onQuery({ ...query, assignee: undefined })}
    />
  );
}

function KindChip({ query, onQuery }: FiltersProps) {
  return (
    <Chip
      label={t('ticket.kind')}
      value={query.kind && t(`kind.${query.kind}`)}
      options={KINDS.map(kind => ({ id: kind, text: t(`kind.${kind}`) }))}
      chosen={query.kind ? [query.kind] : []}
      onChoose={kind => onQuery({ ...query, kind: kind as Kind, category: undefined })}
      onClear={() => onQuery({ ...query, kind: undefined })}
    />
  );
}

interface OneProps extends FiltersProps {
  field: 'category' | 'company' | 'requester';
  label: string;
  options: readonly Option[];
}

/** A filter by one value; there is none to choose where the list of values is empty. */
function OneChip({ query, onQuery, field, label, options }: OneProps) {
  const chosen = query[field];
  if (options.length === 0 && chosen === undefined) return null;
  return (
    <Chip
      label={label}
      value={chosen && (options.find(option => option.id === chosen)?.text ?? t('filter.another'))}
      options={options}
      chosen={chosen ? [chosen] : []}
      onChoose={id => onQuery({ ...query, [field]: id })}
      onClear={() => onQuery({ ...query, [field]: undefined })}
    />
  );
}

const categoryOptions = (tree: Categories | undefined, kind: Kind | undefined): Option[] =>
  KINDS.filter(one => kind === undefined || one === kind).flatMap(one =>
    (tree?.[one] ?? []).flatMap(category => (category.id ? [{ id: category.id, text: nameOf(category.names) }] : [])),
  );

const companyOptions = (tree: Organisation | undefined): Option[] =>
  (tree?.corporations ?? [])
    .flatMap(corporation => corporation.companies ?? [])
    .flatMap(company => (company.id ? [{ id: company.id, text: company.name }] : []));

/** Those whose tickets are in sight: a help desk has more people than a list can hold. */
function requesterOptions(rows: readonly Ticket[]): Option[] {
  const people = new Map(rows.map(({ requester }) => [requester.id, knownAs(requester)]));
  return [...people].map(([id, text]) => ({ id, text })).sort((a, b) => a.text.localeCompare(b.text));
}

interface AllProps extends FiltersProps {
  rows: readonly Ticket[];
  trees: { organisation: Organisation | undefined; categories: Categories | undefined };
}

export function Filters({ query, onQuery, rows, trees }: AllProps) {
  const { me } = useSession();
  const people = useResource(() => directory.specialists(), []);
  const one = { query, onQuery };
  return (
    <div class="filters" role="group" aria-label={t('filters')}>
      <StatusChip query={query} onQuery={onQuery} />
      {(isAdministrator(me) || query.assignee !== undefined) && (
        <AssigneeChip query={query} onQuery={onQuery} people={people.data?.items ?? []} />
      )}
      <KindChip query={query} onQuery={onQuery} />
      <OneChip
        {...one}
        field="category"
        label={t('ticket.category')}
        options={categoryOptions(trees.categories, query.kind)}
      />
      <OneChip {...one} field="company" label={t('place.company_id')} options={companyOptions(trees.organisation)} />
      <OneChip {...one} field="requester" label={t('ticket.requester')} options={requesterOptions(rows)} />
      <span class="grow desk" />
      <Picker
        label={t('sort')}
        options={SORTS.map(id => ({ id, text: t(`sort.${id}`) }))}
        chosen={[query.sort]}
        onChoose={id => onQuery(withSort(query, id as Sort))}
        look="btn ghost"
      >
        <Icon name="sort" />
        <span class="vh">{t('sort')}</span>
        {t(`sort.${query.sort}`)}
        <Icon name="down" />
      </Picker>
    </div>
  );
}
