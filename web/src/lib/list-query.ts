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
  kind: Kind | undefined;
  sort: Sort;
}

export const PAGE = 50;
const CLOSED: readonly Status[] = ['resolved', 'cancelled'];

const among = <T extends string>(values: readonly T[], text: string | null): T | undefined =>
  values.find(value => value === text);

export function parseList(query: string): ListQuery {
  const given = new URLSearchParams(query);
  const named = given.getAll('status');
  return {
    statuses: STATUSES.filter(status => named.includes(status)),
    all: named.includes('all'),
    assignee: given.get('assignee') ?? undefined,
    kind: among(KINDS, given.get('kind')),
    sort: among(SORTS, given.get('sort')) ?? '-updated_at',
  };
}

export function listAddress(query: ListQuery): string {
  const out = new URLSearchParams();
  if (query.all) out.append('status', 'all');
  else for (const status of query.statuses) out.append('status', status);
  if (query.assignee) out.set('assignee', query.assignee);
  if (query.kind) out.set('kind', query.kind);
  if (query.sort !== '-updated_at') out.set('sort', query.sort);
  const text = out.toString();
  return text === '' ? '/' : `/?${text}`;
}

/** The sorts by priority and date list pending tickets alone, so a filter for closed ones cannot go with them. */
export function withSort(query: ListQuery, sort: Sort): ListQuery {
  if (sort === '-updated_at') return { ...query, sort };
  return { ...query, sort, all: false, statuses: query.statuses.filter(status => !CLOSED.includes(status)) };
}

export function withStatuses(query: ListQuery, statuses: Status[], all: boolean): ListQuery {
  const closed = all || statuses.some(status => CLOSED.includes(status));
  return { ...query, statuses, all, sort: closed ? '-updated_at' : query.sort };
}

export function apiQuery(query: ListQuery, cursor?: string): TicketQuery {
  const status: TicketQuery['status'] = query.all
    ? undefined
    : query.statuses.length > 0
      ? query.statuses
      : ['pending'];
  return {
    ...(status ? { status } : {}),
    ...(query.assignee ? { assignee: query.assignee } : {}),
    ...(query.kind ? { kind: query.kind } : {}),
    ...(query.sort === '-updated_at' ? {} : { sort: query.sort }),
    limit: PAGE,
    ...(cursor ? { cursor } : {}),
  };
}
