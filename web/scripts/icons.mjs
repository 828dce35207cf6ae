// Draws the icons that phones want as PNG from public/icon.svg, with Debian's Chromium.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const folder = join(import.meta.dirname, '..', 'public');
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');
// A mask may cut off all but the inner four fifths: no round corners of our own, and the sign a little smaller.
const full = svg
  .replace(/ rx="[^"]*"/, '')
  .replace(/(<rect[^>]*>)(.*)(<\/svg>)/s, '$1<g transform="translate(12 12) scale(.8) translate(-12 -12)">$2</g>$3');
const ICONS = [
  ['icon-192.png', 192, svg],
  ['icon-512.png', 512, svg],
  ['icon-maskable-192.png', 192, full],
  ['icon-maskable-512.png', 512, full],
  // Apple's rounds the corners itself and shows what is transparent as black.
  ['apple-touch-icon.png', 180, full],
];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });
for (const [name, size, source] of ICONS) {
  const page = await browser.newPage({ viewport: { width: size, height: size } });
  const sized = source.replace('<svg ', `<svg width="${size}" height="${size}" style="display:block" `);
  await page.setContent(`<body style="margin:0">${sized}</body>`);
  await page.screenshot({ path: join(folder, name), omitBackground: true });
  await page.close();
}
await browser.close();
