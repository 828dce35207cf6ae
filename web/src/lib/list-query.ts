/** The filters of the list, as they stand in the address: every view is a link that can be sent. */
import { KINDS, type Kind, STATUSES, type Status, type TicketQuery } from '../api/index.ts';

export type Sort = '-updated_at' | '-priority' | 'due_at';
export const SORTS: readonly Sort[] = ['-updated_at', '-priority', 'due_at'];

export interface ListQuery {
  /** Empty: what is pending, the default. */
  statuses: Status[];
  /** Everything, closed ones too. */
  all: boolean;
  assignee: string | undefined;
  requester: string | undefined;
  kind: Kind | undefined;
  category: string | undefined;
  company: string | undefined;
  /** Those alone whose date is over: sorted by date they come first, and the list ends with them. */
  overdue: boolean;
  /** What was deleted, alone and unfiltered; for administrators. */
  deleted: boolean;
  sort: Sort;
}

export const NO_FILTERS = {
  statuses: [] as Status[],
  all: false,
  requester: undefined,
  kind: undefined,
  category: undefined,
  company: undefined,
  overdue: false,
};

/** Whether fewer rows are shown than the view has by itself. */
export const isFiltered = (query: ListQuery): boolean =>
  query.all ||
  query.statuses.length > 0 ||
  [query.requester, query.kind, query.category, query.company].some(value => value !== undefined);

export const PAGE = 50;
const CLOSED: readonly Status[] = ['resolved', 'cancelled'];

const among = <T extends string>(values: readonly T[], text: string | null): T | undefined =>
  values.find(value => value === text);

export function parseList(query: string): ListQuery {
  const given = new URLSearchParams(query);
  const named = given.getAll('status');
  const overdue = given.get('view') === 'overdue';
  return {
    statuses: STATUSES.filter(status => named.includes(status)),
    all: named.includes('all'),
    assignee: given.get('assignee') ?? undefined,
    requester: given.get('requester') ?? undefined,
    kind: among(KINDS, given.get('kind')),
    category: given.get('category') ?? undefined,
    company: given.get('company') ?? undefined,
    overdue,
    deleted: given.get('view') === 'deleted',
    sort: overdue ? 'due_at' : (among(SORTS, given.get('sort')) ?? '-updated_at'),
  };
}

export function listAddress(query: ListQuery): string {
  const out = new URLSearchParams();
  if (query.deleted) return '/?view=deleted';
  if (query.overdue) out.set('view', 'overdue');
  if (query.all) out.append('status', 'all');
  else for (const status of query.statuses) out.append('status', status);
  if (query.assignee) out.set('assignee', query.assignee);
  if (query.requester) out.set('requester', query.requester);
  if (query.kind) out.set('kind', query.kind);
  if (query.category) out.set('category', query.category);
  if (query.company) out.set('company', query.company);
  if (query.sort !== '-updated_at' && !query.overdue) out.set('sort', query.sort);
  const text = out.toString();
  return text === '' ? '/' : `/?${text}`;
}

/** The sorts by priority and date list pending tickets alone, so a filter for closed ones cannot go with them. */
export function withSort(query: ListQuery, sort: Sort): ListQuery {
  const overdue = query.overdue && sort === 'due_at';
  if (sort === '-updated_at') return { ...query, sort, overdue };
  return { ...query, sort, overdue, all: false, statuses: query.statuses.filter(status => !CLOSED.includes(status)) };
}

export function withStatuses(query: ListQuery, statuses: Status[], all: boolean): ListQuery {
  const closed = all || statuses.some(status => CLOSED.includes(status));
  return { ...query, statuses, all, overdue: query.overdue && !closed, sort: closed ? '-updated_at' : query.sort };
}

export function apiQuery(query: ListQuery, cursor?: string): TicketQuery {
  if (query.deleted) return { deleted: true, limit: PAGE, ...(cursor ? { cursor } : {}) };
  const status: TicketQuery['status'] = query.all
    ? undefined
    : query.statuses.length > 0
      ? query.statuses
      : ['pending'];
  return {
    ...(status ? { status } : {}),
    ...(query.assignee ? { assignee: query.assignee } : {}),
    ...(query.requester ? { requester: query.requester } : {}),
    ...(query.kind ? { kind: query.kind } : {}),
    ...(query.category ? { category_id: query.category } : {}),
    ...(query.company ? { company_id: query.company } : {}),
    ...(query.sort === '-updated_at' ? {} : { sort: query.sort }),
    limit: PAGE,
    ...(cursor ? { cursor } : {}),
  };
}

/** The rows of a view, and whether more of them may follow. */
export function shownRows<T extends { due_at?: string | null }>(
  query: ListQuery,
  rows: readonly T[],
  hasMore: boolean,
  now: Date,
): { rows: readonly T[]; hasMore: boolean } {
  if (!query.overdue) return { rows, hasMore };
  const late = rows.filter(row => row.due_at && new Date(row.due_at) < now);
  return { rows: late, hasMore: hasMore && late.length === rows.length };
}
