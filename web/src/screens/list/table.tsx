import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Organisation, type Ticket, tickets } from '../../api/index.ts';
import { t, useLocale } from '../../i18n/index.ts';
import { addressOf, knownAs, titleOf } from '../../lib/erased.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { type ListQuery, type Sort, withSort } from '../../lib/list-query.ts';
import { placeNames } from '../../lib/trees.ts';
import { Age, Button, DueMark, PriorityMark, Rich, StatusTag, Who } from '../../parts/basics.tsx';
import { toast, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { ticketName } from '../../state/session.ts';
import type { Selection } from './selection.ts';

interface TableProps {
  rows: readonly Ticket[];
  now: Date;
  tree: Organisation | undefined;
  query: ListQuery;
  onQuery: (query: ListQuery) => void;
  stale: boolean;
  /** Somebody else was faster: the rows are not as they were. */
  onRaced: () => void;
  /** What is ticked, for those who may change many at once. */
  ticks: Selection | undefined;
  isUnread: (row: Ticket) => boolean;
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

/** Above this many rows those out of sight are not laid out (UI, section 11). */
const MANY = 300;

const tableClass = (rows: number, stale: boolean, more: string) =>
  ['tickets', rows > MANY && 'many', stale && 'stale', more].filter(Boolean).join(' ');

/** The general list. Roles are explicit, since the cards of a phone change `display`. */
export function StaffTable(props: TableProps) {
  const { rows, now, tree, query, onQuery, stale, onRaced, ticks, isUnread } = props;
  const language = useLocale();
  const sortable = { query, onQuery };
  const look = [ticks && 'ticks', ticks?.picking && 'picking'].filter(Boolean).join(' ');
  return (
    <table class={tableClass(rows.length, stale, look)} role="table">
      <caption class="vh">{t('list.caption', { sort: t(`sort.${query.sort}`) })}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {ticks && <TickAll ticks={ticks} count={rows.length} />}
          <Head class="id" label={t('ticket.number')} />
          <Head class="ti" label={t('ticket.title')} />
          <Head class="st" label={t('ticket.status')} />
          {query.deleted ? (
            <Head class="pr" label={t('ticket.priority')} />
          ) : (
            <SortHead class="pr" sort="-priority" label={t('ticket.priority')} {...sortable} />
          )}
          <Head class="rq" label={t('ticket.requester')} />
          <Head class="sp" label={t(query.deleted ? 'users.actions' : 'ticket.assignee')} />
          {query.deleted ? (
            <>
              <Head class="du" label={t('ticket.due')} />
              <Head class="upd" label={t('list.deleted_at')} />
            </>
          ) : (
            <>
              <SortHead class="du" sort="due_at" label={t('ticket.due')} {...sortable} />
              <SortHead class="upd" sort="-updated_at" label={t('ticket.updated')} {...sortable} />
            </>
          )}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(row => (
          <Row
            key={row.number}
            row={row}
            now={now}
            tree={tree}
            onRaced={onRaced}
            language={language}
            unread={isUnread(row)}
            ticks={ticks}
            ticked={ticks?.has(row.number) === true}
          />
        ))}
      </tbody>
    </table>
  );
}

function TickAll({ ticks, count }: { ticks: Selection; count: number }) {
  const all = count > 0 && ticks.numbers.length === count;
  return (
    <th scope="col" role="columnheader" class="tk-box">
      <input
        class="cb"
        type="checkbox"
        aria-label={t('list.tick_all')}
        checked={all}
        indeterminate={!all && ticks.numbers.length > 0}
        onChange={event => ticks.all(event.currentTarget.checked)}
      />
    </th>
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

/** Brings a deleted ticket back from the list. */
function RestoreButton({ number, onDone }: { number: number; onDone: () => void }) {
  const { run, busy, error } = useWrite((key, wanted: number) => tickets.restore(wanted, key));
  const restore = async () => {
    if (!(await run(number))) return;
    toast(t('delete.restored', { ticket: ticketName(number) }));
    onDone();
  };
  useEffect(() => {
    if (error !== undefined) toastError(error);
  }, [error]);
  return (
    <Button look="claim" busy={busy} onClick={restore}>
      <span>
        <Rich text="list.restore" ticket={<span class="vh">{ticketName(number)}</span>} />
      </span>
    </Button>
  );
}

type RowProps = Pick<TableProps, 'now' | 'tree' | 'onRaced' | 'ticks'> & {
  row: Ticket;
  language: string;
  unread: boolean;
  ticked: boolean;
};

/** Drawn anew only when something of it changed: a tick among five hundred rows costs one. */
function Row(props: RowProps) {
  const { row, now, tree, language, unread, ticked, ticks } = props;
  // Handlers are looked up when used, since a row that is not drawn anew keeps those of an earlier time.
  const latest = useRef(props);
  latest.current = props;
  // The tree comes after the rows, and names nothing in many of them.
  const place = placeNames(tree, row);
  return useMemo(
    () => <RowCells {...props} latest={() => latest.current} />,
    [row, now, place.company, place.site, language, unread, ticked, ticks === undefined, ticks?.picking],
  );
}

function RowCells({ row, now, tree, unread, ticks, ticked, latest }: RowProps & { latest: () => RowProps }) {
  const onRaced = () => latest().onRaced();
  return (
    <tr role="row" class={ticked ? 'ticked' : undefined}>
      {ticks && <TickBox row={row} ticked={ticked} latest={latest} />}
      <td role="cell" class="id">
        {ticketName(row.number)}
      </td>
      <TitleCell row={row} now={now} tree={tree} unread={unread} latest={latest} />
      <td role="cell" class="st">
        <StatusTag status={row.status} />
      </td>
      <td role="cell" class="pr">
        <PriorityMark priority={row.priority} />
      </td>
      <td role="cell" class="rq" title={row.requester && addressOf(row.requester.email)}>
        {row.requester && knownAs(row.requester)}
      </td>
      <td role="cell" class="sp">
        <Attended row={row} onRaced={onRaced} />
      </td>
      <td role="cell" class="du num">
        <DueMark ticket={row} now={now} />
      </td>
      <td role="cell" class="upd muted">
        <Age at={row.deleted_at ?? row.updated_at} now={now} />
      </td>
    </tr>
  );
}

function Attended({ row, onRaced }: { row: Ticket; onRaced: () => void }) {
  if (row.deleted_at) {
    if (row.erased) return <span class="muted">{t('erased')}</span>;
    return <RestoreButton number={row.number} onDone={onRaced} />;
  }
  if (row.can.claim && !row.assignee) return <ClaimButton number={row.number} onRaced={onRaced} />;
  return <Who person={row.assignee} />;
}

function TickBox({ row, ticked, latest }: { row: Ticket; ticked: boolean; latest: () => RowProps }) {
  return (
    <td role="cell" class="tk-box">
      <input
        class="cb"
        type="checkbox"
        aria-label={t('list.tick', { ticket: ticketName(row.number) })}
        checked={ticked}
        onClick={event => latest().ticks?.toggle(row.number, event.shiftKey)}
      />
    </td>
  );
}

/** How long a finger rests on a card before the card is ticked. */
const LONG_PRESS_MS = 500;

function TitleCell({
  row,
  now,
  tree,
  unread,
  latest,
}: Pick<RowProps, 'row' | 'now' | 'tree' | 'unread'> & { latest: () => RowProps }) {
  const press = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const held = useRef(false);
  const name = ticketName(row.number);
  const place = placeNames(tree, row);
  const where = [place.company, place.site].filter(Boolean);
  const shown = where.length > 0 ? where : [row.requester?.name].filter(Boolean);
  const end = () => clearTimeout(press.current);
  const begin = () => {
    held.current = false;
    press.current = setTimeout(() => {
      const { ticks } = latest();
      if (!ticks) return;
      held.current = true;
      ticks.pick();
      ticks.toggle(row.number);
    }, LONG_PRESS_MS);
  };
  const click = (event: MouseEvent) => {
    const { ticks } = latest();
    if (held.current) event.preventDefault();
    else if (ticks?.picking) {
      event.preventDefault();
      ticks.toggle(row.number);
    }
    held.current = false;
  };
  return (
    <td role="cell" class={unread ? 'ti unread' : 'ti'} title={titleOf(row)}>
      <a
        href={`#/t/${row.number}`}
        dir="auto"
        data-row={row.number}
        onTouchStart={begin}
        onTouchEnd={end}
        onTouchMove={end}
        onTouchCancel={end}
        onClick={click}
      >
        {unread && <span class="vh">{t('list.unread')} </span>}
        {titleOf(row)}
      </a>
      <span class="meta">
        {[name, ...shown].join(' · ')} · <Age at={row.updated_at} now={now} />
      </span>
    </td>
  );
}

/** What a customer sees of their own tickets. */
export function CustomerTable({ rows, now, stale, isUnread }: Pick<TableProps, 'rows' | 'now' | 'stale' | 'isUnread'>) {
  return (
    <table class={tableClass(rows.length, stale, 'own')} role="table">
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
            <td role="cell" class={isUnread(row) ? 'ti unread' : 'ti'} title={titleOf(row)}>
              <a href={`#/t/${row.number}`} dir="auto">
                {isUnread(row) && <span class="vh">{t('list.unread')} </span>}
                {titleOf(row)}
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
