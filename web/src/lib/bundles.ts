/**
 * Bundles of evidence that were asked for here, by ticket. One is looked after wherever the person goes meanwhile, and its
 * download starts when it is ready.
 */
import { bundle } from '../api/evidence.ts';
import { isNetworkError, newKey } from '../api/index.ts';
import { startDownload } from './download.ts';
import { createStore, useStore } from './store.ts';

export interface BundleWork {
  state: 'making' | 'ready' | 'failed' | 'late';
  /** Why it could not be asked for or looked at, where the server said so. */
  error?: unknown;
  id?: string;
  /** Kept until the request was answered, so that asking again asks for the same. */
  key: string;
}

const works = createStore<ReadonlyMap<number, BundleWork>>(new Map());

export const useBundle = (number: number): BundleWork | undefined => useStore(works).get(number);

/** Seconds between two looks; the last one again and again. */
const PAUSES = [1, 1, 2, 3, 5];
/** Then something is wrong: it is made within minutes. */
const LOOKS = 120;

const wait = (look: number) =>
  new Promise(done => setTimeout(done, (PAUSES[look] ?? PAUSES[PAUSES.length - 1] ?? 0) * 1000));

function put(number: number, work: BundleWork): BundleWork {
  works.set(new Map(works.get()).set(number, work));
  return work;
}

async function follow(number: number, work: BundleWork & { id: string }): Promise<BundleWork> {
  for (let look = 0; look < LOOKS; look += 1) {
    await wait(look);
    try {
      const { state, url } = await bundle.look(number, work.id);
      if (state === 'failed') return { ...work, state };
      if (state === 'ready' && url) {
        startDownload(url);
        return { ...work, state };
      }
    } catch (error) {
      // Without network it goes on being made.
      if (!isNetworkError(error)) return { ...work, state: 'failed', error };
    }
  }
  return { ...work, state: 'late' };
}

/** Asks for a bundle and stays with it; resolves with what became of it. */
export async function makeBundle(number: number): Promise<BundleWork> {
  const before = works.get().get(number);
  const key = before?.id === undefined ? (before?.key ?? newKey()) : newKey();
  put(number, { state: 'making', key });
  try {
    const { bundle_id: id } = await bundle.ask(number, key);
    return put(number, await follow(number, { state: 'making', key, id }));
  } catch (error) {
    return put(number, { state: 'failed', error, key });
  }
}

/** Starts the download of one that is ready once more: its address is good for minutes alone. */
export async function downloadAgain(number: number, work: BundleWork): Promise<void> {
  const { url } = await bundle.look(number, work.id ?? '');
  if (url) startDownload(url);
  else put(number, { ...work, state: 'failed' });
}
