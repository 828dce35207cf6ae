/** For whom staff open a ticket, and how urgent it is: what they alone may say. */
import { PRIORITIES, type Priority } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { SelectField, TextField } from '../../parts/field.tsx';
import type { Form } from './fields.tsx';

interface Props {
  form: Form;
  errors: Record<string, string>;
  onForm: (change: Partial<Form>) => void;
}

export function Behalf({ form, errors, onForm }: Props) {
  const { behalf, priority } = form;
  const set = (change: Partial<Form['behalf']>) => onForm({ behalf: { ...behalf, ...change } });
  return (
    <fieldset>
      <legend>{t('create.for')}</legend>
      <div class="two">
        <TextField
          label={t('create.for.email')}
          name="requester"
          type="email"
          inputMode="email"
          autoComplete="off"
          value={behalf.email}
          hint={t('create.for.hint')}
          error={errors['requester.email'] ?? errors.requester}
          onValue={email => set({ email })}
        />
        <TextField
          label={t('create.for.name')}
          name="requester_name"
          autoComplete="off"
          maxLength={100}
          value={behalf.name}
          error={errors['requester.name']}
          onValue={name => set({ name })}
        />
      </div>
      <SelectField
        label={t('ticket.priority')}
        name="priority"
        value={priority}
        choices={PRIORITIES.map(id => ({ id, name: t(`priority.${id}`) }))}
        error={errors.priority}
        onValue={value => onForm({ priority: value as Priority })}
      />
    </fieldset>
  );
}
