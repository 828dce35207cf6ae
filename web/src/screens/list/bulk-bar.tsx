import { useState } from 'preact/hooks';
import {
  type BulkResult,
  type BulkSet,
  directory,
  newKey,
  PRIORITIES,
  type Priority,
  STATUSES,
  type Status,
  type Ticket,
  tickets,
} from '../../api/index.ts';
import { t, tn } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { codeText } from '../../lib/problems.ts';
import { Button, PriorityMark, StatusTag } from '../../parts/basics.tsx';
import { Failed, toast, toastError } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog, type Option, Picker } from '../../parts/overlay.tsx';
import { ticketName } from '../../state/session.ts';

/** What brings tickets back to what they were: one change for each former value. */
export function inverses(set: BulkSet, before: readonly Ticket[]): { set: BulkSet; numbers: number[] }[] {
  const groups = new Map<string, { set: BulkSet; numbers: number[] }>();
  for (const row of before) {
    const old: BulkSet = {
      ...('assignee_id' in set ? { assignee_id: row.assignee?.id ?? null } : {}),
      ...(set.status ? { status: row.status } : {}),
      ...(set.priority ? { priority: row.priority } : {}),
    };
    const name = JSON.stringify(old);
    const group = groups.get(name) ?? { set: old, numbers: [] };
    group.numbers.push(row.number);
    groups.set(name, group);
  }
  return [...groups.values()];
}

interface BulkProps {
  rows: readonly Ticket[];
  numbers: readonly number[];
  onClear: () => void;
  onChanged: () => void;
}

function useBulk({ rows, numbers, onClear, onChanged }: BulkProps) {
  const [failed, setFailed] = useState<BulkResult[]>([]);
  const write = useWrite((key, wanted: readonly number[], set: BulkSet) => tickets.bulk(wanted, set, key));

  const undo = async (set: BulkSet, before: readonly Ticket[]) => {
    try {
      const answers: BulkResult[] = [];
      for (const back of inverses(set, before)) answers.push(...(await tickets.bulk(back.numbers, back.set, newKey())));
      const kept = answers.filter(one => !one.ok);
      if (kept.length > 0) setFailed(kept);
      else toast(t('undone'));
    } catch (error) {
      toastError(error);
    }
    onChanged();
  };

  const run = async (set: BulkSet) => {
    const results = await write.run(numbers, set);
    if (!results) return;
    const bad = results.filter(one => !one.ok);
    const done = new Set(results.filter(one => one.ok).map(one => one.number));
    const before = rows.filter(row => done.has(row.number));
    onChanged();
    if (done.size > 0) toast(tn('bulk.done', done.size), { undo: () => void undo(set, before) });
    if (bad.length > 0) setFailed(bad);
    else onClear();
  };
  return { run, busy: write.busy, error: write.error, failed, close: () => setFailed([]) };
}

/** What can be done to all ticked tickets at once. */
export default function BulkBar(props: BulkProps) {
  const { numbers, onClear } = props;
  const people = useResource(directory.specialists, []).data?.items ?? [];
  const bulk = useBulk(props);
  const assignees: Option[] = [
    { id: '', text: t('unassigned') },
    ...people.map(person => ({ id: person.id, text: person.name })),
  ];
  return (
    <div class="bulk" role="group" aria-label={t('bulk')}>
      <b role="status">{tn('bulk.count', numbers.length)}</b>
      <BulkChoice
        label={t('bulk.assign')}
        options={assignees}
        busy={bulk.busy}
        onChoose={id => void bulk.run({ assignee_id: id === '' ? null : id })}
      />
      <BulkChoice
        label={t('ticket.status')}
        options={STATUSES.map(id => ({ id, text: t(`status.${id}`), content: <StatusTag status={id} /> }))}
        busy={bulk.busy}
        onChoose={id => void bulk.run({ status: id as Status })}
      />
      <BulkChoice
        label={t('ticket.priority')}
        options={PRIORITIES.map(id => ({ id, text: t(`priority.${id}`), content: <PriorityMark priority={id} /> }))}
        busy={bulk.busy}
        onChoose={id => void bulk.run({ priority: id as Priority })}
      />
      {bulk.busy && <span class="spin" aria-hidden="true" />}
      <Button look="ghost icon" icon="x" label={t('bulk.clear')} onClick={onClear} />
      {bulk.error !== undefined && <Failed error={bulk.error} />}
      {bulk.failed.length > 0 && <FailedList failed={bulk.failed} onClose={bulk.close} />}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  options: readonly Option[];
  busy: boolean;
  onChoose: (id: string) => void;
}

const BulkChoice = ({ label, options, busy, onChoose }: ChoiceProps) => (
  <Picker label={label} options={options} chosen={[]} onChoose={onChoose} look="btn" disabled={busy}>
    {label}
    <Icon name="down" />
  </Picker>
);

/** Those that stayed as they were, each with its reason; they stay ticked. */
function FailedList({ failed, onClose }: { failed: readonly BulkResult[]; onClose: () => void }) {
  return (
    <Dialog title={tn('bulk.failed', failed.length)} onClose={onClose}>
      <ul class="stack sm">
        {failed.map(one => (
          <li key={one.number}>
            <a href={`#/t/${one.number}`}>{ticketName(one.number)}</a>{' '}
            {codeText(one.problem?.code ?? '') ?? t('problem.unknown')}
          </li>
        ))}
      </ul>
      <div class="actions">
        <Button look="primary" onClick={onClose}>
          {t('close')}
        </Button>
      </div>
    </Dialog>
  );
}
