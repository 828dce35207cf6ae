/** Calls about what proves a history. Apart, so that the first view does not carry them. */
import { client, read } from './client.ts';

const entryAddress = (number: number, seq: number) => `/api/tickets/${number}/entries/${seq}`;

/** The mail that an entry was made of. */
export const mail = {
  /** What a frame shows; `images` also loads those that lie elsewhere, whose owners learn of it. */
  page: (number: number, seq: number, images: boolean) =>
    `${entryAddress(number, seq)}/html${images ? '?images=true' : ''}`,
  file: (number: number, seq: number) => `${entryAddress(number, seq)}/raw`,
  /** Throws what is wrong with it: a frame cannot tell. */
  check: (number: number, seq: number) =>
    read(
      client.GET('/api/tickets/{number}/entries/{seq}/html', { params: { path: { number, seq } }, parseAs: 'text' }),
    ).then(() => true),
};
