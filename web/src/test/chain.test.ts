// @vitest-environment node
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ChainEntry,
  canonical,
  checkChain,
  commitment,
  entryHash,
  FIRST_PREVIOUS,
  type Json,
} from '../lib/chain.ts';
import { checkTranscript } from '../lib/transcript.ts';

async function chain(length: number): Promise<ChainEntry[]> {
  const entries: ChainEntry[] = [];
  let previous = FIRST_PREVIOUS;
  for (let seq = 1; seq <= length; seq += 1) {
    const salt = seq.toString(16).padStart(32, '0');
    const text = `words ${seq} ñ€`;
    const digest = await commitment(salt, text);
    const core: Json = { seq, at: '2026-11-22T05:07:31.412Z', type: 'message', via: 'web', body: { c: digest } };
    const hash = await entryHash(previous, core);
    entries.push({ seq, hash, previous_hash: previous, core, words: { [digest]: { salt, text } } });
    previous = hash;
  }
  return entries;
}

const head = (entries: ChainEntry[]) => {
  const last = entries.at(-1);
  return { seq: last?.seq ?? 0, hash: last?.hash ?? '' };
};

describe('canonical JSON (RFC 8785)', () => {
  it('sorts names by UTF-16 code units and writes numbers and strings as ECMAScript does', () => {
    expect(canonical({ b: 1, a: [true, null, 1e21, 0.5], '€': 'x\n"', '😀': 2 })).toBe(
      '{"a":[true,null,1e+21,0.5],"b":1,"€":"x\\n\\"","😀":2}',
    );
    expect(canonical({ '\ufb33': 1, '\ud83d\ude00': 2 })).toBe('{"\ud83d\ude00":2,"\ufb33":1}');
  });

  it('refuses what JSON has no form for', () => {
    expect(() => canonical(Number.NaN)).toThrow(RangeError);
  });
});

describe('hashes', () => {
  it('are SHA-256 over the previous hash, a line feed and the canonical core', async () => {
    const expected = createHash('sha256').update(`${FIRST_PREVIOUS}\n{"seq":1}`).digest('hex');
    expect(await entryHash(FIRST_PREVIOUS, { seq: 1 })).toBe(expected);
  });

  it('commit to salt and text', async () => {
    const expected = createHash('sha256').update(Buffer.from('00ff', 'hex')).update('ñ').digest('hex');
    expect(await commitment('00ff', 'ñ')).toBe(expected);
  });
});

describe('checking', () => {
  it('accepts a whole history, and one that begins later', async () => {
    const entries = await chain(5);
    expect(await checkChain(entries, head(entries))).toEqual({ valid: true, recomputed: 5 });
    expect((await checkChain(entries.slice(2), head(entries))).valid).toBe(true);
  });

  it('accepts erased words and hidden entries, whose link is checked', async () => {
    const entries = await chain(4);
    const shown = entries.map(e =>
      e.seq === 2 ? { seq: e.seq, hash: e.hash, previous_hash: e.previous_hash } : { ...e, words: {} },
    );
    expect(await checkChain(shown, head(entries))).toEqual({ valid: true, recomputed: 3 });
  });

  it('names the first bad entry', async () => {
    const entries = await chain(5);
    const altered = structuredClone(entries);
    (altered[2] as unknown as { core: { via: string } }).core.via = 'mail';
    expect(await checkChain(altered, head(entries))).toMatchObject({ valid: false, firstBad: 3 });

    const reworded = structuredClone(entries);
    for (const word of Object.values(reworded[3]?.words ?? {})) word.text = 'other';
    expect(await checkChain(reworded, head(entries))).toMatchObject({ valid: false, firstBad: 4 });

    const missing = entries.filter(e => e.seq !== 3);
    expect(await checkChain(missing, head(entries))).toMatchObject({ valid: false, firstBad: 3 });

    expect(await checkChain(entries.slice(0, 3), head(entries))).toMatchObject({ valid: false, firstBad: 4 });

    const relinked = entries.map(e => (e.seq === 4 ? { ...e, previous_hash: 'f'.repeat(64), core: undefined } : e));
    expect(await checkChain(relinked, head(entries))).toMatchObject({ valid: false, firstBad: 4 });

    expect(await checkChain(entries, { seq: 5, hash: '0' })).toMatchObject({ valid: false, firstBad: 5 });
  });
});

describe('a transcript', () => {
  const written = (entries: ChainEntry[]) =>
    entries.map(({ seq: _, ...entry }): Record<string, unknown> & { words?: ChainEntry['words'] } => entry);
  const check = (entries: object[], end: { seq: number; hash: string }) =>
    checkTranscript(JSON.stringify({ format: 'chamada-transcript-1', entries }), end);

  it('is computed anew, all of it', async () => {
    const entries = await chain(4);
    expect(await check(written(entries), head(entries))).toEqual({
      firstBad: undefined,
      entries: 4,
      recomputed: 4,
      hidden: 0,
      erased: [],
    });
  });

  it('tells which entries lost words and which are hidden, and is whole all the same', async () => {
    const entries = await chain(4);
    const shown = written(entries).map((entry, at) => (at === 1 ? { ...entry, words: {} } : entry));
    const { hash, previous_hash } = entries[2] as ChainEntry;
    shown[2] = { seq: 3, hash, previous_hash, hidden: true };
    expect(await check(shown, head(entries))).toMatchObject({
      firstBad: undefined,
      recomputed: 3,
      hidden: 1,
      erased: [2],
    });
  });

  it('may have grown since, but not have another past than the ticket said', async () => {
    const entries = await chain(4);
    expect((await check(written(entries), head(entries.slice(0, 3)))).firstBad).toBeUndefined();
    expect((await check(written(entries), { seq: 2, hash: 'f'.repeat(64) })).firstBad).toBe(2);
    expect((await check(written(entries.slice(0, 3)), head(entries))).firstBad).toBe(4);
    expect((await check(written(entries.slice(1)), head(entries))).firstBad).toBeDefined();
    expect((await check([], head(entries))).firstBad).toBe(1);
  });

  it('names the entry whose words are not what was sealed', async () => {
    const entries = await chain(4);
    const reworded = structuredClone(entries);
    for (const word of Object.values(reworded[2]?.words ?? {})) word.text = 'other';
    expect((await check(written(reworded), head(entries))).firstBad).toBe(3);
  });
});
