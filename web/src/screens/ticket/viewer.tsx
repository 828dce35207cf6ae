/** A message's files, one after the other, over the page; loaded when the first is opened. */
import { useEffect, useState } from 'preact/hooks';
import { type Attached, type Download, tickets } from '../../api/index.ts';
import { number as digits, size } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { saveFrom } from '../../lib/download.ts';
import { useResource } from '../../lib/hooks.ts';
import { Button } from '../../parts/basics.tsx';
import { ErrorBox, toast } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface ViewerProps {
  number: number;
  files: readonly Attached[];
  first: number;
  onClose: () => void;
}

const STEPS: Readonly<Record<string, (at: number, last: number) => number>> = {
  ArrowLeft: at => at - 1,
  ArrowRight: at => at + 1,
  Home: () => 0,
  End: (_, last) => last,
};

/** Which of the files is shown; arrows go through them, except in a player, which has a use for them itself. */
function usePlace(first: number, last: number) {
  const [at, setAt] = useState(first);
  const go = (next: number) => setAt(Math.min(last, Math.max(0, next)));
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      const step = STEPS[event.key];
      if (!step || event.target instanceof HTMLMediaElement) return;
      event.preventDefault();
      setAt(now => Math.min(last, Math.max(0, step(now, last))));
    };
    addEventListener('keydown', down);
    return () => removeEventListener('keydown', down);
  }, [last]);
  return { at, go };
}

export default function Viewer({ number, files, first, onClose }: ViewerProps) {
  const last = files.length - 1;
  const { at, go } = usePlace(first, last);
  const file = files[at];
  if (!file) return null;
  const name = file.name ?? t('erased');
  return (
    <Dialog title={name} look="viewer" onClose={onClose}>
      <Shown key={file.attachment_id} number={number} file={file} name={name} />
      {last > 0 && (
        <div class="viewer-steps">
          <Button icon="back" disabled={at === 0} onClick={() => go(at - 1)}>
            {t('viewer.previous')}
          </Button>
          <span class="muted num" role="status">
            {t('viewer.at', { n: digits(at + 1), of: digits(files.length) })}
          </span>
          <Button look="next" icon="back" disabled={at === last} onClick={() => go(at + 1)}>
            {t('viewer.next')}
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function Shown({ number, file, name }: { number: number; file: Attached; name: string }) {
  const found = useResource(() => tickets.download(number, file.attachment_id), []);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    // An address is good for minutes alone, and a film may have been looked at for longer.
    await tickets
      .download(number, file.attachment_id)
      .then(({ url }) => saveFrom(name, url))
      .catch(() => toast(t('viewer.not_saved', { name }), { bad: true }));
    setBusy(false);
  };
  return (
    <>
      {found.error !== undefined && <ErrorBox error={found.error} onRetry={found.reload} />}
      <div class="media">{found.data && <Media download={found.data} type={file.content_type} name={name} />}</div>
      <div class="viewer-do">
        {found.data && (
          <a class="btn" href={found.data.url} target="_blank" rel="noopener noreferrer">
            {t('viewer.tab')}
          </a>
        )}
        <Button icon="download" busy={busy} onClick={() => void save()}>
          {t('download')} <span class="muted">{size(file.size)}</span>
        </Button>
      </div>
    </>
  );
}

/** Where this browser cannot draw or play it, there is a word instead. */
function Media({ download, type, name }: { download: Download; type: string; name: string }) {
  const [failed, setFailed] = useState(false);
  const [kind] = type.split('/');
  const source = { src: download.url, onError: () => setFailed(true) };
  if (!failed && kind === 'image') return <img {...source} alt={name} />;
  if (!failed && kind === 'video') return <video {...source} controls playsInline aria-label={name} />;
  if (!failed && kind === 'audio') return <audio {...source} controls aria-label={name} />;
  return (
    <p class="no-media" role="status">
      <Icon name="file" />
      {t(failed ? 'viewer.cannot' : 'viewer.elsewhere')}
    </p>
  );
}
