import { useEffect, useRef, useState } from 'preact/hooks';
import { mailboxes, newKey } from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { problemText } from '../../lib/problems.ts';
import { followSweeps, newOnes, type Progress, share, troubled } from '../../lib/sweeps.ts';
import { Button, Rich } from '../../parts/basics.tsx';
import { Icon } from '../../parts/icon.tsx';

type State = { progress?: Progress; error?: unknown } | undefined;

/** 'Fetch mail now': starts it and follows it. */
export function useFetchMail(onNew: () => void) {
  const [state, setState] = useState<State>();
  const abort = useRef<AbortController | undefined>(undefined);
  const running = useRef(false);
  useEffect(() => () => abort.current?.abort(), []);

  const start = async () => {
    if (running.current) return;
    running.current = true;
    abort.current = new AbortController();
    const { signal } = abort.current;
    setState({});
    try {
      const key = newKey();
      const calls = {
        list: mailboxes.list,
        newest: async (id: string) => (await mailboxes.sweeps(id, 1)).items[0],
        start: () => mailboxes.sweepAll(key),
        wait: (ms: number) => new Promise<void>(done => setTimeout(done, ms)),
      };
      await followSweeps(calls, progress => setState({ progress }), signal);
      if (!signal.aborted) onNew();
    } catch (error) {
      if (!signal.aborted) setState({ error });
    } finally {
      running.current = false;
    }
  };
  return {
    state,
    start,
    busy: state !== undefined && state.error === undefined && !state.progress?.over,
    dismiss: () => setState(undefined),
  };
}

const CLOSE_AFTER = 8_000;

export function SweepStrip({ state, onDismiss }: { state: NonNullable<State>; onDismiss: () => void }) {
  const failed = state.progress?.mailboxes.filter(troubled) ?? [];
  const over = state.progress?.over === true;
  useEffect(() => {
    if (!over || failed.length > 0) return;
    const timer = setTimeout(onDismiss, CLOSE_AFTER);
    return () => clearTimeout(timer);
  }, [over, failed.length]);
  const done = state.error !== undefined || over;
  const percent = state.progress ? Math.round(share(state.progress) * 100) : 0;
  return (
    <div class={state.error !== undefined || failed.length > 0 ? 'sync bad' : 'sync'} role="status">
      <div>
        <Icon name={state.error !== undefined || failed.length > 0 ? 'alert' : 'mail'} />
        <span class="grow">
          <SweepWords state={state} />
        </span>
        {state.progress && <NewCount progress={state.progress} />}
        {done && <Button look="ghost icon" icon="x" label={t('close')} onClick={onDismiss} />}
      </div>
      {failed.map(({ mailbox, lost }) => (
        <div key={mailbox.id}>
          <a href={`#/admin/mailboxes/${mailbox.id}`}>
            {t(lost ? 'sweep.lost' : 'sweep.failed', { mailbox: mailbox.name })}
          </a>
        </div>
      ))}
      {!done && (
        <div
          class="bar"
          role="progressbar"
          aria-label={t('sweep.bar')}
          aria-valuenow={percent}
          aria-valuemin={0}
          aria-valuemax={100}
        >
          <i style={{ '--v': `${percent}%` }} />
        </div>
      )}
    </div>
  );
}

function NewCount({ progress }: { progress: Progress }) {
  const count = progress.mailboxes.reduce((sum, m) => sum + newOnes(m.sweep), 0);
  return <span class="num">{tn('sweep.new', count)}</span>;
}

function SweepWords({ state }: { state: NonNullable<State> }) {
  if (state.error !== undefined) return <>{problemText(state.error)}</>;
  const { progress } = state;
  if (!progress) return <>{t('sweep.starting')}</>;
  const all = progress.mailboxes;
  if (all.length === 0) return <a href="#/admin/mailboxes">{t('sweep.none')}</a>;
  if (progress.over) return <>{t(all.some(troubled) ? 'sweep.over_some' : 'sweep.over')}</>;
  const index = Math.max(
    0,
    all.findIndex(m => !m.over),
  );
  const current = all[index];
  if (!current?.sweep || current.sweep.found == null)
    return <>{t('sweep.connecting', { mailbox: current?.mailbox.address ?? '' })}</>;
  const place = t('sweep.place', {
    n: index + 1,
    all: all.length,
    message: Math.min(current.sweep.found, (current.sweep.done ?? 0) + 1),
    messages: current.sweep.found,
  });
  return <Rich text="sweep.reading" mailbox={current.mailbox.address} place={<span class="muted num">{place}</span>} />;
}
