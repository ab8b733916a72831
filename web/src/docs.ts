/** The API reference, offline: draws `openapi.json` of this very server and loads nothing else. */
import { createApiReference } from '@scalar/api-reference';
import '@scalar/api-reference/style.css';

createApiReference('#reference', {
  url: new URL('openapi.json', document.baseURI).href,
  withDefaultFonts: false,
  telemetry: false,
  agent: { disabled: true },
  // Both lead out of this server.
  showDeveloperTools: 'never',
  hideClientButton: true,
  proxyUrl: '',
  metaData: { title: 'Larboard API reference' },
});
