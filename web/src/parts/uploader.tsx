import { useEffect, useRef, useState } from 'preact/hooks';
import { attachments } from '../api/index.ts';
import { number, seconds, size } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { onBack } from '../lib/back.ts';
import { codeText } from '../lib/problems.ts';
import { putBytes, secondsLeft, TYPES, type Upload, UploadQueue } from '../lib/uploads.ts';
import { currentSession } from '../state/session.ts';
import { announce } from './feedback.tsx';
import { Icon } from './icon.tsx';

const MEGABYTE = 2 ** 20;
/** The most that a guest's ticket carries. */
const GUEST_FILES = 5;

/** Guests send fewer files, and the first before the others. */
export function useUploads(guest = false) {
  const [items, setItems] = useState<readonly Upload[]>([]);
  const queue = useRef<UploadQueue | undefined>(undefined);
  queue.current ??= new UploadQueue(
    { ...attachments, put: putBytes },
    currentSession().site.max_attachment_mb * MEGABYTE,
    setItems,
    undefined,
    guest ? GUEST_FILES : undefined,
    guest,
  );
  useEffect(() => () => queue.current?.clear(), []);
  // What failed for want of a connection tries again by itself.
  useEffect(
    () =>
      onBack(() => {
        for (const item of items) if (item.problem === 'network') queue.current?.retry(item.key);
      }),
    [items],
  );
  return { queue: queue.current, items };
}

/** Why nothing can be sent yet: a file has failed, or waits for the connection. */
export function failedFiles(items: readonly Upload[]): string | undefined {
  const failed = items.filter(item => item.state === 'failed');
  if (failed.length === 0) return undefined;
  return t(failed.every(item => item.problem === 'network') ? 'send.files_wait' : 'reply.failed_files');
}

/** What a file dialog offers; the server judges in the end. */
const ACCEPT = Object.keys(TYPES)
  .map(extension => `.${extension}`)
  .join(',');

interface InputProps {
  queue: UploadQueue;
  camera?: boolean;
  id: string;
}

/** The input lies unseen in a label; it can be reached by keyboard, and the label shows its focus. */
export function FileInput({ queue, camera, id }: InputProps) {
  return (
    <input
      id={id}
      class="vh"
      type="file"
      multiple={!camera}
      accept={camera ? 'image/*,video/*' : ACCEPT}
      capture={camera ? 'environment' : undefined}
      onChange={event => {
        const input = event.currentTarget;
        if (input.files) queue.add(input.files);
        // So that the same file can be chosen again after it was taken away.
        input.value = '';
      }}
    />
  );
}

const failureWords = (item: Upload, limit: number): string => {
  if (item.problem === 'too_large') return t('upload.too_large', { size: size(limit) });
  // A list that ends with a refused file was full without it.
  if (item.problem === 'too_many' && !currentSession().me) return t('upload.too_many', { n: number(GUEST_FILES) });
  return codeText(item.problem ?? '') ?? t('problem.upload_failed');
};

function stateWords(item: Upload): string {
  switch (item.state) {
    case 'failed':
      return failureWords(item, currentSession().site.max_attachment_mb * MEGABYTE);
    case 'stored':
      return t('upload.ready', { size: size(item.size) });
    case 'sending': {
      const left = secondsLeft(item, performance.now());
      const done = t('upload.progress', { sent: size(item.sent), size: size(item.size) });
      return left === undefined ? done : t('upload.left', { progress: done, time: seconds(left) });
    }
    case 'checking':
      return t('upload.checking');
    default:
      return t('upload.waiting', { size: size(item.size) });
  }
}

const percentOf = (item: Upload) => Math.floor((100 * item.sent) / item.size);

/** Says each quarter to screen readers, not every step. */
function useQuarters(item: Upload): void {
  const quarter = item.state === 'stored' ? 4 : Math.floor(percentOf(item) / 25);
  const said = useRef(0);
  useEffect(() => {
    if (quarter <= said.current) return;
    said.current = quarter;
    announce(t('upload.quarter', { name: item.name, percent: number(quarter * 25) }));
  }, [quarter]);
}

export function UploadList({ queue, items }: { queue: UploadQueue; items: readonly Upload[] }) {
  if (items.length === 0) return null;
  return (
    <ul class="files" aria-label={t('attachments')}>
      {items.map(item => (
        <UploadRow key={item.key} item={item} queue={queue} />
      ))}
    </ul>
  );
}

/** The picture itself, read from this device. */
function Thumb({ item }: { item: Upload }) {
  const [url, setUrl] = useState<string>();
  useEffect(() => {
    if (!item.contentType.startsWith('image/') || item.state === 'failed') return;
    const made = URL.createObjectURL(item.file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [item.file, item.state === 'failed']);
  // A browser that cannot draw the type shows the sign of a file.
  if (url && item.state !== 'failed')
    return <img src={url} alt="" width="40" height="40" decoding="async" onError={() => setUrl(undefined)} />;
  return <Icon name={item.state === 'failed' ? 'alert' : 'file'} />;
}

/** A control that goes takes the focus with it: the next file's has it then, or what chooses files. */
function focusNear(row: HTMLElement | null): void {
  const beside = row?.nextElementSibling ?? row?.previousElementSibling;
  const inputs = [...(row?.closest('form')?.querySelectorAll<HTMLElement>('input[type=file]') ?? [])];
  const input = inputs.find(one => one.offsetParent !== null) ?? inputs[0];
  (beside?.querySelector<HTMLElement>('.up-do > :last-child') ?? input)?.focus();
}

function UploadRow({ item, queue }: { item: Upload; queue: UploadQueue }) {
  useQuarters(item);
  const running = item.state === 'sending' || item.state === 'checking';
  const percent = percentOf(item);
  const done = item.state === 'stored' || item.state === 'failed';
  return (
    <li class={item.state === 'failed' ? 'up bad' : 'up'}>
      <span class="th">
        <Thumb item={item} />
      </span>
      <span class="up-name">
        <b title={item.name}>{item.name}</b>
        <span class="st num" role={item.state === 'failed' ? 'alert' : undefined}>
          {stateWords(item)}
        </span>
        {running && (
          <span
            class="bar"
            role="progressbar"
            aria-label={t('upload.bar', { name: item.name })}
            aria-valuenow={percent}
            aria-valuemin={0}
            aria-valuemax={100}
          >
            <i style={{ '--v': `${percent}%` }} />
          </span>
        )}
      </span>
      <span class="up-do">
        {item.state === 'failed' && item.again && (
          <button
            type="button"
            class="btn"
            onClick={event => {
              (event.currentTarget.nextElementSibling as HTMLElement).focus();
              queue.retry(item.key);
            }}
            aria-label={t('upload.retry', { name: item.name })}
          >
            {t('retry')}
          </button>
        )}
        <button
          type="button"
          class="btn ghost icon"
          aria-label={t(done ? 'upload.remove' : 'upload.cancel', { name: item.name })}
          onClick={event => {
            focusNear(event.currentTarget.closest('li'));
            queue.remove(item.key);
          }}
        >
          <Icon name="x" />
        </button>
      </span>
    </li>
  );
}

/** Takes files dropped anywhere on the page and pictures pasted into it, where one may attach any. */
export function usePageDrop(queue: UploadQueue, on = true): boolean {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!on) return;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const drag = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(false);
      if (event.dataTransfer) queue.add(event.dataTransfer.files);
    };
    const paste = (event: ClipboardEvent) => {
      const { files, types } = event.clipboardData ?? {};
      // What is copied from a spreadsheet comes as words, and as a picture of them that nobody asked for.
      if (files && files.length > 0 && !types?.includes('text/plain')) queue.add(files);
    };
    addEventListener('dragover', drag);
    addEventListener('dragleave', leave);
    addEventListener('drop', drop);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('dragover', drag);
      removeEventListener('dragleave', leave);
      removeEventListener('drop', drop);
      removeEventListener('paste', paste);
    };
  }, [queue, on]);
  return over;
}
