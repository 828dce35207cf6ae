import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { type OrgDeed, type Place, type Unit, type UnitKind, unitName } from '../../lib/org-tree.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed, toast, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import type { OrgAsk } from './org-dialogs.tsx';

interface DetailProps {
  place: Place;
  change: (deed: OrgDeed) => Promise<boolean>;
  onAsk: (ask: OrgAsk) => void;
}

/** Retires at once and offers to undo it; nothing is lost by it. */
export function useRetire(change: (deed: { do: 'retire'; id: string; retired: boolean }) => Promise<boolean>) {
  const write = useWrite((_key, id: string, retired: boolean) => change({ do: 'retire', id, retired }));
  /** False where it failed, which `error` then tells. */
  const retire = async (id: string, name: string, retired: boolean): Promise<boolean> => {
    const done = await write.run(id, retired);
    if (done)
      toast(t(retired ? 'tree.done.retire' : 'tree.done.restore', { name }), {
        undo: () => void change({ do: 'retire', id, retired: !retired }).catch(toastError),
      });
    return done !== undefined;
  };
  return { retire, error: write.error };
}

export const RetiredTag = () => (
  <span class="tag cancelled">
    <Icon name="s-cancelled" />
    {t('tree.retired')}
  </span>
);

/** What stands under a unit of this kind and is added from its detail. */
const ADDS: Partial<Record<UnitKind, UnitKind>> = { corporation: 'company', company: 'site' };

export function UnitDetail({ place, change, onAsk }: DetailProps) {
  const { unit, kind } = place;
  const id = unit.id ?? undefined;
  const { retire, error } = useRetire(change);
  if (id === undefined) return null;
  const retired = unit.retired === true;
  const adds = ADDS[kind];
  return (
    <section class="card panel" aria-label={unit.name}>
      <header>
        <h2 dir="auto">{unit.name}</h2>
        {retired && <RetiredTag />}
      </header>
      <p class="muted">
        {t(`org.kind.${kind}`)}
        {place.parent && t('org.within', { name: place.parent.unit.name })}
      </p>
      {retired && <p class="muted xs">{t('tree.retired_hint')}</p>}
      <div class="actions start">
        {adds && !retired && (
          <Button icon="plus" onClick={() => onAsk({ do: 'add', kind: adds, parent: id })}>
            {t(`org.add.${adds}`)}
          </Button>
        )}
        <Button onClick={() => onAsk({ do: 'edit', id })}>{t('tree.rename')}</Button>
        {kind !== 'corporation' && <Button onClick={() => onAsk({ do: 'move', id })}>{t('tree.move')}</Button>}
        <Button onClick={() => void retire(id, unit.name, !retired)}>
          {t(retired ? 'tree.restore' : 'tree.retire')}
        </Button>
        <Button look="ghost danger" onClick={() => onAsk({ do: 'remove', id })}>
          {t('tree.remove')}
        </Button>
      </div>
      {error !== undefined && <Failed error={error} />}
      {kind === 'company' && <CompanyParts company={unit} id={id} change={change} onAsk={onAsk} />}
    </section>
  );
}

interface CompanyProps extends Omit<DetailProps, 'place'> {
  company: Unit;
  id: string;
}

function CompanyParts({ company, id, change, onAsk }: CompanyProps) {
  const centres = company.cost_centres ?? [];
  const domains = company.domains ?? [];
  const { retire, error } = useRetire(change);
  return (
    <>
      <section class="sub">
        <header>
          <h3>{t('org.domains')}</h3>
          <Button look="ghost" onClick={() => onAsk({ do: 'domains', id })}>
            {t('edit')}
          </Button>
        </header>
        <p class="muted xs">{t('org.domains_hint')}</p>
        <p class={domains.length === 0 ? 'muted' : ''}>{domains.length === 0 ? t('none') : domains.join(', ')}</p>
      </section>
      <section class="sub">
        <header>
          <h3>{t('org.centres')}</h3>
          <Button look="ghost" icon="plus" onClick={() => onAsk({ do: 'add', kind: 'centre', parent: id })}>
            {t('org.add.centre')}
          </Button>
        </header>
        {centres.length === 0 && <p class="muted">{t('none')}</p>}
        <ul class="rows">
          {centres.map((centre, index) => (
            <li key={centre.id ?? index}>
              <span class={centre.retired ? 'grow muted' : 'grow'} dir="auto">
                {unitName(centre)}
              </span>
              {centre.retired && <RetiredTag />}
              {centre.id && <CentreActions centre={centre} id={centre.id} onAsk={onAsk} retire={retire} />}
            </li>
          ))}
        </ul>
        {error !== undefined && <Failed error={error} />}
      </section>
    </>
  );
}

interface CentreProps {
  centre: Unit;
  id: string;
  onAsk: DetailProps['onAsk'];
  retire: (id: string, name: string, retired: boolean) => Promise<boolean>;
}

function CentreActions({ centre, id, onAsk, retire }: CentreProps) {
  const name = unitName(centre);
  const retired = centre.retired === true;
  return (
    <span class="row-do">
      <Button look="ghost" label={t('tree.edit_one', { name })} onClick={() => onAsk({ do: 'edit', id })}>
        {t('edit')}
      </Button>
      <Button
        look="ghost"
        label={t(retired ? 'tree.restore_one' : 'tree.retire_one', { name })}
        onClick={() => void retire(id, name, !retired)}
      >
        {t(retired ? 'tree.restore' : 'tree.retire')}
      </Button>
    </span>
  );
}
