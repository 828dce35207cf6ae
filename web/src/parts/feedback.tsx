/** What a view shows while it loads, when it is empty, when something failed, and messages that pass. */
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isApiError, reached, session } from '../api/index.ts';
import { t } from '../i18n/index.ts';
import { tellBack } from '../lib/back.ts';
import { problemText } from '../lib/problems.ts';
import { createStore, useStore } from '../lib/store.ts';
import { Icon } from './icon.tsx';

/** The request's id in small print, so that a person can name it to whoever looks after the server. */
export function ErrorBox({ error, onRetry }: { error: unknown; onRetry?: (() => void) | undefined }) {
  const id = isApiError(error) ? error.problem.request_id : undefined;
  return (
    <div class="notice bad" role="alert">
      <Icon name="alert" />
      <div class="grow">
        <p>{problemText(error)}</p>
        {id && <p class="xs muted">{t('error.request', { id })}</p>}
      </div>
      {onRetry && (
        <button type="button" class="btn" onClick={onRetry}>
          {t('retry')}
        </button>
      )}
    </div>
  );
}

/** What went wrong with a form, at its end or where it belongs. */
export const Failed = ({ error }: { error: unknown }) => (
  <p class="error" role="alert">
    <Icon name="alert" />
    {problemText(error)}
  </p>
);

export function Empty({ text, children }: { text: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{text}</p>
      {children}
    </div>
  );
}

/** Grey rows of the height that the real ones will have; invisible for the first 150 ms. */
export function Skeleton({ rows = 8, look = '' }: { rows?: number; look?: string }) {
  return (
    <div class={`skeleton ${look}`} role="status">
      <span class="vh">{t('loading')}</span>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} class="bone" aria-hidden="true" />
      ))}
    </div>
  );
}

interface Toast {
  id: number;
  text: string;
  bad: boolean;
  undo?: (() => void) | undefined;
}

const toasts = createStore<readonly Toast[]>([]);
let last = 0;

export function toast(text: string, more: { bad?: boolean; undo?: () => void } = {}): void {
  last += 1;
  // One at a time is enough: a newer word says what is so now.
  toasts.set([{ id: last, text, bad: more.bad === true, undo: more.undo }]);
}

export const toastError = (error: unknown): void => toast(problemText(error), { bad: true });

function ToastItem({ item }: { item: Toast }) {
  const [held, setHeld] = useState(false);
  const close = () => toasts.set(toasts.get().filter(other => other.id !== item.id));
  useEffect(() => {
    if (held || item.bad) return;
    const timer = setTimeout(close, item.undo ? 10_000 : 5_000);
    return () => clearTimeout(timer);
  }, [held, item.id]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a message that is looked at waits; nothing is done by it
    <div
      class={item.bad ? 'toast bad' : 'toast'}
      role={item.bad ? 'alert' : undefined}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocusIn={() => setHeld(true)}
      onFocusOut={() => setHeld(false)}
    >
      <Icon name={item.bad ? 'alert' : 'check'} />
      <span class="grow">{item.text}</span>
      {item.undo && (
        <button
          type="button"
          class="btn ghost"
          onClick={() => {
            close();
            item.undo?.();
          }}
        >
          {t('undo')}
        </button>
      )}
      <button type="button" class="btn ghost icon" aria-label={t('close')} onClick={close}>
        <Icon name="x" />
      </button>
    </div>
  );
}

const spoken = createStore('');

/** Says something to screen readers alone. */
export function announce(text: string): void {
  spoken.set('');
  setTimeout(() => spoken.set(text), 50);
}

export function LiveRegions() {
  const items = useStore(toasts);
  const words = useStore(spoken);
  return (
    <>
      <div class="toasts" role="status">
        {items.map(item => (
          <ToastItem key={item.id} item={item} />
        ))}
      </div>
      <div class="vh" role="status">
        {words}
      </div>
    </>
  );
}

const RING_AFTER = 5_000;

function useOnline(): boolean {
  const [online, setOnline] = useState(navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    addEventListener('online', update);
    addEventListener('offline', update);
    return () => {
      removeEventListener('online', update);
      removeEventListener('offline', update);
    };
  }, []);
  return online;
}

/** While the server does not answer, asks it again; says so to whatever waits when it does. */
function useReached(): boolean {
  const there = useStore(reached);
  useEffect(() => {
    if (there) return;
    const timer = setInterval(() => session.site().catch(() => undefined), RING_AFTER);
    return () => {
      clearInterval(timer);
      tellBack();
    };
  }, [there]);
  return there;
}

export function OfflineBar() {
  const online = useOnline();
  const there = useReached();
  return online && there ? null : (
    <div class="offline" role="status">
      <Icon name="alert" />
      {t(online ? 'offline.server' : 'offline')}
    </div>
  );
}

export const isGone = (error: unknown): boolean => isApiError(error) && error.status === 404;
