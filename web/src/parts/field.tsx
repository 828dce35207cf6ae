import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import type { Choice } from '../lib/trees.ts';
import { Icon } from './icon.tsx';

interface FieldProps {
  label: string;
  hint?: ComponentChildren;
  error?: string | undefined;
}

interface Described {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
}

function Field({ label, hint, error, children }: FieldProps & { children: (props: Described) => ComponentChildren }) {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': error ? true : undefined })}
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {error && (
        <p class="error" id={`${id}-error`}>
          <Icon name="alert" />
          {error}
        </p>
      )}
    </div>
  );
}

interface TextProps extends FieldProps {
  value: string;
  onValue: (value: string) => void;
  onBlur?: () => void;
  type?: string;
  name?: string;
  rows?: number;
  placeholder?: string;
  autoComplete?: string;
  inputMode?: 'email' | 'numeric' | 'text';
  maxLength?: number;
  required?: boolean;
  large?: boolean;
}

export function TextField({ label, hint, error, value, onValue, rows, large, ...rest }: TextProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {described =>
        rows ? (
          <textarea
            {...described}
            class="in"
            rows={rows}
            value={value}
            name={rest.name}
            maxLength={rest.maxLength}
            required={rest.required}
            dir="auto"
            onInput={event => onValue(event.currentTarget.value)}
            onBlur={rest.onBlur}
          />
        ) : (
          <input
            {...described}
            {...rest}
            class={large ? 'in tall' : 'in'}
            value={value}
            onInput={event => onValue(event.currentTarget.value)}
          />
        )
      }
    </Field>
  );
}

interface SelectProps extends FieldProps {
  value: string;
  choices: readonly Choice[];
  onValue: (value: string) => void;
  empty?: string;
  disabled?: boolean;
  name?: string;
}

export function SelectField({ label, hint, error, value, choices, onValue, empty, disabled, name }: SelectProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {described => (
        <select
          {...described}
          class="in"
          name={name}
          value={value}
          disabled={disabled}
          onChange={event => onValue(event.currentTarget.value)}
        >
          {empty !== undefined && <option value="">{empty}</option>}
          {choices.map(choice => (
            <option key={choice.id} value={choice.id}>
              {choice.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface SegmentedProps<T extends string> {
  label: string;
  value: T;
  choices: readonly { id: T; name: string }[];
  onValue: (value: T) => void;
  flat?: boolean;
}

/** Two or three exclusive choices as native radio buttons. */
export function Segmented<T extends string>({ label, value, choices, onValue, flat }: SegmentedProps<T>) {
  const name = useId();
  return (
    <div class={flat ? 'seg flat' : 'seg'} role="radiogroup" aria-label={label}>
      {choices.map(choice => (
        <label key={choice.id}>
          <input
            type="radio"
            name={name}
            value={choice.id}
            checked={choice.id === value}
            onChange={() => onValue(choice.id)}
          />
          {choice.name}
        </label>
      ))}
    </div>
  );
}

interface CheckProps {
  label: string;
  hint?: string;
  checked: boolean;
  onChecked: (checked: boolean) => void;
}

export function CheckField({ label, hint, checked, onChecked }: CheckProps) {
  const id = useId();
  return (
    <div class="field">
      <label class="check">
        <input
          class="cb"
          type="checkbox"
          checked={checked}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onChange={event => onChecked(event.currentTarget.checked)}
        />
        {label}
      </label>
      {hint && (
        <p class="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

/** Focuses the first field that is marked as wrong. */
export function focusFirstError(form: HTMLElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus());
}
