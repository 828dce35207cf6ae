import { useState } from 'preact/hooks';
import { organisation } from '../../api/admin.ts';
import type { Organisation, OrganisationInput } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { afterOrgDeed, findUnit, type OrgDeed, orgParts, type Place, places, unitName } from '../../lib/org-tree.ts';
import { Button } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton } from '../../parts/feedback.tsx';
import type { IconName } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { UnitDetail } from './org-detail.tsx';
import { type OrgAsk, OrgDialog } from './org-dialogs.tsx';
import { Tree, type TreeNode } from './tree.tsx';
import { useVersioned, VersionConflict } from './use-versioned.tsx';

const ICONS = { corporation: 'globe', company: 'building', site: 'pin' } as const satisfies Record<string, IconName>;

/** Cost centres stand in their company's detail, not in the tree. */
function treeNodes(tree: Organisation): TreeNode[] {
  const inTree = places(tree).filter(place => place.kind !== 'centre');
  return inTree.map(place => {
    const { unit, kind, siblings, parent } = place;
    return {
      id: unit.id ?? `new ${unit.name}`,
      name: unit.name,
      icon: ICONS[kind as keyof typeof ICONS],
      level: kind === 'corporation' ? 1 : kind === 'company' ? 2 : 3,
      parent: parent?.unit.id ?? undefined,
      position: siblings.indexOf(unit) + 1,
      size: siblings.length,
      hasBelow: (unit.companies ?? unit.sites ?? []).length > 0,
      retired: unit.retired === true,
      kind: t(`org.kind.${kind}`),
    };
  });
}

/** A deed in words, for whoever is asked about it. */
const deedWords =
  (tree: Organisation | undefined) =>
  (deed: OrgDeed): string => {
    const name = (id: string) => {
      const unit = tree && findUnit(tree, id)?.unit;
      return unit ? unitName(unit) : t('tree.unknown');
    };
    if (deed.do === 'add') return t('tree.deed.add', { name: deed.name });
    if (deed.do === 'edit') return t('tree.deed.edit', { name: name(deed.id), to: deed.name });
    if (deed.do === 'domains')
      return t('tree.deed.domains', { name: name(deed.id), to: deed.domains.join(', ') || t('none') });
    if (deed.do === 'retire')
      return t(deed.retired ? 'tree.deed.retire' : 'tree.deed.restore', { name: name(deed.id) });
    if (deed.do === 'remove') return t('tree.deed.remove', { name: name(deed.id) });
    return t('tree.deed.move', { name: name(deed.id), to: name(deed.to) });
  };

export default function OrganisationScreen() {
  const tree = useVersioned<Organisation, OrganisationInput, OrgDeed>({
    ...organisation,
    after: afterOrgDeed,
    parts: orgParts,
  });
  const [asked, setAsked] = useState<OrgAsk>();
  const title = t('nav.org');
  const top = (
    <>
      <Heading title={title}>{title}</Heading>
      <span class="grow" />
      <Button look="primary" icon="plus" onClick={() => setAsked({ do: 'add', kind: 'corporation' })}>
        {t('org.add.corporation')}
      </Button>
    </>
  );
  return (
    <Shell top={top}>
      <main id="main" class="admin" tabIndex={-1}>
        {tree.error !== undefined && <ErrorBox error={tree.error} onRetry={tree.reload} />}
        {!tree.value && tree.error === undefined && <Skeleton rows={6} look="lines" />}
        {tree.value?.corporations.length === 0 && <Empty text={t('org.empty')} />}
        {tree.value && tree.value.corporations.length > 0 && <Units tree={tree.value} of={tree} onAsk={setAsked} />}
        {tree.value && asked && (
          <OrgDialog
            key={JSON.stringify(asked)}
            tree={tree.value}
            ask={asked}
            change={tree.change}
            onAsk={setAsked}
            onClose={() => setAsked(undefined)}
          />
        )}
        {!asked && <VersionConflict of={tree} words={deedWords(tree.value)} />}
      </main>
    </Shell>
  );
}

interface UnitsProps {
  tree: Organisation;
  of: { change: (deed: OrgDeed) => Promise<boolean> };
  onAsk: (ask: OrgAsk) => void;
}

function Units({ tree, of, onAsk }: UnitsProps) {
  const nodes = treeNodes(tree);
  const [chosen, setChosen] = useState<string>();
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  // Where the chosen one has gone, the first is.
  const place: Place | undefined = findUnit(tree, chosen) ?? findUnit(tree, nodes[0]?.id);
  const fold = (id: string, shut: boolean) => {
    const next = new Set(closed);
    if (shut) next.add(id);
    else next.delete(id);
    setClosed(next);
  };
  return (
    <div class="org">
      <section class="card" aria-label={t('org.tree')}>
        <Tree
          label={t('org.tree')}
          nodes={nodes}
          closed={closed}
          chosen={place?.unit.id ?? undefined}
          onChoose={setChosen}
          onClosed={fold}
        />
      </section>
      {place && <UnitDetail place={place} change={of.change} onAsk={onAsk} />}
    </div>
  );
}
