import { describe, expect, it } from 'vitest';
import { age, dayDistance, dayName, size } from '../i18n/format.ts';
import { pieces, setLocale, t, tn } from '../i18n/index.ts';
import { dueKind, dueWords, nextWorkingDay, toInput } from '../lib/due.ts';

const at = (text: string) => new Date(text);
const now = at('2026-11-22T10:00:00');

describe('dates', () => {
  it('counts days by the calendar, not by hours', () => {
    expect(dayDistance(at('2026-11-21T23:59:00'), at('2026-11-22T00:01:00'))).toBe(-1);
    expect(dayDistance(at('2026-11-22T00:00:00'), at('2026-11-22T23:59:00'))).toBe(0);
  });

  it('names today and yesterday in the language, then the date, with the year where it is another', async () => {
    expect(dayName(now, now)).toBe('hoy');
    expect(dayName(at('2026-11-21T10:00:00'), now)).toBe('ayer');
    expect(dayName(at('2026-11-20T10:00:00'), now)).toBe('20 nov');
    expect(dayName(at('2025-11-20T10:00:00'), now)).toContain('2025');
    await setLocale('pt');
    expect(dayName(at('2026-11-21T10:00:00'), now)).toBe('ontem');
  });

  it('gives ages up to a day', () => {
    expect(age(at('2026-11-22T09:56:00'), now)).toBe('hace 4 min');
    expect(age(at('2026-11-22T07:01:00'), now)).toBe('hace 2 h');
    expect(age(at('2026-11-21T09:59:00'), now)).toBe('ayer');
  });
});

describe('sizes', () => {
  it('uses units of 1024 and the separators of the language', async () => {
    expect(size(2_516_582)).toBe('2,4 MB');
    expect(size(50 * 2 ** 20)).toBe('50 MB');
    await setLocale('en');
    expect(size(2_516_582)).toBe('2.4 MB');
    expect(size(18_432)).toBe('18 kB');
  });
});

describe('plurals and placeholders', () => {
  it('chooses the form by the rules of the language', async () => {
    expect(tn('sweep.new', 1)).toBe('1 nuevo');
    expect(tn('sweep.new', 9)).toBe('9 nuevos');
    // Spanish has a form of its own from a million on, which falls back to the general one.
    expect(tn('sweep.new', 1_000_000)).toBe('1000000 nuevos');
    await setLocale('pt');
    expect(tn('sweep.new', 0)).toBe('0 novo');
  });

  it('fills names, and leaves an unknown one as it stands', () => {
    expect(t('create.done', { ticket: 'CH-1' })).toBe('Se envió el ticket CH-1.');
    expect(t('create.done', {})).toContain('{ticket}');
    expect(pieces('sweep.reading')).toEqual([
      { text: 'Leyendo ' },
      { name: 'mailbox' },
      { text: ' ' },
      { name: 'place' },
    ]);
  });
});

describe('due dates', () => {
  const open = (due: string | null) => ({ status: 'in_process', due_at: due && at(due).toISOString() });

  it('tells late, today and later apart', () => {
    expect(dueKind(open('2026-11-22T09:59:00'), now)).toBe('late');
    expect(dueKind(open('2026-11-22T16:00:00'), now)).toBe('today');
    expect(dueKind(open('2026-11-24T16:00:00'), now)).toBe('later');
    expect(dueKind(open(null), now)).toBe('none');
  });

  it('is never late once resolved or cancelled', () => {
    const due_at = at('2026-11-20T16:00:00').toISOString();
    expect(dueKind({ status: 'cancelled', due_at }, now)).toBe('later');
    expect(dueKind({ status: 'resolved', due_at, resolved_at: at('2026-11-20T15:00:00').toISOString() }, now)).toBe(
      'met',
    );
    expect(dueKind({ status: 'resolved', due_at, resolved_at: at('2026-11-21T15:00:00').toISOString() }, now)).toBe(
      'later',
    );
  });

  it('puts it in words', () => {
    expect(dueWords(open('2026-11-22T16:00:00'), now).text).toBe('Hoy 16:00');
    expect(dueWords(open('2026-11-21T16:00:00'), now).text).toBe('Ayer');
    expect(dueWords(open('2026-11-24T16:00:00'), now, true).text).toBe('24 nov, 16:00');
    expect(dueWords(open(null), now).text).toBe('Sin fecha');
  });

  it('offers the next working day at 18:00', () => {
    const friday = at('2026-11-20T19:00:00');
    expect(toInput(nextWorkingDay(friday))).toBe('2026-11-23T18:00');
  });
});
