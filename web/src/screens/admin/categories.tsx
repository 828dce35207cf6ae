import { useRef, useState } from 'preact/hooks';
import { categories } from '../../api/admin.ts';
import { type Categories, type CategoriesInput, KINDS, type Kind, type Names } from '../../api/index.ts';
import { LOCALES, t } from '../../i18n/index.ts';
import {
  afterCategoryDeed,
  type CategoryDeed,
  type CategoryPlace,
  type CategoryUnit,
  categoryParts,
  findCategory,
} from '../../lib/category-tree.ts';
import { useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { nameOf } from '../../lib/trees.ts';
import { Button } from '../../parts/basics.tsx';
import { announce, Empty, ErrorBox, Failed, Skeleton, toast, toastError } from '../../parts/feedback.tsx';
import { focusFirstError, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { RetiredTag, useRetire } from './org-detail.tsx';
import { RemoveDialog } from './org-dialogs.tsx';
import { useVersioned, VersionConflict } from './use-versioned.tsx';

type Ask = { do: 'add'; kind: Kind; parent?: CategoryUnit } | { do: 'edit'; id: string } | { do: 'remove'; id: string };
type Change = (deed: CategoryDeed) => Promise<boolean>;

const deedWords =
  (tree: Categories | undefined) =>
  (deed: CategoryDeed): string => {
    if (deed.do === 'add') return t('tree.deed.add', { name: nameOf(deed.names) });
    const unit = tree && findCategory(tree, deed.id)?.unit;
    const name = unit ? nameOf(unit.names) : t('tree.unknown');
    if (deed.do === 'edit') return t('tree.deed.edit', { name, to: nameOf(deed.names) });
    if (deed.do === 'shift') return t('tree.deed.shift', { name });
    if (deed.do === 'retire') return t(deed.retired ? 'tree.deed.retire' : 'tree.deed.restore', { name });
    return t('tree.deed.remove', { name });
  };

export default function CategoriesScreen() {
  const tree = useVersioned<Categories, CategoriesInput, CategoryDeed>({
    ...categories,
    after: afterCategoryDeed,
    parts: categoryParts,
  });
  const [asked, setAsked] = useState<Ask>();
  const title = t('nav.categories');
  const { value } = tree;
  return (
    <Shell top={<Heading title={title}>{title}</Heading>}>
      <main id="main" class="admin" tabIndex={-1}>
        {tree.error !== undefined && <ErrorBox error={tree.error} onRetry={tree.reload} />}
        {!value && tree.error === undefined && <Skeleton rows={6} look="lines" />}
        {value && (
          <div class="halves">
            {KINDS.map(kind => (
              <KindList key={kind} kind={kind} list={value[kind]} change={tree.change} onAsk={setAsked} />
            ))}
          </div>
        )}
        {value && asked && (
          <AskDialog
            key={JSON.stringify(asked)}
            tree={value}
            ask={asked}
            change={tree.change}
            onAsk={setAsked}
            onClose={() => setAsked(undefined)}
          />
        )}
        {!asked && <VersionConflict of={tree} words={deedWords(value)} />}
      </main>
    </Shell>
  );
}

interface KindProps {
  kind: Kind;
  list: readonly CategoryUnit[];
  change: Change;
  onAsk: (ask: Ask) => void;
}

function KindList({ kind, list, change, onAsk }: KindProps) {
  const title = t(`category.of.${kind}`);
  return (
    <section class="card panel" aria-label={title}>
      <header>
        <h2 class="grow">{title}</h2>
        <Button icon="plus" onClick={() => onAsk({ do: 'add', kind })}>
          {t('category.add')}
        </Button>
      </header>
      {list.length === 0 && <Empty text={t('category.empty')} />}
      <ol class="rows">
        {list.map((category, at) => (
          <li key={category.id ?? `new ${at}`} class="stacked">
            <Row unit={category} at={at} count={list.length} change={change} onAsk={onAsk} />
            <ol class="rows inner" aria-label={t('category.below', { name: nameOf(category.names) })}>
              {(category.subcategories ?? []).map((one, place, all) => (
                <li key={one.id ?? `new ${place}`}>
                  <Row unit={one} at={place} count={all.length} change={change} onAsk={onAsk} />
                </li>
              ))}
              {category.id && !category.retired && (
                <li>
                  <Button
                    look="ghost"
                    icon="plus"
                    label={t('category.add_below_to', { name: nameOf(category.names) })}
                    onClick={() => onAsk({ do: 'add', kind, parent: category })}
                  >
                    {t('category.add_below')}
                  </Button>
                </li>
              )}
            </ol>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface RowProps {
  unit: CategoryUnit;
  at: number;
  count: number;
  change: Change;
  onAsk: (ask: Ask) => void;
}

function Row({ unit, at, count, change, onAsk }: RowProps) {
  const name = nameOf(unit.names);
  const others = [...new Set(Object.values(unit.names))].filter(other => other !== name);
  const shift = (by: 1 | -1) => {
    if (!unit.id) return;
    announce(t('tree.shifted', { name, place: at + 1 + by, all: count }));
    change({ do: 'shift', id: unit.id, by }).catch(toastError);
  };
  return (
    <div class="row">
      <span class={unit.retired ? 'grow muted' : 'grow'}>
        <span dir="auto">{name}</span>
        {others.length > 0 && (
          <span class="xs muted" dir="auto">
            {others.join(' · ')}
          </span>
        )}
      </span>
      {unit.retired && <RetiredTag />}
      <span class="row-do">
        <Button
          look="ghost icon"
          icon="up"
          label={t('tree.up', { name })}
          disabled={at === 0}
          onClick={() => shift(-1)}
        />
        <Button
          look="ghost icon"
          icon="down"
          label={t('tree.down', { name })}
          disabled={at === count - 1}
          onClick={() => shift(1)}
        />
        <Button
          look="ghost"
          label={t('tree.edit_one', { name })}
          disabled={!unit.id}
          onClick={() => unit.id && onAsk({ do: 'edit', id: unit.id })}
        >
          {t('edit')}
        </Button>
      </span>
    </div>
  );
}

interface AskProps {
  tree: Categories;
  ask: Ask;
  change: Change;
  onAsk: (ask: Ask) => void;
  onClose: () => void;
}

function AskDialog({ tree, ask, change, onAsk, onClose }: AskProps) {
  const [place] = useState(() => (ask.do === 'add' ? undefined : findCategory(tree, ask.id)));
  if (ask.do === 'add') return <NamesForm kind={ask.kind} parent={ask.parent} change={change} onClose={onClose} />;
  if (!place) return null;
  const { id } = ask;
  if (ask.do === 'edit')
    return (
      <NamesForm
        kind={place.kind}
        id={id}
        place={place}
        change={change}
        onClose={onClose}
        onRemove={() => onAsk({ do: 'remove', id })}
      />
    );
  return (
    <RemoveDialog
      name={nameOf(place.unit.names)}
      below={(place.unit.subcategories ?? []).length > 0}
      retired={place.unit.retired === true}
      remove={() => change({ do: 'remove', id })}
      retire={() => change({ do: 'retire', id, retired: true })}
      onClose={onClose}
    />
  );
}

interface NamesProps {
  kind: Kind;
  parent?: CategoryUnit | undefined;
  id?: string;
  place?: CategoryPlace;
  change: Change;
  onClose: () => void;
  onRemove?: () => void;
}

const MAX_NAME = 100;

function NamesForm({ kind, parent, id, place, change, onClose, onRemove }: NamesProps) {
  const form = useRef<HTMLFormElement>(null);
  const [names, setNames] = useState<Names>(place?.unit.names ?? { es: '', pt: '', en: '' });
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((_key, deed: CategoryDeed) => change(deed));
  const { retire, error } = useRetire(change);
  const errors = { ...fieldErrors(write.error), ...wrong };
  const told = LOCALES.some(locale => errors[locale]);
  const retired = place?.unit.retired === true;
  const submit = async (event: Event) => {
    event.preventDefault();
    const empty = LOCALES.filter(locale => names[locale].trim() === '');
    setWrong(Object.fromEntries(empty.map(locale => [locale, t('field.required')])));
    if (empty.length > 0) return focusFirstError(form.current);
    const trimmed = { es: names.es.trim(), pt: names.pt.trim(), en: names.en.trim() };
    const under = parent?.id ? { parent: parent.id } : {};
    const done = await write.run(
      id === undefined ? { do: 'add', kind, ...under, names: trimmed } : { do: 'edit', id, names: trimmed },
    );
    if (done === undefined) return focusFirstError(form.current);
    if (done) toast(t('saved'));
    onClose();
  };
  const title =
    id !== undefined
      ? t('category.edit')
      : parent
        ? t('category.add_below_to', { name: nameOf(parent.names) })
        : t('category.add');
  return (
    <Dialog title={title} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        {LOCALES.map(locale => (
          <TextField
            key={locale}
            label={t('category.name_in', { language: t(`language.${locale}`) })}
            value={names[locale]}
            maxLength={MAX_NAME}
            error={errors[locale]}
            onValue={value => {
              setNames({ ...names, [locale]: value });
              setWrong({});
              write.clear();
            }}
          />
        ))}
        {id !== undefined && (
          <div class="actions start">
            <Button
              onClick={async () => {
                if (await retire(id, nameOf(names), !retired)) onClose();
              }}
            >
              {t(retired ? 'tree.restore' : 'tree.retire')}
            </Button>
            <Button look="ghost danger" onClick={() => onRemove?.()}>
              {t('tree.remove')}
            </Button>
          </div>
        )}
        {retired && <p class="hint muted xs">{t('tree.retired_hint')}</p>}
        {write.error !== undefined && !told && <Failed error={write.error} />}
        {error !== undefined && <Failed error={error} />}
        <div class="actions">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={write.busy}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
