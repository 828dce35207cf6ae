import { useState } from 'preact/hooks';
import { t, tn } from '../../i18n/index.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import { Icon } from '../../parts/icon.tsx';
import type { Verification } from './use-ticket.ts';

const VerifyDialog = lazy(() => import('./verify-dialog.tsx'));

const fingerprint = (hash: string) => (hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-4)}` : hash);

export const verdict = (check: Verification) =>
  check.valid
    ? t('verify.valid')
    : check.firstBad === undefined
      ? t('verify.bad')
      : t('verify.bad_from', { seq: check.firstBad });

/** Green where the history is whole, red where it is not: never hidden once it is known. */
export function VerifiedBadge({ number, check }: { number: number; check: Verification | undefined }) {
  const [open, setOpen] = useState(false);
  // What the details found, of the history as it was then.
  const [found, setFound] = useState<{ head: string; seq: number }>();
  if (!check) return null;
  const seen =
    found?.head === check.head ? { ...check, valid: false, firstBad: lower(check.firstBad, found.seq) } : check;
  return (
    <>
      <button
        type="button"
        class={seen.valid ? 'badge' : 'badge bad'}
        aria-haspopup="dialog"
        onClick={() => setOpen(true)}
      >
        <Icon name={seen.valid ? 'shield' : 'alert'} />
        {verdict(seen)}
      </button>
      {open && (
        <Suspense fallback={null}>
          <VerifyDialog
            number={number}
            check={seen}
            onBad={seq => setFound({ head: check.head, seq })}
            onClose={() => setOpen(false)}
          />
        </Suspense>
      )}
    </>
  );
}

const lower = (one: number | undefined, other: number) => Math.min(one ?? other, other);

export function HistorySection({ check }: { check: Verification | undefined }) {
  if (!check) return null;
  return (
    <section>
      <h2>{t('verify.history')}</h2>
      <p class={check.valid ? 'badge' : 'badge bad'}>
        <Icon name={check.valid ? 'shield' : 'alert'} />
        {check.valid ? tn('verify.count', check.entries) : verdict(check)}
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
