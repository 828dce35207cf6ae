import { useEffect, useRef, useState } from 'preact/hooks';
import { type Attached, type Download, tickets } from '../../api/index.ts';
import { size } from '../../i18n/format.ts';
import { t } from '../../i18n/index.ts';
import { toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';

const SHOWN = /^image\/(gif|png|jpeg|webp)$/;
const PLAYED = /^(video|audio)\//;
/** Larger pictures are fetched when opened, not for a thumbnail. */
const THUMB_UP_TO = 4 * 2 ** 20;

/** Opens a presigned address. The server says by its disposition whether a file is shown or saved. */
function openFile(download: Download): void {
  const link = document.createElement('a');
  link.href = download.url;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.click();
}

function Thumb({ number, file }: { number: number; file: Attached }) {
  const place = useRef<HTMLSpanElement>(null);
  const [url, setUrl] = useState<string>();
  const wanted = SHOWN.test(file.content_type) && file.size <= THUMB_UP_TO;
  useEffect(() => {
    if (!wanted || !place.current || typeof IntersectionObserver === 'undefined') return;
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
  return (
    <span class="th" ref={place}>
      {url ? (
        <img
          src={url}
          alt=""
          width="56"
          height="40"
          loading="lazy"
          decoding="async"
          onError={() => setUrl(undefined)}
        />
      ) : (
        <Icon name="file" />
      )}
    </span>
  );
}

export function AttachmentList({ number, files }: { number: number; files: readonly Attached[] }) {
  const [opened, setOpened] = useState<Download>();
  const open = async (file: Attached) => {
    try {
      const download = await tickets.download(number, file.attachment_id);
      if (SHOWN.test(file.content_type) || PLAYED.test(file.content_type)) setOpened(download);
      else openFile(download);
    } catch (error) {
      toastError(error);
    }
  };
  return (
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
      {opened && <Viewer file={opened} onClose={() => setOpened(undefined)} />}
    </ul>
  );
}

function Viewer({ file, onClose }: { file: Download; onClose: () => void }) {
  return (
    <Dialog title={file.name} look="viewer" onClose={onClose}>
      <div class="media">
        {SHOWN.test(file.content_type) && <img src={file.url} alt={file.name} />}
        {/* biome-ignore lint/a11y/useMediaCaption: files that people attach have no captions */}
        {file.content_type.startsWith('video/') && <video src={file.url} controls />}
        {/* biome-ignore lint/a11y/useMediaCaption: files that people attach have no captions */}
        {file.content_type.startsWith('audio/') && <audio src={file.url} controls />}
      </div>
      <a class="btn" href={file.url} target="_blank" rel="noopener noreferrer">
        <Icon name="download" />
        {t('download')} <span class="muted">{size(file.size)}</span>
      </a>
    </Dialog>
  );
}
