import { audit, canned, categories, organisation } from '../../api/admin.ts';
import type { AuditRecord } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { usePages } from '../../lib/pages.ts';
import { Button, Moment, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { actionWords, changeWords, partNames } from './audit-words.ts';

/** Names are a help, not the thing itself: without them the ids' number is told. */
const quietly = <T,>(read: () => Promise<{ value: T }>): Promise<T | undefined> =>
  read().then(
    answer => answer.value,
    () => undefined,
  );

export default function AuditScreen() {
  const list = usePages(cursor => audit(cursor), []);
  const names = useResource(async () => {
    const [units, subjects, replies] = await Promise.all([
      quietly(organisation.read),
      quietly(categories.read),
      quietly(canned.read),
    ]);
    return partNames(units, subjects, replies);
  }, []);
  const title = t('nav.audit');
  const { rows } = list;
  return (
    <Shell top={<Heading title={title}>{title}</Heading>}>
      <main id="main" class="admin" tabIndex={-1}>
        {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
        {!rows && list.error === undefined && <Skeleton rows={8} look="lines" />}
        {rows?.length === 0 && <Empty text={t('audit.empty')} />}
        {rows && rows.length > 0 && (
          <div class="cards">
            <section class="card panel" aria-label={title}>
              <p class="muted">{t('audit.lead')}</p>
              <Records rows={rows} names={names.data ?? new Map()} />
              {list.more.error !== undefined && <ErrorBox error={list.more.error} onRetry={list.loadMore} />}
              {list.hasMore && (
                <Button busy={list.more.busy} onClick={list.loadMore}>
                  {t('list.more')}
                </Button>
              )}
            </section>
          </div>
        )}
      </main>
    </Shell>
  );
}

function Records({ rows, names }: { rows: readonly AuditRecord[]; names: ReadonlyMap<string, string> }) {
  const now = useNow();
  return (
    <ol class="rows audit">
      {rows.map((record, index) => (
        <li key={index} class="stacked">
          <p>{actionWords(record)}</p>
          {record.changes.length > 0 && (
            <ul class="xs ink-2">
              {record.changes.map((change, at) => (
                <li key={at} dir="auto">
                  {changeWords(change, names)}
                </li>
              ))}
            </ul>
          )}
          <p class="muted xs capital">
            <Moment at={record.at} now={now} />
          </p>
        </li>
      ))}
    </ol>
  );
}
