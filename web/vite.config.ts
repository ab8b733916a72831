/**
 * Builds the portal (index.html) and the offline API reference (docs.html). Assets are referenced
 * relatively, because the server decides the base path at run time through `<base href>`.
 */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { precompress } from './scripts/precompress.ts';

const server = process.env.LARBOARD_DEV_SERVER ?? 'http://127.0.0.1:4700';
const root = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig(({ command }) => ({
  // The development server serves deep links itself, so it needs absolute asset paths.
  base: command === 'build' ? './' : '/',
  plugins: [react(), precompress()],
  resolve: { alias: { '@': root('./src') } },
  server: {
    host: '127.0.0.1',
    port: 5173,
    proxy: {
      '/v1': { target: server },
      '/openapi.json': { target: server },
      '/health': { target: server },
    },
  },
  build: {
    target: 'es2022',
    sourcemap: false,
    chunkSizeWarningLimit: 900,
    rollupOptions: {
      input: { index: root('./index.html'), docs: root('./docs.html') },
    },
  },
  test: {
    // Tests of components ask for jsdom in their first line; it takes seconds to start.
    environment: 'node',
    setupFiles: ['./src/test/setup.ts'],
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
}));
