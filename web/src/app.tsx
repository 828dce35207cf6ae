import { useEffect, useLayoutEffect, useState } from 'preact/hooks';
import { Redirect, Route, Router, Switch, useLocation, useSearch } from 'wouter-preact';
import { useLocale } from './i18n/index.ts';
import { onBack } from './lib/back.ts';
import { useHashLocation, useHashQuery } from './lib/hash-location.ts';
import { lazy, Suspense } from './lib/lazy.tsx';
import { hasOutbox, outboxBar } from './lib/outbox-mark.ts';
import { useStore } from './lib/store.ts';
import { rememberWanted } from './lib/wanted.ts';
import { ErrorBox, LiveRegions, OfflineBar, Skeleton } from './parts/feedback.tsx';
import { NOTICES } from './parts/shell.tsx';
import { Gone } from './screens/gone.tsx';
import { ListScreen } from './screens/list/list.tsx';
import { isAdministrator, startSession, useSession } from './state/session.ts';

const gate = () => import('./screens/gate/index.ts');
const SignIn = lazy(async () => ({ default: (await gate()).SignIn }));
const LinkSent = lazy(async () => ({ default: (await gate()).LinkSent }));
const MagicLink = lazy(async () => ({ default: (await gate()).MagicLink }));
const ExpiredLink = lazy(async () => ({ default: (await gate()).ExpiredLink }));
const SessionDialog = lazy(async () => ({ default: (await gate()).SessionDialog }));
const TicketScreen = lazy(() => import('./screens/ticket/ticket.tsx'));
const Create = lazy(() => import('./screens/create/create.tsx'));
const Users = lazy(() => import('./screens/admin/users.tsx'));
const Mailboxes = lazy(() => import('./screens/admin/mailboxes.tsx'));
const Guest = lazy(() => import('./screens/guest/guest.tsx'));
const AccountScreen = lazy(() => import('./screens/account/account.tsx'));
/** The other pages of administration, by path. */
const ADMIN = {
  '': lazy(() => import('./screens/admin/start.tsx')),
  '/org': lazy(() => import('./screens/admin/organisation.tsx')),
  '/categories': lazy(() => import('./screens/admin/categories.tsx')),
  '/canned': lazy(() => import('./screens/admin/canned.tsx')),
  '/imports': lazy(() => import('./screens/admin/imports.tsx')),
  '/settings': lazy(() => import('./screens/admin/settings.tsx')),
  '/audit': lazy(() => import('./screens/admin/audit.tsx')),
};

export function App() {
  // Draws everything anew in another language: no component below is memoised.
  useLocale();
  const session = useSession();
  const failed = session.phase === 'failed';
  useEffect(() => (failed ? onBack(() => void startSession()) : undefined), [failed]);
  return (
    <Router hook={useHashLocation} searchHook={useHashQuery}>
      <div class="strips">
        <OfflineBar />
        <Outbox />
      </div>
      <div class="root">
        {session.phase === 'ready' && <Screens />}
        {session.phase === 'loading' && <Skeleton look="rows" />}
        {failed && (
          <main class="thread">
            <h1>{session.site.site_name}</h1>
            <ErrorBox error={session.error} onRetry={() => void startSession()} />
          </main>
        )}
        {session.ended && <SessionDialog />}
      </div>
      <LiveRegions />
    </Router>
  );
}

/** What waits to be sent, from an earlier visit or this one. */
function Outbox() {
  const { me } = useSession();
  const Bar = useStore(outboxBar);
  useEffect(() => {
    if (Bar || !me || !hasOutbox(me.id)) return;
    const load = () => import('./parts/outbox.tsx').catch(() => undefined);
    void load();
    return onBack(load);
  }, [me, Bar]);
  return me && Bar ? <Bar /> : null;
}

/** Ticket numbers as they can be: digits, and few enough to be exact in a double. */
const ticketNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;

function TicketRoute({ params }: { params: { number?: string } }) {
  const number = ticketNumber(params.number);
  return number === undefined ? <Gone /> : <TicketScreen key={number} number={number} />;
}

function Screens() {
  const { me } = useSession();
  const admin = isAdministrator(me);
  const waiting = <Skeleton look="rows" />;
  return (
    <Suspense fallback={waiting}>
      <Switch>
        <Route path="/in" component={SignIn} />
        <Route path="/in/sent" component={LinkSent} />
        <Route path="/m" component={MagicLink} />
        <Route path="/link" component={ExpiredLink} />
        <Route path="/t/:number" component={TicketRoute} />
        <Route path="/guest/:sent?">{params => <Guest sent={params.sent === 'sent'} />}</Route>
        {!me && <Route component={Elsewhere} />}
        <Route path="/" component={ListScreen} />
        <Route path={NOTICES} component={ListScreen} />
        <Route path="/new" component={Create} />
        <Route path="/account" component={AccountScreen} />
        {admin &&
          Object.entries(ADMIN).map(([path, screen]) => <Route key={path} path={`/admin${path}`} component={screen} />)}
        {admin && <Route path="/admin/users" component={Users} />}
        {admin && <Route path="/admin/mailboxes/:id?">{params => <Mailboxes id={params.id} />}</Route>}
        <Route component={Gone} />
      </Switch>
    </Suspense>
  );
}

/** Not signed in: to the sign-in page, and back here afterwards. */
function Elsewhere() {
  const [path] = useLocation();
  const query = useSearch();
  // Taken while drawing: the redirect's own effect runs before one of ours could.
  const [here] = useState({ path, query });
  useLayoutEffect(() => {
    if (here.path !== '/in') rememberWanted(here.query === '' ? here.path : `${here.path}?${here.query}`);
  }, []);
  return <Redirect to="/in" replace />;
}
