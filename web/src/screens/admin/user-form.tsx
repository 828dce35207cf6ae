import { useRef, useState } from 'preact/hooks';
import { directory, type Locale, type Organisation, type Role, session, type User } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { places } from '../../lib/org-tree.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { localeNames } from '../../parts/account.tsx';
import { Button } from '../../parts/basics.tsx';
import { Failed } from '../../parts/feedback.tsx';
import { CheckField, focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { useSession } from '../../state/session.ts';

const ROLES: readonly Role[] = ['user', 'specialist', 'administrator'];

interface UserDialogProps {
  user: User | undefined;
  tree: Organisation | undefined;
  onClose: () => void;
  /** With what to say about it. */
  onSaved: (words: string) => void;
  onErase: (user: User) => void;
}

type UserForm = Pick<User, 'name' | 'email' | 'role' | 'locale' | 'active'> & { company_id: string | null };

const startForm = (user: User | undefined, locale: Locale): UserForm => ({
  name: user?.name ?? '',
  email: user?.email ?? '',
  role: user?.role ?? 'user',
  locale: user?.locale ?? locale,
  active: user?.active ?? true,
  company_id: user?.company_id ?? null,
});

/** What differs alone: another administrator may have changed the rest meanwhile. */
function changed(user: User, fields: UserForm): Partial<UserForm> {
  const before = startForm(user, user.locale);
  const keys = Object.keys(fields) as (keyof UserForm)[];
  return Object.fromEntries(keys.filter(key => fields[key] !== before[key]).map(key => [key, fields[key]]));
}

/** Those in use, and the one that the person has. */
const companies = (tree: Organisation | undefined, own: string | null) =>
  (tree ? places(tree) : [])
    .filter(({ kind, unit }) => kind === 'company' && (!unit.retired || unit.id === own))
    .map(({ unit, parent }) => ({
      id: unit.id ?? '',
      name: parent ? t('facts.path', { first: parent.unit.name, second: unit.name }) : unit.name,
    }));

/** Makes or changes an account, and mails the sign-in link where that was asked for. */
function useSave(user: User | undefined, invite: boolean) {
  // An account that was made stays made where its mail then fails: only the mail is tried again.
  const made = useRef<User | undefined>(undefined);
  return useWrite(async (key, fields: UserForm) => {
    if (user) return directory.changeUser(user.id, changed(user, fields), key);
    made.current ??= await directory.createUser(fields, key);
    if (invite) await session.askLink(made.current.email, made.current.locale, `${key}-link`);
    return made.current;
  });
}

export function UserDialog({ user, tree, onClose, onSaved, onErase }: UserDialogProps) {
  const { site, me } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [fields, setFields] = useState(() => startForm(user, site.default_locale));
  const [invite, setInvite] = useState(true);
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const inviting = !user && invite && fields.active;
  const write = useSave(user, inviting);
  const errors = { ...fieldErrors(write.error), ...wrong };
  const told = Object.keys(fields).some(name => errors[name]);
  const set = (change: Partial<UserForm>) => {
    setFields({ ...fields, ...change });
    setWrong({});
    write.clear();
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    const found: Record<string, string> = {};
    if (fields.name.trim() === '') found.name = t('field.required');
    if (!/^[^\s@]+@[^\s@]+$/.test(fields.email.trim())) found.email = t('field.email');
    setWrong(found);
    if (Object.keys(found).length > 0) return focusFirstError(form.current);
    const saved = await write.run({ ...fields, name: fields.name.trim(), email: fields.email.trim() });
    if (!saved) return focusFirstError(form.current);
    onSaved(inviting ? t('users.invited', { email: saved.email }) : t('saved'));
  };
  const choices = companies(tree, user?.company_id ?? null);
  return (
    <Dialog title={user ? t('users.edit') : t('users.new')} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <TextField
          label={t('users.name')}
          value={fields.name}
          maxLength={100}
          error={errors.name}
          onValue={name => set({ name })}
        />
        <TextField
          label={t('users.email')}
          type="email"
          inputMode="email"
          value={fields.email}
          error={errors.email}
          onValue={email => set({ email })}
        />
        <SelectField
          label={t('users.role')}
          value={fields.role}
          choices={ROLES.map(id => ({ id, name: t(`role.${id}`) }))}
          hint={t(`users.hint.${fields.role}`)}
          error={errors.role}
          onValue={role => set({ role: role as Role })}
        />
        {choices.length > 0 && (
          <SelectField
            label={t('users.company')}
            value={fields.company_id ?? ''}
            choices={choices}
            empty={t('none')}
            error={errors.company_id}
            onValue={id => set({ company_id: id === '' ? null : id })}
          />
        )}
        <SelectField
          label={t('users.locale')}
          value={fields.locale}
          choices={localeNames()}
          error={errors.locale}
          onValue={locale => set({ locale: locale as Locale })}
        />
        <div class="field">
          <span class="label">{t('users.state')}</span>
          <Segmented
            label={t('users.state')}
            value={fields.active ? 'active' : 'inactive'}
            choices={[
              { id: 'active', name: t('users.active') },
              { id: 'inactive', name: t('users.inactive') },
            ]}
            onValue={state => set({ active: state === 'active' })}
          />
          {user?.active && !fields.active && <p class="hint">{t('users.inactive_hint')}</p>}
        </div>
        {!user && fields.active && (
          <CheckField label={t('users.invite')} hint={t('users.invite_hint')} checked={invite} onChecked={setInvite} />
        )}
        {user?.active && <SendLink user={user} />}
        {write.error !== undefined && !told && <Failed error={write.error} />}
        <div class="actions">
          {user && user.id !== me?.id && (
            <Button look="ghost danger start" onClick={() => onErase(user)}>
              {t('users.erase.open')}
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

/** For somebody whose invitation got lost. */
function SendLink({ user }: { user: User }) {
  const [sent, setSent] = useState(false);
  const link = useWrite((key, email: string) => session.askLink(email, user.locale, key).then(() => true));
  const go = async () => {
    if (await link.run(user.email)) setSent(true);
  };
  return (
    <div class="field" role="status">
      {sent ? (
        <p class="hint">{t('users.invited', { email: user.email })}</p>
      ) : (
        <div class="actions start">
          <Button icon="mail" busy={link.busy} onClick={go}>
            {t('users.send_link')}
          </Button>
        </div>
      )}
      {link.error !== undefined && <Failed error={link.error} />}
    </div>
  );
}
