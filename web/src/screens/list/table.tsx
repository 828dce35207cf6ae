import { useEffect } from 'preact/hooks';
import { type Organisation, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { type ListQuery, type Sort, withSort } from '../../lib/list-query.ts';
import { placeNames } from '../../lib/trees.ts';
import { Age, Button, DueMark, PriorityMark, Rich, StatusTag, Who } from '../../parts/basics.tsx';
import { toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ticketName } from '../../state/session.ts';

interface TableProps {
  rows: readonly Ticket[];
  now: Date;
  tree: Organisation | undefined;
  query: ListQuery;
  onQuery: (query: ListQuery) => void;
  stale: boolean;
  /** Somebody else was faster: the rows are not as they were. */
  onRaced: () => void;
}

function SortHead({
  sort,
  label,
  class: name,
  query,
  onQuery,
}: { sort: Sort; label: string; class: string } & Pick<TableProps, 'query' | 'onQuery'>) {
  const on = query.sort === sort;
  return (
    <th
      scope="col"
      role="columnheader"
      class={name}
      aria-sort={on ? (sort === 'due_at' ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" onClick={() => onQuery(withSort(query, sort))}>
        {label}
        {on && <Icon name="sort-d" />}
      </button>
    </th>
  );
}

const Head = ({ class: name, label }: { class: string; label: string }) => (
  <th scope="col" role="columnheader" class={name}>
    {label}
  </th>
);

/** The general list. Roles are explicit, since the cards of a phone change `display`. */
export function StaffTable({ rows, now, tree, query, onQuery, stale, onRaced }: TableProps) {
  const sortable = { query, onQuery };
  return (
    <table class={stale ? 'tickets stale' : 'tickets'} role="table">
      <caption class="vh">{t('list.caption', { sort: t(`sort.${query.sort}`) })}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Head class="id" label={t('ticket.number')} />
          <Head class="ti" label={t('ticket.title')} />
          <Head class="st" label={t('ticket.status')} />
          <SortHead class="pr" sort="-priority" label={t('ticket.priority')} {...sortable} />
          <Head class="rq" label={t('ticket.requester')} />
          <Head class="sp" label={t('ticket.assignee')} />
          <SortHead class="du" sort="due_at" label={t('ticket.due')} {...sortable} />
          <SortHead class="upd" sort="-updated_at" label={t('ticket.updated')} {...sortable} />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(row => (
          <Row key={row.number} row={row} now={now} tree={tree} onRaced={onRaced} />
        ))}
      </tbody>
    </table>
  );
}

/** Takes a ticket over from the list: its own page may be closed to whoever has not taken it yet. */
function ClaimButton({ number, onRaced }: { number: number; onRaced: () => void }) {
  const { run, busy, error } = useWrite((key, wanted: number) => tickets.claim(wanted, key));
  const claim = async () => {
    if (await run(number)) navigate(`/t/${number}`);
  };
  useEffect(() => {
    if (error === undefined) return;
    toastError(error);
    onRaced();
  }, [error]);
  return (
    <>
      <span class="vh">{t('unassigned')}</span>
      <Button look="claim" busy={busy} onClick={claim}>
        <span>
          <Rich text="list.claim" ticket={<span class="vh">{ticketName(number)}</span>} />
        </span>
      </Button>
    </>
  );
}

type RowProps = Pick<TableProps, 'now' | 'tree' | 'onRaced'> & { row: Ticket };

function Row({ row, now, tree, onRaced }: RowProps) {
  const name = ticketName(row.number);
  const place = placeNames(tree, row);
  const where = [place.company, place.site].filter(Boolean);
  const shown = where.length > 0 ? where : [row.requester?.name].filter(Boolean);
  return (
    <tr role="row">
      <td role="cell" class="id">
        {name}
      </td>
      <td role="cell" class="ti" title={row.title}>
        <a href={`#/t/${row.number}`} dir="auto">
          {row.title}
        </a>
        <span class="meta">
          {[name, ...shown].join(' · ')} · <Age at={row.updated_at} now={now} />
        </span>
      </td>
      <td role="cell" class="st">
        <StatusTag status={row.status} />
      </td>
      <td role="cell" class="pr">
        <PriorityMark priority={row.priority} />
      </td>
      <td role="cell" class="rq" title={row.requester?.email}>
        {row.requester?.name || row.requester?.email}
      </td>
      <td role="cell" class="sp">
        {row.can.claim && !row.assignee ? (
          <ClaimButton number={row.number} onRaced={onRaced} />
        ) : (
          <Who person={row.assignee} />
        )}
      </td>
      <td role="cell" class="du num">
        <DueMark ticket={row} now={now} />
      </td>
      <td role="cell" class="upd muted">
        <Age at={row.updated_at} now={now} />
      </td>
    </tr>
  );
}

/** What a customer sees of their own tickets. */
export function CustomerTable({ rows, now, stale }: Pick<TableProps, 'rows' | 'now' | 'stale'>) {
  return (
    <table class={stale ? 'tickets own stale' : 'tickets own'} role="table">
      <caption class="vh">{t('mine.caption')}</caption>
      <thead role="rowgroup">
        <tr role="row">
          <Head class="id" label={t('ticket.number')} />
          <Head class="ti" label={t('ticket.title')} />
          <Head class="st" label={t('ticket.status')} />
          <Head class="sp" label={t('ticket.attended')} />
          <Head class="du" label={t('ticket.estimated')} />
          <Head class="upd" label={t('ticket.updated')} />
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(row => (
          <tr key={row.number} role="row">
            <td role="cell" class="id">
              {ticketName(row.number)}
            </td>
            <td role="cell" class="ti" title={row.title}>
              <a href={`#/t/${row.number}`} dir="auto">
                {row.title}
              </a>
              <span class="meta">
                {ticketName(row.number)} · <Age at={row.updated_at} now={now} />
              </span>
            </td>
            <td role="cell" class="st">
              <StatusTag status={row.status} />
            </td>
            <td role="cell" class="sp">
              <Who person={row.assignee} />
            </td>
            <td role="cell" class="du num">
              <DueMark ticket={row} now={now} />
            </td>
            <td role="cell" class="upd muted">
              <Age at={row.updated_at} now={now} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
