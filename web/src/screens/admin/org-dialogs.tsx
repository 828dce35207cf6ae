import { useRef, useState } from 'preact/hooks';
import { isApiError, type Organisation } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import {
  findUnit,
  looksLikeDomain,
  type OrgDeed,
  type Place,
  readDomains,
  targets,
  type UnitKind,
  unitName,
} from '../../lib/org-tree.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast } from '../../parts/feedback.tsx';
import { focusFirstError, SelectField, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';

/** What somebody is asked before something is done. */
export type OrgAsk =
  | { do: 'add'; kind: UnitKind; parent?: string }
  | { do: 'edit'; id: string }
  | { do: 'domains'; id: string }
  | { do: 'move'; id: string }
  | { do: 'remove'; id: string };

type Change = (deed: OrgDeed) => Promise<boolean>;

interface OrgDialogProps {
  tree: Organisation;
  ask: OrgAsk;
  change: Change;
  onAsk: (ask: OrgAsk) => void;
  onClose: () => void;
}

export function OrgDialog({ tree, ask, change, onAsk, onClose }: OrgDialogProps) {
  // As it was when asked: while a deed is on its way the tree shows what it will be.
  const [place] = useState(() => (ask.do === 'add' ? undefined : findUnit(tree, ask.id)));
  if (ask.do === 'add') return <UnitForm kind={ask.kind} parent={ask.parent} change={change} onClose={onClose} />;
  if (!place) return null;
  const common = { id: ask.id, place, change, onClose };
  if (ask.do === 'edit')
    return (
      <UnitForm
        {...common}
        kind={place.kind}
        onRemove={place.kind === 'centre' ? () => onAsk({ do: 'remove', id: ask.id }) : undefined}
      />
    );
  if (ask.do === 'domains') return <DomainsForm {...common} />;
  return ask.do === 'move' ? <MoveForm {...common} tree={tree} /> : <RemoveUnit {...common} />;
}

const inUse = (error: unknown): boolean => isApiError(error) && error.code === 'in_use';

interface UnitFormProps {
  kind: UnitKind;
  parent?: string | undefined;
  id?: string;
  place?: Place;
  change: Change;
  onClose: () => void;
  onRemove?: (() => void) | undefined;
}

const MOST = { name: 100, code: 40 } as const;

/** Adds or renames; a cost centre has a code as well. */
function UnitForm({ kind, parent, id, place, change, onClose, onRemove }: UnitFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(place?.unit.name ?? '');
  const [code, setCode] = useState(place?.unit.code ?? '');
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((_key, deed: OrgDeed) => change(deed));
  const errors = { ...fieldErrors(write.error), ...wrong };
  const centre = kind === 'centre';
  const submit = async (event: Event) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    if (name.trim() === '') found.name = t('field.required');
    if (centre && code.trim() === '') found.code = t('field.required');
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(form.current);
    const fields = { name: name.trim(), ...(centre ? { code: code.trim() } : {}) };
    const done = await write.run(
      id === undefined
        ? { do: 'add', kind, ...(parent === undefined ? {} : { parent }), ...fields }
        : { do: 'edit', id, ...fields },
    );
    if (done === undefined) return focusFirstError(form.current);
    if (done) toast(t('saved'));
    onClose();
  };
  const typed = (set: (value: string) => void) => (value: string) => {
    set(value);
    setWrong({});
    write.clear();
  };
  return (
    <Dialog title={t(id === undefined ? `org.add.${kind}` : `org.edit.${kind}`)} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        {centre && (
          <TextField
            label={t('org.code')}
            value={code}
            maxLength={MOST.code}
            error={errors.code}
            onValue={typed(setCode)}
          />
        )}
        <TextField
          label={t('org.name')}
          value={name}
          maxLength={MOST.name}
          error={errors.name}
          onValue={typed(setName)}
        />
        {write.error !== undefined && !errors.name && !errors.code && <Failed error={write.error} />}
        <div class="actions">
          {onRemove && (
            <Button look="ghost danger start" onClick={onRemove}>
              {t('tree.remove')}
            </Button>
          )}
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={write.busy}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface PlacedProps {
  id: string;
  place: Place;
  change: Change;
  onClose: () => void;
}

function DomainsForm({ id, place, change, onClose }: PlacedProps) {
  const form = useRef<HTMLFormElement>(null);
  const [text, setText] = useState((place.unit.domains ?? []).join('\n'));
  const [wrong, setWrong] = useState<string>();
  const write = useWrite((_key, deed: OrgDeed) => change(deed));
  const taken = isApiError(write.error) && write.error.problem.errors?.some(one => one.code === 'duplicate');
  const submit = async (event: Event) => {
    event.preventDefault();
    const domains = readDomains(text);
    const bad = domains.filter(domain => !looksLikeDomain(domain));
    setWrong(bad.length > 0 ? t('org.domain_bad', { domains: bad.join(', ') }) : undefined);
    if (bad.length > 0) return focusFirstError(form.current);
    const done = await write.run({ do: 'domains', id, domains });
    if (done === undefined) return focusFirstError(form.current);
    if (done) toast(t('saved'));
    onClose();
  };
  return (
    <Dialog title={t('org.domains_of', { name: place.unit.name })} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <TextField
          label={t('org.domains')}
          rows={4}
          hint={t('org.domains_how')}
          value={text}
          error={wrong ?? (taken ? t('org.domain_taken') : undefined)}
          onValue={value => {
            setText(value);
            setWrong(undefined);
            write.clear();
          }}
        />
        {write.error !== undefined && !taken && <Failed error={write.error} />}
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

/** What nothing names moves whole; what is named somewhere stays there, retired, and begins anew in the other place. */
async function moved(change: Change, id: string, to: string): Promise<'moved' | 'anew' | 'asked'> {
  try {
    return (await change({ do: 'move', id, to, keep: false })) ? 'moved' : 'asked';
  } catch (error) {
    if (!inUse(error)) throw error;
    return (await change({ do: 'move', id, to, keep: true })) ? 'anew' : 'asked';
  }
}

function MoveForm({ id, place, tree, change, onClose }: PlacedProps & { tree: Organisation }) {
  const choices = targets(tree, place).map(({ unit, parent }) => ({
    id: unit.id ?? '',
    name: parent ? t('facts.path', { first: parent.unit.name, second: unit.name }) : unit.name,
  }));
  const [to, setTo] = useState(choices.length === 1 ? (choices[0]?.id ?? '') : '');
  const [wrong, setWrong] = useState<string>();
  const write = useWrite((_key, target: string) => moved(change, id, target));
  const name = unitName(place.unit);
  const submit = async (event: Event) => {
    event.preventDefault();
    if (to === '') return setWrong(t('field.choose'));
    const became = await write.run(to);
    if (became === undefined) return;
    if (became !== 'asked') toast(t(became === 'moved' ? 'tree.done.move' : 'tree.done.anew', { name }));
    onClose();
  };
  return (
    <Dialog title={t('tree.move_title', { name })} onClose={onClose}>
      {choices.length === 0 ? (
        <>
          <p>{t('tree.move_nowhere')}</p>
          <div class="actions">
            <Button onClick={onClose}>{t('close')}</Button>
          </div>
        </>
      ) : (
        <form class="stack" noValidate onSubmit={submit}>
          <SelectField
            label={t('tree.move_to')}
            value={to}
            empty={t('choose')}
            choices={choices}
            error={wrong}
            hint={t('tree.move_hint')}
            onValue={value => {
              setTo(value);
              setWrong(undefined);
            }}
          />
          {write.error !== undefined && <Failed error={write.error} />}
          <div class="actions">
            <Button onClick={onClose}>{t('cancel')}</Button>
            <Button submit look="primary" busy={write.busy}>
              {t('tree.move_go')}
            </Button>
          </div>
        </form>
      )}
    </Dialog>
  );
}

function RemoveUnit({ id, place, change, onClose }: PlacedProps) {
  const name = unitName(place.unit);
  return (
    <RemoveDialog
      name={name}
      below={(place.unit.companies ?? place.unit.sites ?? []).length > 0}
      retired={place.unit.retired === true}
      remove={() => change({ do: 'remove', id })}
      retire={() => change({ do: 'retire', id, retired: true })}
      onClose={onClose}
    />
  );
}

interface RemoveProps {
  name: string;
  /** Whether something lies in it that goes too. */
  below: boolean;
  retired: boolean;
  remove: () => Promise<boolean>;
  /** Where it cannot be removed. */
  retire?: () => Promise<boolean>;
  onClose: () => void;
}

/** Asks, and where something names it, says so and offers to retire it instead. */
export function RemoveDialog({ name, below, retired, remove, retire, onClose }: RemoveProps) {
  const write = useWrite((_key, what: 'remove' | 'retire') => (what === 'retire' && retire ? retire() : remove()));
  const used = inUse(write.error);
  const go = async (what: 'remove' | 'retire') => {
    const done = await write.run(what);
    if (done === undefined) return;
    if (done) toast(t(what === 'retire' ? 'tree.done.retire' : 'tree.done.remove', { name }));
    onClose();
  };
  return (
    <Dialog title={t('tree.remove_title', { name })} onClose={onClose}>
      <p>
        {t(used ? (retired ? 'tree.in_use_retired' : 'tree.in_use') : below ? 'tree.remove_below' : 'tree.remove_lead')}
      </p>
      {write.error !== undefined && !used && <Failed error={write.error} />}
      <div class="actions">
        <Button onClick={onClose}>{t(used && retired ? 'close' : 'cancel')}</Button>
        {used ? (
          !retired &&
          retire && (
            <Button look="primary" busy={write.busy} onClick={() => void go('retire')}>
              {t('tree.retire_instead')}
            </Button>
          )
        ) : (
          <Button look="danger" busy={write.busy} onClick={() => void go('remove')}>
            {t('tree.remove')}
          </Button>
        )}
      </div>
    </Dialog>
  );
}
