/**
 * Parts of the portal are loaded when first needed. One that is not there, because the server was
 * down or has been upgraded since, is got by loading the page anew as soon as the server answers.
 */
import { apiUrl } from '@/api/basePath';

const LAST_RELOAD = 'larboard-last-reload';
/** A part still missing right after a reload will not come by reloading again. */
const PAUSE_MS = 20_000;
const ASK_AGAIN_MS = 2000;

let waiting = false;

export function reloadForMissingAssets(): void {
  window.addEventListener('vite:preloadError', () => void reloadOnceAnswered());
}

/** A part of the portal, or, while the page is about to be loaded anew, nothing: no error stands in its place. */
export async function partOrReload<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    if (!waiting) throw new Error('A part of the portal could not be loaded. Try again, or load the page anew.', { cause: error });
    return new Promise<never>(() => {});
  }
}

async function reloadOnceAnswered(): Promise<void> {
  if (waiting || Date.now() - Number(sessionStorage.getItem(LAST_RELOAD) ?? 0) < PAUSE_MS) return;
  waiting = true;
  // Without an answer the browser's own error page would come, and stay.
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  sessionStorage.setItem(LAST_RELOAD, String(Date.now()));
  window.location.reload();
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(apiUrl('health/ready'), { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
