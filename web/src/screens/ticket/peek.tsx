import { useEffect, useState } from 'preact/hooks';
import { isApiError, type Ticket, tickets } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { knownAs, titleOf } from '../../lib/erased.ts';
import { useResource } from '../../lib/hooks.ts';
import { problemText } from '../../lib/problems.ts';
import { StatusTag } from '../../parts/basics.tsx';
import { TextField } from '../../parts/field.tsx';
import { ticketName } from '../../state/session.ts';

/** 'CH-2841', '2841', '#2841': what people call a ticket. */
export const numberIn = (text: string): number | undefined => {
  const digits = /^\D*([1-9]\d{0,14})$/.exec(text.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
};

const PAUSE_MS = 300;

/** Looks a ticket up by what is typed, a moment after the last key. */
export function usePeek(text: string) {
  const [wanted, setWanted] = useState<number>();
  const number = numberIn(text);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(number), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [number]);
  const found = useResource(
    async signal => (wanted === undefined ? undefined : tickets.open(wanted, signal)),
    [wanted],
  );
  const here = number !== undefined && wanted === number && !found.loading;
  const ticket = here && found.data?.ticket.number === number ? found.data.ticket : undefined;
  return { number, ticket, error: here && !ticket ? found.error : undefined };
}

interface PeekProps {
  label: string;
  text: string;
  onText: (text: string) => void;
  peek: ReturnType<typeof usePeek>;
  error?: string | undefined;
}

/** A field for a ticket's number, which shows what that ticket is before anything is done with it. */
export function TicketField({ label, text, onText, peek, error }: PeekProps) {
  const gone = peek.error !== undefined && isApiError(peek.error) && peek.error.status === 404;
  const wrong = error ?? (peek.error === undefined ? undefined : gone ? t('peek.none') : problemText(peek.error));
  return (
    <>
      <TextField
        label={label}
        hint={t('peek.hint', { example: ticketName(1042) })}
        value={text}
        onValue={onText}
        error={wrong}
        autoComplete="off"
      />
      <div class="peek sm" role="status">
        {peek.ticket && <Peeked ticket={peek.ticket} />}
      </div>
    </>
  );
}

const Peeked = ({ ticket }: { ticket: Ticket }) => (
  <>
    <StatusTag status={ticket.status} />
    <b dir="auto">{titleOf(ticket)}</b>
    <span class="muted">{knownAs(ticket.requester)}</span>
  </>
);
