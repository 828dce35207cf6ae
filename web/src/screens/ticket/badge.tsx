import { useState } from 'preact/hooks';
import { t, tn } from '../../i18n/index.ts';
import { Moment } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import type { Verification } from './use-ticket.ts';

const fingerprint = (hash: string) => (hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash);

const words = (check: Verification) =>
  check.valid
    ? t('verify.valid')
    : check.firstBad === undefined
      ? t('verify.bad')
      : t('verify.bad_from', { seq: check.firstBad });

/** Green where the history is whole, red where it is not: never hidden once it is known. */
export function VerifiedBadge({ check }: { check: Verification | undefined }) {
  const [open, setOpen] = useState(false);
  if (!check) return null;
  return (
    <>
      <button
        type="button"
        class={check.valid ? 'badge' : 'badge bad'}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name={check.valid ? 'shield' : 'alert'} />
        {words(check)}
      </button>
      {open && (
        <Dialog title={words(check)} onClose={() => setOpen(false)}>
          <p>{check.valid ? t('verify.unchanged') : t('verify.changed')}</p>
          <dl class="props">
            <dt>{t('verify.entries')}</dt>
            <dd class="num">{check.entries}</dd>
            <dt>{t('verify.here')}</dt>
            <dd class="num">{tn('verify.linked', check.checkedHere)}</dd>
            <dt>{t('verify.at')}</dt>
            <dd>
              <Moment at={check.at.toISOString()} now={new Date()} />
            </dd>
            <dt>{t('verify.fingerprint')}</dt>
            <dd class="mono xs">{check.head}</dd>
          </dl>
        </Dialog>
      )}
    </>
  );
}

export function HistorySection({ check }: { check: Verification | undefined }) {
  if (!check) return null;
  return (
    <section>
      <h2>{t('verify.history')}</h2>
      <p class={check.valid ? 'badge' : 'badge bad'}>
        <Icon name={check.valid ? 'shield' : 'alert'} />
        {check.valid ? tn('verify.count', check.entries) : words(check)}
      </p>
      <p class="muted xs gap-s">
        {check.valid ? t('verify.unchanged') : t('verify.changed')} {t('verify.fingerprint')}{' '}
        <span class="mono" title={check.head}>
          {fingerprint(check.head)}
        </span>
      </p>
    </section>
  );
}
