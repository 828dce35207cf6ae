/** Small pieces that every screen uses. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Person, Priority, Status } from '../api/index.ts';
import { age, capitalised, dayName, fullDate, paperDate, timeOfDay, utc } from '../i18n/format.ts';
import { type Key, pieces, t } from '../i18n/index.ts';
import { dueWords } from '../lib/due.ts';
import { linkPieces } from '../lib/links.ts';
import { Icon } from './icon.tsx';

const STATUS_LOOK = {
  new: 'new',
  in_process: 'process',
  on_hold: 'hold',
  resolved: 'resolved',
  cancelled: 'cancelled',
} as const satisfies Record<Status, string>;

export const statusLook = (status: Status) => STATUS_LOOK[status];

export function StatusTag({ status }: { status: Status }) {
  const look = STATUS_LOOK[status];
  return (
    <span class={`tag ${look}`}>
      <Icon name={`s-${look}`} />
      {t(`status.${status}`)}
    </span>
  );
}

const PRIORITY_LEVEL = { low: 1, normal: 2, high: 3, urgent: 4 } as const satisfies Record<Priority, number>;

export function PriorityMark({ priority }: { priority: Priority }) {
  const level = PRIORITY_LEVEL[priority];
  return (
    <span class={`prio p${level}`}>
      <Icon name={`p-${level}`} />
      {t(`priority.${priority}`)}
    </span>
  );
}

/** First letters of the first and the last word. */
export function initials(name: string): string {
  const words = name
    .trim()
    .split(/[\s.@_-]+/u)
    .filter(word => word !== '');
  const first = [...(words[0] ?? '?')][0] ?? '?';
  const last = words.length > 1 ? ([...(words.at(-1) ?? '')][0] ?? '') : '';
  return (first + last).toLocaleUpperCase();
}

export function hue(id: string): number {
  let hash = 0;
  for (const unit of id) hash = (hash * 31 + (unit.codePointAt(0) ?? 0)) >>> 0;
  return hash % 360;
}

export function Avatar({ id, name, large = false }: { id: string; name: string; large?: boolean }) {
  return (
    <span class={large ? 'av lg' : 'av'} style={{ '--h': String(hue(id)) }} aria-hidden="true">
      {initials(name)}
    </span>
  );
}

export function Who({ person }: { person: Person | null | undefined }) {
  if (!person)
    return (
      <span class="who muted">
        <span class="av nobody" aria-hidden="true" />
        <span>{t('unassigned')}</span>
      </span>
    );
  return (
    <span class="who">
      <Avatar id={person.id} name={person.name} />
      <span>{person.name}</span>
    </span>
  );
}

/** The time now, again each minute, so that ages and due dates stay true. */
export function useNow(): Date {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date()), 60_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

interface DueProps {
  ticket: { status: Status; due_at?: string | null; resolved_at?: string | null };
  now: Date;
  long?: boolean;
  /** 'Venció ayer 18:00' instead of the date alone in red. */
  sentence?: boolean;
}

export function DueMark({ ticket, now, long = false, sentence = false }: DueProps) {
  const due = dueWords(ticket, now, long);
  if (!ticket.due_at)
    return (
      <>
        <span class="no-due" aria-hidden="true">
          –
        </span>
        <span class="vh">{due.text}</span>
      </>
    );
  const at = new Date(ticket.due_at);
  const time = (
    <time dateTime={ticket.due_at} title={`${fullDate(at)} · ${utc(at)}`} data-due={paperDate(at)}>
      {sentence && due.kind === 'late' ? t('due.overdue', { when: due.within }) : due.text}
    </time>
  );
  if (due.kind === 'late')
    return (
      <span class="late">
        <Icon name="clock" />
        {!sentence && <span class="vh">{t('due.late')}</span>}
        {time}
      </span>
    );
  return due.kind === 'today' ? <b class="due-today">{time}</b> : time;
}

export function Age({ at, now }: { at: string; now: Date }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={`${fullDate(date)} · ${utc(date)}`}>
      {age(date, now)}
    </time>
  );
}

export const momentWords = (at: Date, now: Date) => t('time.at', { day: dayName(at, now), time: timeOfDay(at) });

export function Moment({ at, now, class: name }: { at: string; now: Date; class?: string }) {
  const date = new Date(at);
  return (
    <time class={name} dateTime={at} title={`${fullDate(date)} · ${utc(date)}`} data-at={paperDate(date)}>
      {momentWords(date, now)}
    </time>
  );
}

export const capitalMoment = (at: Date, now: Date) => capitalised(momentWords(at, now));

/** A text whose placeholders are filled with elements. */
export function Rich({ text, ...parts }: { text: Key } & Record<string, ComponentChildren>) {
  return (
    <>{pieces(text).map(piece => (piece.name === undefined ? piece.text : (parts[piece.name] ?? `{${piece.name}}`)))}</>
  );
}

/** What a person wrote: text nodes and links alone, blank lines as paragraphs. */
export function Words({ text }: { text: string }) {
  return (
    <>
      {text
        .trim()
        .split(/\n\s*\n/)
        .map((paragraph, index) => (
          <p key={index} class="words" dir="auto">
            {linkPieces(paragraph).map((piece, at) =>
              piece.href ? (
                <a key={at} href={piece.href} target="_blank" rel="noopener noreferrer nofollow">
                  {piece.text}
                </a>
              ) : (
                piece.text
              ),
            )}
          </p>
        ))}
    </>
  );
}

interface ButtonProps {
  children?: ComponentChildren;
  icon?: Parameters<typeof Icon>[0]['name'];
  look?: string;
  busy?: boolean;
  disabled?: boolean;
  submit?: boolean;
  label?: string;
  onClick?: (event: MouseEvent) => void;
}

/** While busy the label stays and a turning ring takes the icon's place. */
export function Button({ children, icon, look = '', busy = false, disabled, submit, label, onClick }: ButtonProps) {
  return (
    <button
      type={submit ? 'submit' : 'button'}
      class={`btn ${look}`}
      aria-busy={busy || undefined}
      aria-disabled={busy || disabled || undefined}
      aria-label={label}
      title={label}
      onClick={event => {
        if (busy || disabled) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <span class="spin" aria-hidden="true" /> : icon && <Icon name={icon} />}
      {children}
    </button>
  );
}
