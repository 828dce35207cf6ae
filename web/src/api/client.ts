/** The one place that speaks HTTP: same origin, cookie session, problems as `ApiError`. */
import createClient from 'openapi-fetch';
import { createStore } from '../lib/store.ts';
import { ApiError, NetworkError } from './errors.ts';
import type { paths } from './schema.d.ts';
import type { Problem } from './types.ts';

/** Looked up at each call, so that tests can put a fake in its place. */
export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? '',
  fetch: request => globalThis.fetch(request),
  credentials: 'same-origin',
  // Answers carry an ETag: the browser asks whether it still holds, and never shows an old one unasked.
  cache: 'no-cache',
  headers: { 'X-Requested-With': 'chamada' },
  querySerializer: { array: { style: 'form', explode: true } },
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

let ended: () => void = () => undefined;

/** Told when the server says that nobody is signed in any more. */
export function onSessionEnded(then: () => void): void {
  ended = then;
}

/** Whether the server answered when it was last asked. */
export const reached = createStore(true);

/** What stands in a proxy's own words where nothing answers behind it. */
const NOBODY = new Set([502, 503, 504]);

let ahead = 0;

/** The time by the server's clock, in ms, as far as its answers tell: this device's own may be wrong by hours. */
export const serverNow = (): number => Date.now() + ahead;

const isProblem = (value: unknown): value is Problem =>
  typeof value === 'object' && value !== null && typeof (value as Problem).code === 'string';

function failure(answer: Answer<unknown>): ApiError {
  const { status, headers } = answer.response;
  const wait = Number(headers.get('Retry-After'));
  // A proxy or a load balancer answers in its own words: there is no code in them.
  const problem: Problem = isProblem(answer.error) ? answer.error : { status, code: 'unreadable_answer' };
  return new ApiError(status, problem, Number.isFinite(wait) && wait > 0 ? wait : undefined);
}

/** The data of an answer; throws `ApiError` or `NetworkError`. `quiet` where 401 is no surprise. */
export async function read<T>(call: Promise<Answer<T>>, quiet = false): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    if (error instanceof SyntaxError) throw new ApiError(502, { status: 502, code: 'unreadable_answer' });
    reached.set(false);
    throw new NetworkError('no answer');
  }
  reached.set(!NOBODY.has(answer.response.status) || isProblem(answer.error));
  const date = Date.parse(answer.response.headers.get('Date') ?? '');
  if (Number.isFinite(date)) ahead = date - Date.now();
  if (answer.response.ok) return answer.data as T;
  const error = failure(answer);
  if (error.status === 401 && error.code === 'sign_in_needed' && !quiet) ended();
  throw error;
}

/** Something with the tag of the version that it is, for `If-Match`. */
export interface Tagged<T> {
  value: T;
  tag: string;
}

/** The same of an answer that carries an `ETag`. */
export async function readTagged<T>(call: Promise<Answer<T>>): Promise<Tagged<T>> {
  const kept: { tag?: string } = {};
  const value = await read(
    call.then(answer => {
      kept.tag = answer.response.headers.get('ETag') ?? '';
      return answer;
    }),
  );
  return { value, tag: kept.tag ?? '' };
}

/** `crypto.randomUUID` is there in secure contexts alone; a server on a house's own network may be plain HTTP. */
export function newKey(): string {
  if (typeof crypto.randomUUID === 'function') return crypto.randomUUID();
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), b => b.toString(16).padStart(2, '0')).join('');
}

/** The header that makes a repeated write one write. */
export const once = (key: string) => ({ header: { 'Idempotency-Key': key } });

/** The same for a write that holds for what a tag names alone. */
export const onceTagged = (key: string, tag: string) => ({ header: { 'Idempotency-Key': key, 'If-Match': tag } });

/** The same for a write that holds for one version of a ticket alone. */
export const onceAt = (key: string, version: number) => ({
  header: { 'Idempotency-Key': key, 'If-Match': `"${version}"` },
});
