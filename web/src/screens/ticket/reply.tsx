import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Entry, type NewMessage, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { readDraft, writeDraft } from '../../lib/drafts.ts';
import { nextWorkingDay } from '../../lib/due.ts';
import { useWrite } from '../../lib/hooks.ts';
import { problemText } from '../../lib/problems.ts';
import { Button, capitalMoment } from '../../parts/basics.tsx';
import { Segmented } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { FileInput, UploadList, useUploads } from '../../parts/uploader.tsx';
import { useSession } from '../../state/session.ts';
import { DueDialog } from './due-dialog.tsx';

type Tab = 'public' | 'internal';
type Outcome = 'due' | 'resolve';

interface Draft {
  body: string;
  tab: Tab;
}

interface ReplyProps {
  ticket: Ticket;
  /** Entries of others that are not on the page yet. */
  unseen: () => Promise<Entry[]>;
  onSent: () => Promise<void>;
  onShow: () => Promise<void>;
}

const DRAFT_AFTER = 600;

/** What is typed, kept per ticket on this device until it is sent. */
function useDraft(number: number) {
  const { me, guest } = useSession();
  const person = (me ?? guest)?.id ?? 'guest';
  const name = `ticket-${number}`;
  const [draft, setDraft] = useState<Draft>(() => readDraft<Draft>(person, name) ?? { body: '', tab: 'public' });
  const latest = useRef(draft);
  latest.current = draft;
  const keep = () => writeDraft(person, name, latest.current.body.trim() === '' ? undefined : latest.current);
  useEffect(() => {
    const timer = setTimeout(keep, DRAFT_AFTER);
    return () => clearTimeout(timer);
  }, [draft]);
  useEffect(() => {
    addEventListener('pagehide', keep);
    return () => {
      removeEventListener('pagehide', keep);
      keep();
    };
  }, []);
  /** Takes away what was sent. What was typed since then stays. */
  const forget = (sent: string) => {
    if (latest.current.body !== sent) return;
    latest.current = { body: '', tab: 'public' };
    setDraft(latest.current);
    keep();
  };
  return { draft, setDraft, forget };
}

export function ReplyBox({ ticket, unseen, onSent, onShow }: ReplyProps) {
  const { me } = useSession();
  const { can } = ticket;
  const { draft, setDraft, forget } = useDraft(ticket.number);
  const [outcome, setOutcome] = useState<Outcome>('due');
  const [due, setDue] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string>();
  const [afterUploads, setAfterUploads] = useState(false);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const { queue, items } = useUploads();
  const write = useWrite((key, message: NewMessage) => tickets.message(ticket.number, message, key));
  const id = useId();
  const note = draft.tab === 'internal' && can.note === true;
  const outcomes = can.resolve === true && !note;
  const dueAt = due ?? ticket.due_at ?? nextWorkingDay(new Date()).toISOString();

  const message = (): NewMessage => ({
    body: draft.body.trim(),
    visibility: note ? 'internal' : 'public',
    ...(outcomes && outcome === 'resolve' ? { resolve: true } : {}),
    ...(outcomes && outcome === 'due' && can.due && dueAt !== ticket.due_at ? { due_at: dueAt } : {}),
    ...(queue.storedIds.length > 0 ? { attachment_ids: queue.storedIds } : {}),
  });

  const send = async () => {
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    try {
      await trySend();
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };

  const trySend = async () => {
    setWrong(undefined);
    if (queue.busy) return setAfterUploads(true);
    setAfterUploads(false);
    if (items.some(item => item.state === 'failed')) return setWrong(t('reply.failed_files'));
    if (draft.body.trim() === '' && queue.storedIds.length === 0) {
      area.current?.focus();
      return setWrong(t('reply.empty'));
    }
    const sent = message();
    if (await somebodyElse()) return;
    if (!(await write.run(sent))) return;
    // One may have gone on with the next message meanwhile.
    forget(draft.body);
    setOutcome(now => (now === outcome ? 'due' : now));
    setDue(now => (now === due ? null : now));
    queue.forget(sent.attachment_ids ?? []);
    await onSent();
    area.current?.focus();
  };

  /** Somebody replied meanwhile: show it, keep what is typed, and let the person decide. */
  const somebodyElse = async (): Promise<boolean> => {
    const others = await unseen().catch(() => []);
    const reply = others.find(
      entry => (entry.type === 'message' || entry.type === 'note') && entry.author?.id !== me?.id,
    );
    if (!reply) return false;
    await onShow();
    setWrong(t('reply.meanwhile', { name: reply.author?.name ?? t('system') }));
    return true;
  };

  useEffect(() => {
    if (afterUploads && !queue.busy) void send();
  }, [items, afterUploads]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    }
  };

  const label = note
    ? t('reply.note_label')
    : me && me.role !== 'user'
      ? t('reply.label', { name: ticket.requester.name || ticket.requester.email })
      : t('reply.own_label');
  const closed = ticket.status === 'resolved' && !can.resolve;
  return (
    <form
      class={note ? 'reply note' : 'reply'}
      aria-label={t('reply')}
      onKeyDown={onKeyDown}
      onSubmit={event => {
        event.preventDefault();
        void send();
      }}
    >
      {can.note && <Tabs tab={draft.tab} panel={id} onTab={tab => setDraft({ ...draft, tab })} />}
      <label class="vh" for={id}>
        {label}
      </label>
      <textarea
        ref={area}
        id={id}
        dir="auto"
        maxLength={65_536}
        value={draft.body}
        placeholder={closed ? t('reply.reopens') : note ? t('reply.note_hint') : t('reply.hint')}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onInput={event => setDraft({ ...draft, body: event.currentTarget.value })}
      />
      <div class="reply-files">
        <UploadList queue={queue} items={items} />
      </div>
      <ReplyStatus
        id={`${id}-wrong`}
        wrong={wrong}
        error={write.error}
        waiting={write.waiting}
        afterUploads={afterUploads}
      />
      <div class="foot">
        {outcomes && (
          <OutcomeChoice
            outcome={outcome}
            onOutcome={setOutcome}
            dueAt={dueAt}
            onDue={setDue}
            canDue={can.due === true}
          />
        )}
        {outcomes && <span class="grow" />}
        {can.attach && (
          <label class="btn ghost file-btn" for={`${id}-files`}>
            <Icon name="clip" />
            <span class={can.resolve ? 'vh' : ''}>{t('attach')}</span>
            <FileInput id={`${id}-files`} queue={queue} />
          </label>
        )}
        {!outcomes && <span class="grow" />}
        <Button submit look={can.resolve || !closed ? 'primary' : ''} icon="send" busy={busy || afterUploads}>
          {note ? t('reply.send_note') : t('reply.send')}
        </Button>
      </div>
    </form>
  );
}

function Tabs({ tab, panel, onTab }: { tab: Tab; panel: string; onTab: (tab: Tab) => void }) {
  const tabs: Tab[] = ['public', 'internal'];
  const move = (event: KeyboardEvent) => {
    if (event.key !== 'ArrowLeft' && event.key !== 'ArrowRight') return;
    event.preventDefault();
    const next = tab === 'public' ? 'internal' : 'public';
    onTab(next);
    const list = event.currentTarget as HTMLElement;
    requestAnimationFrame(() => list.querySelector<HTMLElement>('[aria-selected=true]')?.focus());
  };
  return (
    <div class="tabs" role="tablist" aria-label={t('reply.kind')} onKeyDown={move}>
      {tabs.map(one => (
        <button
          key={one}
          type="button"
          role="tab"
          aria-selected={one === tab}
          aria-controls={panel}
          tabIndex={one === tab ? 0 : -1}
          onClick={() => onTab(one)}
        >
          {t(`reply.tab.${one}`)}
        </button>
      ))}
    </div>
  );
}

interface OutcomeProps {
  outcome: Outcome;
  onOutcome: (outcome: Outcome) => void;
  dueAt: string;
  onDue: (due: string) => void;
  canDue: boolean;
}

function OutcomeChoice({ outcome, onOutcome, dueAt, onDue, canDue }: OutcomeProps) {
  const [dating, setDating] = useState(false);
  const choices = [
    { id: 'due' as const, name: t(canDue ? 'reply.outcome.due' : 'reply.outcome.open') },
    { id: 'resolve' as const, name: t('reply.outcome.resolve') },
  ];
  return (
    <>
      <Segmented flat label={t('reply.outcome')} value={outcome} choices={choices} onValue={onOutcome} />
      {outcome === 'due' && canDue && (
        <button type="button" class="btn" aria-haspopup="dialog" onClick={() => setDating(true)}>
          <Icon name="cal" />
          {capitalMoment(new Date(dueAt), new Date())}
          <Icon name="down" />
        </button>
      )}
      {dating && (
        <DueDialog
          value={dueAt}
          clearable={false}
          onClose={() => setDating(false)}
          onChoose={due => {
            setDating(false);
            if (due) onDue(due);
          }}
        />
      )}
    </>
  );
}

interface StatusProps {
  id: string;
  wrong: string | undefined;
  error: unknown;
  waiting: boolean;
  afterUploads: boolean;
}

function ReplyStatus({ id, wrong, error, waiting, afterUploads }: StatusProps) {
  const bad = wrong ?? (error === undefined ? undefined : problemText(error));
  if (bad)
    return (
      <p class="reply-say error" id={id} role="alert">
        <Icon name="alert" />
        {bad}
      </p>
    );
  const say = waiting ? t('send.waiting') : afterUploads ? t('send.after_uploads') : undefined;
  return say ? (
    <p class="reply-say sm muted" role="status">
      {say}
    </p>
  ) : null;
}
