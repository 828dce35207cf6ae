import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon, type IconName } from './icon.tsx';
import { usePopup } from './overlay.tsx';

export interface MenuItem {
  id: string;
  text: string;
  icon: IconName;
  danger?: boolean;
  /** Ticked: what happens unless one chooses anew. */
  on?: boolean;
  act: () => void;
}

interface MenuProps {
  label: string;
  items: readonly MenuItem[];
  look: string;
  children: ComponentChildren;
}

/** A button that opens a menu of actions. Arrows move, Enter or space does it, Esc closes; a sheet on a phone. */
export function Menu({ label, items, look, children }: MenuProps) {
  const { open, setOpen, wrap, button, close } = usePopup();
  return (
    <span class="pick-wrap" ref={wrap}>
      <button
        ref={button}
        type="button"
        class={look}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={label}
        title={label}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open && (
        <>
          <span class="scrim" aria-hidden="true" onClick={close} />
          <MenuList label={label} items={items} onClose={close} onLeave={() => setOpen(false)} />
        </>
      )}
    </span>
  );
}

interface ListProps extends Pick<MenuProps, 'label' | 'items'> {
  onClose: () => void;
  onLeave: () => void;
}

function MenuList({ label, items, onClose, onLeave }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const entries = () => [...(list.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
  useLayoutEffect(() => entries()[0]?.focus({ preventScroll: true }), []);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = entries();
    const at = all.indexOf(document.activeElement as HTMLElement);
    const moves: Record<string, number> = {
      ArrowDown: (at + 1) % all.length,
      ArrowUp: (at - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1,
    };
    const moved = moves[event.key];
    if (event.key === 'Tab') return onLeave();
    if (moved !== undefined) all[moved]?.focus();
    else if (event.key === 'Escape') onClose();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div ref={list} class="pop" role="menu" aria-label={label} onKeyDown={onKeyDown}>
      {items.map(item => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: where there is a tick, the role is one that has it
        <button
          key={item.id}
          type="button"
          class={item.danger ? 'opt danger-opt' : 'opt'}
          role={item.on === undefined ? 'menuitem' : 'menuitemradio'}
          aria-checked={item.on}
          tabIndex={-1}
          onClick={() => {
            onClose();
            item.act();
          }}
        >
          <Icon name={item.icon} />
          <span class="grow">{item.text}</span>
          {item.on && <Icon name="check" />}
        </button>
      ))}
    </div>
  );
}
