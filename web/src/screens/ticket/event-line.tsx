import type { ComponentChildren } from 'preact';
import type { Categories, Entry, Kind, Organisation, Priority, Status } from '../../api/index.ts';
import { hasText, t } from '../../i18n/index.ts';
import { nameOf } from '../../lib/trees.ts';
import { Moment, momentWords, Rich, statusLook } from '../../parts/basics.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';

export interface Trees {
  organisation: Organisation | undefined;
  categories: Categories | undefined;
}

interface EventProps {
  entry: Entry;
  now: Date;
  trees: Trees;
}

interface Line {
  icon: IconName;
  look?: string;
  words: ComponentChildren;
}

const strong = (text: string) => <b>{text}</b>;
const personName = (value: unknown): string | undefined =>
  typeof value === 'object' && value !== null
    ? String((value as { name?: string | null }).name ?? t('erased'))
    : undefined;

/** A thing that happened, in one line. */
export function EventLine({ entry, now, trees }: EventProps) {
  const line = lineOf(entry, now, trees);
  return (
    <li class={`ev ${line.look ?? ''}`}>
      <span class="dot">
        <Icon name={line.icon} />
      </span>
      <span>
        {line.words} <Moment at={entry.at} now={now} class="xs" />
      </span>
    </li>
  );
}

function lineOf(entry: Entry, now: Date, trees: Trees): Line {
  const who = strong(entry.author ? (entry.author.name ?? t('erased')) : t('system'));
  const to = entry.data?.to;
  switch (entry.type) {
    case 'status':
      return {
        icon: `s-${statusLook(to as Status)}`,
        look: statusLook(to as Status),
        words: <Rich text="event.status" who={who} to={strong(t(`status.${to as Status}`))} />,
      };
    case 'reopened':
      return { icon: 's-process', look: 'process', words: <Rich text="event.reopened" who={who} /> };
    case 'assigned':
      return { icon: 'user', words: assigned(entry, who) };
    case 'due':
      return { icon: 'cal', words: due(to, who, now) };
    case 'priority':
      return {
        icon: 'tag',
        words: <Rich text="event.priority" who={who} to={strong(t(`priority.${to as Priority}`))} />,
      };
    case 'classified':
      return { icon: 'tag', words: <Rich text="event.classified" who={who} changes={strong(changes(entry, trees))} /> };
    case 'title':
      return { icon: 'tag', words: <Rich text="event.title" who={who} to={strong(String(to ?? t('erased')))} /> };
    case 'cc':
      return { icon: 'mail', words: <Rich text="event.cc" who={who} /> };
    case 'delivery':
      return { icon: 'mail', look: 'danger', words: t('event.delivery') };
    default:
      return { icon: 'clock', words: <Rich text="event.changed" who={who} /> };
  }
}

function assigned(entry: Entry, who: ComponentChildren): ComponentChildren {
  const name = personName(entry.data?.to);
  if (name === undefined) return <Rich text="event.unassigned" who={who} />;
  const taker = (entry.data?.to as { id?: string } | undefined)?.id;
  if (entry.author?.id && entry.author.id === taker) return <Rich text="event.claimed" who={who} />;
  return <Rich text="event.assigned" who={who} to={strong(name)} />;
}

function due(to: unknown, who: ComponentChildren, now: Date): ComponentChildren {
  if (typeof to !== 'string') return <Rich text="event.no_due" who={who} />;
  return <Rich text="event.due" who={who} to={strong(momentWords(new Date(to), now))} />;
}

/** 'Tipo: Requerimiento; Categoría: Redes', with names instead of ids where the trees know them. */
function changes(entry: Entry, trees: Trees): string {
  return Object.entries(entry.data?.changes ?? {})
    .map(([field, change]) => {
      const label = `facts.${field}`;
      return t('event.change', { field: hasText(label) ? t(label) : field, value: valueName(field, change.to, trees) });
    })
    .join('; ');
}

function valueName(field: string, value: unknown, { organisation, categories }: Trees): string {
  if (typeof value !== 'string') return t('none');
  if (field === 'kind') return t(`kind.${value as Kind}`);
  const category = categories && [...categories.incident, ...categories.requirement];
  const companies = organisation?.corporations.flatMap(c => c.companies ?? []);
  const names = new Map<string | undefined, string>([
    ...(category ?? []).map(c => [c.id, nameOf(c.names)] as const),
    ...(category ?? []).flatMap(c => (c.subcategories ?? []).map(s => [s.id, nameOf(s.names)] as const)),
    ...(organisation?.corporations ?? []).map(c => [c.id, c.name] as const),
    ...(companies ?? []).map(c => [c.id, c.name] as const),
    ...(companies ?? []).flatMap(c => (c.sites ?? []).map(s => [s.id, s.name] as const)),
    ...(companies ?? []).flatMap(c => (c.cost_centres ?? []).map(s => [s.id, `${s.code} · ${s.name}`] as const)),
  ]);
  return names.get(value) ?? value;
}
