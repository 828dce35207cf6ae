/** Writes `sw.js` beside the page, with the names of the files that it keeps and a version that changes with any of them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

export const workerSource = (): string => readFileSync(join(import.meta.dirname, 'sw.js'), 'utf8');

/** The worker for these files and this page. */
export function fillWorker(files: readonly string[], page: string): string {
  const list = [...files].sort().join(' ');
  const source = workerSource();
  const version = createHash('sha256').update(source).update(list).update(page).digest('hex').slice(0, 12);
  return source.replace('%FILES%', list).replace('%VERSION%', version);
}

export function serviceWorker(): Plugin {
  return {
    name: 'chamada-service-worker',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        const page = bundle['index.html'];
        if (page?.type !== 'asset') throw new Error('the build has no page');
        const files = Object.keys(bundle).filter(name => name.startsWith('assets/'));
        this.emitFile({ type: 'asset', fileName: 'sw.js', source: fillWorker(files, String(page.source)) });
      },
    },
  };
}
