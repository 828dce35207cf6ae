import { useEffect, useRef, useState } from 'preact/hooks';
import { navigate } from '../../lib/hash-location.ts';
import { useKeys } from '../../lib/keys.ts';

/** The numbers from one row to another, both with it, whichever comes first. */
function between(shown: readonly number[], from: number, to: number): number[] {
  const [a, b] = [shown.indexOf(from), shown.indexOf(to)];
  return a < 0 || b < 0 ? [to] : shown.slice(Math.min(a, b), Math.max(a, b) + 1);
}

/** Which rows are ticked. Another view begins with none. */
export function useSelection(view: string, shown: readonly number[]) {
  const [ticked, setTicked] = useState<ReadonlySet<number>>(new Set());
  const [picking, setPicking] = useState(false);
  const last = useRef<number | undefined>(undefined);
  useEffect(() => {
    setTicked(new Set());
    setPicking(false);
    last.current = undefined;
  }, [view]);
  const toggle = (number: number, range = false) => {
    const on = !ticked.has(number);
    const rows = range && last.current !== undefined ? between(shown, last.current, number) : [number];
    const next = new Set(ticked);
    for (const row of rows)
      if (on || range) next.add(row);
      else next.delete(row);
    last.current = number;
    setTicked(next);
  };
  return {
    /** In the order of the rows; what is not shown any more does not count. */
    numbers: shown.filter(number => ticked.has(number)),
    has: (number: number) => ticked.has(number),
    /** On a phone: whether a touch ticks a card instead of opening it. */
    picking,
    pick: () => setPicking(true),
    toggle,
    all: (on: boolean) => setTicked(new Set(on ? shown : [])),
    clear: () => {
      setTicked(new Set());
      setPicking(false);
    },
  };
}

export type Selection = ReturnType<typeof useSelection>;

const links = () => [...document.querySelectorAll<HTMLElement>('[data-row]')];
const here = () =>
  links().find(link => link === document.activeElement || link.closest('tr')?.contains(document.activeElement));

function move(step: 1 | -1): void {
  const all = links();
  const current = here();
  const next = current ? all[all.indexOf(current) + step] : all[0];
  next?.focus();
  next?.closest('tr')?.scrollIntoView?.({ block: 'nearest' });
}

const numberOf = (link: HTMLElement | undefined) => (link ? Number(link.dataset.row) : undefined);

/** j and k go from row to row: the row that has the focus is the one that the other keys mean. */
export function useListKeys(ticks: Selection | undefined): void {
  const tick = (range: boolean) => {
    const number = numberOf(here());
    if (number !== undefined) ticks?.toggle(number, range);
  };
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    o: () => {
      const number = numberOf(here());
      if (number !== undefined) navigate(`/t/${number}`);
    },
    x: ticks && (() => tick(false)),
    X: ticks && (() => tick(true)),
  });
}
