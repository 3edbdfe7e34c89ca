// node shot.mjs BOARD.json OUT.png PROMETHEUS_URL NOW ACCOUNT_TYPE
// Serves dist/ and the board on loopback, waits until all panels are loaded, and takes a screenshot.
// NOW is in Unix time. Exits with 1 and the panels' errors if one could not be drawn.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

const [board, out, prometheus, now, accountType] = process.argv.slice(2);
const WIDTH = 1600;
const TALLEST = 3000; // panels outside the viewport are not drawn
const root = path.join(import.meta.dirname, 'dist');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };
const server = http.createServer((request, response) => {
  const name = request.url.split('?')[0];
  const file = name === '/board.json' ? board : path.join(root, name === '/' ? 'index.html' : name);
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
  return fs.createReadStream(file).pipe(response);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet });
const page = await browser.newPage({ viewport: { width: WIDTH, height: TALLEST } });
const faults = [];
page.on('pageerror', (error) => faults.push(String(error.stack).slice(0, 600)));
const query = new URLSearchParams({ prometheus, now, account_type: accountType });
await page.goto(`http://127.0.0.1:${server.address().port}/?${query}`);
const drawn = () => {
  const all = [...document.querySelectorAll('[data-panel]')];
  return all.length > 0 && all.every((each) => each.dataset.state !== 'loading');
};
await page.waitForFunction(drawn, null, { timeout: 60000 }).catch((error) => faults.push(String(error)));
await page.waitForTimeout(1000); // charts are painted after their data has loaded
faults.push(...await page.$$eval('[data-error]', (all) => all.map((each) => each.innerText.slice(0, 300))));
const words = await page.$$eval('[data-panel]', (all) => all.map((each) => `${each.dataset.panel}: ${each.innerText.replace(/\s+/g, ' ').slice(0, 160)}`));
console.log(words.join('\n'));
await page.locator('#board').screenshot({ path: out });
await browser.close();
server.close();
if (faults.length) {
  console.error(faults.join('\n'));
  process.exit(1);
}
