import { useId, useState } from 'preact/hooks';
import { type NewRating, type Ticket, tickets } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed } from '../../parts/feedback.tsx';
import { TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';

const STARS = [1, 2, 3, 4, 5] as const;
const MAX_COMMENT = 500;

export const StarLine = ({ stars }: { stars: number }) => (
  <p class="stars-line">
    <span aria-hidden="true">
      {STARS.map(star => (
        <span key={star} class={star <= stars ? 'star on' : 'star'}>
          <Icon name="s-star" />
        </span>
      ))}
    </span>
    <span class="vh">{tn('rating.stars', stars)}</span>
  </p>
);

interface RatingProps {
  ticket: Ticket;
  onRated: (ticket: Ticket) => void;
}

/** Asks whoever opened the ticket how it went, and lets them change their mind until it is reopened. */
export function RatingCard({ ticket, onRated }: RatingProps) {
  const [changing, setChanging] = useState(false);
  const { rating, can } = ticket;
  if (!can.rate) return rating && ticket.status === 'resolved' ? <Given ticket={ticket} /> : null;
  if (rating && !changing) return <Given ticket={ticket} onChange={() => setChanging(true)} />;
  return (
    <RatingForm
      ticket={ticket}
      onRated={after => {
        setChanging(false);
        onRated(after);
      }}
    />
  );
}

function Given({ ticket, onChange }: { ticket: Ticket; onChange?: () => void }) {
  return (
    <section class="card rate" aria-label={t('rating')}>
      <div role="status">
        <h2>{t(onChange ? 'rating.thanks' : 'rating')}</h2>
      </div>
      <StarLine stars={ticket.rating?.stars ?? 0} />
      {ticket.rating?.comment && (
        <p class="words" dir="auto">
          {ticket.rating.comment}
        </p>
      )}
      {onChange && (
        <Button look="ghost" onClick={onChange}>
          {t('rating.change')}
        </Button>
      )}
    </section>
  );
}

function RatingForm({ ticket, onRated }: RatingProps) {
  const [stars, setStars] = useState(ticket.rating?.stars ?? 0);
  const [comment, setComment] = useState(ticket.rating?.comment ?? '');
  const [missing, setMissing] = useState(false);
  const write = useWrite((key, body: NewRating) => tickets.rate(ticket.number, body, key));
  const send = async () => {
    setMissing(stars === 0);
    if (stars === 0) return;
    const words = comment.trim();
    const after = await write.run({ stars, ...(words === '' ? {} : { comment: words }) });
    if (after) onRated(after);
  };
  const notSolved = () => document.querySelector<HTMLElement>('.reply textarea')?.focus();
  return (
    <form
      class="card rate"
      aria-label={t('rating')}
      onSubmit={event => {
        event.preventDefault();
        void send();
      }}
    >
      <StarChoice stars={stars} onStars={setStars} missing={missing && stars === 0} />
      <TextField label={t('rating.comment')} value={comment} maxLength={MAX_COMMENT} onValue={setComment} />
      {write.error !== undefined && <Failed error={write.error} />}
      <div class="actions">
        {ticket.can.message && (
          <Button look="ghost" onClick={notSolved}>
            {t('rating.not_solved')}
          </Button>
        )}
        <Button submit look="primary" busy={write.busy}>
          {t('rating.send')}
        </Button>
      </div>
    </form>
  );
}

function StarChoice({
  stars,
  onStars,
  missing,
}: {
  stars: number;
  onStars: (stars: number) => void;
  missing: boolean;
}) {
  const id = useId();
  return (
    <fieldset class="star-choice" aria-describedby={missing ? `${id}-missing` : undefined}>
      <legend>{t('rating.title')}</legend>
      <div>
        {STARS.map(star => (
          <label key={star} class={star <= stars ? 'star on' : 'star'}>
            <input
              type="radio"
              name={id}
              value={star}
              checked={star === stars}
              aria-invalid={missing || undefined}
              onChange={() => onStars(star)}
            />
            <Icon name="s-star" />
            <span class="vh">{tn('rating.stars', star)}</span>
          </label>
        ))}
      </div>
      {missing && (
        <p class="error" id={`${id}-missing`} role="alert">
          <Icon name="alert" />
          {t('rating.missing')}
        </p>
      )}
    </fieldset>
  );
}
