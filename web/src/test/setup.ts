/** What jsdom lacks and the components need, and the matchers for the page; nothing for tests without a page. */
import { afterEach } from 'vitest';

if (typeof window !== 'undefined') await preparePage();

async function preparePage(): Promise<void> {
  await import('@testing-library/jest-dom/vitest');
  const { cleanup } = await import('@testing-library/react');
  afterEach(cleanup);

  window.matchMedia ??= (media: string) =>
    ({
      media,
      matches: false,
      addEventListener: () => {},
      removeEventListener: () => {},
      addListener: () => {},
      removeListener: () => {},
      dispatchEvent: () => false,
      onchange: null,
    }) as MediaQueryList;

  window.ResizeObserver ??= class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };

  Element.prototype.scrollIntoView ??= () => {};

  // Text areas that grow measure themselves again when fonts arrive.
  if (!('fonts' in document)) {
    const fonts = { addEventListener: () => {}, removeEventListener: () => {} };
    Object.defineProperty(document, 'fonts', { value: fonts });
  }
}
