// Goes over every screen of the built client against the fake API: a picture of each, axe in light and dark, no sideways
// scroll, no error in the console. In every language, at every width. Needs `npm run build`.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { QUICK, SCREENS } from './shots/screens.mjs';
import { LOCALES, texts } from './shots/texts.mjs';

const USAGE = `npm run shots -- [options]
  --quick            a screen of each kind, in Spanish, at 1280 and 390 pixels
  --only REGEXP      screens whose name matches
  --locales es,pt    these languages
  --widths 1280,360  these widths
  --out FOLDER       where the pictures go (dist-shots)
  --pictures es,pt   pictures in these languages alone; axe looks at all of them
  --jobs N           pages at a time
Exits 1 where anything was found.
`;
const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    only: { type: 'string' },
    locales: { type: 'string' },
    widths: { type: 'string' },
    out: { type: 'string' },
    pictures: { type: 'string' },
    jobs: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (given.help) {
  process.stdout.write(USAGE);
  process.exit(0);
}
const out = given.out ?? join(import.meta.dirname, '..', 'dist-shots');
const locales = given.locales?.split(',') ?? (given.quick ? ['es'] : LOCALES);
const widths = (given.widths ?? (given.quick ? '1280,390' : '1280,390,360')).split(',').map(Number);
const pictured = new Set(given.pictures?.split(',') ?? locales);
const chosen = screen =>
  (!given.quick || QUICK.has(screen.name)) && (!given.only || new RegExp(given.only).test(screen.name));
mkdirSync(out, { recursive: true });

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** Colours alone hang on the theme: the other rules are asked once. */
const RULES = { light: { runOnly: TAGS }, dark: { runOnly: ['color-contrast', 'link-in-text-block'] } };
/** Three places are enough to see which fault it is. */
const runAxe = scheme =>
  `axe.run(document,${JSON.stringify(RULES[scheme])}).then(r=>r.violations.map(v=>v.id+': '+v.nodes.slice(0,3).map(n=>n.target.join(' ')).join(' | ')))`;

const server = await preview({ preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
const origin = server.resolvedUrls.local[0].replace(/\/$/, '');
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--disable-component-update',
    '--no-first-run',
  ],
});

let bad = 0;
const complain = text => {
  bad += 1;
  process.stdout.write(`${text}\n`);
};

let desks = 0;

/** A browser of one person, with a help desk of its own, so that no picture hangs on another. */
async function openContext({ screen, width, locale }) {
  const context = await browser.newContext({
    viewport: { width, height: width === 1280 ? 820 : 844 },
    hasTouch: width < 720,
    locale: 'es-CL',
    serviceWorkers: 'block',
  });
  desks += 1;
  const cookies = [{ name: 'desk', value: String(desks), url: origin }];
  if (screen.as) cookies.push({ name: 'session', value: `usr_${screen.as}`, url: origin });
  await context.addCookies(cookies);
  await context.addInitScript(chosen => {
    // The frame of a mail has nothing of the kind.
    if (self === top) localStorage.setItem('chamada.locale', chosen);
  }, locale);
  context.setDefaultTimeout(15_000);
  return Object.assign(context, { origin });
}

/** Transitions end before a picture or a measurement of colours. */
const settled = page =>
  page.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter(one => one.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY)
        .map(one => one.finished.catch(() => undefined)),
    ).then(() => undefined),
  );

async function judge(page, label, width, scheme, picture) {
  await settled(page);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > width) complain(`${label}: ${wide} px wide`);
  if (picture) await page.screenshot({ path: join(out, `${label}.png`), fullPage: true });
  // Outside the page's own world, so that the strict CSP stays as it is.
  for (const violation of await page.evaluate(runAxe(scheme))) complain(`${label}: axe ${violation}`);
}

async function shoot(job) {
  const { screen, width, locale } = job;
  const label = `${screen.name}-${locale}-${width}`;
  const context = await openContext(job);
  const page = await context.newPage();
  page.on('console', message => {
    // The browser itself reports every answer of 400 and above, and every call without a connection.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text()))
      complain(`${label}: ${message.text()}`);
  });
  page.on('pageerror', error => complain(`${label}: ${error.message}`));
  try {
    await screen.before?.(page);
    await page.goto(`${origin}/${screen.path}`);
    await page
      .locator(screen.wait ?? 'h1')
      .first()
      .waitFor({ state: 'attached' });
    await page.waitForLoadState('networkidle');
    await screen.act?.(page, texts(locale));
    await page.waitForTimeout(screen.settle ?? 200);
    await page.evaluate(axe);
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      await judge(page, `${label}-${scheme}`, width, scheme, width !== 360 && pictured.has(locale));
    }
  } catch (error) {
    complain(`${label}: ${error.message.split('\n').slice(0, 4).join(' ')}`);
  } finally {
    await context.close();
  }
}

const jobs = SCREENS.filter(chosen).flatMap(screen =>
  locales.flatMap(locale => widths.map(width => ({ screen, width, locale }))),
);
const total = jobs.length;
const atOnce = Number(given.jobs ?? Math.max(2, availableParallelism()));
await Promise.all(
  Array.from({ length: atOnce }, async () => {
    for (let job = jobs.shift(); job; job = jobs.shift()) await shoot(job);
  }),
);

await browser.close();
await server.close();
process.stdout.write(bad === 0 ? `all well: ${total} pages, light and dark\n` : `${bad} findings\n`);
process.exit(bad === 0 ? 0 : 1);
