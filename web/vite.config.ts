import { join } from 'node:path';
import { defineConfig } from 'vite';
import { serviceWorker } from './build/service-worker.ts';
import { splitTexts } from './build/texts.ts';
import { mockServer } from './dev/plugin.ts';

/**
 * `CHAMADA_API` names a running server (`http://localhost:8080`) that the development server passes calls to; without it,
 * calls are answered by the fake in `dev/`, which no build contains.
 */
const api = process.env.CHAMADA_API;

export default defineConfig({
  base: './',
  plugins: [splitTexts(join(import.meta.dirname, 'src', 'main.tsx')), serviceWorker(), ...(api ? [] : [mockServer()])],
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: { host: '127.0.0.1', ...(api ? { proxy: { '/api': api } } : {}) },
  preview: { host: '127.0.0.1' },
  build: {
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    // Lower targets make the build rewrite light-dark().
    cssTarget: ['chrome123', 'edge123', 'firefox121', 'safari17.5'],
    // A data: URL would need another entry in the Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    manifest: true,
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first view needs in one file beside the entry: it packs better than a dozen, and is fewer requests.
          groups: [{ name: 'first', tags: ['$initial'], test: id => !/(main\.tsx|index\.html)$/.test(id) }],
        },
      },
    },
  },
  test: { environment: 'jsdom', setupFiles: ['./src/test/setup.ts'], restoreMocks: true, testTimeout: 20_000 },
} as Parameters<typeof defineConfig>[0]);
