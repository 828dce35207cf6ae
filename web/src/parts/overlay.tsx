/** What lies over the page: dialogs and pickers. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t } from '../i18n/index.ts';
import { Icon } from './icon.tsx';

interface DialogProps {
  title: string;
  children: ComponentChildren;
  onClose?: (() => void) | undefined;
  look?: string;
}

/** A modal dialog: focus goes in and comes back, Esc closes, a sheet at the bottom of a phone. */
export function Dialog({ title, children, onClose, look = '' }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    dialog?.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click is one on the backdrop; Esc does the same by keyboard
    <dialog
      ref={box}
      class={`dialog ${look}`}
      aria-labelledby={id}
      onCancel={event => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // Esc pressed twice closes it without asking. One that has to be answered opens again.
        if (!box.current?.isConnected) return;
        if (onClose) onClose();
        else box.current.showModal();
      }}
      onClick={event => {
        if (event.target === box.current) onClose?.();
      }}
    >
      <div class="dialog-in">
        <header>
          <h2 id={id} tabIndex={-1}>
            {title}
          </h2>
          {onClose && (
            <button type="button" class="btn ghost icon" aria-label={t('close')} onClick={onClose}>
              <Icon name="x" />
            </button>
          )}
        </header>
        {children}
      </div>
    </dialog>
  );
}

export interface Option {
  id: string;
  /** For typing ahead and screen readers. */
  text: string;
  content?: ComponentChildren;
}

interface PickerProps {
  label: string;
  options: readonly Option[];
  chosen: readonly string[];
  /** Several may be chosen: the list then stays open. */
  many?: boolean;
  onChoose: (id: string) => void;
  look: string;
  pressed?: boolean;
  disabled?: boolean;
  children: ComponentChildren;
}

/** What a button opens: a press elsewhere closes it, and closing it gives the button the focus back. */
export function usePopup() {
  const [open, setOpen] = useState(false);
  const wrap = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && !wrap.current?.contains(event.target)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  return { open, setOpen, wrap, button, close };
}

/** A button that opens a list to choose from. Arrows move, letters jump, Enter or space chooses, Esc closes. */
export function Picker({ label, options, chosen, many, onChoose, look, pressed, disabled, children }: PickerProps) {
  const { open, setOpen, wrap, button, close } = usePopup();
  return (
    <span class="pick-wrap" ref={wrap}>
      <button
        ref={button}
        type="button"
        class={look}
        aria-haspopup="listbox"
        aria-expanded={open}
        data-pressed={pressed}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        {children}
      </button>
      {open && (
        <>
          <span class="scrim" aria-hidden="true" onClick={close} />
          <OptionList
            label={label}
            options={options}
            chosen={chosen}
            many={many === true}
            onClose={close}
            onLeave={() => setOpen(false)}
            onChoose={id => {
              onChoose(id);
              if (!many) close();
            }}
          />
        </>
      )}
    </span>
  );
}

interface ListProps {
  label: string;
  options: readonly Option[];
  chosen: readonly string[];
  many: boolean;
  onChoose: (id: string) => void;
  onClose: () => void;
  onLeave: () => void;
}

function OptionList({ label, options, chosen, many, onChoose, onClose, onLeave }: ListProps) {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const first = options.findIndex(o => chosen.includes(o.id));
  const [at, setAt] = useState(Math.max(0, first));
  useLayoutEffect(() => list.current?.focus({ preventScroll: true }), []);
  useLayoutEffect(() => document.getElementById(`${id}-${at}`)?.scrollIntoView?.({ block: 'nearest' }), [at]);

  const onKeyDown = (event: KeyboardEvent) => {
    const last = options.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: Math.min(last, at + 1),
      ArrowUp: Math.max(0, at - 1),
      Home: 0,
      End: last,
    };
    const moved = moves[event.key];
    if (moved !== undefined) setAt(moved);
    else if (event.key === 'Enter' || event.key === ' ') {
      const option = options[at];
      if (option) onChoose(option.id);
    } else if (event.key === 'Escape') onClose();
    else if (event.key === 'Tab') return onLeave();
    else if (event.key.length === 1) jump(event.key);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const jump = (letter: string) => {
    const wanted = letter.toLocaleLowerCase();
    const order = options.map((_, i) => (at + 1 + i) % options.length);
    const found = order.find(i => options[i]?.text.toLocaleLowerCase().startsWith(wanted));
    if (found !== undefined) setAt(found);
  };
  return (
    <div
      ref={list}
      class="pop"
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-multiselectable={many || undefined}
      aria-activedescendant={options.length > 0 ? `${id}-${at}` : undefined}
      onKeyDown={onKeyDown}
    >
      {options.map((option, index) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are handled by the list, which keeps the focus
        <div
          key={option.id}
          id={`${id}-${index}`}
          class={index === at ? 'opt at' : 'opt'}
          role="option"
          tabIndex={-1}
          aria-selected={chosen.includes(option.id)}
          onClick={() => onChoose(option.id)}
          onPointerMove={() => setAt(index)}
        >
          <span class="grow">{option.content ?? option.text}</span>
          {chosen.includes(option.id) && <Icon name="check" />}
        </div>
      ))}
    </div>
  );
}
