/**
 * What somebody has typed and not sent, kept on this device under the person's id. Only one's own words: nothing read
 * from the server is stored.
 */
const PREFIX = 'chamada.draft.';

const name = (person: string, what: string) => `${PREFIX}${person}.${what}`;

export function readDraft<T>(person: string, what: string): T | undefined {
  try {
    const text = localStorage.getItem(name(person, what));
    return text === null ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined;
  }
}

/** Storage may be full or forbidden: the draft then lives as long as the page. */
export function writeDraft(person: string, what: string, draft: unknown): boolean {
  try {
    if (draft === undefined) localStorage.removeItem(name(person, what));
    else localStorage.setItem(name(person, what), JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

export function forgetDrafts(): void {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}
