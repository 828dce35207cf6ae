/** The frame around every signed-in screen: rail and bottom bar for staff, a plain head for customers. */
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useLocation, useSearch } from 'wouter-preact';
import { number } from '../i18n/format.ts';
import { t } from '../i18n/index.ts';
import { navigate } from '../lib/hash-location.ts';
import { useKeys } from '../lib/keys.ts';
import { lazy, Suspense } from '../lib/lazy.tsx';
import { useCounts } from '../state/counts.ts';
import { isAdministrator, isStaff, useSession } from '../state/session.ts';
import { Avatar } from './basics.tsx';
import { Brand, Icon, type IconName } from './icon.tsx';

const AccountDialog = lazy(() => import('./account.tsx'));
const KeyHelp = lazy(() => import('./key-help.tsx'));

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
  count?: number | undefined;
}

function useItems(): { main: Item[]; admin: Item[] } {
  const { me } = useSession();
  const [path] = useLocation();
  const counts = useCounts(isStaff(me));
  const query = new URLSearchParams(useSearch());
  const view = path === '/' ? (query.get('view') ?? query.get('assignee') ?? '') : undefined;
  const item = (href: string, icon: IconName, label: string, current: boolean, count?: number): Item => ({
    href,
    icon,
    label,
    current,
    count,
  });
  const inbox = view !== undefined && !['me', 'none', 'overdue', 'deleted'].includes(view);
  const main: Item[] = [
    item('#/', 'inbox', t('nav.inbox'), inbox, counts?.pending),
    item('#/?assignee=me', 'user', t('nav.mine'), view === 'me', counts?.mine),
    item('#/?assignee=none', 'tag', t('nav.unassigned'), view === 'none', counts?.unassigned),
    item('#/?view=overdue', 'clock', t('nav.overdue'), view === 'overdue', counts?.overdue),
  ];
  const admin: Item[] = isAdministrator(me)
    ? [
        ...ADMIN_PAGES.map(({ page, icon }) =>
          item(`#/admin/${page}`, icon, t(`nav.${page}`), path.startsWith(`/admin/${page}`)),
        ),
        item('#/?view=deleted', 'trash', t('nav.deleted'), view === 'deleted'),
      ]
    : [];
  return { main, admin };
}

/** The server counts up to here. */
const MANY = 1000;
const countWords = (count: number) => (count < MANY ? number(count) : `${number(MANY)}+`);

const RailLink = ({ item }: { item: Item }) => (
  <a class="it" href={item.href} aria-current={item.current ? 'page' : undefined}>
    <Icon name={item.icon} />
    {item.label}
    {item.count !== undefined && item.count > 0 && <span class="n">{countWords(item.count)}</span>}
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

const Account = ({ pages, onClose }: { pages: Item[]; onClose: () => void }) => (
  <Suspense fallback={null}>
    <AccountDialog pages={pages} onClose={onClose} />
  </Suspense>
);

/** The bar below has room for these; the rest is in the account's dialog. */
const ON_PHONE = 3;

/** Keys that work on every page of staff. */
function useShellKeys(): { help: boolean; closeHelp: () => void } {
  const [help, setHelp] = useState(false);
  useKeys({
    c: () => navigate('/new'),
    'g i': () => navigate('/'),
    'g m': () => navigate('/?assignee=me'),
    'g u': () => navigate('/?assignee=none'),
    '?': () => setHelp(true),
  });
  return { help, closeHelp: () => setHelp(false) };
}

function StaffShell({ top, back, children }: ShellProps) {
  const { me } = useSession();
  const { main, admin } = useItems();
  const account = useAccount();
  const { help, closeHelp } = useShellKeys();
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
        {main.slice(0, ON_PHONE).map(item => (
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
      {account.shown && <Account pages={[...main.slice(ON_PHONE), ...admin]} onClose={account.close} />}
      {help && (
        <Suspense fallback={null}>
          <KeyHelp onClose={closeHelp} />
        </Suspense>
      )}
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
      {account.shown && <Account pages={[]} onClose={account.close} />}
    </>
  );
}
