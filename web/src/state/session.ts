/** Who is here, and what this site is called. */
import { isApiError, onSessionEnded, type Session, type Site, session, type User } from '../api/index.ts';
import { chosenLocale, firstLocale, setLocale } from '../i18n/index.ts';
import { tellBack } from '../lib/back.ts';
import { forgetDrafts } from '../lib/drafts.ts';
import { createStore, useStore } from '../lib/store.ts';
import { forgetWanted } from '../lib/wanted.ts';

interface SessionState {
  phase: 'loading' | 'failed' | 'ready';
  error?: unknown;
  site: Site;
  me?: User | undefined;
  /** Somebody who came by a ticket's link and is not signed in. */
  guest?: User | undefined;
  /** The session ended while somebody was at work: the page stays, a dialog asks to sign in. */
  ended: boolean;
}

const NO_SITE: Site = {
  site_name: 'Chamada',
  default_locale: 'es',
  guest_tickets: false,
  open_sign_up: false,
  max_attachment_mb: 50,
  time_zone: 'UTC',
  ticket_prefix: 'CH',
};

const store = createStore<SessionState>({ phase: 'loading', site: NO_SITE, ended: false });
/** Other tabs of this browser: a sign-in link opens in a tab of its own. */
const tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('chamada');

export const useSession = (): SessionState => useStore(store);
export const currentSession = (): SessionState => store.get();
export const ticketName = (number: number): string => `${store.get().site.ticket_prefix}-${number}`;
export const isStaff = (user: User | undefined): boolean => user !== undefined && user.role !== 'user';
export const isAdministrator = (user: User | undefined): boolean => user?.role === 'administrator';

const patch = (change: Partial<SessionState>) => store.set({ ...store.get(), ...change });

async function whoAmI(): Promise<User | undefined> {
  try {
    return await session.me();
  } catch (error) {
    if (isApiError(error) && error.status === 401) return undefined;
    throw error;
  }
}

/** Asks who is here; called before the first view is drawn. */
export async function startSession(): Promise<void> {
  patch({ phase: 'loading', error: undefined });
  try {
    const [site, me] = await Promise.all([session.site(), whoAmI()]);
    await useLanguageOf(me ?? undefined, site);
    patch({ phase: 'ready', site, me, ended: false });
  } catch (error) {
    patch({ phase: 'failed', error });
  }
}

async function useLanguageOf(user: User | undefined, site: Site): Promise<void> {
  if (chosenLocale()) return;
  await setLocale(user?.locale ?? firstLocale() ?? site.default_locale);
}

/** Nobody is signed in any more: asks to, over the page. */
export const sessionEnded = (): void => {
  if (store.get().me) patch({ ended: true });
};

onSessionEnded(sessionEnded);

/** What failed for want of a session tries again. */
function goOnAs(me: User, more: Partial<SessionState> = {}): void {
  const { ended } = store.get();
  patch({ ...more, me, ended: false });
  if (ended) tellBack();
}

/** Looks again who is here: after a sign-in in another tab. */
export async function lookAgain(): Promise<boolean> {
  try {
    const me = await whoAmI();
    if (!me) return false;
    // Another person's page must not stay on the screen, nor their drafts be taken for this one's.
    const before = store.get().me;
    if (before && before.id !== me.id) location.reload();
    goOnAs(me);
    return true;
  } catch {
    return false;
  }
}

tabs?.addEventListener('message', event => {
  if (event.data === 'signed-in' && (store.get().ended || !store.get().me)) void lookAgain();
  if (event.data === 'signed-out') startOver();
});

/** Takes over what a sign-in answered. */
export async function signedIn(answer: Session): Promise<void> {
  const state = store.get();
  await useLanguageOf(answer.user, state.site);
  if (answer.scope.kind === 'guest') {
    patch({ guest: answer.user });
    return;
  }
  if (state.me && state.me.id !== answer.user.id) location.reload();
  goOnAs(answer.user, { guest: undefined });
  tabs?.postMessage('signed-in');
}

/** To the sign-in page, with nothing left of what was on the screen: the next person must not land there. */
function startOver(): void {
  forgetWanted();
  location.hash = '/in';
  location.reload();
}

export const signOut = (): Promise<void> => signOutBy(session.end);

/** By ending this session, or all of this person's. */
export async function signOutBy(end: () => Promise<unknown>): Promise<void> {
  await end();
  forgetDrafts();
  tabs?.postMessage('signed-out');
  startOver();
}

/** What an administrator changed of the site shows here at once; elsewhere within half a minute. */
export function changeSite(change: Partial<Site>): void {
  const { site } = store.get();
  const known = Object.keys(NO_SITE) as (keyof Site)[];
  const told = known.filter(name => change[name] !== undefined).map(name => [name, change[name]]);
  patch({ site: { ...site, ...Object.fromEntries(told) } });
}

export const changeMe = (me: User): void => patch({ me });
