/** The dialogs behind a ticket's menu; loaded when the first of them is opened. */
import { useState } from 'preact/hooks';
import { newKey, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { navigate } from '../../lib/hash-location.ts';
import { useWrite } from '../../lib/hooks.ts';
import { listAddressBack } from '../../lib/neighbours.ts';
import { fieldErrors, problemText } from '../../lib/problems.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast, toastError } from '../../parts/feedback.tsx';
import { TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { isStaff, ticketName, useSession } from '../../state/session.ts';
import type { DialogName } from './actions.tsx';
import type { Changing } from './change.tsx';
import { Exports } from './exports.tsx';
import { KeysDialog } from './keys-dialog.tsx';
import { numberIn, TicketField, usePeek } from './peek.tsx';

interface DialogProps {
  ticket: Ticket;
  changing: Changing;
  onTicket: (ticket: Ticket) => void;
  onClose: () => void;
}

const DIALOGS = {
  title: TitleDialog,
  cc: CopiesDialog,
  link: LinkDialog,
  merge: MergeDialog,
  keys: KeysDialog,
  export: ExportDialog,
  delete: DeleteDialog,
  erase: EraseDialog,
} satisfies Record<DialogName, (props: DialogProps) => unknown>;

export default function TicketDialog({ name, ...props }: DialogProps & { name: DialogName }) {
  const Shown = DIALOGS[name];
  return <Shown {...props} />;
}

const submitting = (act: () => void) => (event: Event) => {
  event.preventDefault();
  act();
};

function ExportDialog({ ticket, onClose }: DialogProps) {
  return (
    <Dialog title={t('action.export')} onClose={onClose}>
      <Exports number={ticket.number} />
    </Dialog>
  );
}

function TitleDialog({ ticket, changing, onClose }: DialogProps) {
  const [title, setTitle] = useState(ticket.title);
  const [wrong, setWrong] = useState<string>();
  const save = async () => {
    const next = title.trim();
    if (next === '') return setWrong(t('field.required'));
    if (next === ticket.title || (await changing.save(ticket, { title: next }))) onClose();
  };
  return (
    <Dialog title={t('action.title')} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submitting(() => void save())}>
        <TextField label={t('ticket.title')} value={title} onValue={setTitle} maxLength={200} error={wrong} />
        <Actions busy={changing.busy} onClose={onClose} label={t('save')} />
      </form>
    </Dialog>
  );
}

function Actions({
  busy,
  onClose,
  label,
  danger = false,
  disabled = false,
}: {
  busy: boolean;
  onClose: () => void;
  label: string;
  danger?: boolean;
  disabled?: boolean;
}) {
  return (
    <div class="actions">
      <Button onClick={onClose}>{t('cancel')}</Button>
      <Button submit look={danger ? 'primary destroy' : 'primary'} busy={busy} disabled={disabled}>
        {label}
      </Button>
    </div>
  );
}

const ADDRESS = /^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/;
/** How many addresses staff may name, and others. */
const MOST_COPIES = { staff: 20, others: 5 };

/** The addresses in a text, parted by commas, semicolons or white space; each once. */
export const addressesIn = (text: string): string[] => [
  ...new Set(
    text
      .toLowerCase()
      .split(/[\s,;]+/)
      .filter(word => word !== ''),
  ),
];

function CopiesDialog({ ticket, changing, onClose }: DialogProps) {
  const { me } = useSession();
  const most = isStaff(me) ? MOST_COPIES.staff : MOST_COPIES.others;
  const [text, setText] = useState(ticket.cc.join('\n'));
  const [wrong, setWrong] = useState<string>();
  const save = async () => {
    const cc = addressesIn(text);
    const bad = cc.find(address => !ADDRESS.test(address));
    if (bad !== undefined) return setWrong(t('cc.bad', { address: bad }));
    if (cc.length > most) return setWrong(t('cc.too_many', { n: most }));
    setWrong(undefined);
    if (cc.join() === ticket.cc.join() || (await changing.save(ticket, { cc }))) onClose();
  };
  return (
    <Dialog title={t('action.cc')} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submitting(() => void save())}>
        <TextField
          label={t('ticket.cc')}
          hint={t('cc.hint', { n: most })}
          value={text}
          onValue={setText}
          rows={4}
          error={wrong}
        />
        <Actions busy={changing.busy} onClose={onClose} label={t('save')} />
      </form>
    </Dialog>
  );
}

function LinkDialog({ ticket, onTicket, onClose }: DialogProps) {
  const [text, setText] = useState('');
  const peek = usePeek(text);
  const write = useWrite((key, other: number) => tickets.link(ticket.number, other, key));
  const link = async () => {
    const after = peek.number !== undefined && (await write.run(peek.number));
    if (!after) return;
    toast(t('related.added'));
    onTicket(after);
    onClose();
  };
  const same = peek.number === ticket.number ? t('field.same_ticket') : undefined;
  return (
    <Dialog title={t('action.link')} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submitting(() => void link())}>
        <p class="sm">{t('related.lead')}</p>
        <TicketField
          label={t('related.label')}
          text={text}
          onText={setText}
          peek={peek}
          error={same ?? (write.error === undefined ? undefined : numberProblem(write.error))}
        />
        <Actions
          busy={write.busy}
          onClose={onClose}
          label={t('related.add')}
          disabled={!peek.ticket || Boolean(same)}
        />
      </form>
    </Dialog>
  );
}

/** A refusal is told in words of its field, or of itself. */
const numberProblem = (error: unknown): string =>
  fieldErrors(error).into ?? fieldErrors(error).number ?? problemText(error);

function MergeDialog({ ticket, onClose }: DialogProps) {
  const [text, setText] = useState('');
  const peek = usePeek(text);
  const write = useWrite((key, into: number) => tickets.merge(ticket.number, into, key));
  const target = peek.ticket;
  const refused =
    peek.number === ticket.number
      ? t('field.same_ticket')
      : target?.merged_into != null
        ? t('merge.gone_on', { ticket: ticketName(target.merged_into) })
        : target?.deleted_at
          ? t('problem.deleted')
          : undefined;
  const merge = async () => {
    if (!target || refused || !(await write.run(target.number))) return;
    toast(t('merged.done', { ticket: ticketName(ticket.number), into: ticketName(target.number) }));
    onClose();
    navigate(`/t/${target.number}`);
  };
  return (
    <Dialog title={t('merge.title', { ticket: ticketName(ticket.number) })} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submitting(() => void merge())}>
        <p class="sm">{t('merge.lead')}</p>
        <TicketField
          label={t('merge.into')}
          text={text}
          onText={setText}
          peek={peek}
          error={refused ?? (write.error === undefined ? undefined : numberProblem(write.error))}
        />
        <Actions busy={write.busy} onClose={onClose} label={t('merge.do')} disabled={!target || Boolean(refused)} />
      </form>
    </Dialog>
  );
}

function DeleteDialog({ ticket, onClose }: DialogProps) {
  const name = ticketName(ticket.number);
  const write = useWrite((key, number: number) => tickets.remove(number, key).then(() => true));
  // Not by a hook: this dialog is gone by the time it is wanted.
  const restore = async () => {
    try {
      await tickets.restore(ticket.number, newKey());
      toast(t('delete.restored', { ticket: name }));
      navigate(`/t/${ticket.number}`);
    } catch (error) {
      toastError(error);
    }
  };
  const remove = async () => {
    if (!(await write.run(ticket.number))) return;
    onClose();
    navigate(listAddressBack());
    toast(t('delete.done', { ticket: name }), { undo: () => void restore() });
  };
  return (
    <Dialog title={t('delete.title', { ticket: name })} onClose={onClose}>
      <form class="stack" onSubmit={submitting(() => void remove())}>
        <p>{t('delete.lead')}</p>
        {write.error !== undefined && <Failed error={write.error} />}
        <Actions busy={write.busy} onClose={onClose} label={t('action.delete')} danger />
      </form>
    </Dialog>
  );
}

/** For good: nothing brings the words back, so the number is typed first. */
function EraseDialog({ ticket, onTicket, onClose }: DialogProps) {
  const name = ticketName(ticket.number);
  const [typed, setTyped] = useState('');
  const [wrong, setWrong] = useState<string>();
  const write = useWrite((key, number: number) => tickets.erase(number, key));
  const erase = async () => {
    if (numberIn(typed) !== ticket.number) return setWrong(t('erase.wrong', { ticket: name }));
    setWrong(undefined);
    const after = await write.run(ticket.number);
    if (!after) return;
    toast(t('erase.done', { ticket: name }));
    onTicket(after);
    onClose();
  };
  return (
    <Dialog title={t('erase.title', { ticket: name })} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submitting(() => void erase())}>
        <p>{t('erase.lead')}</p>
        <TextField
          label={t('erase.type', { ticket: name })}
          value={typed}
          onValue={setTyped}
          error={wrong}
          autoComplete="off"
        />
        {write.error !== undefined && <Failed error={write.error} />}
        <Actions busy={write.busy} onClose={onClose} label={t('action.erase')} danger />
      </form>
    </Dialog>
  );
}
