/** What the badge stands for: the whole history read and hashed again in this browser. Loaded when it is opened. */
import { useEffect } from 'preact/hooks';
import { transcript } from '../../api/evidence.ts';
import { number as digits } from '../../i18n/format.ts';
import { t, tn } from '../../i18n/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { checkTranscript, type WholeCheck } from '../../lib/transcript.ts';
import { Moment } from '../../parts/basics.tsx';
import { ErrorBox } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { verdict } from './badge.tsx';
import { Exports } from './exports.tsx';
import type { Verification } from './use-ticket.ts';

interface VerifyProps {
  number: number;
  check: Verification;
  /** An entry was found here that does not fit. */
  onBad: (seq: number) => void;
  onClose: () => void;
}

export default function VerifyDialog({ number, check, onBad, onClose }: VerifyProps) {
  const head = { seq: check.entries, hash: check.head };
  const whole = useResource(async () => checkTranscript(await transcript(number, 'json'), head), [number, check.head]);
  const bad = whole.data?.firstBad;
  useEffect(() => {
    if (bad !== undefined) onBad(bad);
  }, [bad]);
  return (
    <Dialog title={verdict(check)} onClose={onClose}>
      <p>{check.valid ? t('verify.unchanged') : t('verify.changed')}</p>
      {check.firstBad !== undefined && (
        <p class="notice bad">
          <Icon name="alert" />
          {t('verify.first_bad', { seq: digits(check.firstBad) })} {check.firstBad > 1 && t('verify.first_good')}
        </p>
      )}
      {whole.error !== undefined && <ErrorBox error={whole.error} onRetry={whole.reload} />}
      <dl class="props proof">
        <dt>{t('verify.entries')}</dt>
        <dd class="num">{digits(check.entries)}</dd>
        <dt>{t('verify.here')}</dt>
        <dd>
          <span role="status">
            {whole.data ? hereWords(whole.data) : whole.loading ? t('verify.checking') : t('none')}
          </span>
        </dd>
        {whole.data && (
          <>
            <dt>{t('verify.erased')}</dt>
            <dd>{erasedWords(whole.data.erased)}</dd>
          </>
        )}
        <dt>{t('verify.at')}</dt>
        <dd>
          <Moment at={check.at.toISOString()} now={new Date()} />
        </dd>
        <dt>{t('verify.fingerprint')}</dt>
        <dd class="mono xs">{check.head}</dd>
      </dl>
      <section>
        <h3>{t('action.export')}</h3>
        <Exports number={number} />
      </section>
    </Dialog>
  );
}

function hereWords({ recomputed, hidden }: WholeCheck): string {
  const done = tn('verify.computed', recomputed);
  return hidden === 0 ? done : t('verify.and_hidden', { done, hidden: tn('verify.hidden', hidden) });
}

const erasedWords = (entries: readonly number[]): string =>
  entries.length === 0
    ? t('verify.nothing_erased')
    : tn('verify.erased_in', entries.length, { entries: entries.map(seq => digits(seq)).join(', ') });
