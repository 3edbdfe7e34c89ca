// node shot.mjs: takes the pictures asked for on stdin, one JSON object a line, and answers each
// with a line of JSON: the faults of the picture.
//   {out, board, width, prometheus, now, variables, expanded}  draws the JSON file of a board
//   {out, width, columns, pictures: [[caption, file]]}          puts pictures on one sheet
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import readline from 'node:readline';
import { chromium } from 'playwright-core';

const root = path.join(import.meta.dirname, 'dist');
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.png': 'image/png' };
const server = http.createServer((request, response) => {
  const name = decodeURIComponent(request.url.split('?')[0]);
  const file = name.startsWith('/file/') ? name.slice('/file'.length) : path.join(root, name === '/' ? 'index.html' : name);
  if (!fs.existsSync(file)) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[path.extname(file)] ?? 'application/octet-stream' });
  return fs.createReadStream(file).pipe(response);
});
await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const origin = `http://127.0.0.1:${server.address().port}`;

const quiet = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: quiet });
const page = await browser.newPage();
const thrown = [];
page.on('pageerror', (error) => thrown.push(String(error.stack).slice(0, 600)));
await page.goto(origin);
await page.waitForFunction(() => window.ready);
const sheets = await browser.newPage();

async function drawn({ out, board: file, width, ...given }) {
  const board = JSON.parse(fs.readFileSync(file));
  const height = await page.evaluate(([all, expanded]) => window.heightOf(all, expanded), [board, given.expanded]);
  await page.setViewportSize({ width, height }); // panels outside the viewport are not drawn
  const faults = await page.evaluate((job) => window.draw(job), { board, ...given });
  await page.locator('#board').screenshot({ path: out });
  return [...faults, ...thrown.splice(0).map((fault) => ({ panel: '', fault }))];
}

async function arranged({ out, width, columns, pictures }) {
  const figures = pictures.map(([caption, file]) => `<figure><figcaption>${caption}</figcaption><img src="${origin}/file${file}"></figure>`);
  const style = `body{margin:0;background:#000;color:#fff;font:bold 15px sans-serif;display:grid;grid-template-columns:repeat(${columns},1fr);gap:8px;align-items:start}figure{margin:0}img{width:100%}`;
  await sheets.setViewportSize({ width, height: 600 });
  await sheets.setContent(`<style>${style}</style>${figures.join('')}`, { waitUntil: 'load' });
  await sheets.screenshot({ path: out, fullPage: true });
  return [];
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const job = JSON.parse(line);
  const faults = await (job.pictures ? arranged(job) : drawn(job)).catch((error) => [{ panel: '', fault: String(error) }]);
  console.log(JSON.stringify(faults));
}
await browser.close();
server.close();
