import { useEffect, useRef, useState } from 'preact/hooks';
import { type Attached, tickets } from '../../api/index.ts';
import { size } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { startDownload } from '../../lib/download.ts';
import { lazy, Suspense } from '../../lib/lazy.tsx';
import { toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';

const Viewer = lazy(() => import('./viewer.tsx'));

/** What the server has shown rather than saved, wherever a browser can. */
const SHOWN = /^(image|video|audio)\/|^application\/pdf$|^text\/plain$/;
const DRAWN = /^image\/(gif|png|jpeg|webp)$/;
/** Larger pictures are fetched when opened, not for a thumbnail. */
const THUMB_UP_TO = 4 * 2 ** 20;

/** Of a film, its beginning is fetched alone. */
const hasThumb = (file: Attached) =>
  file.content_type.startsWith('video/') || (DRAWN.test(file.content_type) && file.size <= THUMB_UP_TO);

/** The address of a file that came into sight. */
function useSeen(number: number, file: Attached) {
  const place = useRef<HTMLSpanElement>(null);
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!hasThumb(file) || !place.current || typeof IntersectionObserver === 'undefined') return;
    const seen = new IntersectionObserver(found => {
      if (!found.some(entry => entry.isIntersecting)) return;
      seen.disconnect();
      // Without a thumbnail the file's sign stays: nothing to tell anybody.
      tickets.download(number, file.attachment_id).then(
        download => setUrl(download.url),
        () => undefined,
      );
    });
    seen.observe(place.current);
    return () => seen.disconnect();
  }, [file.attachment_id]);
  return { place, url, fail: () => setUrl(undefined) };
}

function Thumb({ number, file }: { number: number; file: Attached }) {
  const { place, url, fail } = useSeen(number, file);
  const film = file.content_type.startsWith('video/');
  return (
    <span class="th" ref={place} aria-hidden="true">
      {!url ? (
        <Icon name="file" />
      ) : film ? (
        <video src={`${url}#t=0.1`} preload="metadata" muted playsInline onError={fail} />
      ) : (
        <img src={url} alt="" width="56" height="40" loading="lazy" decoding="async" onError={fail} />
      )}
    </span>
  );
}

export function AttachmentList({ number, files }: { number: number; files: readonly Attached[] }) {
  const [opened, setOpened] = useState<number>();
  const shown = files.filter(file => SHOWN.test(file.content_type));
  const open = (file: Attached) => {
    const at = shown.indexOf(file);
    if (at >= 0) setOpened(at);
    else
      tickets
        .download(number, file.attachment_id)
        .then(download => startDownload(download.url))
        .catch(toastError);
  };
  return (
    <>
      <ul class="atts" aria-label={t('attachments')}>
        {files.map(file => (
          <li key={file.attachment_id}>
            <button type="button" class="att" title={file.name ?? undefined} onClick={() => open(file)}>
              <Thumb number={number} file={file} />
              <span class="att-name">
                <b>{file.name ?? t('erased')}</b>
                <span class="muted">{size(file.size)}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      {opened !== undefined && (
        <Suspense fallback={null}>
          <Viewer number={number} files={shown} first={opened} onClose={() => setOpened(undefined)} />
        </Suspense>
      )}
    </>
  );
}
