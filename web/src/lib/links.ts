/**
 * Splits text into words and web addresses, so that a message can be shown as text nodes and links alone. Only http and
 * https become links; whatever else a message holds stays text.
 */
type Piece = { text: string; href?: string };

const ADDRESS = /https?:\/\/[^\s<>"'`{}|\\^]+/gi;

/** Closing punctuation belongs to the sentence, unless its opening is part of the address. */
function trimmed(address: string): string {
  let end = address.length;
  for (;;) {
    const last = address[end - 1];
    if (last === undefined) break;
    if ('.,;:!?»”’'.includes(last)) end -= 1;
    else if (last === ')' && !address.slice(0, end).includes('(')) end -= 1;
    else if (last === ']' && !address.slice(0, end).includes('[')) end -= 1;
    else break;
  }
  return address.slice(0, end);
}

export function linkPieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const address = trimmed(match[0]);
    if (!URL.canParse(address)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    found.push({ text: address, href: address });
    from = match.index + address.length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}
