/** The frame around every signed-in screen: rail and bottom bar for staff, a plain head for customers. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { t } from '../i18n/index.ts';
import { lazy, Suspense } from '../lib/lazy.tsx';
import { isAdministrator, isStaff, useSession } from '../state/session.ts';
import { Avatar } from './basics.tsx';
import { Brand, Icon, type IconName } from './icon.tsx';

const AccountDialog = lazy(() => import('./account.tsx'));

/** Where mails lead to choose one's notices: the account, over one's tickets. */
export const NOTICES = '/notices';

let navigated = false;
addEventListener('hashchange', () => {
  navigated = true;
});

/** The page's heading: gets the focus after a change of route, which makes screen readers say it. */
export function Heading({ children, title }: { children: ComponentChildren; title: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const { site } = useSession();
  useEffect(() => {
    document.title = `${title} · ${site.site_name}`;
  }, [title, site.site_name]);
  useEffect(() => {
    if (navigated) heading.current?.focus({ preventScroll: true });
  }, []);
  return (
    <h1 ref={heading} tabIndex={-1}>
      {children}
    </h1>
  );
}

interface ShellProps {
  /** What stands in the top bar: heading and actions. */
  top: ComponentChildren;
  children: ComponentChildren;
  back?: string;
}

export function Shell(props: ShellProps) {
  const { me } = useSession();
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    document.getElementById('main')?.focus();
  };
  return (
    <>
      <a class="btn skip" href="#main" onClick={skip}>
        {t('skip')}
      </a>
      {isStaff(me) ? <StaffShell {...props} /> : <CustomerShell {...props} />}
    </>
  );
}

/** The pages of administration, in the rail, in a phone's menu and on their own first page. */
export const ADMIN_PAGES = [
  { page: 'users', icon: 'users' },
  { page: 'org', icon: 'building' },
  { page: 'categories', icon: 'tag' },
  { page: 'mailboxes', icon: 'mail' },
  { page: 'canned', icon: 'text' },
  { page: 'imports', icon: 'upload' },
  { page: 'settings', icon: 'gear' },
  { page: 'audit', icon: 'shield' },
] as const satisfies readonly { page: string; icon: IconName }[];

interface Item {
  href: string;
  icon: IconName;
  label: string;
  current: boolean;
}

function useItems(): { main: Item[]; admin: Item[] } {
  const { me } = useSession();
  const [path] = useLocation();
  const query = new URLSearchParams(useSearch());
  const assignee = path === '/' ? query.get('assignee') : undefined;
  const main: Item[] = [
    {
      href: '#/',
      icon: 'inbox',
      label: t('nav.inbox'),
      current: path === '/' && assignee !== 'me' && assignee !== 'none',
    },
    { href: '#/?assignee=me', icon: 'user', label: t('nav.mine'), current: assignee === 'me' },
    { href: '#/?assignee=none', icon: 'tag', label: t('nav.unassigned'), current: assignee === 'none' },
  ];
  const pages = isAdministrator(me) ? ADMIN_PAGES : [];
  const admin: Item[] = pages.map(({ page, icon }) => ({
    href: `#/admin/${page}`,
    icon,
    label: t(`nav.${page}`),
    current: path.startsWith(`/admin/${page}`),
  }));
  return { main, admin };
}

const RailLink = ({ item }: { item: Item }) => (
  <a class="it" href={item.href} aria-current={item.current ? 'page' : undefined}>
    <Icon name={item.icon} />
    {item.label}
  </a>
);

function useAccount() {
  const [path, navigate] = useLocation();
  const [open, setOpen] = useState(false);
  const linked = path === NOTICES;
  return {
    shown: open || linked,
    open: () => setOpen(true),
    close: () => {
      setOpen(false);
      if (linked) navigate('/', { replace: true });
    },
  };
}

const Account = ({ admin, onClose }: { admin: Item[]; onClose: () => void }) => (
  <Suspense fallback={null}>
    <AccountDialog admin={admin} onClose={onClose} />
  </Suspense>
);

function StaffShell({ top, back, children }: ShellProps) {
  const { me } = useSession();
  const { main, admin } = useItems();
  const account = useAccount();
  if (!me) return null;
  return (
    <div class="frame">
      <nav class="rail" aria-label={t('nav.label')}>
        <Brand />
        {main.map(item => (
          <RailLink key={item.href} item={item} />
        ))}
        {admin.length > 0 && (
          <h2>
            <a class="plain" href="#/admin">
              {t('nav.admin')}
            </a>
          </h2>
        )}
        {admin.map(item => (
          <RailLink key={item.href} item={item} />
        ))}
        <div class="me">
          <Avatar id={me.id} name={me.name} large />
          <span class="grow me-name">
            {me.name}
            <br />
            <span class="muted xs">{t(`role.${me.role}`)}</span>
          </span>
          <button
            type="button"
            class="btn ghost icon"
            aria-label={t('account')}
            aria-haspopup="dialog"
            onClick={account.open}
          >
            <Icon name="more" />
          </button>
        </div>
      </nav>
      <div class="column">
        <header class="top">
          {back && (
            <a class="btn ghost icon" href={back} aria-label={t('back')}>
              <Icon name="back" />
            </a>
          )}
          {top}
        </header>
        {children}
      </div>
      <nav class="tabbar phone" aria-label={t('nav.phone')}>
        {main.map(item => (
          <a key={item.href} href={item.href} aria-current={item.current ? 'page' : undefined}>
            <Icon name={item.icon} />
            {item.label}
          </a>
        ))}
        <button type="button" aria-haspopup="dialog" onClick={account.open}>
          <Icon name="gear" />
          {t('account')}
        </button>
      </nav>
      {account.shown && <Account admin={admin} onClose={account.close} />}
    </div>
  );
}

function CustomerShell({ top, children }: ShellProps) {
  const { me, guest } = useSession();
  const account = useAccount();
  const person = me ?? guest;
  const [path] = useLocation();
  return (
    <>
      <header class="top customer">
        <Brand />
        <span class="grow" />
        {me && (
          <nav class="desk sm" aria-label={t('nav.label')}>
            <a class="plain" href="#/">
              {t('nav.mine')}
            </a>
          </nav>
        )}
        {me && path !== '/new' && (
          <a class="btn primary" href="#/new">
            <Icon name="plus" />
            {t('ticket.new')}
          </a>
        )}
        <button type="button" class="btn ghost icon round" aria-haspopup="dialog" onClick={account.open}>
          <span class="vh">{t('account')}</span>
          {person ? <Avatar id={person.id} name={person.name} large /> : <Icon name="gear" />}
        </button>
      </header>
      {top}
      {children}
      {account.shown && <Account admin={[]} onClose={account.close} />}
    </>
  );
}
