import { useRef, useState } from 'preact/hooks';
import { settings } from '../../api/admin.ts';
import type { Locale, Settings, SettingsChange } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource, useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { localeNames } from '../../parts/account.tsx';
import { Button } from '../../parts/basics.tsx';
import { ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { CheckField, focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { changeSite } from '../../state/session.ts';

export default function SettingsScreen() {
  const read = useResource(settings.read, []);
  const title = t('nav.settings');
  return (
    <Shell top={<Heading title={title}>{title}</Heading>}>
      <main id="main" class="admin" tabIndex={-1}>
        {read.error !== undefined && <ErrorBox error={read.error} onRetry={read.reload} />}
        {!read.data && read.error === undefined && <Skeleton rows={6} look="fields" />}
        {read.data && <SettingsForm now={read.data} onSaved={read.set} />}
      </main>
    </Shell>
  );
}

/** Numbers as typed. */
type Fields = {
  [Name in keyof Required<Settings>]: Required<Settings>[Name] extends number
    ? string
    : NonNullable<Required<Settings>[Name]>;
};

const NUMBERS = { magic_link_days: 365, reopen_days: 365, max_attachment_mb: 50 } as const;
type NumberName = keyof typeof NUMBERS;
const TEXTS = { site_name: 80, ticket_prefix: 10 } as const;

const asFields = (now: Settings): Fields => ({
  site_name: now.site_name ?? '',
  ticket_prefix: now.ticket_prefix ?? '',
  specialists_see: now.specialists_see ?? 'assigned',
  specialists_claim: now.specialists_claim ?? false,
  guest_tickets: now.guest_tickets ?? false,
  open_sign_up: now.open_sign_up ?? false,
  time_zone: now.time_zone ?? 'UTC',
  default_locale: now.default_locale ?? 'es',
  magic_link_days: String(now.magic_link_days ?? ''),
  reopen_days: String(now.reopen_days ?? ''),
  max_attachment_mb: String(now.max_attachment_mb ?? ''),
  sender: now.sender ?? '',
});

/** What is wrong before anything is sent, by field. */
export function settingFaults(fields: Fields): Record<string, string> {
  const wrong: Record<string, string> = {};
  if (fields.site_name.trim() === '') wrong.site_name = t('field.required');
  if (!/^[0-9A-Za-z]{1,10}$/.test(fields.ticket_prefix.trim())) wrong.ticket_prefix = t('setting.prefix_bad');
  for (const [name, most] of Object.entries(NUMBERS)) {
    const value = fields[name as NumberName].trim();
    if (!/^\d+$/.test(value) || Number(value) < 1 || Number(value) > most)
      wrong[name] = t('setting.number_bad', { most });
  }
  if (fields.sender.trim() !== '' && !/^[^\s@]+@[^\s@]+$/.test(fields.sender.trim())) wrong.sender = t('field.email');
  return wrong;
}

/** What differs alone: another administrator may have changed the rest meanwhile. */
export function settingChanges(now: Settings, fields: Fields): SettingsChange {
  const before = asFields(now);
  const change: Record<string, unknown> = {};
  for (const name of Object.keys(fields) as (keyof Fields)[]) {
    const value = typeof fields[name] === 'string' ? fields[name].trim() : fields[name];
    if (value === before[name]) continue;
    change[name] = name in NUMBERS ? Number(value) : name === 'sender' && value === '' ? null : value;
  }
  return change;
}

/** Every zone that this browser knows, and the one that is set. */
function zones(set: string): { id: string; name: string }[] {
  const known = typeof Intl.supportedValuesOf === 'function' ? Intl.supportedValuesOf('timeZone') : [];
  return [...new Set(['UTC', set, ...known])].sort().map(id => ({ id, name: id.replaceAll('_', ' ') }));
}

interface FormProps {
  now: Settings;
  onSaved: (settings: Settings) => void;
}

function SettingsForm({ now, onSaved }: FormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [fields, setFields] = useState(() => asFields(now));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((key, change: SettingsChange) => settings.change(change, key));
  const errors = { ...fieldErrors(write.error), ...wrong };
  const told = Object.keys(fields).some(name => errors[name]);
  const set = (change: Partial<Fields>) => {
    setFields({ ...fields, ...change });
    setWrong({});
    write.clear();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const found = settingFaults(fields);
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(form.current);
    const change = settingChanges(now, fields);
    if (Object.keys(change).length === 0) return toast(t('setting.same'));
    const saved = await write.run(change);
    if (!saved) return focusFirstError(form.current);
    onSaved(saved);
    setFields(asFields(saved));
    changeSite(saved);
    toast(t('saved'));
  };
  const text = (name: keyof typeof TEXTS | NumberName | 'sender', more: object = {}) => (
    <TextField
      label={t(`setting.${name}`)}
      value={fields[name]}
      hint={t(`setting.${name}_hint`)}
      error={errors[name]}
      onValue={value => set({ [name]: value })}
      {...(name in NUMBERS ? { inputMode: 'numeric' as const } : {})}
      {...(name in TEXTS ? { maxLength: TEXTS[name as keyof typeof TEXTS] } : {})}
      {...more}
    />
  );
  const check = (name: 'guest_tickets' | 'open_sign_up' | 'specialists_claim') => (
    <CheckField
      label={t(`setting.${name}`)}
      hint={t(`setting.${name}_hint`)}
      checked={fields[name]}
      onChecked={value => set({ [name]: value })}
    />
  );
  return (
    <form ref={form} class="form main-form" noValidate onSubmit={submit}>
      <fieldset>
        <legend>{t('setting.group.site')}</legend>
        <div class="two">
          {text('site_name')}
          {text('ticket_prefix', { autoComplete: 'off' })}
        </div>
        <div class="two">
          <SelectField
            label={t('setting.default_locale')}
            value={fields.default_locale}
            choices={localeNames()}
            hint={t('setting.default_locale_hint')}
            error={errors.default_locale}
            onValue={value => set({ default_locale: value as Locale })}
          />
          <SelectField
            label={t('setting.time_zone')}
            value={fields.time_zone}
            choices={zones(fields.time_zone)}
            hint={t('setting.time_zone_hint')}
            error={errors.time_zone}
            onValue={value => set({ time_zone: value })}
          />
        </div>
      </fieldset>
      <fieldset>
        <legend>{t('setting.group.doors')}</legend>
        {check('open_sign_up')}
        {check('guest_tickets')}
      </fieldset>
      <fieldset>
        <legend>{t('setting.group.specialists')}</legend>
        <div class="field">
          <span class="label">{t('setting.specialists_see')}</span>
          <Segmented
            label={t('setting.specialists_see')}
            value={fields.specialists_see}
            choices={(['assigned', 'all'] as const).map(id => ({ id, name: t(`setting.see.${id}`) }))}
            onValue={value => set({ specialists_see: value })}
          />
          <p class="hint">{t(`setting.see.${fields.specialists_see}_hint`)}</p>
        </div>
        {fields.specialists_see === 'assigned' && check('specialists_claim')}
      </fieldset>
      <fieldset>
        <legend>{t('setting.group.limits')}</legend>
        <div class="two">
          {text('magic_link_days')}
          {text('reopen_days')}
        </div>
        <div class="two">
          {text('max_attachment_mb')}
          {text('sender', { type: 'email' as const })}
        </div>
      </fieldset>
      {write.error !== undefined && !told && <Failed error={write.error} />}
      <div class="submit in-frame">
        <Button submit look="primary lg" busy={write.busy}>
          {t('save')}
        </Button>
        <span class="muted sm desk">{t('setting.soon')}</span>
      </div>
    </form>
  );
}
