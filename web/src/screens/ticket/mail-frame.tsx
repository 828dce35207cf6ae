/** A mail as it was sent, in a frame that runs nothing and is of no site; loaded when the first is opened. */
import { useState } from 'preact/hooks';
import { mail } from '../../api/evidence.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { ErrorBox } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';

interface FrameProps {
  number: number;
  seq: number;
  /** Whose mail it is. */
  name: string;
}

export default function MailFrame({ number, seq, name }: FrameProps) {
  const [images, setImages] = useState(false);
  const there = useResource(() => mail.check(number, seq), [number, seq]);
  if (there.error !== undefined) return <ErrorBox error={there.error} onRetry={there.reload} />;
  if (!there.data)
    return (
      <p class="muted sm" role="status">
        {t('loading')}
      </p>
    );
  return (
    <>
      <p class="as-sent-images">
        <button type="button" class="btn" aria-pressed={images} onClick={() => setImages(!images)}>
          {images && <Icon name="check" />}
          {t('mail.images')}
        </button>
        <span class="muted xs">{t('mail.images_why')}</span>
      </p>
      <iframe
        title={t('mail.frame', { name })}
        src={mail.page(number, seq, images)}
        // Links open pages of their own, as its answer's policy allows; nothing else of it may do anything.
        sandbox="allow-popups allow-popups-to-escape-sandbox"
        referrerpolicy="no-referrer"
      />
    </>
  );
}
