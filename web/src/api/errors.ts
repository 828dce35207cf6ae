import type { Problem } from './types.ts';

/** An answer of the server that says no, as RFC 9457 problem. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
    /** Seconds of `Retry-After`, where given. */
    readonly retryAfter?: number,
  ) {
    super(`${status} ${problem.code}`);
  }

  get code(): string {
    return this.problem.code;
  }
}

/** No answer: no network, or nobody listening. */
export class NetworkError extends Error {}

export const isApiError = (error: unknown): error is ApiError => error instanceof ApiError;
export const isNetworkError = (error: unknown): error is NetworkError => error instanceof NetworkError;
