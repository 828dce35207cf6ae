/** What a message that came by mail looked like there: shown under it when asked for. */
import { useId, useState } from 'preact/hooks';
import { mail } from '../../api/evidence.ts';
import type { Entry } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import { Icon } from '../../parts/icon.tsx';
import { isStaff, useSession } from '../../state/session.ts';

const MailFrame = lazy(() => import('./mail-frame.tsx'));

export function AsSent({ number, entry, name }: { number: number; entry: Entry; name: string }) {
  const { me } = useSession();
  const [open, setOpen] = useState(false);
  const id = useId();
  const shown = entry.mail?.has_html === true;
  // The file holds the words that were erased: the server gives none of it any more.
  if (!entry.mail || entry.body == null || !(shown || isStaff(me))) return null;
  return (
    <div class="as-sent">
      <p class="as-sent-do">
        {shown && (
          <button
            type="button"
            class="btn ghost"
            aria-expanded={open}
            aria-controls={open ? id : undefined}
            onClick={() => setOpen(!open)}
          >
            <Icon name={open ? 'up' : 'down'} />
            {t('mail.as_sent')}
          </button>
        )}
        {isStaff(me) && (
          <a class="btn ghost" href={mail.file(number, entry.seq)} target="_blank" rel="noopener noreferrer">
            <Icon name="mail" />
            {t('mail.file')}
          </a>
        )}
      </p>
      {open && (
        <div id={id} class="as-sent-page">
          <Suspense fallback={null}>
            <MailFrame number={number} seq={entry.seq} name={name} />
          </Suspense>
        </div>
      )}
    </div>
  );
}
