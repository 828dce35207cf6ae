// Writes openapi.json as the `chamada` program prints it: the one in CHAMADA_BIN, else the one that `make build` left.
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const target = process.env.CARGO_TARGET_DIR ?? join(homedir(), '.cache', 'chamada', 'target');
const program = process.env.CHAMADA_BIN ?? join(target, 'release', 'chamada');
if (!existsSync(program)) {
  process.stderr.write(`${program} is not there: run \`make build\`, or name the program in CHAMADA_BIN\n`);
  process.exit(1);
}
writeFileSync(
  join(import.meta.dirname, '..', 'openapi.json'),
  execFileSync(program, ['openapi'], { maxBuffer: 1 << 26 }),
);
