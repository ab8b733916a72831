/**
 * Parts of the portal are loaded when first needed. One that is not there, because the server was
 * down or has been upgraded since, is got by loading the page anew as soon as the server answers.
 */
import { connectionNow, onConnection } from './connection';

const LAST_RELOAD = 'larboard-last-reload';
/** A part still missing right after a reload will not come by reloading again. */
const PAUSE_MS = 20_000;

export function reloadForMissingAssets(): void {
  let missing = false;
  const reload = () => {
    if (!missing || connectionNow() !== 'live') return;
    const last = Number(sessionStorage.getItem(LAST_RELOAD) ?? 0);
    if (Date.now() - last < PAUSE_MS) return;
    sessionStorage.setItem(LAST_RELOAD, String(Date.now()));
    window.location.reload();
  };
  window.addEventListener('vite:preloadError', () => {
    missing = true;
    reload();
  });
  onConnection(reload);
}
