/**
 * The one place that talks HTTP: adds the session's CSRF token to writes, turns refusals into
 * errors and tells the session when it has ended. Holds no server state; that is TanStack Query's.
 */
import { apiUrl } from './basePath';
import { errorFromReply, NetworkError } from './errors';

export type QueryValue = string | number | boolean | null | undefined | readonly string[];

export interface RequestOptions {
  query?: Record<string, QueryValue>;
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

let csrfToken: string | null = null;
let onSignedOut: () => void = () => {};

/** Remembers the token that every write by cookie must carry; null after signing out. */
export function setCsrfToken(token: string | null): void {
  csrfToken = token;
}

/** Sets what happens when any request other than the session's own finds the session over. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

/** Renders a query string; lists become repeated keys, empty values are left out. */
export function queryString(query: Record<string, QueryValue> = {}): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === '') continue;
    if (Array.isArray(value)) for (const item of value) params.append(key, item);
    else params.set(key, String(value));
  }
  const text = params.toString();
  return text === '' ? '' : `?${text}`;
}

/** Sends a request and gives the reply's body, or throws an ApiError or a NetworkError. */
export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json', ...options.headers };
  if (options.body !== undefined) headers['content-type'] = 'application/json';
  if (method !== 'GET' && csrfToken) headers['x-larboard-csrf'] = csrfToken;

  let response: Response;
  let body: unknown;
  try {
    response = await fetch(apiUrl(path) + queryString(options.query), {
      method,
      headers,
      credentials: 'same-origin',
      signal: options.signal,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
    });
    // The connection may also end within the reply.
    body = await readBody(response);
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    throw new NetworkError(cause);
  }

  if (!response.ok || (isEnvelope(body) && body.ok === false)) {
    // A proxy in front of a stopped server answers in its place, with no envelope of ours.
    if ([502, 504].includes(response.status) && !isEnvelope(body)) throw new NetworkError();
    if (response.status === 401 && path !== 'v1/auth/session') onSignedOut();
    throw errorFromReply(response.status, body, response.headers.get('x-trace-id'));
  }
  return body as T;
}

export const api = {
  get: <T>(path: string, options?: RequestOptions) => request<T>('GET', path, options),
  post: <T>(path: string, options?: RequestOptions) => request<T>('POST', path, options),
  patch: <T>(path: string, options?: RequestOptions) => request<T>('PATCH', path, options),
  put: <T>(path: string, options?: RequestOptions) => request<T>('PUT', path, options),
  delete: <T>(path: string, options?: RequestOptions) => request<T>('DELETE', path, options),
};

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function isEnvelope(body: unknown): body is { ok: boolean } {
  return typeof body === 'object' && body !== null && 'ok' in body;
}
