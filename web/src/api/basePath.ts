/**
 * Where the portal is mounted. The server injects `<meta name="larboard-base" content="/portal/">`
 * (and the same as `<base href>`); without it, as in development, the portal sits at the root.
 */

/** Brings a mount point into the form `/`, or `/a/b/`. */
export function normalizeBase(raw: string | null | undefined): string {
  const trimmed = (raw ?? '').trim().replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '/' : `/${trimmed}/`;
}

const meta = typeof document === 'undefined' ? null : document.querySelector('meta[name="larboard-base"]');

/** The mount point with a slash at both ends. */
export const basePath = normalizeBase(meta?.getAttribute('content'));

/** The address of an API route, such as `v1/actions`, below the mount point. */
export function apiUrl(path: string): string {
  return basePath + path.replace(/^\/+/, '');
}
