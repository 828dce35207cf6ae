/** Calls about what proves a history. Apart, so that the first view does not carry them. */
import { client, once, read } from './client.ts';

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

/** The history with its hashes, to the byte as the server wrote it; or the same as a page. */
export const transcript = async (number: number, format: 'json' | 'html'): Promise<string> =>
  (await read(
    client.GET('/api/tickets/{number}/transcript', {
      params: { path: { number }, query: { format } },
      parseAs: 'text',
    }),
  )) as string;

/** All that proves a ticket in one file, which takes a while to be made. */
export const bundle = {
  ask: (number: number, key: string) =>
    read(client.POST('/api/tickets/{number}/bundle', { params: { path: { number }, ...once(key) } })),
  // Looked at again and again, perhaps after one has signed out.
  look: (number: number, bundle_id: string) =>
    read(client.GET('/api/tickets/{number}/bundles/{bundle_id}', { params: { path: { number, bundle_id } } }), true),
};
