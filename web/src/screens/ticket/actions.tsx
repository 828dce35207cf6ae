/** What can be done to a ticket as a whole: the menu, and the notices on one that is deleted or goes on in another. */
import { useEffect } from 'preact/hooks';
import { type Ticket, tickets, type User } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { Button, Moment, Rich } from '../../parts/basics.tsx';
import { toast, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Menu, type MenuItem } from '../../parts/menu.tsx';
import { ticketName, useSession } from '../../state/session.ts';

export type DialogName = 'title' | 'cc' | 'link' | 'merge' | 'keys' | 'export' | 'delete' | 'erase';
export type OpenDialog = (name: DialogName) => void;

/** Whether somebody may see who holds links: of all for those who may delete it, of their own for its people. */
const seesKeys = (ticket: Ticket, me: User | undefined): boolean =>
  me !== undefined &&
  !ticket.deleted_at &&
  (ticket.can.delete || ticket.requester.id === me.id || ticket.cc.includes(me.email));

/** The items that this caller may use, and no others. */
function menuItems(ticket: Ticket, me: User | undefined, open: OpenDialog, print: () => void): MenuItem[] {
  const { can } = ticket;
  const dialog = (id: DialogName, icon: MenuItem['icon'], may: boolean, danger = false): MenuItem[] =>
    may ? [{ id, icon, danger, text: t(`action.${id}`), act: () => open(id) }] : [];
  return [
    ...dialog('title', 'edit', can.title),
    ...dialog('cc', 'mail', can.cc),
    // Staff's rights to tie tickets are those to write notes; to merge, those to set any status.
    ...dialog('link', 'link', can.note),
    ...dialog('merge', 'merge', can.status),
    ...dialog('keys', 'key', seesKeys(ticket, me)),
    ...dialog('export', 'download', true),
    { id: 'print', icon: 'print', text: t('action.print'), act: print },
    ...dialog('delete', 'trash', can.delete && !ticket.deleted_at, true),
    ...dialog('erase', 'trash', can.delete && Boolean(ticket.deleted_at) && !ticket.erased, true),
  ];
}

interface ActionsProps {
  ticket: Ticket;
  onOpen: OpenDialog;
  onPrint: () => void;
}

export function TicketActions({ ticket, onOpen, onPrint }: ActionsProps) {
  const { me } = useSession();
  return (
    <Menu label={t('actions')} items={menuItems(ticket, me, onOpen, onPrint)} look="btn ghost icon">
      <Icon name="more" />
    </Menu>
  );
}

interface NoticeProps {
  ticket: Ticket;
  now: Date;
  onOpen: OpenDialog;
  onTicket: (ticket: Ticket) => void;
}

/** Says of a ticket that is not as others are what became of it, and what can be done. */
export function StateNotice(props: NoticeProps) {
  const { ticket } = props;
  if (ticket.deleted_at) return <DeletedNotice {...props} deleted={ticket.deleted_at} />;
  if (ticket.merged_into == null) return null;
  return (
    <div class="notice">
      <Icon name="merge" />
      <p class="grow">
        <Rich
          text="merged.notice"
          ticket={<a href={`#/t/${ticket.merged_into}`}>{ticketName(ticket.merged_into)}</a>}
        />
      </p>
    </div>
  );
}

function DeletedNotice({ ticket, deleted, now, onOpen, onTicket }: NoticeProps & { deleted: string }) {
  const restore = useWrite((key, number: number) => tickets.restore(number, key));
  const go = async () => {
    const after = await restore.run(ticket.number);
    if (!after) return;
    toast(t('delete.restored', { ticket: ticketName(ticket.number) }));
    onTicket(after);
  };
  useEffect(() => {
    if (restore.error !== undefined) toastError(restore.error);
  }, [restore.error]);
  return (
    <div class="notice bad">
      <Icon name="trash" />
      <p class="grow">
        <Rich text={ticket.erased ? 'erase.notice' : 'delete.notice'} when={<Moment at={deleted} now={now} />} />
      </p>
      {ticket.can.delete && !ticket.erased && (
        <span class="actions">
          <Button look="ghost danger" onClick={() => onOpen('erase')}>
            {t('action.erase')}
          </Button>
          <Button busy={restore.busy} onClick={go}>
            {t('delete.restore')}
          </Button>
        </span>
      )}
    </div>
  );
}
