import { useState } from 'preact/hooks';
import { directory, type Organisation, type User } from '../../api/index.ts';
import { t } from '../../i18n/index.ts';
import { useResource } from '../../lib/hooks.ts';
import { findUnit } from '../../lib/org-tree.ts';
import { usePages } from '../../lib/pages.ts';
import { Avatar, Button } from '../../parts/basics.tsx';
import { Empty, ErrorBox, Skeleton, toast } from '../../parts/feedback.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Heading, Shell } from '../../parts/shell.tsx';
import { EraseDialog } from './user-erase.tsx';
import { UserDialog } from './user-form.tsx';

export default function UsersScreen() {
  const list = usePages(cursor => directory.users(cursor), []);
  const tree = useResource(() => directory.organisation(), []);
  const [edited, setEdited] = useState<User | 'new'>();
  const [erased, setErased] = useState<User>();
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
        {list.rows && list.rows.length > 0 && <UserTable users={list.rows} tree={tree.data} onEdit={setEdited} />}
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
            tree={tree.data}
            onClose={() => setEdited(undefined)}
            onSaved={words => {
              setEdited(undefined);
              toast(words);
              list.reload();
            }}
            onErase={user => {
              setEdited(undefined);
              setErased(user);
            }}
          />
        )}
        {erased && (
          <EraseDialog
            user={erased}
            onClose={() => setErased(undefined)}
            onErased={() => {
              setErased(undefined);
              toast(t('users.erase.done'));
              list.reload();
            }}
          />
        )}
      </main>
    </Shell>
  );
}

interface TableProps {
  users: readonly User[];
  tree: Organisation | undefined;
  onEdit: (user: User) => void;
}

function UserTable({ users, tree, onEdit }: TableProps) {
  const company = (user: User) => (tree && user.company_id ? findUnit(tree, user.company_id)?.unit.name : undefined);
  return (
    <table class="tickets people" role="table">
      <caption class="vh">{t('nav.users')}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {(['name', 'email', 'role', 'company', 'locale', 'state'] as const).map(column => (
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
            <td role="cell" class="company" dir="auto">
              {company(user)}
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
