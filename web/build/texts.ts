/**
 * Splits each language in two files: what the first view says (`es.json?first`), and all else (`es.json?rest`), which
 * screens that are loaded when opened wait for. Which texts the first view needs is read from its code: from `main.tsx`
 * along static imports, by the same rules as the test for unused texts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

const IMPORT = /^(?:import|export)\s+(?!type\b)[^;]*?from\s+'(\.[^']+)'/gm;
const LITERAL = /'([^'\n]+)'|"([^"\n]+)"/g;
const TEMPLATE = /`([^`$\n]*\.[^`$\n]*)\$\{/g;

/** The code that is there before anything is opened. */
function firstSources(entry: string): string[] {
  const seen = new Map<string, string>();
  const visit = (file: string) => {
    if (seen.has(file) || !existsSync(file)) return;
    const source = readFileSync(file, 'utf8');
    seen.set(file, source);
    for (const [, path = ''] of source.matchAll(IMPORT)) visit(join(dirname(file), path));
  };
  visit(entry);
  return [...seen.values()];
}

/** Tells of a text's name whether the first view may say it. */
export function saidFirst(entry: string): (key: string) => boolean {
  const literals = new Set<string>();
  const prefixes = new Set<string>();
  for (const source of firstSources(entry)) {
    for (const [, single, double] of source.matchAll(LITERAL)) literals.add(single ?? double ?? '');
    for (const [, prefix = ''] of source.matchAll(TEMPLATE)) prefixes.add(prefix);
  }
  return key =>
    literals.has(key) ||
    literals.has(key.replace(/\.(one|other)$/, '')) ||
    [...prefixes].some(prefix => key.startsWith(prefix));
}

const PART = /^(.*\/i18n\/[a-z]+\.json)\?(first|rest)$/;

export function splitTexts(entry: string): Plugin {
  return {
    name: 'chamada-texts',
    enforce: 'pre',
    load(id) {
      const [, file, part] = PART.exec(id) ?? [];
      if (!file) return null;
      const first = saidFirst(entry);
      const texts = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>);
      this.addWatchFile(file);
      const chosen = Object.fromEntries(texts.filter(([key]) => first(key) === (part === 'first')));
      return { code: `export default ${JSON.stringify(chosen)}`, moduleType: 'js' };
    },
  };
}
