/** Calls that administration and one's own account make: apart, so that the first view does not carry them. */
import { client, once, onceTagged, read, readTagged, type Tagged } from './client.ts';
import { ApiError } from './errors.ts';
import type * as T from './types.ts';

export type { Tagged } from './client.ts';

export const organisation = {
  read: () => readTagged(client.GET('/api/organisation')),
  save: (tree: T.OrganisationInput, tag: string, key: string) =>
    readTagged(client.PUT('/api/organisation', { params: onceTagged(key, tag), body: tree })),
};

export const categories = {
  read: () => readTagged(client.GET('/api/categories')),
  save: (tree: T.CategoriesInput, tag: string, key: string) =>
    readTagged(client.PUT('/api/categories', { params: onceTagged(key, tag), body: tree })),
};

const readCanned = async (): Promise<Tagged<T.CannedReplies>> => {
  const value = await read(client.GET('/api/canned-replies'));
  return { value, tag: JSON.stringify(value) };
};

/** The server takes a whole list without asking for its version, so that is asked for here, just before. */
export const canned = {
  read: readCanned,
  save: async (list: T.CannedRepliesInput, tag: string, key: string): Promise<Tagged<T.CannedReplies>> => {
    const now = await readCanned();
    if (now.tag !== tag) throw new ApiError(412, { status: 412, code: 'stale_version' });
    const value = await read(client.PUT('/api/canned-replies', { params: once(key), body: list }));
    return { value, tag: JSON.stringify(value) };
  },
};

export const settings = {
  read: () => read(client.GET('/api/settings')),
  change: (change: T.SettingsChange, key: string) =>
    read(client.PATCH('/api/settings', { params: once(key), body: change })),
};

export const audit = (cursor?: string) =>
  read(client.GET('/api/audit', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } } }));

export const importFile = (what: T.Import, text: string, dryRun: boolean, key: string) =>
  read(
    client.POST('/api/import/{what}', {
      params: { path: { what }, query: { dry_run: dryRun }, ...once(key) },
      headers: { 'Content-Type': 'text/csv; charset=utf-8' },
      body: text,
      bodySerializer: body => body,
    }),
  );

/** Erases a person. */
export const eraseUser = (id: string, key: string) =>
  read(
    client.DELETE('/api/users/{id}', {
      params: { path: { id }, query: { erase: true }, ...once(key) },
    }),
  );

export const account = {
  me: () => read(client.GET('/api/me')),
  change: (change: T.MeChange, key: string) => read(client.PATCH('/api/me', { params: once(key), body: change })),
  endAll: () => read(client.DELETE('/api/sessions')),
  tokens: () => read(client.GET('/api/tokens')),
  /** Its answer holds a secret, which no key makes the server remember. */
  makeToken: (body: T.NewToken) => read(client.POST('/api/tokens', { body })),
  removeToken: (id: string) => read(client.DELETE('/api/tokens/{id}', { params: { path: { id } } })),
};
