import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect } from 'preact/hooks';
import { useSearch } from 'wouter-preact';
import { directory, mailboxes, type Ticket, tickets } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useResource } from '../../lib/hooks.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import {
  apiQuery,
  isFiltered,
  type ListQuery,
  listAddress,
  NO_FILTERS,
  PAGE,
  parseList,
  shownRows,
} from '../../lib/list-query.ts';
import { rememberList } from '../../lib/neighbours.ts';
import { usePages } from '../../lib/pages.ts';
import { Button, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { refreshCounts } from '../../state/counts.ts';
import { isAdministrator, isStaff, useSession } from '../../state/session.ts';
import { Gone } from '../gone.tsx';
import { Filters } from './filters.tsx';
import { useListKeys, useSelection } from './selection.ts';
import { SweepStrip, useFetchMail } from './sweep-strip.tsx';
import { CustomerTable, StaffTable } from './table.tsx';
import { useUnread } from './use-unread.ts';

const BulkBar = lazy(() => import('./bulk-bar.tsx'));

export function ListScreen() {
  const { me } = useSession();
  return isStaff(me) ? <StaffList /> : <CustomerList />;
}

type Rows = Omit<ReturnType<typeof usePages<Ticket>>, 'rows'> & { rows: readonly Ticket[] | undefined };

function ListBody({ list, empty, children }: { list: Rows; empty: ComponentChildren; children: ComponentChildren }) {
  if (list.error !== undefined && !list.rows) return <ErrorBox error={list.error} onRetry={list.reload} />;
  if (!list.rows) return <Skeleton look="rows" />;
  if (list.rows.length === 0 && !list.hasMore) return <>{empty}</>;
  return (
    <>
      {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
      {children}
      <div class="more">
        <span class="num">{tn('list.shown', list.rows.length)}</span>
        {list.more.error !== undefined && <ErrorBox error={list.more.error} />}
        {list.hasMore && (
          <Button busy={list.more.busy} onClick={list.loadMore}>
            {t('list.more')}
          </Button>
        )}
      </div>
    </>
  );
}

const NewLink = ({ look }: { look: string }) => (
  <a class={`btn primary ${look}`} href="#/new">
    <Icon name="plus" />
    {t('list.new')}
  </a>
);

const viewTitle = (query: ListQuery): string => {
  if (query.deleted) return t('nav.deleted');
  if (query.overdue) return t('nav.overdue');
  if (query.assignee === 'me') return t('nav.mine');
  return t(query.assignee === 'none' ? 'nav.unassigned' : 'nav.inbox');
};

/** The rows of a view as they are shown: unread marks, what is ticked, and the keys. */
function useRows(query: ListQuery, search: string, now: Date) {
  const all = usePages((cursor, signal) => tickets.list(apiQuery(query, cursor), signal), [search]);
  const part = all.rows && shownRows(query, all.rows, all.hasMore, now);
  const list = { ...all, rows: part?.rows, hasMore: part?.hasMore === true };
  const numbers = list.rows?.map(row => row.number) ?? [];
  const selection = useSelection(search, numbers);
  const unread = useUnread(query.deleted ? undefined : all.rows);
  useEffect(() => {
    if (all.data) refreshCounts();
  }, [all.data]);
  // Before anything is drawn: a row may be opened at once.
  useLayoutEffect(() => rememberList(listAddress(query), numbers), [search, numbers.join()]);
  return { list, selection, unread };
}

function StaffList() {
  const { me } = useSession();
  const now = useNow();
  const search = useSearch();
  const query = parseList(search);
  const { list, selection, unread } = useRows(query, search, now);
  const trees = useTrees();
  const mail = useFetchMail(list.reload);
  const admin = isAdministrator(me);
  const ticks = admin && !query.deleted ? selection : undefined;
  useListKeys(ticks);
  const setQuery = (next: ListQuery) => navigate(listAddress(next));
  const title = viewTitle(query);
  const top = (
    <>
      <Heading key={title} title={title}>
        {title}
      </Heading>
      <span class="grow" />
      {ticks && (list.rows?.length ?? 0) > 0 && (
        <Button look="ghost phone" onClick={ticks.picking ? ticks.clear : ticks.pick}>
          {t(ticks.picking ? 'cancel' : 'list.pick')}
        </Button>
      )}
      {admin && !query.deleted && (
        <Button icon="refresh" label={t('sweep.start')} busy={mail.busy} onClick={mail.start}>
          <span class="desk">{t('sweep.start')}</span>
        </Button>
      )}
      <NewLink look="desk" />
    </>
  );
  if (query.deleted && !admin) return <Gone />;
  return (
    <Shell top={top}>
      <main id="main" tabIndex={-1}>
        {mail.state && <SweepStrip state={mail.state} onDismiss={mail.dismiss} />}
        {!query.deleted && <Filters query={query} onQuery={setQuery} rows={list.rows ?? []} trees={trees} />}
        <ListBody list={list} empty={<NothingHere query={query} />}>
          <StaffTable
            rows={list.rows ?? []}
            now={now}
            tree={trees.organisation}
            query={query}
            onQuery={setQuery}
            stale={list.loading}
            onRaced={list.reload}
            ticks={ticks}
            isUnread={unread}
          />
        </ListBody>
        {ticks && ticks.numbers.length > 0 && (
          <Suspense fallback={null}>
            <BulkBar rows={list.rows ?? []} numbers={ticks.numbers} onClear={ticks.clear} onChanged={list.reload} />
          </Suspense>
        )}
        {!ticks?.picking && <NewLink look="lg fab phone" />}
      </main>
    </Shell>
  );
}

/** Names for filters and rows; the list does not wait for them. */
function useTrees() {
  const organisation = useResource(directory.organisation, []).data;
  const categories = useResource(directory.categories, []).data;
  return { organisation, categories };
}

function NothingHere({ query }: { query: ListQuery }) {
  const { me } = useSession();
  if (query.deleted) return <Empty text={t('list.none_deleted')} />;
  if (isFiltered(query))
    return (
      <Empty text={t('list.no_match')}>
        <a class="btn" href={`#${listAddress({ ...query, ...NO_FILTERS })}`}>
          {t('list.clear')}
        </a>
      </Empty>
    );
  return (
    <Empty text={t(query.overdue ? 'list.none_overdue' : 'list.nothing')}>
      <NewLink look="" />
      {isAdministrator(me) && <MailboxHint />}
    </Empty>
  );
}

/** To an administrator whose inbox is empty because no mail can arrive in it. */
function MailboxHint() {
  const { data } = useResource(mailboxes.list, []);
  if (data?.items.length !== 0) return null;
  return (
    <p class="muted sm">
      {t('mailbox.empty')} <a href="#/admin/mailboxes">{t('nav.mailboxes')}</a>
    </p>
  );
}

function CustomerList() {
  const now = useNow();
  const list = usePages((cursor, signal) => tickets.list({ limit: PAGE, ...(cursor ? { cursor } : {}) }, signal), []);
  const unread = useUnread(list.rows);
  return (
    <Shell top={null}>
      <main id="main" class="own-list" tabIndex={-1}>
        <header>
          <Heading title={t('nav.mine')}>{t('nav.mine')}</Heading>
        </header>
        <ListBody
          list={list}
          // The button to open one stands in the head of the page.
          empty={<Empty text={t('mine.empty')} />}
        >
          <CustomerTable rows={list.rows ?? []} now={now} stale={list.loading} isUnread={unread} />
        </ListBody>
      </main>
    </Shell>
  );
}
