/** Files that leave the page for the person's device. */

/** An address that answers with a file to save: the page stays. */
export function startDownload(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.rel = 'noopener noreferrer';
  link.click();
}

/** Saves what is already here under a name. */
export function saveFile(name: string, content: Blob): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Saves what a browser would rather show: no link of ours can ask that of another origin. */
export async function saveFrom(name: string, url: string): Promise<void> {
  const answer = await fetch(url, { referrerPolicy: 'no-referrer', credentials: 'omit' });
  if (!answer.ok) throw new TypeError('not fetched');
  saveFile(name, await answer.blob());
}
