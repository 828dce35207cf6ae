import { useState } from 'preact/hooks';
import {
  type Mailbox,
  type MailboxMessage,
  MESSAGE_STATES,
  type MessageState,
  mailboxes,
  type Sweep,
} from '../../api/index.ts';
import { number, size } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { usePages } from '../../lib/pages.ts';
import { ended } from '../../lib/sweeps.ts';
import { Age, Button, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import { SelectField } from '../../parts/field.tsx';
import { ticketName } from '../../state/session.ts';
import { MailboxActions, MailboxFacts, SweepLine } from './mailboxes.tsx';
import { useSweeps } from './use-sweeps.ts';

export function MailboxDetail({ mailbox, onEdit }: { mailbox: Mailbox; onEdit: () => void }) {
  const sweeps = useSweeps(mailbox, 20);
  const { items, newest } = sweeps;
  return (
    <div class="cards">
      <section class="card panel" aria-label={t('mailbox.settings')}>
        <MailboxFacts mailbox={mailbox} sweeps={sweeps} />
        <MailboxActions mailbox={mailbox} onEdit={onEdit} sweeps={sweeps} />
      </section>
      <section class="card panel">
        <header>
          <h2>{t('sweeps')}</h2>
        </header>
        {sweeps.error !== undefined && <ErrorBox error={sweeps.error} onRetry={sweeps.reload} />}
        {!items && sweeps.error === undefined && <Skeleton rows={3} look="lines" />}
        {items && <SweepTable sweeps={items} />}
      </section>
      <Messages mailbox={mailbox} done={newest && ended(newest) ? newest.id : undefined} />
    </div>
  );
}

const COUNTS = ['found', 'imported', 'replies', 'ignored', 'duplicates', 'oversize', 'quarantined'] as const;

function SweepTable({ sweeps }: { sweeps: readonly Sweep[] }) {
  const now = useNow();
  if (sweeps.length === 0) return <p class="muted sm">{t('mailbox.never')}</p>;
  return (
    // A wide table scrolls in its own frame, by keyboard too: the page never scrolls sideways.
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <div class="scroll" tabIndex={0} role="region" aria-label={t('sweeps')}>
      <table class="plain-table sweeps">
        <thead>
          <tr>
            <th scope="col">{t('sweep.result')}</th>
            {COUNTS.map(count => (
              <th key={count} scope="col" class="num">
                {t(`sweep.${count}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sweeps.map(sweep => (
            <tr key={sweep.id}>
              <td>
                <SweepLine sweep={sweep} now={now} />
              </td>
              {COUNTS.map(count => (
                <td key={count} class="num" data-label={t(`sweep.${count}`)}>
                  {number(sweep[count] ?? 0)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Messages({ mailbox, done }: { mailbox: Mailbox; done: string | undefined }) {
  const [state, setState] = useState<MessageState | ''>('');
  const list = usePages(
    cursor => mailboxes.messages(mailbox.id, state || undefined, cursor),
    [mailbox.id, state, done],
  );
  return (
    <section class="card panel">
      <header>
        <h2>{t('messages')}</h2>
      </header>
      <SelectField
        label={t('messages.state')}
        value={state}
        empty={t('filter.all')}
        choices={MESSAGE_STATES.map(id => ({ id, name: t(`message.${id}`) }))}
        onValue={value => setState(value as MessageState | '')}
      />
      {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
      {!list.rows && list.error === undefined && <Skeleton rows={4} look="lines" />}
      {list.rows?.length === 0 && <Empty text={t('messages.none')} />}
      {list.rows && list.rows.length > 0 && <MessageList rows={list.rows} />}
      {list.hasMore && (
        <Button busy={list.more.busy} onClick={list.loadMore}>
          {t('list.more')}
        </Button>
      )}
    </section>
  );
}

function MessageList({ rows }: { rows: readonly MailboxMessage[] }) {
  const now = useNow();
  return (
    <ul class="mails">
      {rows.map(row => (
        <li key={row.id}>
          <div class="grow">
            <b dir="auto">{row.subject || t('messages.no_subject')}</b>
            <p class="muted xs">
              {[row.sender, row.size == null ? undefined : size(row.size)].filter(Boolean).join(' · ')} ·{' '}
              <Age at={row.at} now={now} />
            </p>
            {row.reason && <p class="xs">{t('messages.reason', { reason: row.reason })}</p>}
          </div>
          <span class="sm">{t(`message.${row.state}`)}</span>
          {row.ticket != null && (
            <a class="sm num" href={`#/t/${row.ticket}`}>
              {ticketName(row.ticket)}
            </a>
          )}
        </li>
      ))}
    </ul>
  );
}
