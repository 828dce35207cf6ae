// @vitest-environment node
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ApiError } from '../api/index.ts';
import { nameOf, refusal, secondsLeft, type Upload, type UploadCalls, UploadQueue } from '../lib/uploads.ts';

const MB = 2 ** 20;
const file = (name: string, size = 4) => new File([new Uint8Array(size)], name);

function setup(change: Partial<UploadCalls> = {}, firstAlone = false) {
  let asked = 0;
  const calls: UploadCalls = {
    create: vi.fn(async () => {
      asked += 1;
      return {
        attachment_id: `att_${asked}`,
        upload: { method: 'PUT' as const, url: `https://files/${asked}`, headers: {} },
        expires_at: '',
      };
    }),
    complete: vi.fn(async () => undefined as never),
    remove: vi.fn(async () => undefined as never),
    put: vi.fn(async (_target, blob, progress) => {
      progress(blob.size);
      return 200;
    }),
    ...change,
  };
  let items: readonly Upload[] = [];
  const queue = new UploadQueue(
    calls,
    MB,
    now => {
      items = now;
    },
    async () => undefined,
    20,
    firstAlone,
  );
  const settled = () => vi.waitFor(() => expect(queue.busy).toBe(false));
  return { queue, calls, settled, items: () => items };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('what is refused at once', () => {
  it('looks at name and size', () => {
    expect(refusal(file('a.iso'), MB)).toBe('type_not_allowed');
    expect(refusal(file('run.exe'), MB)).toBe('type_not_allowed');
    expect(refusal(file('noextension'), MB)).toBe('type_not_allowed');
    expect(refusal(file('a.PDF', 0), MB)).toBe('empty');
    expect(refusal({ name: 'a.pdf', size: MB + 1 }, MB)).toBe('too_large');
    expect(refusal(file('a.tar.ZIP'), MB)).toBeUndefined();
  });

  it('sends nothing for a refused file', async () => {
    const { queue, calls, items } = setup();
    queue.add([file('bad.iso')]);
    expect(items()[0]).toMatchObject({ state: 'failed', problem: 'type_not_allowed', again: false });
    expect(calls.create).not.toHaveBeenCalled();
  });

  it('says why nothing can be attached over plain HTTP', () => {
    const { getRandomValues } = crypto;
    vi.stubGlobal('crypto', { getRandomValues: getRandomValues.bind(crypto) });
    const { queue, calls, items } = setup();
    queue.add([file('a.txt')]);
    expect(items()[0]).toMatchObject({ name: 'a.txt', state: 'failed', problem: 'insecure_context', again: false });
    expect(items()[0]?.key).toMatch(/^.{16,}$/);
    expect(calls.create).not.toHaveBeenCalled();
  });

  it('keeps files of one name, and names those of a camera by their type', async () => {
    const { queue, calls, settled, items } = setup();
    queue.add([file('image.jpg', 1), file('image.jpg', 2)]);
    queue.add([
      new File(['x'], '1000012345', { type: 'video/mp4' }),
      new File(['x'], 'numbers', { type: 'text/html' }),
    ]);
    await settled();
    expect(items().map(item => item.name)).toEqual(['image.jpg', 'image.jpg', '1000012345.mp4', 'numbers']);
    expect(items().map(item => item.state)).toEqual(['stored', 'stored', 'stored', 'failed']);
    expect(
      vi
        .mocked(calls.create)
        .mock.calls.map(([body]) => body.size)
        .sort(),
    ).toEqual([1, 1, 2]);
    expect(nameOf({ name: 'run.exe', type: 'image/png' })).toBe('run.exe');
  });

  it('takes 20 files and no more', async () => {
    const { queue, items, settled } = setup();
    queue.add(Array.from({ length: 21 }, (_, i) => file(`${i}.txt`)));
    await settled();
    expect(items().filter(i => i.state === 'stored')).toHaveLength(20);
    expect(items()[20]?.problem).toBe('too_many');
  });
});

describe('the queue', () => {
  it('stores files and gives their ids', async () => {
    const { queue, settled } = setup();
    queue.add([file('a.txt'), file('b.png')]);
    await settled();
    // Whichever is hashed first is announced first.
    expect([...queue.storedIds].sort()).toEqual(['att_1', 'att_2']);
  });

  it('sends three at a time', async () => {
    let running = 0;
    let most = 0;
    const { queue, settled } = setup({
      put: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise(done => setTimeout(done, 5));
        running -= 1;
        return 200;
      },
    });
    queue.add(Array.from({ length: 8 }, (_, i) => file(`${i}.txt`)));
    await settled();
    expect(most).toBe(3);
    expect(queue.storedIds).toHaveLength(8);
  });

  it('tries again by itself, with the same keys, and takes 412 for arrived', async () => {
    const put = vi.fn<UploadCalls['put']>().mockRejectedValueOnce(new TypeError('network')).mockResolvedValueOnce(412);
    const { queue, calls, settled, items } = setup({ put });
    queue.add([file('a.txt')]);
    await settled();
    expect(items()[0]?.state).toBe('stored');
    expect(calls.create).toHaveBeenCalledTimes(1);
  });

  it('asks for a new URL where the old one ran out', async () => {
    const put = vi.fn<UploadCalls['put']>().mockResolvedValueOnce(403).mockResolvedValueOnce(200);
    const { queue, calls, settled } = setup({ put });
    queue.add([file('a.txt')]);
    await settled();
    expect(queue.storedIds).toEqual(['att_2']);
    const keys = vi.mocked(calls.create).mock.calls.map(call => call[1]);
    expect(new Set(keys).size).toBe(2);
  });

  it('gives up after its tries, and starts again by hand', async () => {
    const put = vi.fn<UploadCalls['put']>().mockRejectedValue(new TypeError('network'));
    const { queue, settled, items } = setup({ put });
    queue.add([file('a.txt')]);
    await settled();
    expect(put).toHaveBeenCalledTimes(3);
    expect(items()[0]).toMatchObject({ state: 'failed', problem: 'network', again: true });
    put.mockResolvedValue(200);
    queue.retry(items()[0]?.key ?? '');
    await settled();
    expect(items()[0]?.state).toBe('stored');
  });

  it("says the server's reason and does not insist", async () => {
    const complete = vi.fn().mockRejectedValue(new ApiError(422, { status: 422, code: 'type_mismatch' }));
    const { queue, settled, items } = setup({ complete });
    queue.add([file('a.png')]);
    await settled();
    expect(complete).toHaveBeenCalledTimes(1);
    expect(items()[0]).toMatchObject({ state: 'failed', problem: 'type_mismatch', again: false });
  });

  it('cancels what is under way and deletes what is there', async () => {
    let signal: AbortSignal | undefined;
    const { queue, calls, items } = setup({
      put: (_target, _file, _progress, abort) => {
        signal = abort;
        return new Promise((_done, fail) =>
          abort.addEventListener('abort', () => fail(new DOMException('', 'AbortError'))),
        );
      },
    });
    queue.add([file('a.txt')]);
    await vi.waitFor(() => expect(items()[0]?.state).toBe('sending'));
    queue.remove(items()[0]?.key ?? '');
    expect(signal?.aborted).toBe(true);
    expect(items()).toEqual([]);
    expect(calls.remove).toHaveBeenCalledWith('att_1');
  });

  it('leaves nothing behind of what is cancelled while it is announced', async () => {
    let announce: () => void = () => undefined;
    const answer = { attachment_id: 'att_9', upload: { method: 'PUT' as const, url: '', headers: {} }, expires_at: '' };
    const create = vi.fn(async () => {
      await new Promise<void>(done => {
        announce = done;
      });
      return answer;
    });
    const { queue, calls, items } = setup({ create });
    queue.add([file('a.txt')]);
    await vi.waitFor(() => expect(create).toHaveBeenCalled());
    queue.remove(items()[0]?.key ?? '');
    announce();
    await vi.waitFor(() => expect(calls.remove).toHaveBeenCalledWith('att_9'));
    expect(calls.put).not.toHaveBeenCalled();
  });

  it('says that a file cannot be read any more, and does not insist', async () => {
    const { queue, calls, settled, items } = setup();
    const gone = Object.assign(file('a.jpg'), {
      arrayBuffer: () => Promise.reject(new DOMException('', 'NotFoundError')),
    });
    queue.add([gone]);
    await settled();
    expect(items()[0]).toMatchObject({ state: 'failed', problem: 'unreadable', again: false });
    expect(calls.create).not.toHaveBeenCalled();
  });

  it('forgets what was sent and keeps what was added since', async () => {
    const { queue, calls, settled, items } = setup();
    queue.add([file('a.txt')]);
    await settled();
    const sent = queue.storedIds;
    queue.add([file('b.txt')]);
    queue.forget(sent);
    expect(items().map(item => item.name)).toEqual(['b.txt']);
    await settled();
    expect(queue.storedIds).toEqual(['att_2']);
    expect(calls.remove).not.toHaveBeenCalled();
  });

  it('tells the time left after three seconds', () => {
    const item = { state: 'sending', size: 100, sent: 50, startedAt: 0 } as Upload;
    expect(secondsLeft(item, 2000)).toBeUndefined();
    expect(secondsLeft(item, 4000)).toBe(4);
  });
});

describe('a guest', () => {
  it('announces the first file alone, since that begins the session of all', async () => {
    const waiting: (() => void)[] = [];
    let asked = 0;
    const create = vi.fn(async () => {
      asked += 1;
      const id = asked;
      await new Promise<void>(done => waiting.push(done));
      return { attachment_id: `att_${id}`, upload: { method: 'PUT' as const, url: '', headers: {} }, expires_at: '' };
    });
    const { queue, settled, items } = setup({ create }, true);
    queue.add([file('1.txt'), file('2.txt'), file('3.txt')]);
    await vi.waitFor(() => expect(create).toHaveBeenCalledTimes(1));
    await new Promise(done => setTimeout(done, 30));
    expect(create).toHaveBeenCalledTimes(1);
    waiting.shift()?.();
    await vi.waitFor(() => expect(create).toHaveBeenCalledTimes(3));
    for (const go of waiting) go();
    await settled();
    expect(items().map(item => item.state)).toEqual(['stored', 'stored', 'stored']);
  });

  it('announces another first one where the first failed', async () => {
    const create = vi.fn().mockRejectedValueOnce(new ApiError(422, { status: 422, code: 'type_not_allowed' }));
    create.mockResolvedValue({
      attachment_id: 'att_1',
      upload: { method: 'PUT', url: '', headers: {} },
      expires_at: '',
    });
    const { queue, settled, items } = setup({ create }, true);
    queue.add([file('1.txt'), file('2.txt')]);
    await settled();
    expect(items().map(item => item.state)).toEqual(['failed', 'stored']);
  });
});
