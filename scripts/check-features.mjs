// A dependency built with other features for the tests than for the programs is built twice, and so is all that uses it: minutes on
// a small machine. This compares the two and names the features to add in the root Cargo.toml.
import { execFileSync } from 'node:child_process';

function features(...scope) {
  const tree = execFileSync('cargo', ['tree', '--locked', '--prefix', 'none', '--format', '{p}|{f}', ...scope], {
    encoding: 'utf8',
    maxBuffer: 1 << 30,
  });
  const found = new Map();
  for (const line of tree.split('\n')) {
    const [name, list] = line.replace(/ \(\*\)$/, '').split('|');
    if (list === undefined) continue;
    if (!found.has(name)) found.set(name, new Set());
    found.get(name).add(list);
  }
  return found;
}

const built = features('--edges', 'normal,build', '--workspace');
const tested = features('--edges', 'normal,build,dev', '--workspace');
let differences = 0;
for (const [name, lists] of built) {
  const there = [...(tested.get(name) ?? [])].sort().join(' / ');
  const here = [...lists].sort().join(' / ');
  if (here === there) continue;
  differences += 1;
  console.error(`${name}\n  for programs:  ${here}\n  for the tests: ${there}`);
}
if (differences > 0) {
  console.error(`${differences} dependencies are built twice: give them the same features in [workspace.dependencies]`);
  process.exit(1);
}
