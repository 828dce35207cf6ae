import { useState } from 'preact/hooks';
import { t } from '../../i18n/index.ts';
import { nextWorkingDay, toInput } from '../../lib/due.ts';
import { Button, capitalMoment } from '../../parts/basics.tsx';
import { TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface DueDialogProps {
  value: string | null;
  onChoose: (due: string | null) => void;
  onClose: () => void;
  /** Whether the date may be taken away. */
  clearable: boolean;
}

function suggestions(now: Date): Date[] {
  const today = new Date(now);
  today.setHours(18, 0, 0, 0);
  const next = nextWorkingDay(now);
  const week = new Date(next);
  week.setDate(week.getDate() + 7);
  return [...(today > now ? [today] : []), next, week];
}

export function DueDialog({ value, onChoose, onClose, clearable }: DueDialogProps) {
  const now = new Date();
  const [text, setText] = useState(toInput(value ? new Date(value) : nextWorkingDay(now)));
  const [wrong, setWrong] = useState<string>();
  const submit = (event: Event) => {
    event.preventDefault();
    const at = new Date(text);
    if (Number.isNaN(at.getTime())) setWrong(t('field.date'));
    else onChoose(at.toISOString());
  };
  return (
    <Dialog title={t('ticket.estimated')} onClose={onClose}>
      <form class="stack" noValidate onSubmit={submit}>
        <div class="quick">
          {suggestions(now).map(at => (
            <Button key={at.getTime()} onClick={() => onChoose(at.toISOString())}>
              {capitalMoment(at, now)}
            </Button>
          ))}
        </div>
        <TextField label={t('due.label')} type="datetime-local" value={text} onValue={setText} error={wrong} />
        <div class="actions">
          {clearable && value !== null && (
            <Button look="ghost" onClick={() => onChoose(null)}>
              {t('due.clear')}
            </Button>
          )}
          <Button submit look="primary">
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
