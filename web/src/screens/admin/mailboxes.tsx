import { useState } from 'preact/hooks';
import { type Mailbox, type MailboxTest, mailboxes, type Sweep } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { neverBegun, newOnes, underWay } from '../../lib/sweeps.ts';
import { Age, Button, momentWords, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { MailboxDetail } from './mailbox-detail.tsx';
import { MailboxDialog } from './mailbox-form.tsx';
import { type Sweeps, useSweeps } from './use-sweeps.ts';
import { codeWords, sweepError } from './words.ts';

export default function MailboxesScreen({ id }: { id?: string | undefined }) {
  const list = useResource(() => mailboxes.list(), []);
  const [edited, setEdited] = useState<Mailbox | 'new'>();
  const one = id === undefined ? undefined : list.data?.items.find(mailbox => mailbox.id === id);
  const title = one ? one.name : t('nav.mailboxes');
  const top = (
    <>
      <Heading key={title} title={title}>
        {title}
      </Heading>
      <span class="grow" />
      {id === undefined && (
        <Button look="primary" icon="plus" onClick={() => setEdited('new')}>
          {t('mailbox.new')}
        </Button>
      )}
    </>
  );
  return (
    <Shell top={top} {...(id === undefined ? {} : { back: '#/admin/mailboxes' })}>
      <main id="main" class="admin" tabIndex={-1}>
        {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
        {!list.data && list.error === undefined && <Skeleton rows={3} look="messages" />}
        {list.data && id === undefined && <MailboxCards list={list.data.items} onEdit={setEdited} />}
        {list.data &&
          id !== undefined &&
          (one ? <MailboxDetail mailbox={one} onEdit={() => setEdited(one)} /> : <Empty text={t('gone.lead')} />)}
        {edited && (
          <MailboxDialog
            mailbox={edited === 'new' ? undefined : edited}
            onClose={() => setEdited(undefined)}
            onSaved={() => {
              setEdited(undefined);
              toast(t('saved'));
              list.reload();
            }}
            onRemoved={gone => {
              setEdited(undefined);
              toast(t('mailbox.removed'));
              list.set({ items: list.data?.items.filter(other => other.id !== gone.id) ?? [] });
              navigate('/admin/mailboxes', { replace: true });
            }}
          />
        )}
      </main>
    </Shell>
  );
}

function MailboxCards({ list, onEdit }: { list: readonly Mailbox[]; onEdit: (mailbox: Mailbox) => void }) {
  if (list.length === 0) return <Empty text={t('mailbox.empty')} />;
  return (
    <ul class="cards">
      {list.map(mailbox => (
        <li key={mailbox.id} class="card panel">
          <MailboxCard mailbox={mailbox} onEdit={() => onEdit(mailbox)} />
        </li>
      ))}
    </ul>
  );
}

function MailboxCard({ mailbox, onEdit }: { mailbox: Mailbox; onEdit: () => void }) {
  const sweeps = useSweeps(mailbox, 1);
  return (
    <>
      <header>
        <h2>
          <a href={`#/admin/mailboxes/${mailbox.id}`}>{mailbox.name}</a>
        </h2>
        {!mailbox.enabled && (
          <span class="tag cancelled">
            <Icon name="s-cancelled" />
            {t('mailbox.disabled')}
          </span>
        )}
      </header>
      <MailboxFacts mailbox={mailbox} sweeps={sweeps} />
      <MailboxActions mailbox={mailbox} onEdit={onEdit} sweeps={sweeps} />
    </>
  );
}

export function MailboxFacts({ mailbox, sweeps }: { mailbox: Mailbox; sweeps: Sweeps }) {
  const now = useNow();
  const { newest, next } = sweeps;
  return (
    <dl class="props">
      <dt>{t('mailbox.address')}</dt>
      <dd>{mailbox.address}</dd>
      <dt>{t('mailbox.server')}</dt>
      <dd>
        {t('mailbox.server_is', {
          host: mailbox.host,
          port: String(mailbox.port),
          security: t(`security.${mailbox.security}`),
        })}
      </dd>
      <dt>{t('mailbox.after')}</dt>
      <dd>{t(`after.${mailbox.after_import}`)}</dd>
      <dt>{t('mailbox.last')}</dt>
      <dd class="stacked">
        {newest ? <SweepLine sweep={newest} now={now} /> : t('mailbox.never')}
        {newest?.state === 'failed' && next && (
          <p class="muted xs">{t('mailbox.next', { when: momentWords(new Date(next), now) })}</p>
        )}
      </dd>
    </dl>
  );
}

export function SweepLine({ sweep, now }: { sweep: Sweep; now: Date }) {
  const error = sweepError(sweep);
  const at = sweep.ended_at ?? sweep.started_at ?? sweep.asked_at;
  const lost = neverBegun(sweep);
  const bad = lost || sweep.state === 'failed';
  return (
    <div class="sweep-line">
      <span class={bad ? 'bad-words' : ''}>
        {bad && <Icon name="alert" />}
        {error?.words ?? t(`sweep.state.${lost ? 'lost' : sweep.state}`)}
        {sweep.state === 'done' && <>, {tn('sweep.new', newOnes(sweep))}</>}
      </span>
      <p class="muted xs capital">
        <Age at={at} now={now} />
      </p>
      {error?.detail && (
        <details class="xs muted">
          <summary>{t('detail')}</summary>
          <p class="mono">{error.detail}</p>
        </details>
      )}
    </div>
  );
}

interface ActionProps {
  mailbox: Mailbox;
  onEdit: () => void;
  sweeps: Sweeps;
}

export function MailboxActions({ mailbox, onEdit, sweeps }: ActionProps) {
  const [tested, setTested] = useState<MailboxTest>();
  const test = useWrite((key, id: string) => mailboxes.test(id, key));
  const sweep = useWrite((key, id: string) => mailboxes.sweep(id, key));
  const runTest = async () => {
    setTested(undefined);
    setTested(await test.run(mailbox.id));
  };
  const runSweep = async () => {
    if (await sweep.run(mailbox.id)) sweeps.reload();
  };
  const error = test.error ?? sweep.error;
  return (
    <>
      <div class="actions start">
        <Button icon="check" busy={test.busy} onClick={runTest}>
          {t('mailbox.test')}
        </Button>
        {mailbox.enabled && (
          <Button icon="refresh" busy={sweep.busy} onClick={runSweep}>
            {t('mailbox.sweep')}
          </Button>
        )}
        <Button look="ghost" onClick={onEdit}>
          {t('edit')}
        </Button>
      </div>
      <div role="status">
        {underWay(sweeps.newest) && <p class="muted">{t('sweep.asked')}</p>}
        {tested && <TestResult result={tested} />}
      </div>
      {error !== undefined && <Failed error={error} />}
    </>
  );
}

/** The outcome of a test in plain words, with the server's own line for whoever looks after it. */
function TestResult({ result }: { result: MailboxTest }) {
  if (result.ok)
    return (
      <p class="notice good">
        <Icon name="s-resolved" />
        {tn('mailbox.test_ok', result.messages ?? 0)}
      </p>
    );
  return (
    <div class="notice bad">
      <Icon name="alert" />
      <div>
        <p>{codeWords(result.code)}</p>
        {result.detail && (
          <details class="xs">
            <summary>{t('detail')}</summary>
            <p class="mono">{result.detail}</p>
          </details>
        )}
      </div>
    </div>
  );
}
