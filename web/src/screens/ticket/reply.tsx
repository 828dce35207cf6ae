import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { type Entry, type NewMessage, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { readDraft, writeDraft } from '../../lib/drafts.ts';
import { nextWorkingDay } from '../../lib/due.ts';
import { knownAs } from '../../lib/erased.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { useKeys } from '../../lib/keys.ts';
import { listAddressBack, neighbour } from '../../lib/neighbours.ts';
import { keepForLater, type WaitingMessage } from '../../lib/outbox.ts';
import { Button } from '../../parts/basics.tsx';
import { toast } from '../../parts/feedback.tsx';
import { occupied, reason, useGivenBack, WaitingReplies } from '../../parts/outbox.tsx';
import { failedFiles, UploadList, usePageDrop, useUploads } from '../../parts/uploader.tsx';
import { refreshCounts } from '../../state/counts.ts';
import { ticketName, useSession } from '../../state/session.ts';
import {
  AttachButtons,
  CannedButton,
  chosenThen,
  type Outcome,
  OutcomeChoice,
  ReplyStatus,
  rememberThen,
  SendMenu,
  type Tab,
  Tabs,
  type Then,
} from './reply-parts.tsx';

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

/** To the next ticket of the list that was shown last; after its last one, back to the list. */
function goOn(number: number): void {
  const next = neighbour(number, 1);
  toast(t('reply.sent', { ticket: ticketName(number) }));
  navigate(next === undefined ? listAddressBack() : `/t/${next}`);
}

export function ReplyBox({ ticket, unseen, onSent, onShow }: ReplyProps) {
  const { me } = useSession();
  const { can } = ticket;
  const { draft, setDraft, forget } = useDraft(ticket.number);
  const [outcome, setOutcome] = useState<Outcome>('due');
  const [then, setThen] = useState<Then>(chosenThen);
  const after = useRef(then);
  const [due, setDue] = useState<string | null>(null);
  const [wrong, setWrong] = useState<string>();
  const [afterUploads, setAfterUploads] = useState(false);
  const [busy, setBusy] = useState(false);
  const sending = useRef(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const { queue, items } = useUploads();
  const over = usePageDrop(queue, can.attach === true);
  const write = useWrite<[NewMessage], object | 'kept'>(
    (key, message) => tickets.message(ticket.number, message, key),
    (key, body) => {
      const files = items.filter(item => item.state === 'stored').map(item => item.name);
      const kept = keepForLater({ kind: 'message', key, at: Date.now(), files, number: ticket.number, body });
      return kept ? 'kept' : undefined;
    },
  );
  const id = useId();
  const note = draft.tab === 'internal' && can.note === true;
  const outcomes = can.resolve === true && !note;
  const dueAt = due ?? ticket.due_at ?? nextWorkingDay(new Date()).toISOString();

  const message = (result: Outcome): NewMessage => ({
    body: draft.body.trim(),
    visibility: note ? 'internal' : 'public',
    ...(outcomes && result === 'resolve' ? { resolve: true } : {}),
    ...(outcomes && result === 'due' && can.due && dueAt !== ticket.due_at ? { due_at: dueAt } : {}),
    ...(queue.storedIds.length > 0 ? { attachment_ids: queue.storedIds } : {}),
  });

  const send = async (result: Outcome = outcome) => {
    if (sending.current) return;
    sending.current = true;
    setBusy(true);
    try {
      await trySend(result);
    } finally {
      sending.current = false;
      setBusy(false);
    }
  };

  const trySend = async (result: Outcome) => {
    setWrong(undefined);
    if (queue.busy) {
      // Sent by itself afterwards, with the outcome that is shown then.
      setOutcome(result);
      return setAfterUploads(true);
    }
    setAfterUploads(false);
    const failed = failedFiles(items);
    if (failed) return setWrong(failed);
    if (draft.body.trim() === '' && queue.storedIds.length === 0) {
      area.current?.focus();
      return setWrong(t('reply.empty'));
    }
    const sent = message(result);
    if (await somebodyElse()) return;
    const answer = await write.run(sent);
    if (!answer) return;
    // Resolved, reopened, or dated anew: the numbers of the views may have changed.
    if (can.note && answer !== 'kept') refreshCounts();
    // One may have gone on with the next message meanwhile.
    forget(draft.body);
    setOutcome(now => (now === outcome ? 'due' : now));
    setDue(now => (now === due ? null : now));
    queue.forget(sent.attachment_ids ?? []);
    if (answer === 'kept') return area.current?.focus();
    if (can.note && after.current === 'next') return goOn(ticket.number);
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

  const blank = draft.body.trim() === '';
  /** A reply that waited and came back, unless it would get mixed up with what is typed for other readers. */
  const takeBack = (item: WaitingMessage): boolean => {
    if (item.number !== ticket.number) return false;
    const tab = item.body.visibility ?? 'public';
    if ((tab === 'internal' && !can.note) || (!blank && tab !== draft.tab)) return occupied(item);
    setDraft({ body: blank ? item.body.body : `${item.body.body}\n\n${draft.body}`, tab });
    if (item.body.resolve) setOutcome('resolve');
    if (item.body.due_at) setDue(item.body.due_at);
    setWrong(reason(item));
    write.recall(item.key, item.body);
    area.current?.focus();
    return true;
  };
  useGivenBack('message', [draft.tab, blank], takeBack);

  useEffect(() => {
    if (afterUploads && !queue.busy) void send();
  }, [items, afterUploads]);

  const focusAs = (tab: Tab) => {
    setDraft({ ...draft, tab });
    area.current?.focus();
  };
  useKeys({
    r: () => focusAs('public'),
    n: can.note ? () => focusAs('internal') : undefined,
    e: outcomes ? () => void send('resolve') : undefined,
  });

  /** At the cursor, or after what is there. */
  const insert = (text: string) => {
    const at = area.current?.selectionStart ?? draft.body.length;
    setDraft({ ...draft, body: `${draft.body.slice(0, at)}${text}${draft.body.slice(at)}` });
    requestAnimationFrame(() => area.current?.focus());
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void send();
    }
  };

  const label = note
    ? t('reply.note_label')
    : me && me.role !== 'user'
      ? t('reply.label', { name: knownAs(ticket.requester) })
      : t('reply.own_label');
  const closed = ticket.status === 'resolved' && !can.resolve;
  const form = (
    <form
      class={`reply${note ? ' note' : ''}${over ? ' over' : ''}`}
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
        {can.attach && <AttachButtons id={id} queue={queue} bare={can.resolve === true} />}
        {can.note && <CannedButton ticket={ticket} onChoose={insert} />}
        {!outcomes && <span class="grow" />}
        <span class={can.note ? 'send-group' : undefined}>
          <Button submit look={can.resolve || !closed ? 'primary' : ''} icon="send" busy={busy || afterUploads}>
            {note ? t('reply.send_note') : t(can.note && then === 'next' ? 'reply.send_next' : 'reply.send')}
          </Button>
          {can.note && (
            <SendMenu
              then={then}
              onThen={next => {
                after.current = next;
                setThen(next);
                rememberThen(next);
                void send();
              }}
              onResolve={outcomes ? () => void send('resolve') : undefined}
            />
          )}
        </span>
      </div>
    </form>
  );
  return (
    <>
      <WaitingReplies number={ticket.number} onArrived={() => void onSent()} />
      {form}
    </>
  );
}
