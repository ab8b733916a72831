/**
 * What can go wrong between the portal and the server, in two types: the server refused
 * (ApiError, with its code and sentence) or could not be reached (NetworkError).
 */

/** One fault of a document, as the server lists them in `details`. */
export interface FieldFault {
  path: string;
  rule?: string;
  message: string;
}

export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: unknown;
  readonly traceId: string | null;

  constructor(status: number, code: string, message: string, details?: unknown, traceId: string | null = null) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.details = details;
    this.traceId = traceId;
  }
}

export class NetworkError extends Error {
  constructor(cause?: unknown) {
    super('The server cannot be reached. Check the connection.', { cause });
    this.name = 'NetworkError';
  }
}

const SENTENCES: Record<number, string> = {
  401: 'You are signed out. Sign in again to go on.',
  403: 'You are not allowed to do this. Ask an administrator for the permission.',
  404: 'There is nothing at this address. It may have been deleted or renamed.',
  409: 'Something with this identifier exists already. Choose another one.',
  413: 'This is more than the server accepts in one request (1 MiB).',
  429: 'Too many requests. Wait a moment and try again.',
  503: 'The server is busy. Wait a moment and try again.',
};

/** Makes an error out of a refusal, whatever its body looks like. */
export function errorFromReply(status: number, body: unknown, traceId: string | null = null): ApiError {
  const fields = isObject(body) ? body : {};
  const code = typeof fields.error === 'string' ? fields.error : `http_${status}`;
  const sentence = typeof fields.message === 'string' && fields.message !== '' ? fields.message : undefined;
  const message = sentence ?? SENTENCES[status] ?? `The server answered with status ${status} and no explanation.`;
  return new ApiError(status, code, message, fields.details, traceId);
}

/** The sentence to show for any thrown value. */
export function messageOf(error: unknown): string {
  if (error instanceof Error && error.message) return error.message;
  return 'Something went wrong in the portal. Reload the page and try again.';
}

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401;
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** The faults the server listed, if it listed any. */
export function faultsOf(error: unknown): FieldFault[] {
  if (!(error instanceof ApiError) || !Array.isArray(error.details)) return [];
  return error.details.filter(
    (item): item is FieldFault =>
      isObject(item) && typeof item.path === 'string' && typeof item.message === 'string',
  );
}

/**
 * Sorts a refusal over the fields of a form: a fault whose path starts with a field's name (also
 * behind `properties.`) goes to that field; what is left is told once, above the form.
 */
export function splitFaults(
  error: unknown,
  fieldIds: readonly string[],
): { fields: Record<string, string>; general: string | null } {
  const fields: Record<string, string> = {};
  const rest: string[] = [];
  for (const fault of faultsOf(error)) {
    const field = fieldOfPath(fault.path, fieldIds);
    if (field === undefined) rest.push(fault.message);
    else fields[field] = fields[field] ? `${fields[field]} ${fault.message}` : fault.message;
  }
  if (rest.length > 0) return { fields, general: rest.join(' ') };
  return { fields, general: Object.keys(fields).length > 0 ? null : messageOf(error) };
}

function fieldOfPath(path: string, fieldIds: readonly string[]): string | undefined {
  const bare = path.replace(/^properties[./]/, '').replace(/^\//, '');
  return fieldIds.find((id) => bare === id || (bare.startsWith(id) && /^[.[/]/.test(bare.slice(id.length))));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
