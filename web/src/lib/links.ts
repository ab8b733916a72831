/**
 * Links that backends attach to a run: as a list, and checked, because they come from outside.
 */

/** The links of a run as a list, whatever form they were sent in, blanks and repeats left out. */
export function linkList(link: string | string[] | null | undefined): string[] {
  const all = Array.isArray(link) ? link : link ? [link] : [];
  return [...new Set(all.map((item) => item.trim()).filter(Boolean))];
}

/** The address if a browser may follow it; never `javascript:` or the like. */
export function safeHref(href: string): string | null {
  try {
    const url = new URL(href);
    return ['http:', 'https:', 'mailto:'].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** What to call a link: its host without `www.`, and the last part of its path if there is one. */
export function linkLabel(href: string): string {
  try {
    const url = new URL(href);
    const last = url.pathname.split('/').filter(Boolean).at(-1);
    const host = url.host.replace(/^www\./, '');
    return last ? `${host} · ${decodeURIComponent(last)}` : host;
  } catch {
    return href;
  }
}
