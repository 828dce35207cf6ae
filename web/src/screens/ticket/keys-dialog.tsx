import { useState } from 'preact/hooks';
import { type Ticket, type TicketKey, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { Button, Moment, Rich, useNow } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { Dialog } from '../../parts/overlay.tsx';

/** Who holds links of a ticket, and taking them away. */
export function KeysDialog({ ticket, onClose }: { ticket: Ticket; onClose: () => void }) {
  const keys = useResource(() => tickets.keys(ticket.number), [ticket.number]);
  const [asking, setAsking] = useState(false);
  // Without an id: all of them.
  const write = useWrite((key, id: string | undefined) =>
    (id === undefined ? tickets.revokeKeys(ticket.number, key) : tickets.revokeKey(ticket.number, id, key)).then(
      () => true,
    ),
  );
  const revoke = async (id?: string) => {
    setAsking(false);
    if (await write.run(id)) toast(t(id === undefined ? 'holders.all_revoked' : 'holders.revoked'));
    keys.reload();
  };
  const items = keys.data?.items;
  return (
    <Dialog title={t('action.keys')} look="wide" onClose={onClose}>
      <p class="sm">{t('holders.lead')}</p>
      {keys.error !== undefined && <ErrorBox error={keys.error} onRetry={keys.reload} />}
      {!items && keys.error === undefined && <Skeleton rows={3} />}
      {items?.length === 0 && <Empty text={t('holders.none')} />}
      {items && items.length > 0 && (
        <ul class="holders">
          {items.map(key => (
            <Holder key={key.id} held={key} busy={write.busy} onRevoke={() => void revoke(key.id)} />
          ))}
        </ul>
      )}
      {write.error !== undefined && <Failed error={write.error} />}
      <div class="actions">
        {items && items.length > 1 && (
          <Button look="danger start" busy={write.busy} onClick={() => (asking ? void revoke() : setAsking(true))}>
            {t(asking ? 'holders.sure' : 'holders.revoke_all')}
          </Button>
        )}
        <Button look="primary" onClick={onClose}>
          {t('close')}
        </Button>
      </div>
    </Dialog>
  );
}

function Holder({ held, busy, onRevoke }: { held: TicketKey; busy: boolean; onRevoke: () => void }) {
  const now = useNow();
  const name = held.person.name ?? t('erased');
  return (
    <li>
      <span class="grow">
        <b>{name}</b>
        <br />
        <span class="muted xs">
          <Rich
            text={held.expired ? 'holders.expired' : 'holders.until'}
            when={<Moment at={held.expires_at} now={now} />}
          />
        </span>
      </span>
      <Button disabled={busy} label={t('holders.revoke_one', { name })} onClick={onRevoke}>
        {t('holders.revoke')}
      </Button>
    </li>
  );
}
