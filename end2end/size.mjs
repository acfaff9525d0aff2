// The budget: what the first visit costs. Run it with `make size`.
//
// * The first load: the bytes that come over the network when Chromium opens `/` with an empty cache. Beside it the peer: ComfyUI
//   0.8.0's own page, measured in the same way, which is 24.1 MB in 343 requests.
// * What a first visit feels like, see first-visit.mjs.
// * The binary, the memory of a server that nobody has visited, and the time from start to the first answer.

import { readFile, stat } from 'node:fs/promises';
import { get } from 'node:http';
import { chromium } from '@playwright/test';
import { firstVisit, median } from './first-visit.mjs';
import { BINARY, startDarkroom, untilReady, withFolder } from './support/servers.mjs';

const BUDGET_KB = 300;
const PEER_KB = 24_100;
const STARTS = 5;

/** Every request of the first load, as Chromium counts it: what came over the network, and of that the body. */
async function load(url) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  const requests = new Map();
  await session.send('Network.enable');
  await session.send('Network.setCacheDisabled', { cacheDisabled: true });
  session.on('Network.requestWillBeSent', ({ requestId, request }) => requests.set(requestId, { url: request.url, wire: 0 }));
  session.on('Network.responseReceived', ({ requestId, response }) => {
    const request = requests.get(requestId);
    const header = (name) => Object.entries(response.headers).find(([key]) => key.toLowerCase() === name)?.[1];
    request.encoding = header('content-encoding') ?? 'plain';
    request.heads = response.encodedDataLength;
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    requests.get(requestId).wire = encodedDataLength;
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.getByRole('button', { name: /^Connected/ }).waitFor();
  await browser.close();
  return [...requests.values()].filter((request) => request.url.startsWith('http'));
}

/** The body as it is sent, in brotli where there is one. */
function bodyBytes(url) {
  return new Promise((resolve, reject) => {
    const request = get(url, { headers: { 'accept-encoding': 'br', accept: 'text/html,*/*' } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk) => (bytes += chunk.length));
      response.once('end', () => resolve(bytes));
      response.once('error', reject);
    });
    request.once('error', reject);
  });
}

async function residentKb(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)[1]);
}

/** From the start of the process to the first answer of `/healthz`. */
async function startMs() {
  return withFolder(async (folder) => {
    const from = performance.now();
    const darkroom = await startDarkroom({ folder });
    await fetch(`${darkroom.url}/healthz`);
    const ms = performance.now() - from;
    await darkroom.end();
    return ms;
  });
}

const firstLoad = await withFolder(async (folder) => {
  const darkroom = await startDarkroom({ folder });
  await untilReady(darkroom);
  const idleKb = await residentKb(darkroom.pid);
  const requests = await load(darkroom.url);
  const rows = [];
  for (const request of requests) {
    const body = await bodyBytes(request.url);
    rows.push({ path: new URL(request.url).pathname, encoding: request.encoding, body, wire: request.wire });
  }
  await darkroom.end();
  return { rows, idleKb };
});

const { rows, idleKb } = firstLoad;
const bodies = rows.reduce((sum, row) => sum + row.body, 0);
const wire = rows.reduce((sum, row) => sum + row.wire, 0);
console.log(`${'file'.padEnd(44)} ${'encoding'.padEnd(9)} ${'body'.padStart(9)} ${'with heads'.padStart(11)}`);
for (const { path, encoding, body, wire: bytes } of rows) {
  console.log(`${path.padEnd(44)} ${encoding.padEnd(9)} ${String(body).padStart(9)} ${String(bytes).padStart(11)}`);
}
console.log(`${'all'.padEnd(54)} ${String(bodies).padStart(9)} ${String(wire).padStart(11)}`);

const kb = bodies / 1024;
console.log(`first load in full: ${bodies} bytes = ${kb.toFixed(1)} KB of 1024 bytes = ${(bodies / 1000).toFixed(1)} kB of 1000 bytes`);
const starts = [];
for (let start = 0; start < STARTS; start += 1) starts.push(await startMs());
const binary = (await stat(BINARY)).size;

console.log(`first load of / over brotli (KB): ours=${kb.toFixed(1)} budget=${BUDGET_KB} ratio=${(kb / BUDGET_KB).toFixed(2)}`);
console.log(`first load beside ComfyUI's own page (KB): ours=${kb.toFixed(1)} peer=${PEER_KB} ratio=${(kb / PEER_KB).toFixed(4)}`);
console.log(`binary size (MB): ours=${(binary / 1024 / 1024).toFixed(1)}`);
console.log(`idle memory (MB): ours=${(idleKb / 1024).toFixed(1)}`);
console.log(`start to first response (ms): ours=${median(starts).toFixed(0)}`);
await withFolder(async (folder) => {
  const darkroom = await startDarkroom({ folder });
  await untilReady(darkroom);
  await firstVisit(darkroom.url);
  await darkroom.end();
});

if (kb > BUDGET_KB) {
  console.error(`The first load is ${(kb - BUDGET_KB).toFixed(1)} KB over its budget.`);
  process.exitCode = 1;
}
