/**
 * Secrets of links, taken out of the address before anything is requested: they stay in memory, and neither history nor a
 * screenshot of the address bar keeps them.
 */
interface TicketKey {
  number: number;
  key: string;
}

let signIn: string | undefined;
let ticket: TicketKey | undefined;
let expired: TicketKey | undefined;

/** A link that a mail program mangled still gets to the page that says so. */
function decoded(token: string): string {
  try {
    return decodeURIComponent(token);
  } catch {
    return token;
  }
}

/** Looks at the address; called at the start and on every change of it, before any other listener. */
export function takeSecrets(): void {
  const hash = location.hash;
  const token = /^#\/m\/([^/?]+)/.exec(hash)?.[1];
  if (token) {
    signIn = decoded(token);
    history.replaceState(null, '', '#/m');
    return;
  }
  const link = /^#\/t\/(\d{1,15})\?(.*)$/.exec(hash);
  const key = link && new URLSearchParams(link[2]).get('key');
  if (link && key) {
    ticket = { number: Number(link[1]), key };
    history.replaceState(null, '', `#/t/${link[1]}`);
  }
}

export const signInToken = (): string | undefined => signIn;
export const forgetSignInToken = (): void => {
  signIn = undefined;
};

export const ticketKey = (number: number): string | undefined => (ticket?.number === number ? ticket.key : undefined);
export const forgetTicketKey = (): void => {
  ticket = undefined;
};

export const expiredKey = (): TicketKey | undefined => expired;
export const keepExpiredKey = (key: TicketKey): void => {
  expired = key;
};
