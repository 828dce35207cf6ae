/**
 * Dates, numbers and sizes of the language in use. Making an Intl formatter costs up to a millisecond, so each is made
 * once per language and kept.
 */
let language = 'es';
const made = new Map<string, unknown>();

export function setFormatLanguage(tag: string): void {
  language = tag;
}

function cached<T>(name: string, make: (tag: string) => T): T {
  const key = `${language} ${name}`;
  let formatter = made.get(key) as T | undefined;
  if (formatter === undefined) {
    formatter = make(language);
    made.set(key, formatter);
  }
  return formatter;
}

const DATE: Record<string, Intl.DateTimeFormatOptions> = {
  day: { day: 'numeric', month: 'short' },
  dayYear: { day: 'numeric', month: 'short', year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  full: { dateStyle: 'full', timeStyle: 'long' },
  paper: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  },
};

function date(at: Date, shape: keyof typeof DATE): string {
  return cached(`date ${shape}`, tag => new Intl.DateTimeFormat(tag, DATE[shape])).format(at);
}

export const pluralRule = (count: number): 'one' | 'other' =>
  cached('plural', tag => new Intl.PluralRules(tag)).select(count) === 'one' ? 'one' : 'other';

/** Whole numbers that no language here groups are written as they are: the first formatter takes a slow device 100 ms. */
export const number = (value: number): string =>
  Number.isInteger(value) && value >= 0 && value < 1000
    ? String(value)
    : cached('number', tag => new Intl.NumberFormat(tag)).format(value);

export const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase(language) + text.slice(1);

/** Days from one local midnight to another: 0 is today, -1 yesterday. */
export function dayDistance(at: Date, now: Date): number {
  const midnight = (d: Date) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate());
  return Math.round((midnight(at) - midnight(now)) / 86_400_000);
}

const relative = () => cached('relative', tag => new Intl.RelativeTimeFormat(tag, { numeric: 'auto', style: 'short' }));

/** 'hoy' and 'ayer' in the language, a date otherwise; the year where it is not this one. */
export function dayName(at: Date, now: Date): string {
  const days = dayDistance(at, now);
  if (days === 0 || days === -1) return relative().format(days, 'day');
  return date(at, at.getFullYear() === now.getFullYear() ? 'day' : 'dayYear').replace('.', '');
}

export const timeOfDay = (at: Date): string => date(at, 'time');

/** How long ago, up to a day; then 'ayer'; then the date. */
export function age(at: Date, now: Date): string {
  const minutes = Math.round((now.getTime() - at.getTime()) / 60_000);
  if (minutes < 1) return relative().format(0, 'minute');
  if (minutes < 60) return relative().format(-minutes, 'minute');
  if (minutes < 24 * 60) return relative().format(-Math.floor(minutes / 60), 'hour');
  return dayName(at, now);
}

/** On paper there is no 'today' and nothing to point at. */
export const paperDate = (at: Date): string => date(at, 'paper');

export const fullDate = (at: Date): string => date(at, 'full');

/** UTC, for the tooltip. */
export const utc = (at: Date): string => `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** A size with its unit; 1 MB is 2^20 bytes, as everywhere in Chamada. */
export function size(bytes: number): string {
  let step = 0;
  let value = bytes;
  while (value >= 1024 && step < UNITS.length - 1) {
    value /= 1024;
    step += 1;
  }
  const digits = step > 1 && value < 100 ? 1 : 0;
  return cached(
    `size ${step} ${digits}`,
    tag =>
      new Intl.NumberFormat(tag, {
        style: 'unit',
        unit: UNITS[step],
        unitDisplay: step === 0 ? 'long' : 'short',
        maximumFractionDigits: digits,
      }),
  ).format(value);
}

export const seconds = (count: number): string =>
  cached('seconds', tag => new Intl.NumberFormat(tag, { style: 'unit', unit: 'second', unitDisplay: 'short' })).format(
    count,
  );
