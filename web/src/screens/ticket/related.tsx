import { useEffect } from 'preact/hooks';
import { newKey, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { titleOf } from '../../lib/erased.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { Button } from '../../parts/basics.tsx';
import { toast, toastError } from '../../parts/feedback.tsx';
import { ticketName } from '../../state/session.ts';
import type { OpenDialog } from './actions.tsx';

interface RelatedProps {
  ticket: Ticket;
  onOpen: OpenDialog;
  /** The history has a new line. */
  onChanged: () => void;
}

/** Titles are asked for of this many; of more, the numbers alone. */
const NAMED = 5;

/** The tickets that have to do with this one; staff alone see them. */
export function RelatedSection({ ticket, onOpen, onChanged }: RelatedProps) {
  const links = ticket.links ?? [];
  const named = links.slice(0, NAMED);
  const titles = useResource(async () => {
    const found = await Promise.allSettled(named.map(number => tickets.open(number)));
    return new Map(
      found.flatMap(one =>
        one.status === 'fulfilled' ? [[one.value.ticket.number, titleOf(one.value.ticket)] as const] : [],
      ),
    );
  }, [named.join()]);
  const untie = useWrite((key, other: number) => tickets.unlink(ticket.number, other, key).then(() => true));
  const remove = async (other: number) => {
    if (!(await untie.run(other))) return;
    onChanged();
    const again = () => tickets.link(ticket.number, other, newKey()).then(onChanged, toastError);
    toast(t('related.removed'), { undo: () => void again() });
  };
  useEffect(() => {
    if (untie.error !== undefined) toastError(untie.error);
  }, [untie.error]);
  if (links.length === 0) return null;
  return (
    <section>
      <h2>{t('related')}</h2>
      <ul class="related">
        {links.map(other => (
          <li key={other}>
            <a class="grow" href={`#/t/${other}`}>
              <span class="num">{ticketName(other)}</span>{' '}
              <span class="muted" dir="auto">
                {titles.data?.get(other)}
              </span>
            </a>
            {ticket.can.note && (
              <Button
                look="ghost icon small"
                icon="x"
                disabled={untie.busy}
                label={t('related.remove', { ticket: ticketName(other) })}
                onClick={() => void remove(other)}
              />
            )}
          </li>
        ))}
      </ul>
      {ticket.can.note && (
        <Button icon="link" onClick={() => onOpen('link')}>
          {t('related.add')}
        </Button>
      )}
    </section>
  );
}
