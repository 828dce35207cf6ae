/**
 * Secrets of links, taken out of the address before anything is requested: they stay in memory, and neither history nor a
 * screenshot of the address bar keeps them.
 */
export interface TicketKey {
  number: number;
  key: string;
}

let signIn: string | undefined;
let ticket: TicketKey | undefined;
let expired: TicketKey | undefined;

/** Looks at the address; called at the start and on every change of it, before any other listener. */
export function takeSecrets(): void {
  const hash = location.hash;
  const token = /^#\/m\/([^/?]+)/.exec(hash)?.[1];
  if (token) {
    signIn = decodeURIComponent(token);
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
