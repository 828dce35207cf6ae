import { useRef, useState } from 'preact/hooks';
import { directory, type Locale, type Role, type User } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useWrite } from '../../lib/hooks.ts';
import { usePages } from '../../lib/pages.ts';
import { fieldErrors } from '../../lib/problems.ts';
import { localeNames } from '../../parts/account.tsx';
import { Avatar, Button } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Failed, Skeleton, toast } from '../../parts/feedback.tsx';
import { focusFirstError, Segmented, SelectField, TextField } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Dialog } from '../../parts/overlay.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { useSession } from '../../state/session.ts';

const ROLES: readonly Role[] = ['user', 'specialist', 'administrator'];

export default function UsersScreen() {
  const list = usePages(cursor => directory.users(cursor), []);
  const [edited, setEdited] = useState<User | 'new'>();
  const title = t('nav.users');
  const top = (
    <>
      <Heading title={title}>{title}</Heading>
      <span class="grow" />
      <Button look="primary" icon="plus" onClick={() => setEdited('new')}>
        {t('users.new')}
      </Button>
    </>
  );
  return (
    <Shell top={top}>
      <main id="main" tabIndex={-1}>
        {list.error !== undefined && <ErrorBox error={list.error} onRetry={list.reload} />}
        {!list.rows && list.error === undefined && <Skeleton look="rows" />}
        {list.rows?.length === 0 && <Empty text={t('users.empty')} />}
        {list.rows && list.rows.length > 0 && <UserTable users={list.rows} onEdit={setEdited} />}
        {list.hasMore && (
          <div class="more">
            <span />
            <Button busy={list.more.busy} onClick={list.loadMore}>
              {t('list.more')}
            </Button>
          </div>
        )}
        {edited && (
          <UserDialog
            user={edited === 'new' ? undefined : edited}
            onClose={() => setEdited(undefined)}
            onSaved={() => {
              setEdited(undefined);
              toast(t('saved'));
              list.reload();
            }}
          />
        )}
      </main>
    </Shell>
  );
}

function UserTable({ users, onEdit }: { users: readonly User[]; onEdit: (user: User) => void }) {
  return (
    <table class="tickets people" role="table">
      <caption class="vh">{t('nav.users')}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {(['name', 'email', 'role', 'locale', 'state'] as const).map(column => (
            <th key={column} scope="col" role="columnheader" class={column}>
              {t(`users.${column}`)}
            </th>
          ))}
          <th scope="col" role="columnheader" class="do">
            <span class="vh">{t('users.actions')}</span>
          </th>
        </tr>
      </thead>
      <tbody role="rowgroup">
        {users.map(user => (
          <tr key={user.id} role="row">
            <td role="cell" class="name">
              <span class="who">
                <Avatar id={user.id} name={user.name || user.email} />
                <span>{user.name || user.email}</span>
              </span>
            </td>
            <td role="cell" class="email">
              {user.email}
            </td>
            <td role="cell" class="role">
              {t(`role.${user.role}`)}
            </td>
            <td role="cell" class="locale">
              {t(`language.${user.locale}`)}
            </td>
            <td role="cell" class="state">
              <span class={user.active ? 'tag resolved' : 'tag cancelled'}>
                <Icon name={user.active ? 's-resolved' : 's-cancelled'} />
                {t(user.active ? 'users.active' : 'users.inactive')}
              </span>
            </td>
            <td role="cell" class="do">
              <button
                type="button"
                class="btn ghost"
                aria-label={t('users.edit_one', { name: user.name || user.email })}
                onClick={() => onEdit(user)}
              >
                {t('edit')}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface UserDialogProps {
  user: User | undefined;
  onClose: () => void;
  onSaved: () => void;
}

type UserForm = Pick<User, 'name' | 'email' | 'role' | 'locale' | 'active'>;

function UserDialog({ user, onClose, onSaved }: UserDialogProps) {
  const { site } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [fields, setFields] = useState<UserForm>(() => ({
    name: user?.name ?? '',
    email: user?.email ?? '',
    role: user?.role ?? 'user',
    locale: user?.locale ?? site.default_locale,
    active: user?.active ?? true,
  }));
  const [wrong, setWrong] = useState<Record<string, string>>({});
  const write = useWrite((key, change: UserForm) =>
    user ? directory.changeUser(user.id, changed(user, change), key) : directory.createUser(change, key),
  );
  const errors = { ...fieldErrors(write.error), ...wrong };
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
    if (await write.run({ ...fields, name: fields.name.trim(), email: fields.email.trim() })) onSaved();
    else focusFirstError(form.current);
  };
  return (
    <Dialog title={user ? t('users.edit') : t('users.new')} onClose={onClose}>
      <form ref={form} class="stack" noValidate onSubmit={submit}>
        <TextField label={t('users.name')} value={fields.name} error={errors.name} onValue={name => set({ name })} />
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
        </div>
        {write.error !== undefined && <Failed error={write.error} />}
        <div class="actions">
          <Button onClick={onClose}>{t('cancel')}</Button>
          <Button submit look="primary" busy={write.busy}>
            {t('save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What differs alone: another administrator may have changed the rest meanwhile. */
function changed(user: User, fields: UserForm): Partial<UserForm> {
  const keys = Object.keys(fields) as (keyof UserForm)[];
  return Object.fromEntries(keys.filter(key => fields[key] !== user[key]).map(key => [key, fields[key]]));
}
