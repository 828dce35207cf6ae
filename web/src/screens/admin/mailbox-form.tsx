import { useRef, useState } from 'preact/hooks';
import {
  type AfterImport,
  type Mailbox,
  type MailboxChange,
  mailboxes,
  type NewMailbox,
  type Security,
} from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { Button } from '../../parts/basics.tsx';
import { Failed } from '../../parts/feedback.tsx';
import { focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';

interface Fields {
  name: string;
  address: string;
  host: string;
  port: string;
  security: Security;
  username: string;
  password: string;
  after_import: AfterImport;
  enabled: boolean;
}

const PORTS: Readonly<Record<Security, string>> = { tls: '995', starttls: '110', plain: '110' };
const SECURITIES: readonly Security[] = ['tls', 'starttls', 'plain'];

/** Fields that have a place for what is wrong with them. */
const SHOWN = ['name', 'address', 'host', 'port', 'security', 'username', 'password'];

const startFields = (mailbox: Mailbox | undefined): Fields => ({
  name: mailbox?.name ?? '',
  address: mailbox?.address ?? '',
  host: mailbox?.host ?? '',
  port: String(mailbox?.port ?? PORTS.tls),
  security: mailbox?.security ?? 'tls',
  username: mailbox?.auth.username ?? '',
  password: '',
  after_import: mailbox?.after_import ?? 'leave',
  enabled: mailbox?.enabled ?? true,
});

/** Changing where or how a secret would be sent needs the secret again: the server insists, the form says so at once. */
const needsSecret = (mailbox: Mailbox | undefined, fields: Fields): boolean =>
  mailbox === undefined ||
  fields.host.trim() !== mailbox.host ||
  Number(fields.port) !== mailbox.port ||
  fields.security !== mailbox.security ||
  fields.username.trim() !== mailbox.auth.username;

function problems(mailbox: Mailbox | undefined, fields: Fields): Record<string, string> {
  const wrong: Record<string, string> = {};
  for (const name of ['name', 'host', 'username'] as const)
    if (fields[name].trim() === '') wrong[name] = t('field.required');
  if (!/^[^\s@]+@[^\s@]+$/.test(fields.address.trim())) wrong.address = t('field.email');
  const port = Number(fields.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) wrong.port = t('field.port');
  if (fields.password === '' && needsSecret(mailbox, fields))
    wrong.password = t(mailbox ? 'field.secret_needed' : 'field.required');
  return wrong;
}

const body = (fields: Fields): NewMailbox => ({
  name: fields.name.trim(),
  address: fields.address.trim(),
  host: fields.host.trim(),
  port: Number(fields.port),
  security: fields.security,
  auth: {
    type: 'password',
    username: fields.username.trim(),
    ...(fields.password === '' ? {} : { password: fields.password }),
  },
  after_import: fields.after_import,
  enabled: fields.enabled,
});

/** A change carries what differs; `auth` only where user or password were touched. */
function changes(mailbox: Mailbox, fields: Fields): MailboxChange {
  const all = body(fields);
  const out: MailboxChange = {};
  const sameAuth = fields.password === '' && fields.username.trim() === mailbox.auth.username;
  for (const key of ['name', 'address', 'host', 'port', 'security', 'after_import', 'enabled'] as const)
    if (all[key] !== mailbox[key]) Object.assign(out, { [key]: all[key] });
  if (!sameAuth) out.auth = all.auth;
  return out;
}

interface MailboxDialogProps {
  mailbox: Mailbox | undefined;
  onClose: () => void;
  onSaved: () => void;
  onRemoved: (mailbox: Mailbox) => void;
}

export function MailboxDialog({ mailbox, onClose, onSaved, onRemoved }: MailboxDialogProps) {
  const form = useRef<HTMLFormElement>(null);
  const [fields, setFields] = useState(() => startFields(mailbox));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const [removing, setRemoving] = useState(false);
  const write = useWrite((key, now: Fields) =>
    mailbox ? mailboxes.change(mailbox.id, changes(mailbox, now), key) : mailboxes.create(body(now), key),
  );
  const errors = { ...fieldErrors(write.error), ...wrong };
  const told = SHOWN.some(name => errors[name]);
  const set = (change: Partial<Fields>) => {
    setFields({ ...fields, ...change });
    setWrong({});
    write.clear();
  };
  // The usual port follows the way of protection, unless somebody chose one of their own.
  const setSecurity = (security: Security) =>
    set({ security, ...(fields.port === PORTS[fields.security] ? { port: PORTS[security] } : {}) });
  const submit = async (event: Event) => {
    event.preventDefault();
    const found = problems(mailbox, fields);
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(form.current);
    if (await write.run(fields)) onSaved();
    else focusFirstError(form.current);
  };
  const text = (name: 'name' | 'address' | 'host' | 'port' | 'username', more: object = {}) => (
    <TextField
      label={t(`mailbox.${name}`)}
      value={fields[name]}
      error={errors[name]}
      onValue={value => set({ [name]: value })}
      {...more}
    />
  );
  if (mailbox && removing)
    return <RemoveDialog mailbox={mailbox} onClose={() => setRemoving(false)} onRemoved={() => onRemoved(mailbox)} />;
  return (
    <Dialog title={mailbox ? t('mailbox.edit') : t('mailbox.new')} look="wide" onClose={onClose}>
      <form ref={form} class="stack" noValidate autoComplete="off" onSubmit={submit}>
        <div class="two">
          {text('name', { hint: t('mailbox.name_hint') })}
          {text('address', { type: 'email', inputMode: 'email' })}
        </div>
        <div class="two">
          {text('host')}
          {text('port', { inputMode: 'numeric' })}
        </div>
        <SelectField
          label={t('mailbox.security')}
          value={fields.security}
          choices={SECURITIES.map(id => ({ id, name: t(`security.${id}`) }))}
          hint={fields.security === 'plain' ? t('mailbox.plain_hint') : undefined}
          error={errors.security && t('mailbox.plain_refused')}
          onValue={value => setSecurity(value as Security)}
        />
        <div class="two">
          {text('username', { autoComplete: 'off' })}
          <TextField
            label={t('mailbox.password')}
            type="password"
            autoComplete="new-password"
            value={fields.password}
            hint={mailbox ? t('mailbox.password_hint') : undefined}
            error={errors.password}
            onValue={password => set({ password })}
          />
        </div>
        <div class="field">
          <span class="label">{t('mailbox.after')}</span>
          <Segmented
            label={t('mailbox.after')}
            value={fields.after_import}
            choices={(['leave', 'delete'] as const).map(id => ({ id, name: t(`after.${id}`) }))}
            onValue={after_import => set({ after_import })}
          />
          {fields.after_import === 'delete' && <p class="hint">{t('mailbox.delete_hint')}</p>}
        </div>
        <label class="check">
          <input
            class="cb"
            type="checkbox"
            checked={fields.enabled}
            onChange={event => set({ enabled: event.currentTarget.checked })}
          />
          {t('mailbox.enabled')}
        </label>
        {write.error !== undefined && !told && <Failed error={write.error} />}
        <div class="actions">
          {mailbox && (
            <Button look="ghost danger start" onClick={() => setRemoving(true)}>
              {t('mailbox.remove')}
            </Button>
          )}
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={write.busy}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface RemoveProps {
  mailbox: Mailbox;
  onClose: () => void;
  onRemoved: () => void;
}

function RemoveDialog({ mailbox, onClose, onRemoved }: RemoveProps) {
  const remove = useWrite((key, id: string) => mailboxes.remove(id, key).then(() => true));
  const go = async () => {
    if (await remove.run(mailbox.id)) onRemoved();
  };
  return (
    <Dialog title={t('mailbox.remove_title', { mailbox: mailbox.name })} onClose={onClose}>
      <p>{t('mailbox.remove_lead')}</p>
      {remove.error !== undefined && <Failed error={remove.error} />}
      <div class="actions">
        <Button onClick={onClose}>{t('cancel')}</Button>
        <Button look="danger" busy={remove.busy} onClick={go}>
          {t('mailbox.remove')}
        </Button>
      </div>
    </Dialog>
  );
}
