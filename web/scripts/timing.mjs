// How fast the client is in a browser, on a processor four times slower: the list, its layout shift, typing in a long ticket.
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { fill } from './timing/fill.mjs';
import { shifts, startTyping, typingBlock, watchRows } from './timing/page.mjs';

const USAGE = `node scripts/timing.mjs --site URL --sign-in LINK [options]
  --site URL       the site, such as http://localhost:8080
  --sign-in LINK   a sign-in link of somebody who sees the tickets; it is used up
  --fill           make what is missing first: tickets for a list of 25, and one with 500 entries
  --ticket NUMBER  the ticket to type in (with --fill: made where it is not named)
  --rows N         rows that the list must show (25)
  --entries N      entries that the ticket must show (500)
  --runs N         openings of the list; the median counts (10)
  --throttle N     how many times slower the processor is (4)
Prints JSON on standard output. Exits 0 within the budgets, 1 above one of them, 2 where something could not be measured.
`;
const BUDGET = { list_ms: 800, layout_shift: 0.01, typing_ms: 50 };

const { values: given } = parseArgs({
  options: {
    site: { type: 'string' },
    'sign-in': { type: 'string' },
    fill: { type: 'boolean' },
    ticket: { type: 'string' },
    rows: { type: 'string', default: '25' },
    entries: { type: 'string', default: '500' },
    runs: { type: 'string', default: '10' },
    throttle: { type: 'string', default: '4' },
    help: { type: 'boolean' },
  },
});
if (given.help || !given.site || !given['sign-in']) {
  process.stderr.write(USAGE);
  process.exit(given.help ? 0 : 2);
}
const site = given.site.replace(/\/$/, '');
const number = name => {
  const value = Number(given[name]);
  if (Number.isInteger(value) && value > 0) return value;
  process.stderr.write(`--${name} wants a number above 0\n`);
  process.exit(2);
};
const wanted = { rows: number('rows'), entries: number('entries') };
const PATIENCE = 30_000;
const SIZE = { width: 1280, height: 860 };

async function signIn(browser) {
  const context = await browser.newContext({ viewport: SIZE, serviceWorkers: 'block' });
  const page = await context.newPage();
  await page.goto(given['sign-in']);
  await page.locator('main button.primary').click();
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => location.hash.startsWith('#/') && !location.hash.startsWith('#/m'));
  return { context, page };
}

/** A page of somebody signed in whose browser has nothing of the site in its cache. */
async function freshPage(browser, state) {
  const context = await browser.newContext({ viewport: SIZE, storageState: state, serviceWorkers: 'block' });
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: number('throttle') });
  return { context, page, session };
}

async function openList(browser, state) {
  const { context, page, session } = await freshPage(browser, state);
  await page.addInitScript(watchRows, wanted.rows);
  // The page tells by itself: whatever asks it from outside is work on the same slow processor.
  await session.send('Runtime.enable');
  await session.send('Runtime.addBinding', { name: 'rowsPainted' });
  const painted = new Promise((done, failed) => {
    session.on('Runtime.bindingCalled', event => done(JSON.parse(event.payload)));
    setTimeout(() => failed(new Error(`the list did not show ${wanted.rows} rows`)), PATIENCE).unref();
  });
  await page.goto(`${site}/#/`, { waitUntil: 'commit' });
  const found = await painted;
  // What comes late, such as counts and marks, may still push something away.
  await page.waitForTimeout(1500);
  const shift = await page.evaluate(shifts);
  await context.close();
  return { ...found, shift };
}

async function typeIn(browser, state, ticket) {
  const { context, page } = await freshPage(browser, state);
  await page.addInitScript(watchRows, Number.MAX_SAFE_INTEGER);
  await page.goto(`${site}/#/t/${ticket}`);
  await page.locator('.reply textarea').waitFor();
  while (await page.locator('.older button').count()) {
    const before = await page.locator('.tl > li').count();
    await page.locator('.older button').click();
    await page.waitForFunction(count => document.querySelectorAll('.tl > li').length > count, before);
    await page.waitForTimeout(100);
  }
  const entries = await page.locator('.tl > li').count();
  const shift = await page.evaluate(shifts);
  await page.locator('.reply textarea').click();
  await page.waitForTimeout(1000);
  await page.evaluate(startTyping);
  await page.keyboard.type('El técnico llega mañana antes de las once con el repuesto. ', { delay: 40 });
  await page.waitForTimeout(1000);
  const block = await page.evaluate(typingBlock);
  if (block.keys === 0) throw new Error('nothing was typed');
  await page.locator('.reply textarea').fill('');
  await context.close();
  return { entries, shift, block };
}

const median = values => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const rounded = (value, step = 1) => Math.round(value / step) * step;

async function measure(browser) {
  const { context, page } = await signIn(browser);
  const made = given.fill ? await fill(page, wanted, given.ticket && Number(given.ticket)) : undefined;
  const ticket = made ?? Number(given.ticket);
  if (!ticket) throw new Error('name a ticket with --ticket, or let --fill make one');
  const state = await context.storageState();
  await context.close();
  const lists = [];
  for (let run = 0; run < number('runs'); run += 1) lists.push(await openList(browser, state));
  const typing = await typeIn(browser, state, ticket);
  if (typing.entries < wanted.entries) throw new Error(`ticket ${ticket} shows ${typing.entries} entries only`);
  return {
    list_ms: rounded(median(lists.map(list => list.at))),
    layout_shift: Number(Math.max(typing.shift, ...lists.map(list => list.shift)).toFixed(4)),
    typing_ms: rounded(typing.block.longest),
    list_runs_ms: lists.map(list => rounded(list.at)),
    rows: Math.min(...lists.map(list => list.rows)),
    ticket,
    entries: typing.entries,
    typing: typing.block,
    throttle: number('throttle'),
  };
}

const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking', '--disable-component-update'],
});
try {
  const found = await measure(browser);
  const over = Object.keys(BUDGET).filter(name => found[name] > BUDGET[name]);
  process.stdout.write(`${JSON.stringify({ ...found, budget: BUDGET, over }, null, 2)}\n`);
  process.exitCode = over.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`not measured: ${error.message}\n`);
  process.exitCode = 2;
} finally {
  await browser.close();
}
