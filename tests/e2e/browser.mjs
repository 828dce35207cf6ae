// Debian's Chromium, driven by the playwright-core and axe-core that the web client's own tests use.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { desk, say } from './desk.mjs';

const web = createRequire(new URL('../../web/package.json', import.meta.url));
const { chromium } = web('playwright-core');
const axe = readFileSync(web.resolve('axe-core/axe.min.js'), 'utf8');

export const VIEWPORTS = { desktop: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

/** Everybody whose browser is open: what they see is told where the story breaks off. */
const people = new Set();

/** Starts the browser, runs `story` with it, and closes it whatever happens. What was on the screens is told and kept where it fails. */
export async function withBrowser(story) {
  // Chromium's own sandbox needs rights that root in a container has not; everything it opens here is ours.
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  try {
    return await story(browser);
  } catch (error) {
    await Promise.all([...people].map(someone => tellScreen(someone).catch(() => say(`${someone.name} sees nothing any more`))));
    throw error;
  } finally {
    await browser.close();
  }
}

/** Keeps a picture of what somebody sees, and says it in words: the address, the outline of the page, the errors of its console. */
async function tellScreen({ name, page, viewport, errors }) {
  const picture = join(desk.output, `${viewport}-failed-${name}.png`);
  mkdirSync(desk.output, { recursive: true });
  await page.screenshot({ path: picture, fullPage: true, timeout: 5_000 });
  const outline = await page.locator('body').ariaSnapshot({ timeout: 5_000 });
  say([`${name} was at ${page.url()} (${picture}):`, outline, ...errors].join('\n'));
}

/** One person's browser: a page of their own cookies. Its errors are gathered in `person.errors`. */
export async function person(browser, name, viewport, { locale = 'es-CL', scheme = 'light' } = {}) {
  const size = VIEWPORTS[viewport];
  const context = await browser.newContext({ viewport: size, locale, colorScheme: scheme, hasTouch: viewport === 'phone', isMobile: viewport === 'phone' });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', error => errors.push(`${name}: ${error.message}`));
  page.on('console', message => {
    // A refused request is logged by the browser itself; the pages show what it means.
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) errors.push(`${name}: ${message.text()}`);
  });
  const someone = { name, page, viewport, scheme, errors };
  people.add(someone);
  return Object.assign(someone, {
    close: async () => {
      people.delete(someone);
      await context.close();
    },
  });
}

/** Opens a link, or a route of the site such as `#/new`. */
export async function open(someone, link) {
  // A change of fragment alone loads nothing: leave the page first, as a link in a mail does.
  await someone.page.goto('about:blank');
  await someone.page.goto(link.startsWith('http') ? link : `${desk.site}/${link}`);
}

/** Signs in by a link from a mail or the terminal. */
export async function enter(someone, link) {
  await open(someone, link);
  await someone.page.getByRole('button', { name: 'Continuar' }).click();
  await someone.page.getByRole('navigation', { name: /Principal/ }).first().waitFor();
}

/** Saves a picture and checks what must be true of every screen: no accessibility fault, no sideways scroll, no error in the console. */
export async function look(someone, name) {
  const { page } = someone;
  await settle(page);
  mkdirSync(desk.output, { recursive: true });
  const title = `${someone.viewport}-${name}`;
  await page.screenshot({ path: join(desk.output, `${title}.png`), fullPage: true });
  await sound(someone, title);
  if (someone.scheme === 'light') {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.screenshot({ path: join(desk.output, `${title}-dark.png`), fullPage: true });
    await sound(someone, `${title}-dark`);
    await page.emulateMedia({ colorScheme: 'light' });
  }
}

async function sound(someone, title) {
  const { page, errors } = someone;
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) throw new Error(`${title} scrolls sideways by ${wide} px`);
  const faults = await violations(page);
  if (faults.length > 0) throw new Error(`${title}: ${faults.join('\n')}`);
  if (errors.length > 0) throw new Error(`${title}: ${errors.join('\n')}`);
  say(`looked at ${title}`);
}

/** Transitions end before a picture or a measurement of colours. */
async function settle(page) {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await Promise.all(document.getAnimations().filter(a => a.effect?.getComputedTiming().iterations !== Infinity).map(a => a.finished.catch(() => undefined)));
  });
}

/** What axe finds (WCAG 2.2 AA and best practices), in words; none is the only right answer. Runs beside the page's own strict CSP. */
export async function violations(page) {
  await settle(page);
  await page.evaluate(axe);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  return result.violations.map(v => `${v.id}: ${v.help} (${v.nodes.map(n => n.target.join(' ')).join('; ')})`);
}

/** Checks one thing and says which. */
export function check(truth, what) {
  if (!truth) throw new Error(`not so: ${what}`);
}
