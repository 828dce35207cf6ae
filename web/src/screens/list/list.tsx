import type { ComponentChildren } from 'preact';
import { useSearch } from 'wouter-preact';
import { directory, mailboxes, tickets } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useResource } from '../../lib/hooks.ts';
import { apiQuery, type ListQuery, listAddress, PAGE, parseList } from '../../lib/list-query.ts';
import { usePages } from '../../lib/pages.ts';
import { Button, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { isAdministrator, isStaff, useSession } from '../../state/session.ts';
import { Filters } from './filters.tsx';
import { SweepStrip, useFetchMail } from './sweep-strip.tsx';
import { CustomerTable, StaffTable } from './table.tsx';

export function ListScreen() {
  const { me } = useSession();
  return isStaff(me) ? <StaffList /> : <CustomerList />;
}

type Rows = ReturnType<typeof usePages<Awaited<ReturnType<typeof tickets.list>>['items'][number]>>;

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

function StaffList() {
  const { me } = useSession();
  const now = useNow();
  const search = useSearch();
  const query = parseList(search);
  const list = usePages((cursor, signal) => tickets.list(apiQuery(query, cursor), signal), [search]);
  const placed = list.rows?.some(row => row.company_id) === true;
  const tree = useResource(async () => (placed ? directory.organisation() : undefined), [placed]);
  const mail = useFetchMail(list.reload);
  const setQuery = (next: ListQuery) => navigate(listAddress(next));
  const title =
    query.assignee === 'me' ? t('nav.mine') : query.assignee === 'none' ? t('nav.unassigned') : t('nav.inbox');
  const top = (
    <>
      <Heading key={title} title={title}>
        {title}
      </Heading>
      <span class="grow" />
      {isAdministrator(me) && (
        <Button icon="refresh" label={t('sweep.start')} busy={mail.busy} onClick={mail.start}>
          <span class="desk">{t('sweep.start')}</span>
        </Button>
      )}
      <NewLink look="desk" />
    </>
  );
  return (
    <Shell top={top}>
      <main id="main" tabIndex={-1}>
        {mail.state && <SweepStrip state={mail.state} onDismiss={mail.dismiss} />}
        <Filters query={query} onQuery={setQuery} />
        <ListBody list={list} empty={<NothingHere query={query} />}>
          <StaffTable
            rows={list.rows ?? []}
            now={now}
            tree={tree.data}
            query={query}
            onQuery={setQuery}
            stale={list.loading}
            onRaced={list.reload}
          />
        </ListBody>
        <NewLink look="lg fab phone" />
      </main>
    </Shell>
  );
}

function NothingHere({ query }: { query: ListQuery }) {
  const { me } = useSession();
  const filtered = query.all || query.statuses.length > 0 || query.kind !== undefined;
  if (filtered)
    return (
      <Empty text={t('list.no_match')}>
        <a class="btn" href={`#${listAddress({ ...query, statuses: [], all: false, kind: undefined })}`}>
          {t('list.clear')}
        </a>
      </Empty>
    );
  return (
    <Empty text={t('list.nothing')}>
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
          <CustomerTable rows={list.rows ?? []} now={now} stale={list.loading} />
        </ListBody>
      </main>
    </Shell>
  );
}
