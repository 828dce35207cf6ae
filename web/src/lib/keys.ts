/** Keys of one letter, and of two ('g' and another). Off while somebody types, and where they are turned off. */
import { useEffect, useRef } from 'preact/hooks';

const STORED = 'chamada.keys';

export const keysOn = (): boolean => localStorage.getItem(STORED) !== 'off';

export function setKeysOn(on: boolean): void {
  if (on) localStorage.removeItem(STORED);
  else localStorage.setItem(STORED, 'off');
}

type Keys = Record<string, (() => void) | undefined>;

/** How long after 'g' the second letter counts. */
const TOGETHER_MS = 1_500;
const BUSY = 'textarea, select, input:not([type=checkbox]), [contenteditable], [role=listbox], [role=menu], dialog';

const isBusy = (event: KeyboardEvent): boolean =>
  (event.target instanceof Element && event.target.closest(BUSY) !== null) ||
  document.querySelector('dialog[open]') !== null;

/** `{ j: next, 'g i': inbox }`. Upper case is with Shift. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    let before = { key: '', at: 0 };
    const down = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!keysOn() || isBusy(event)) return;
      const second = before.key === 'g' && event.timeStamp - before.at < TOGETHER_MS;
      const act = latest.current[second ? `g ${event.key}` : event.key];
      before = { key: event.key, at: event.timeStamp };
      if (!act) return;
      event.preventDefault();
      act();
    };
    addEventListener('keydown', down);
    return () => removeEventListener('keydown', down);
  }, []);
}
