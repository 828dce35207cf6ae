/**
 * Checks a ticket's history in the browser, after API.md 'The chain, to the byte':
 * `hash = hex(SHA-256(ASCII(previous_hash) ‖ 0x0A ‖ JCS(core)))`, where the words of people stand in `core` as commitments
 * `{"c": hex(SHA-256(salt ‖ UTF-8 text))}`. What an answer does not carry (`core` of an entry) is not guessed: such an
 * entry's link is checked, its hash is left to `GET …/verify`.
 */
export interface ChainEntry {
  seq: number;
  hash: string;
  previous_hash: string;
  core?: Json | undefined;
  words?: Record<string, { salt: string; text: string }> | undefined;
}

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

interface ChainResult {
  valid: boolean;
  /** The lowest `seq` that is missing, altered or not linked. */
  firstBad?: number;
  /** Entries whose hash was computed again here. */
  recomputed: number;
}

export const FIRST_PREVIOUS = '0'.repeat(64);

/** JSON Canonicalization Scheme, RFC 8785: names sorted by UTF-16 code units, numbers as ECMAScript writes them. */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const names = Object.keys(value).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${names.map(name => `${JSON.stringify(name)}:${canonical(value[name] ?? null)}`).join(',')}}`;
  }
  if (typeof value === 'number' && !Number.isFinite(value)) throw new RangeError('not a JSON number');
  return JSON.stringify(value);
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), byte => byte.toString(16).padStart(2, '0')).join('');

export const sha256 = async (bytes: Uint8Array<ArrayBuffer> | ArrayBuffer): Promise<string> =>
  hex(await crypto.subtle.digest('SHA-256', bytes));

const utf8 = (text: string) => new TextEncoder().encode(text) as Uint8Array<ArrayBuffer>;

export async function entryHash(previous: string, core: Json): Promise<string> {
  return sha256(utf8(`${previous}\n${canonical(core)}`));
}

export async function commitment(salt: string, text: string): Promise<string> {
  const pairs = salt.match(/[0-9a-f]{2}/g) ?? [];
  const word = utf8(text);
  const bytes = new Uint8Array(pairs.length + word.length);
  bytes.set(pairs.map(pair => Number.parseInt(pair, 16)));
  bytes.set(word, pairs.length);
  return sha256(bytes);
}

async function wordsMatch(words: NonNullable<ChainEntry['words']>): Promise<boolean> {
  for (const [digest, word] of Object.entries(words))
    if ((await commitment(word.salt, word.text)) !== digest) return false;
  return true;
}

async function intact(entry: ChainEntry): Promise<boolean> {
  if (entry.core === undefined) return true;
  if ((await entryHash(entry.previous_hash, entry.core)) !== entry.hash) return false;
  return entry.words === undefined || wordsMatch(entry.words);
}

/**
 * Checks entries that follow one another, oldest first. They may begin later than the first (older ones not loaded).
 * `head` is what the ticket says its last entry is.
 */
export async function checkChain(
  entries: readonly ChainEntry[],
  head?: { seq: number; hash: string },
): Promise<ChainResult> {
  let recomputed = 0;
  let expected = entries[0]?.seq ?? 1;
  let previous = expected === 1 ? FIRST_PREVIOUS : entries[0]?.previous_hash;
  for (const entry of entries) {
    const linked = entry.seq === expected && entry.previous_hash === previous;
    if (!linked || !(await intact(entry))) return { valid: false, firstBad: Math.min(expected, entry.seq), recomputed };
    if (entry.core !== undefined) recomputed += 1;
    expected += 1;
    previous = entry.hash;
  }
  if (head && expected - 1 < head.seq) return { valid: false, firstBad: expected, recomputed };
  if (head && head.seq === expected - 1 && head.hash !== previous)
    return { valid: false, firstBad: head.seq, recomputed };
  return { valid: true, recomputed };
}
