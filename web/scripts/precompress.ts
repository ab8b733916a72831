/**
 * A Vite step that writes a Brotli and a gzip copy beside every text asset in dist, so that the
 * server can answer with the bytes as they are. Files under 1 KiB are left alone.
 */
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const COMPRESSIBLE = /\.(js|css|html|svg|json|txt|webmanifest)$/;
const SMALLEST_BYTES = 1024;
const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);

async function compressFile(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size < SMALLEST_BYTES) return;
  const content = await readFile(path);
  const [br, gz] = await Promise.all([
    brotli(content, {
      params: {
        // Quality 11 on the large reference bundle costs many seconds for a few per cent.
        [constants.BROTLI_PARAM_QUALITY]: size > 1_000_000 ? 9 : 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: size,
      },
    }),
    deflate(content, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${path}.br`, br), writeFile(`${path}.gz`, gz)]);
}

export function precompress(): Plugin {
  let config: ResolvedConfig | undefined;
  return {
    name: 'larboard-precompress',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      if (!config) return;
      const dist = join(config.root, config.build.outDir);
      const names = await readdir(dist, { recursive: true });
      for (const name of names) {
        if (COMPRESSIBLE.test(name)) await compressFile(join(dist, name));
      }
    },
  };
}
