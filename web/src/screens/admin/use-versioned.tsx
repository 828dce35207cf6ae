/**
 * Something that is read and written whole, by version: trees and lists. What one does to it is a deed, which is shown at
 * once, written, and taken back where that fails; where somebody else was faster, both are shown and one chooses.
 */
import { useRef, useState } from 'preact/hooks';
import type { Tagged } from '../../api/admin.ts';
import { isApiError, newKey } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { type Difference, differences, type Part } from '../../lib/tree-diff.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast } from '../../parts/feedback.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface Calls<Value, Input, Deed> {
  read: () => Promise<Tagged<Value>>;
  save: (next: Input, tag: string, key: string) => Promise<Tagged<Value>>;
  after: (value: Value, deed: Deed) => Input | undefined;
  parts: (value: Value) => Part[];
}

interface Conflict<Deed> {
  deed: Deed;
  theirs: Difference[];
}

interface Versioned<Value, Deed> {
  value: Value | undefined;
  error: unknown;
  reload: () => void;
  /** True once it is written; false where the person is asked first. Throws what the server refused. */
  change: (deed: Deed) => Promise<boolean>;
  conflict: Conflict<Deed> | undefined;
  settle: () => void;
}

const isStale = (error: unknown): boolean => isApiError(error) && error.status === 412;

export function useVersioned<Value, Input, Deed>(calls: Calls<Value, Input, Deed>): Versioned<Value, Deed> {
  const resource = useResource(calls.read, []);
  const held = useRef<Tagged<Value> | undefined>(undefined);
  // What is on its way: shown already, and written one after the other.
  const [shown, setShown] = useState<Value>();
  const [conflict, setConflict] = useState<Conflict<Deed>>();
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const keys = useRef(new Map<string, string>());
  held.current ??= resource.data;

  const hold = (next: Tagged<Value>) => {
    held.current = next;
    resource.set(next);
    setShown(undefined);
  };
  const write = async (deed: Deed): Promise<boolean> => {
    const before = held.current;
    const next = before && calls.after(before.value, deed);
    if (!before || next === undefined) {
      toast(t('tree.gone'), { bad: true });
      return true;
    }
    setShown(next as unknown as Value);
    // The same deed on the same version keeps its key: repeated after a lost answer it has one effect.
    const name = `${before.tag} ${JSON.stringify(deed)}`;
    const key = keys.current.get(name) ?? newKey();
    keys.current.set(name, key);
    try {
      hold(await calls.save(next, before.tag, key));
      return true;
    } catch (error) {
      setShown(undefined);
      if (!isStale(error)) throw error;
      const now = await calls.read();
      hold(now);
      setConflict({ deed, theirs: differences(calls.parts(before.value), calls.parts(now.value)) });
      return false;
    }
  };
  const change = (deed: Deed): Promise<boolean> => {
    const done = queue.current.then(() => write(deed));
    queue.current = done.catch(() => undefined);
    return done;
  };
  return {
    value: shown ?? resource.data?.value,
    error: resource.error,
    reload: resource.reload,
    change,
    conflict,
    settle: () => setConflict(undefined),
  };
}

interface ConflictProps<Value, Deed> {
  of: Versioned<Value, Deed>;
  /** What one wanted to do, in words. */
  words: (deed: Deed) => string;
}

const differenceWords = ({ became, name, before }: Difference): string =>
  t(`tree.became.${became}`, { name, before: before ?? '' });

/** Somebody else was faster: what they did, what one wanted to do, and the choice. */
export function VersionConflict<Value, Deed>({ of, words }: ConflictProps<Value, Deed>) {
  const again = useWrite((_key, deed: Deed) => of.change(deed));
  const { conflict } = of;
  if (!conflict) return null;
  const force = async () => {
    const { deed } = conflict;
    const done = await again.run(deed);
    if (done === undefined) return;
    // False: yet another change came first, which is shown in place of this one.
    if (done) {
      of.settle();
      toast(t('saved'));
    }
  };
  return (
    <Dialog title={t('conflict.title')} onClose={of.settle}>
      <p>{t('tree.conflict.lead')}</p>
      <div>
        <h3 class="sm">{t('tree.conflict.theirs')}</h3>
        <ul class="plain-list sm">
          {conflict.theirs.map((one, index) => (
            <li key={index}>{differenceWords(one)}</li>
          ))}
          {conflict.theirs.length === 0 && <li>{t('tree.became.nothing')}</li>}
        </ul>
      </div>
      <div>
        <h3 class="sm">{t('tree.conflict.yours')}</h3>
        <ul class="plain-list sm">
          <li>{words(conflict.deed)}</li>
        </ul>
      </div>
      {again.error !== undefined && <Failed error={again.error} />}
      <div class="actions">
        <Button onClick={of.settle}>{t('conflict.keep')}</Button>
        <Button look="primary" busy={again.busy} onClick={force}>
          {t('tree.conflict.force')}
        </Button>
      </div>
    </Dialog>
  );
}
