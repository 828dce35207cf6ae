/** The pieces of the reply box. */
import { useState } from 'preact/hooks';
import type { Ticket } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import { problemText } from '../../lib/problems.ts';
import type { UploadQueue } from '../../lib/uploads.ts';
import { Button, capitalMoment } from '../../parts/basics.tsx';
import { Segmented } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Menu } from '../../parts/menu.tsx';
import { FileInput } from '../../parts/uploader.tsx';
import { DueDialog } from './due-dialog.tsx';

const CannedDialog = lazy(() => import('./canned.tsx'));

export type Tab = 'public' | 'internal';
export type Outcome = 'due' | 'resolve';
/** Where one is after sending. */
export type Then = 'stay' | 'next';

const THEN = 'chamada.then';
export const chosenThen = (): Then => (localStorage.getItem(THEN) === 'next' ? 'next' : 'stay');
export const rememberThen = (then: Then): void => localStorage.setItem(THEN, then);

interface SendMenuProps {
  then: Then;
  onThen: (then: Then) => void;
  /** Sends at once, resolving; where one may. */
  onResolve: (() => void) | undefined;
}

/** What else the button may do: where one is afterwards, and resolving with it. */
export function SendMenu({ then, onThen, onResolve }: SendMenuProps) {
  const items = [
    { id: 'stay', icon: 'send' as const, text: t('reply.then.stay'), on: then === 'stay', act: () => onThen('stay') },
    { id: 'next', icon: 'send' as const, text: t('reply.then.next'), on: then === 'next', act: () => onThen('next') },
    ...(onResolve ? [{ id: 'resolve', icon: 'check' as const, text: t('reply.then.resolve'), act: onResolve }] : []),
  ];
  return (
    <Menu label={t('reply.ways')} items={items} look="btn primary icon send-more">
      <Icon name="down" />
    </Menu>
  );
}

interface AttachProps {
  id: string;
  queue: UploadQueue;
  /** Signs alone, where there is much beside them. */
  bare: boolean;
}

/** Files of this device; on a phone, a photo or a film of what is before one as well. */
export function AttachButtons({ id, queue, bare }: AttachProps) {
  return (
    <>
      <label class="btn ghost file-btn phone" for={`${id}-camera`}>
        <Icon name="camera" />
        <span class="vh">{t('create.camera')}</span>
        <FileInput id={`${id}-camera`} queue={queue} camera />
      </label>
      <label class="btn ghost file-btn" for={`${id}-files`}>
        <Icon name="clip" />
        <span class={bare ? 'vh' : ''}>{t('attach')}</span>
        <FileInput id={`${id}-files`} queue={queue} />
      </label>
    </>
  );
}

/** Opens the texts that staff have ready. */
export function CannedButton({ ticket, onChoose }: { ticket: Ticket; onChoose: (text: string) => void }) {
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button look="ghost icon" icon="text" label={t('canned')} onClick={() => setOpen(true)} />
      {open && (
        <Suspense fallback={null}>
          <CannedDialog
            number={ticket.number}
            onClose={() => setOpen(false)}
            onChoose={text => {
              setOpen(false);
              onChoose(text);
            }}
          />
        </Suspense>
      )}
    </>
  );
}

export function Tabs({ tab, panel, onTab }: { tab: Tab; panel: string; onTab: (tab: Tab) => void }) {
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

export function OutcomeChoice({ outcome, onOutcome, dueAt, onDue, canDue }: OutcomeProps) {
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

export function ReplyStatus({ id, wrong, error, waiting, afterUploads }: StatusProps) {
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
