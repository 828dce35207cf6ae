/** How a due date reads in a list or on a ticket. */

import { capitalised, dayDistance, dayName, timeOfDay } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';

type DueKind = 'none' | 'met' | 'late' | 'today' | 'later';

interface Due {
  kind: DueKind;
  text: string;
  /** As it stands within a sentence. */
  within: string;
}

interface Dated {
  status: string;
  due_at?: string | null;
  resolved_at?: string | null;
}

export function dueKind(ticket: Dated, now: Date): DueKind {
  if (!ticket.due_at) return 'none';
  const due = new Date(ticket.due_at);
  if (ticket.status === 'resolved') return ticket.resolved_at && new Date(ticket.resolved_at) > due ? 'later' : 'met';
  if (ticket.status === 'cancelled') return 'later';
  if (due < now) return 'late';
  return dayDistance(due, now) === 0 ? 'today' : 'later';
}

/** Short words for a list; `long` adds the time of day, for the ticket's own page. */
export function dueWords(ticket: Dated, now: Date, long = false): Due {
  const kind = dueKind(ticket, now);
  if (kind === 'none' || !ticket.due_at) return { kind, text: t('due.none'), within: t('due.none') };
  if (kind === 'met' && !long) return { kind, text: t('due.met'), within: t('due.met') };
  const due = new Date(ticket.due_at);
  const day = dayName(due, now);
  const today = dayDistance(due, now) === 0;
  const text = long || today ? t(today ? 'due.today' : 'due.long', { day, time: timeOfDay(due) }) : day;
  return { kind, text: capitalised(text), within: text };
}

/** The next working day at 18:00 here: what is offered where no date is set. */
export function nextWorkingDay(now: Date): Date {
  const day = new Date(now);
  do day.setDate(day.getDate() + 1);
  while (day.getDay() === 0 || day.getDay() === 6);
  day.setHours(18, 0, 0, 0);
  return day;
}

/** For `<input type="datetime-local">`, in the time of this browser. */
export function toInput(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
