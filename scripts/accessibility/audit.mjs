// node audit.mjs FOLDER: opens each HTML file of the folder in Chromium, light and dark, wide and as on
// a phone, takes a picture, and runs axe. Prints what axe finds, and exits with 1 if it finds anything.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { chromium } from 'playwright-core';

const folder = path.resolve(process.argv[2]);
const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const MOST_BYTES = 500_000; // a larger page repeats a smaller one, and takes axe half a minute
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu'] });

async function audited(name, colorScheme, width) {
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
  const file = path.join(folder, `${name}.html`);
  const small = fs.statSync(file).size < MOST_BYTES;
  await page.goto(`file://${file}`);
  await page.screenshot({ path: path.join(folder, `${name}-${colorScheme}-${width}.png`), fullPage: small });
  const found = [];
  if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) found.push('wider than the screen');
  const link = page.locator('a[href^="#"]').last();
  if (await link.count()) {
    await link.click();
    if (!(await page.evaluate(() => document.querySelector(':target').closest('details').open))) found.push('a link does not unfold its details');
  }
  if (small) {
    await page.evaluate(() => document.querySelectorAll('details').forEach((each) => (each.open = true)));
    await page.evaluate(axe);
    const { violations, incomplete } = await page.evaluate(() => window.axe.run());
    for (const { id, nodes } of [...violations, ...incomplete]) found.push(`${id} (${nodes.length}): ${nodes[0].html}`);
  }
  await page.close();
  return found.map((each) => `${name}, ${colorScheme}, ${width} pixels: ${each}`);
}

const faults = [];
for (const file of fs.readdirSync(folder).filter((each) => each.endsWith('.html')))
  for (const scheme of ['light', 'dark'])
    for (const width of [1280, 390]) faults.push(...(await audited(path.basename(file, '.html'), scheme, width)));
await browser.close();
console.log(faults.length ? faults.join('\n') : 'axe found nothing');
process.exitCode = faults.length ? 1 : 0;
