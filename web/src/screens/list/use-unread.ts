import { useEffect, useState } from 'preact/hooks';
import { type Ticket, tickets } from '../../api/index.ts';

/** Which of these rows have something that one has not read. Nothing is marked before the server has said so. */
export function useUnread(rows: readonly Ticket[] | undefined): (row: Ticket) => boolean {
  const [marks, setMarks] = useState<ReadonlyMap<number, number>>(new Map());
  useEffect(() => {
    // Rows that are known to be read need no second question.
    const asked = rows?.filter(row => (marks.get(row.number) ?? -1) < row.last_seq).map(row => row.number) ?? [];
    if (asked.length === 0) return;
    let alive = true;
    tickets.reads(asked).then(
      found =>
        alive && setMarks(before => new Map([...before, ...found.map(mark => [mark.number, mark.seq] as const)])),
      () => undefined,
    );
    return () => {
      alive = false;
    };
  }, [rows]);
  return row => {
    const mark = marks.get(row.number);
    return mark !== undefined && mark < row.last_seq;
  };
}
