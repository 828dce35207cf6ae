import type { ComponentChildren } from 'preact';
import type { Categories, Entry, Organisation, Place, Priority, Status } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { categoryName, placeNames } from '../../lib/trees.ts';
import { Moment, Rich, statusLook } from '../../parts/basics.tsx';
import { Icon, type IconName } from '../../parts/icon.tsx';
import { ticketName } from '../../state/session.ts';

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

const strong = (text: ComponentChildren) => <b>{text}</b>;
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
    case 'rated':
      return { icon: 'check', words: <Rich text="event.rated" who={who} stars={strong(String(entry.data?.stars))} /> };
    case 'linked':
    case 'merged':
      return { icon: 'tag', words: tied(entry, who) };
    case 'deleted':
      return { icon: 'x', look: 'danger', words: <Rich text="event.deleted" who={who} /> };
    case 'restored':
      return { icon: 'tag', words: <Rich text="event.restored" who={who} /> };
    case 'erased':
      return { icon: 'x', look: 'danger', words: <Rich text="event.erased" who={who} /> };
    default:
      return { icon: 'clock', words: <Rich text="event.changed" who={who} /> };
  }
}

/** With which other ticket this one has to do, or is one now. */
function tied({ type, data }: Entry, who: ComponentChildren): ComponentChildren {
  const name = (number: unknown) => strong(ticketName(Number(number)));
  if (type === 'linked')
    return <Rich text={data?.removed ? 'event.unlinked' : 'event.linked'} who={who} to={name(data?.ticket)} />;
  if (data?.into != null) return <Rich text="event.merged_into" who={who} to={name(data.into)} />;
  return <Rich text="event.merged_from" who={who} to={name(data?.from)} />;
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
  return <Rich text="event.due" who={who} to={strong(<Moment at={to} now={now} />)} />;
}

const isPlace = (value: unknown): value is Place => typeof value === 'object' && value !== null && 'kind' in value;

const PLACE_FIELDS = [
  'kind',
  'category_id',
  'subcategory_id',
  'corporation_id',
  'company_id',
  'site_id',
  'cost_centre_id',
] as const satisfies readonly (keyof Place)[];

/**
 * 'Tipo: Requerimiento; Categoría: Redes': what differs between the places, with names where the trees know them. Whoever
 * came by a ticket's link may not read the trees, and gets the fields alone.
 */
function changes({ data }: Entry, trees: Trees): string {
  const { from, to } = data ?? {};
  if (!isPlace(from) || !isPlace(to)) return '';
  return PLACE_FIELDS.filter(field => (from[field] ?? null) !== (to[field] ?? null))
    .map(field => {
      const label = t(`facts.${field}`);
      const value = valueName(to, field, trees);
      return value === undefined ? label : t('event.change', { field: label, value });
    })
    .join('; ');
}

function valueName(to: Place, field: keyof Place, { organisation, categories }: Trees): string | undefined {
  if (field === 'kind') return t(`kind.${to.kind}`);
  if (!to[field]) return t('none');
  const place = placeNames(organisation, to);
  const subject = categoryName(categories, to);
  const names: Record<Exclude<keyof Place, 'kind'>, string | undefined> = {
    category_id: subject.category,
    subcategory_id: subject.subcategory,
    corporation_id: place.corporation,
    company_id: place.company,
    site_id: place.site,
    cost_centre_id: place.costCentre,
  };
  return names[field];
}
