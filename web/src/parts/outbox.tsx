/** What waits to be sent, or was refused: a strip over every page, its dialog, and the replies of one ticket. */
import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { allTexts, t, tn } from '../i18n/index.ts';
import { navigate } from '../lib/hash-location.ts';
import { discard, flush, onDelivered, onItsWay, outbox, takeBack, type Waiting, watch } from '../lib/outbox.ts';
import { outboxBar } from '../lib/outbox-mark.ts';
import { codeText, fieldText } from '../lib/problems.ts';
import { useStore } from '../lib/store.ts';
import { ticketName } from '../state/session.ts';
import { Button } from './basics.tsx';
import { toast } from './feedback.tsx';
import { Icon } from './icon.tsx';
import { Dialog } from './overlay.tsx';

/** Why it came back, in words; undefined where the person asked for it. */
export function reason({ back }: Waiting): string | undefined {
  if (back?.code === undefined) return undefined;
  const field = back.code === 'invalid' ? back.fields?.[0] : undefined;
  const why = field ? fieldText(field) : (codeText(back.code) ?? t('problem.unknown'));
  return t('outbox.refused', { why });
}

/** What its writer must do again, since a file can not be put back into the form. */
export const lostFiles = (item: Waiting): string | undefined =>
  item.files.length > 0 ? t('outbox.files_lost', { names: item.files.join(', ') }) : undefined;

const nameOf = (item: Waiting) => (item.kind === 'message' ? ticketName(item.number) : t('ticket.new'));
const textOf = (item: Waiting) =>
  item.kind === 'message' ? item.body.body : [item.body.title, item.body.body].join('\n\n');

/** Hands what was given back to the editor that takes it, as soon as both are there; `deps` is what that hangs on. */
export function useGivenBack<K extends Waiting['kind']>(
  kind: K,
  deps: readonly unknown[],
  take: (item: Extract<Waiting, { kind: K }>) => boolean,
): void {
  const items = useStore(outbox);
  useEffect(watch, []);
  useLayoutEffect(() => {
    const fits = (item: Waiting): item is Extract<Waiting, { kind: K }> =>
      item.kind === kind && item.back !== undefined;
    const item = items.filter(fits).find(take);
    if (!item) return;
    discard(item);
    const lost = lostFiles(item);
    if (lost) toast(lost, { bad: true });
  }, [items, ...deps]);
}

/** Says why it can not go into the editor now, to somebody who asked for it. */
export function occupied(item: Waiting): false {
  if (item.back?.asked) toast(t('outbox.occupied'), { bad: true });
  return false;
}

function Row({ item, onEdit }: { item: Waiting; onEdit: () => void }) {
  const going = useStore(onItsWay) === item.key;
  const why = reason(item);
  const state = why ?? t(going ? 'outbox.going' : 'outbox.waiting');
  return (
    <li class={why ? 'queued bad' : 'queued'}>
      <p class="sm">
        <Icon name={why ? 'alert' : 'clock'} />
        <b class="num">{nameOf(item)}</b>
        <span class={why ? '' : 'muted'}>{state}</span>
      </p>
      <p class="words" dir="auto">
        {textOf(item)}
      </p>
      {item.files.length > 0 && <p class="xs muted">{t('outbox.files', { names: item.files.join(', ') })}</p>}
      <p class="actions start">
        <Button disabled={going} onClick={onEdit}>
          {t('outbox.edit')}
        </Button>
        {item.back && <Button onClick={() => discard(item)}>{t('outbox.discard')}</Button>}
      </p>
    </li>
  );
}

function OutboxDialog({ items, onClose }: { items: readonly Waiting[]; onClose: () => void }) {
  const edit = async (item: Waiting) => {
    await takeBack(item);
    onClose();
    navigate(item.kind === 'message' ? `/t/${item.number}` : '/new');
  };
  return (
    <Dialog title={t('outbox.title')} onClose={onClose}>
      <p class="sm muted">{t('outbox.lead')}</p>
      <ul class="queue">
        {items.map(item => (
          <Row key={item.key} item={item} onEdit={() => void edit(item)} />
        ))}
      </ul>
    </Dialog>
  );
}

/** Says what was delivered, wherever one is by then. */
const sayDelivered = (number: number, kind: Waiting['kind']) =>
  toast(t(kind === 'message' ? 'reply.sent' : 'create.done', { ticket: ticketName(number) }));

/** Over every page, while anything waits or was refused. */
function OutboxBar() {
  const items = useStore(outbox);
  const [open, setOpen] = useState(false);
  useEffect(() => {
    watch();
    void flush();
    return onDelivered(sayDelivered);
  }, []);
  const refused = items.filter(item => reason(item) !== undefined).length;
  if (items.length === 0) return null;
  return (
    <>
      <div class={refused > 0 ? 'offline refused' : 'offline'} role="status">
        <Icon name={refused > 0 ? 'alert' : 'clock'} />
        <span>{refused > 0 ? tn('outbox.count_refused', refused) : tn('outbox.count', items.length)}</span>
        <button type="button" class="btn ghost" aria-haspopup="dialog" onClick={() => setOpen(true)}>
          {t('outbox.show')}
        </button>
      </div>
      {open && <OutboxDialog items={items} onClose={() => setOpen(false)} />}
    </>
  );
}

/** The replies to one ticket that wait, under its history. `onArrived` when one of them has arrived. */
export function WaitingReplies({ number, onArrived }: { number: number; onArrived: () => void }) {
  const items = useStore(outbox).filter(item => item.kind === 'message' && item.number === number);
  useEffect(() => onDelivered(to => to === number && onArrived()), [number]);
  if (items.length === 0) return null;
  return (
    <ul class="queue" aria-label={t('outbox.title')}>
      {items.map(item => (
        <Row key={item.key} item={item} onEdit={() => void takeBack(item)} />
      ))}
    </ul>
  );
}

// From now on the page shows it; its texts may still be on their way.
allTexts().then(
  () => outboxBar.set(OutboxBar),
  () => undefined,
);
