// Compares the build with the budget of the UI specification, section 11. Exits 1 above it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1024;
const BUDGET = { first: 35 * KB, css: 12 * KB, lazy: 15 * KB };
const dist = join(import.meta.dirname, '..', 'dist');
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'));

const zipped = file => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length;
const entry = Object.keys(manifest).find(key => manifest[key].isEntry);
if (!entry) throw new Error('the build has no entry');

function withImports(key, seen = new Set()) {
  if (seen.has(key)) return seen;
  seen.add(key);
  for (const next of manifest[key].imports ?? []) withImports(next, seen);
  return seen;
}

// What stands between the address and the list: the entry with all it imports. The list is part of it.
const first = withImports(entry);
const locales = Object.keys(manifest).filter(key => /i18n\/[a-z]+\.json\?first$/.test(key));
const language = Math.max(...locales.map(key => zipped(manifest[key].file)));
const firstSize = [...first].reduce((sum, key) => sum + zipped(manifest[key].file), 0) + language;
const styles = new Set(Object.values(manifest).flatMap(chunk => chunk.css ?? []));
const cssSize = [...styles].reduce((sum, file) => sum + zipped(file), 0);
const lazy = Object.keys(manifest)
  .filter(key => !first.has(key) && manifest[key].file.endsWith('.js'))
  .map(key => ({ name: manifest[key].file, size: zipped(manifest[key].file) }));

let over = false;
function line(name, size, limit) {
  const bad = size > limit;
  over ||= bad;
  process.stdout.write(`${bad ? 'OVER' : 'ok  '} ${(size / KB).toFixed(1).padStart(6)} of ${limit / KB} KB  ${name}\n`);
}
line('JS, first load, with the largest language', firstSize, BUDGET.first);
line('CSS', cssSize, BUDGET.css);
for (const chunk of lazy) line(chunk.name, chunk.size, BUDGET.lazy);
process.exit(over ? 1 : 0);
