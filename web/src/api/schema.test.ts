/** The generated shapes are those of the document the server serves. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, test } from 'vitest';

const file = (path: string) => new URL(path, import.meta.url);
const HEAD = /^\/\*\*[\s\S]*?\*\/\s*/;

test('schema.d.ts is what docs/openapi.json says; npm run types writes it anew', { timeout: 60_000 }, async () => {
  const generated = astToString(await openapiTS(file('../../../docs/openapi.json')));
  const checkedIn = readFileSync(fileURLToPath(file('./schema.d.ts')), 'utf8');
  // Compared as a boolean: a difference of thousands of lines helps nobody.
  expect(checkedIn.replace(HEAD, '').trim() === generated.trim()).toBe(true);
});
