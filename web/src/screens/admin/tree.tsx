/** A tree by keyboard and pointer: up and down move, right opens, left closes or goes to the parent, letters jump. */
import { useRef } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { Icon, type IconName } from '../../parts/icon.tsx';

export interface TreeNode {
  id: string;
  name: string;
  icon: IconName;
  level: number;
  parent?: string | undefined;
  /** Where it stands among those beside it, from 1. */
  position: number;
  size: number;
  hasBelow: boolean;
  retired: boolean;
  /** What kind of thing it is, for screen readers. */
  kind: string;
}

interface TreeProps {
  label: string;
  nodes: readonly TreeNode[];
  closed: ReadonlySet<string>;
  chosen: string | undefined;
  onChoose: (id: string) => void;
  onClosed: (id: string, closed: boolean) => void;
}

/** Those whose ancestors are all open. */
function shownNodes(nodes: readonly TreeNode[], closed: ReadonlySet<string>): TreeNode[] {
  const hidden = new Set<string>();
  return nodes.filter(node => {
    const under = node.parent !== undefined && (hidden.has(node.parent) || closed.has(node.parent));
    if (under) hidden.add(node.id);
    return !under;
  });
}

export function Tree({ label, nodes, closed, chosen, onChoose, onClosed }: TreeProps) {
  const list = useRef<HTMLDivElement>(null);
  const shown = shownNodes(nodes, closed);
  const at = Math.max(
    0,
    shown.findIndex(node => node.id === chosen),
  );
  const go = (to: number | undefined) => {
    const node = to === undefined ? undefined : shown[to];
    if (!node || to === undefined) return;
    onChoose(node.id);
    (list.current?.children[to] as HTMLElement | undefined)?.focus();
  };
  const jump = (letter: string) => {
    const wanted = letter.toLocaleLowerCase();
    const order = shown.map((_, step) => (at + 1 + step) % shown.length);
    go(order.find(place => shown[place]?.name.toLocaleLowerCase().startsWith(wanted)));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const node = shown[at];
    if (!node || event.ctrlKey || event.metaKey || event.altKey) return;
    const open = node.hasBelow && !closed.has(node.id);
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(shown.length - 1);
    else if (event.key === 'ArrowRight') {
      if (open) go(at + 1);
      else if (node.hasBelow) onClosed(node.id, false);
    } else if (event.key === 'ArrowLeft') {
      if (open) onClosed(node.id, true);
      else go(shown.findIndex(other => other.id === node.parent));
    } else if (event.key === 'Enter' || event.key === ' ') onChoose(node.id);
    else if (event.key.length === 1) jump(event.key);
    else return;
    event.preventDefault();
  };
  return (
    <div ref={list} class="tree" role="tree" aria-label={label} onKeyDown={onKeyDown}>
      {shown.map((node, place) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the tree
        <div
          key={node.id}
          role="treeitem"
          class={`node l${node.level}`}
          aria-level={node.level}
          aria-posinset={node.position}
          aria-setsize={node.size}
          aria-selected={node.id === chosen}
          aria-expanded={node.hasBelow ? !closed.has(node.id) : undefined}
          tabIndex={place === at ? 0 : -1}
          onClick={() => onChoose(node.id)}
        >
          <span
            class={node.hasBelow ? 'fold' : 'fold none'}
            aria-hidden="true"
            onClick={event => {
              if (!node.hasBelow) return;
              event.stopPropagation();
              onClosed(node.id, !closed.has(node.id));
            }}
          >
            <Icon name="down" />
          </span>
          <Icon name={node.icon} />
          <span class="vh">{node.kind}: </span>
          <span class={node.retired ? 'grow muted' : 'grow'} dir="auto">
            {node.name}
          </span>
          {node.retired && <span class="xs muted">{t('tree.retired')}</span>}
        </div>
      ))}
    </div>
  );
}
