import { useState } from 'preact/hooks';
import type { Entry, Ticket } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { addressOf } from '../../lib/erased.ts';
import { attached, type History, visible } from '../../lib/history.ts';
import { Avatar, Button, Moment, Words } from '../../parts/basics.tsx';
import { toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { useSession } from '../../state/session.ts';
import { AsSent } from './as-sent.tsx';
import { AttachmentList } from './attachments.tsx';
import { EventLine, type Trees } from './event-line.tsx';

const MESSAGES = new Set(['opened', 'message', 'note']);

interface TimelineProps {
  ticket: Ticket;
  history: History;
  now: Date;
  trees: Trees;
  onOlder: () => Promise<void>;
}

export function Timeline({ ticket, history, now, trees, onOlder }: TimelineProps) {
  const [busy, setBusy] = useState(false);
  const older = async () => {
    setBusy(true);
    await onOlder().catch(toastError);
    setBusy(false);
  };
  return (
    <>
      {history.older !== null && (
        <p class="older">
          <Button busy={busy} onClick={older}>
            {t('ticket.older')}
          </Button>
        </p>
      )}
      <ol class="tl" aria-label={t('ticket.timeline')}>
        {history.entries
          .filter(visible)
          .map(entry =>
            MESSAGES.has(entry.type) ? (
              <Message key={entry.seq} entry={entry} ticket={ticket} now={now} />
            ) : (
              <EventLine key={entry.seq} entry={entry} now={now} trees={trees} />
            ),
          )}
      </ol>
    </>
  );
}

function Message({ entry, ticket, now }: { entry: Entry; ticket: Ticket; now: Date }) {
  const note = entry.type === 'note';
  const name = entry.author?.name ?? (entry.author ? t('erased') : t('system'));
  const files = attached(entry).filter(file => !file.inline);
  return (
    <li>
      <Avatar id={entry.author?.id ?? name} name={name} large />
      <article
        class={note ? 'msg note' : 'msg'}
        aria-label={t(note ? 'ticket.note_by' : 'ticket.message_by', { name })}
      >
        <header>
          <b dir="auto">{name}</b>
          {note && (
            <span class="lbl">
              <Icon name="lock" />
              {t('ticket.note')}
            </span>
          )}
          {!note && <AuthorRole entry={entry} ticket={ticket} />}
          <Moment at={entry.at} now={now} class="muted xs" />
        </header>
        <div class="body">
          {entry.body == null ? (
            files.length === 0 && <p class="muted">{t('erased.words')}</p>
          ) : (
            <Words text={entry.body} />
          )}
          {entry.quoted && (
            <details class="quoted">
              <summary>{t('ticket.quoted')}</summary>
              <Words text={entry.quoted} />
            </details>
          )}
          {files.length > 0 && <AttachmentList number={ticket.number} files={files} />}
          <AsSent number={ticket.number} entry={entry} name={name} />
          <Sendings entry={entry} />
        </div>
      </article>
    </li>
  );
}

function AuthorRole({ entry, ticket }: { entry: Entry; ticket: Ticket }) {
  const { me, guest } = useSession();
  const id = entry.author?.id;
  const own = id != null && id === (me ?? guest)?.id;
  const role = own
    ? t('ticket.you')
    : id === ticket.requester.id
      ? t('ticket.requester')
      : entry.author && entry.author.role !== 'user'
        ? t(`role.${entry.author.role}`)
        : '';
  const words = [role, entry.via === 'mail' ? t('ticket.by_mail') : ''].filter(word => word !== '').join(' · ');
  return (
    <>
      {words && <span class="role">{words}</span>}
      {entry.unverified && (
        <span class="role warn">
          <Icon name="alert" />
          {t('ticket.unverified')}
        </span>
      )}
    </>
  );
}

const FAILED = new Set(['bounced', 'complained', 'failed']);

/** What became of the mails that carried an entry; the server tells staff alone. */
function Sendings({ entry }: { entry: Entry }) {
  const sendings = entry.sendings ?? [];
  if (sendings.length === 0) return null;
  return (
    <ul class="sendings xs">
      {sendings.map(sending => (
        <li key={sending.to} class={FAILED.has(sending.state) ? 'bad' : 'muted'}>
          <Icon name={FAILED.has(sending.state) ? 'alert' : 'mail'} />
          {t(`sending.${sending.state}`, { to: addressOf(sending.to) })}
        </li>
      ))}
    </ul>
  );
}
