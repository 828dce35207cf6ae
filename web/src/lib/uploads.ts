/**
 * Uploads of files before the ticket or message that they belong to exists: ask for a presigned URL, PUT the bytes straight
 * to the store, complete. Three at a time; a failed step is tried again with growing pauses, then by hand.
 */
import { type ApiError, type Attachments, isApiError, newKey } from '../api/index.ts';
import { sha256 } from './chain.ts';

type UploadState = 'waiting' | 'preparing' | 'sending' | 'checking' | 'stored' | 'failed';

export interface Upload {
  key: string;
  name: string;
  size: number;
  contentType: string;
  file: File;
  state: UploadState;
  /** Bytes sent so far. */
  sent: number;
  /** When the sending began, in ms of `performance.now()`. */
  startedAt: number;
  attachmentId?: string;
  /**
   * Why it failed: a code of the API, or one of `network`, `type_not_allowed`, `too_large`, `empty`, `too_many`,
   * `insecure_context`, `unreadable`.
   */
  problem?: string;
  /** Trying again can help. */
  again: boolean;
}

export interface UploadCalls {
  create: Attachments['create'];
  complete: Attachments['complete'];
  remove: Attachments['remove'];
  put(
    target: { url: string; headers: Record<string, string> },
    file: Blob,
    progress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<number>;
}

/** Extension → type declared to the server. The server judges again, by name, type and first bytes. */
export const TYPES: Readonly<Record<string, string>> = {
  txt: 'text/plain',
  log: 'text/plain',
  csv: 'text/csv',
  pdf: 'application/pdf',
  doc: 'application/msword',
  xls: 'application/vnd.ms-excel',
  ppt: 'application/vnd.ms-powerpoint',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  zip: 'application/zip',
  gif: 'image/gif',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  heic: 'image/heic',
  mp4: 'video/mp4',
  mov: 'video/quicktime',
  webm: 'video/webm',
  m4a: 'audio/mp4',
  mp3: 'audio/mpeg',
  eml: 'message/rfc822',
};

const MAX_FILES = 20;
const AT_ONCE = 3;
const PAUSES = [1000, 4000];

const extension = (name: string): string => (name.includes('.') ? (name.split('.').pop() ?? '').toLowerCase() : '');

/** Cameras of some phones give their files numbers for names: the type then says what they are. */
export function nameOf({ name, type }: { name: string; type: string }): string {
  if (name.includes('.')) return name;
  const known = Object.keys(TYPES).find(ending => TYPES[ending] === type);
  return known ? `${name}.${known}` : name;
}

/** What is wrong with a file before anything is sent, or undefined. */
export function refusal(file: { name: string; size: number }, maxBytes: number): string | undefined {
  if (!(extension(file.name) in TYPES)) return 'type_not_allowed';
  if (file.size === 0) return 'empty';
  if (file.size > maxBytes) return 'too_large';
  // Over plain HTTP browsers compute no digest, and the store takes no file without one.
  if (crypto.subtle === undefined) return 'insecure_context';
  return undefined;
}

interface Job {
  file: File;
  abort: AbortController;
  key: string;
  ticket?: { attachment_id: string; upload: { url: string; headers: Record<string, string> } } | undefined;
}

class Stop extends Error {
  constructor(
    readonly problem: string,
    readonly again: boolean,
  ) {
    super(problem);
  }
}

export class UploadQueue {
  #items: Upload[] = [];
  #jobs = new Map<string, Job>();
  #running = 0;

  constructor(
    private readonly calls: UploadCalls,
    private readonly maxBytes: number,
    private readonly changed: (items: readonly Upload[]) => void,
    private readonly pause: (ms: number) => Promise<void> = ms => new Promise(done => setTimeout(done, ms)),
    private readonly maxFiles: number = MAX_FILES,
    /** Whether the first file has to be announced before another: that is what begins a guest's session. */
    private firstAlone = false,
  ) {}

  get items(): readonly Upload[] {
    return this.#items;
  }

  get busy(): boolean {
    return this.#items.some(item => item.state !== 'stored' && item.state !== 'failed');
  }

  get storedIds(): string[] {
    return this.#items.flatMap(item => (item.state === 'stored' && item.attachmentId ? [item.attachmentId] : []));
  }

  add(files: Iterable<File>): void {
    for (const file of files) {
      const name = nameOf(file);
      const good = this.#items.filter(item => item.state !== 'failed').length;
      const problem = good >= this.maxFiles ? 'too_many' : refusal({ name, size: file.size }, this.maxBytes);
      const key = newKey();
      this.#items = [
        ...this.#items,
        {
          key,
          name,
          size: file.size,
          contentType: TYPES[extension(name)] ?? '',
          file,
          state: problem ? 'failed' : 'waiting',
          sent: 0,
          startedAt: 0,
          again: false,
          ...(problem ? { problem } : {}),
        },
      ];
      if (!problem) this.#jobs.set(key, { file, abort: new AbortController(), key: newKey() });
    }
    this.#announce();
    this.#next();
  }

  /** Cancels or takes away; what is stored already is deleted there. */
  remove(key: string): void {
    const item = this.#items.find(i => i.key === key);
    this.#jobs.get(key)?.abort.abort();
    this.#jobs.delete(key);
    this.#items = this.#items.filter(i => i.key !== key);
    this.#announce();
    if (item?.attachmentId) this.#discard(item.attachmentId);
  }

  #discard(attachmentId: string): void {
    // Left undone, the server forgets it after a day.
    this.calls.remove(attachmentId).catch(() => undefined);
  }

  retry(key: string): void {
    this.#set(key, { state: 'waiting', sent: 0, problem: undefined, again: false });
    this.#next();
  }

  /** Forgets what was sent: it belongs to a ticket now. */
  forget(attachmentIds: readonly string[]): void {
    const sent = this.#items.filter(item => item.attachmentId && attachmentIds.includes(item.attachmentId));
    for (const item of sent) this.#jobs.delete(item.key);
    this.#items = this.#items.filter(item => !sent.includes(item));
    this.#announce();
  }

  /** Forgets everything: what was stored now belongs to a ticket. */
  clear(): void {
    for (const job of this.#jobs.values()) job.abort.abort();
    this.#jobs.clear();
    this.#items = [];
    this.#announce();
  }

  #announce(): void {
    this.changed(this.#items);
  }

  #set(key: string, change: Partial<Upload>): void {
    this.#items = this.#items.map(item => (item.key === key ? { ...item, ...change } : item));
    this.#announce();
  }

  #next(): void {
    while (this.#running < (this.firstAlone ? 1 : AT_ONCE)) {
      const item = this.#items.find(i => i.state === 'waiting');
      const job = item && this.#jobs.get(item.key);
      if (!item || !job) return;
      this.#running += 1;
      this.#set(item.key, { state: 'preparing' });
      this.#run(item, job).finally(() => {
        this.#running -= 1;
        this.#next();
      });
    }
  }

  async #run(item: Upload, job: Job): Promise<void> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        await this.#once(item, job);
        return;
      } catch (error) {
        if (job.abort.signal.aborted) return;
        const stop = asStop(error);
        const wait = PAUSES[attempt];
        if (!stop.again || wait === undefined) {
          this.#set(item.key, { state: 'failed', problem: stop.problem, again: stop.again });
          return;
        }
        await this.pause(wait);
        if (job.abort.signal.aborted) return;
      }
    }
  }

  async #once(item: Upload, job: Job): Promise<void> {
    if (!job.ticket) {
      const digest = await sha256(await bytesOf(job.file));
      job.abort.signal.throwIfAborted();
      job.ticket = await this.calls.create(
        { name: item.name, content_type: item.contentType, size: item.size, sha256: digest },
        job.key,
      );
      if (job.abort.signal.aborted) this.#discard(job.ticket.attachment_id);
      this.#set(item.key, { attachmentId: job.ticket.attachment_id });
      if (this.firstAlone) {
        this.firstAlone = false;
        this.#next();
      }
    }
    job.abort.signal.throwIfAborted();
    this.#set(item.key, { state: 'sending', sent: 0, startedAt: performance.now() });
    const status = await this.calls.put(
      job.ticket.upload,
      job.file,
      sent => this.#set(item.key, { sent }),
      job.abort.signal,
    );
    this.#judge(job, status);
    this.#set(item.key, { state: 'checking', sent: item.size });
    await this.calls.complete(job.ticket.attachment_id, job.key);
    this.#set(item.key, { state: 'stored' });
  }

  /** 412 says that the object is there already: an earlier PUT of ours arrived though its answer got lost. */
  #judge(job: Job, status: number): void {
    if ((status >= 200 && status < 300) || status === 412) return;
    if (status === 403) {
      // The URL has run out: ask for a new one, as a new request.
      job.ticket = undefined;
      job.key = newKey();
    }
    throw new Stop('upload_failed', true);
  }
}

/** A file that was moved or deleted since it was chosen cannot be read. */
const bytesOf = (file: File): Promise<ArrayBuffer> =>
  file.arrayBuffer().catch(() => {
    throw new Stop('unreadable', false);
  });

function asStop(error: unknown): Stop {
  if (error instanceof Stop) return error;
  if (isApiError(error)) return new Stop(codeOf(error), error.status >= 500 || error.status === 429);
  return new Stop('network', true);
}

const codeOf = (error: ApiError): string => error.problem.errors?.[0]?.code ?? error.code;

/** `fetch` reports no progress of what it sends; XMLHttpRequest does. */
export const putBytes: UploadCalls['put'] = (target, file, progress, signal) =>
  new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('PUT', target.url);
    // The browser sets these itself and refuses to have them set.
    for (const [name, value] of Object.entries(target.headers))
      if (!/^(host|content-length)$/i.test(name)) request.setRequestHeader(name, value);
    request.upload.onprogress = event => progress(event.loaded);
    request.onload = () => resolve(request.status);
    request.onerror = () => reject(new TypeError('network'));
    request.onabort = () => reject(new DOMException('cancelled', 'AbortError'));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });

/** Seconds left at the pace so far, after three seconds of sending. */
export function secondsLeft(item: Upload, now: number): number | undefined {
  const elapsed = (now - item.startedAt) / 1000;
  if (item.state !== 'sending' || elapsed < 3 || item.sent === 0) return undefined;
  return Math.max(1, Math.round(((item.size - item.sent) / item.sent) * elapsed));
}
