/** Reads a transcript and checks all of it here: every hash, every word that is still there, and what is not. */
import { type ChainEntry, checkChain, type Json } from './chain.ts';

interface Written {
  seq?: number;
  hash: string;
  previous_hash: string;
  hidden?: boolean;
  core?: { seq: number } & { [name: string]: Json };
  words?: ChainEntry['words'];
}

export interface WholeCheck {
  /** The lowest entry that does not fit, where there is one. */
  firstBad: number | undefined;
  entries: number;
  /** Entries whose hash was computed again here. */
  recomputed: number;
  /** Entries that the reader may not see: linked, and nothing more can be told of them. */
  hidden: number;
  /** Entries that lost words, which changes no hash. */
  erased: number[];
}

/** The commitments of a core: every `{"c": …}` in it. */
function commitments(value: Json | undefined): string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(commitments);
  const { c } = value;
  return typeof c === 'string' && Object.keys(value).length === 1 ? [c] : Object.values(value).flatMap(commitments);
}

const seqOf = (entry: Written): number => entry.seq ?? entry.core?.seq ?? 0;

const lostWords = ({ core, words = {} }: Written): boolean => commitments(core).some(digest => !(digest in words));

/** `head` is what the ticket was said to end with: entries that came since are no fault, another past is one. */
export async function checkTranscript(text: string, head: { seq: number; hash: string }): Promise<WholeCheck> {
  const { entries } = JSON.parse(text) as { entries: Written[] };
  const links = entries.map((entry): ChainEntry => {
    const { hash, previous_hash, core, words } = entry;
    return { seq: seqOf(entry), hash, previous_hash, core, words };
  });
  const linked = await checkChain(links);
  const there = links[0]?.seq === 1 ? links[head.seq - 1]?.hash : undefined;
  const bad = [linked.firstBad, there === head.hash ? undefined : Math.min(head.seq, links.length + 1)];
  const found = bad.filter(seq => seq !== undefined);
  return {
    firstBad: found.length > 0 ? Math.min(...found) : undefined,
    entries: entries.length,
    recomputed: linked.recomputed,
    hidden: entries.filter(entry => entry.hidden).length,
    erased: entries.filter(entry => !entry.hidden && lostWords(entry)).map(seqOf),
  };
}
