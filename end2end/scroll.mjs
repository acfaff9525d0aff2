// How smoothly the gallery scrolls through 10,000 outputs on a screen of a phone, beside a plain page with all of them. Part of `make bench`.
//
// The pictures are generated and imported. Then the page is scrolled from its top to its end at a constant speed: a frame that comes late is a larger
// step. In each frame it is looked at nine points of the window: where there is no tile, the page is blank; a tile without its picture is only that. Of
// both, the longest time without a break counts.

import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { setPriority } from 'node:os';
import { crc32, deflateSync } from 'node:zlib';
import { chromium } from '@playwright/test';
import { startDarkroom, withFolder } from './support/servers.mjs';

const OUTPUTS = Number(process.env.SCROLL_OUTPUTS ?? 10_000);
const AT_ONCE = 8;
const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true };
/** Pixels a second: a hand that looks for something. */
const SPEED = Number(process.env.SCROLL_SPEED ?? 3_000);
/** How often the processor is slowed down, as a phone's is. */
const SLOWER = Number(process.env.SCROLL_SLOWER ?? 1);

/** A picture of stripes that no other has. */
function picture(number) {
  const [width, height] = [256, 256];
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, sum]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = (y) => Buffer.from([0, ...Array.from({ length: width }, (_, x) => [(number * 7 + x) % 256, (number >> 3) % 256, (y + number + (number >> 11) * 37) % 256]).flat()]);
  const rows = Array.from({ length: 32 }, (_, y) => row(y * 8));
  const all = Buffer.concat(Array.from({ length: height }, (_, y) => rows[y >> 3]));
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', header), chunk('IDAT', deflateSync(all)), chunk('IEND', Buffer.alloc(0))]);
}

/** Returns the ids. */
async function fill(darkroom) {
  const ids = [];
  let next = 0;
  const work = async () => {
    while (next < OUTPUTS) {
      const number = next++;
      const createdAt = new Date(1_700_000_000_000 + number * 60_000).toISOString();
      const answer = await fetch(`${darkroom.url}/api/outputs?filename=${number}.png&createdAt=${createdAt}`, { method: 'POST', body: picture(number) });
      if (!answer.ok) throw new Error(`refused with ${answer.status}: ${await answer.text()}`);
      ids[number] = (await answer.json()).outputId;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  // Pictures of equal bytes are one output.
  if (new Set(ids).size !== OUTPUTS) throw new Error(`only ${new Set(ids).size} of ${OUTPUTS} outputs differ`);
  return ids.toReversed();
}

/** Lets the browser go first. A phone does not share its processor with the server, which makes small versions of pictures while the page scrolls. */
function yieldToTheBrowser(darkroom) {
  const threads = `/proc/${darkroom.pid}/task`;
  if (existsSync(threads)) readdirSync(threads).forEach((thread) => setPriority(Number(thread), 19));
}

/** Everything in one page, loaded lazily by the browser. */
function plainPage(darkroom, ids) {
  const pictures = ids.map((id) => `<li class="tile"><img src="${darkroom.url}/gallery/${id}/file?thumb=320" loading="lazy" decoding="async"></li>`);
  const style = 'ul{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:4px;margin:0;padding:0;list-style:none}li{aspect-ratio:1;background:#ddd}img{width:100%;height:100%;object-fit:cover}';
  const html = `<!doctype html><meta name="viewport" content="width=device-width"><style>${style}</style><ul>${pictures.join('')}</ul>`;
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end(html));
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/` })));
}

/** Runs in the page: scrolls, and looks at every frame, to the end. */
async function scrollAndWatch(speed) {
  const watched = { longTasks: [], blank: 0, withoutPicture: 0, frames: 0, tiles: 0 };
  const from = performance.now();
  let before = from;
  let end = () => {};
  const ended = new Promise((resolve) => (end = resolve));
  new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => watched.longTasks.push(duration))).observe({ type: 'longtask' });
  const since = { blank: 0, withoutPicture: 0 };
  const count = (what, holds, now) => {
    if (!holds) since[what] = 0;
    else if (since[what] === 0) since[what] = now;
    else watched[what] = Math.max(watched[what], now - since[what]);
  };
  const look = () => {
    const now = performance.now();
    watched.frames += 1;
    let [blank, withoutPicture] = [false, false];
    const list = document.querySelector('ul:has(> .tile)').getBoundingClientRect();
    // At the top, in the middle, and at the bottom, where new ones come in: looking takes time of the frame itself.
    const [top, bottom] = [Math.max(150, list.top + 8), Math.min(innerHeight - 8, list.bottom - 130)];
    for (const y of [top, (top + bottom) / 2, bottom]) {
      for (const x of [60, 180, 300]) {
        // Between two tiles there is nothing.
        const tile = [0, 6].map((by) => document.elementFromPoint(x + by, y + by)?.closest('.tile')).find(Boolean);
        const image = tile?.querySelector('img');
        blank ||= !tile;
        withoutPicture ||= !image || !image.complete || image.naturalWidth === 0;
      }
    }
    count('blank', blank, now);
    count('withoutPicture', withoutPicture, now);
    watched.tiles = Math.max(watched.tiles, document.querySelectorAll('.tile').length);
    if (scrollY + innerHeight >= document.documentElement.scrollHeight - 2) return end();
    scrollBy(0, (speed * (now - before)) / 1_000);
    before = now;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
  await ended;
  return { ...watched, seconds: (performance.now() - from) / 1_000, height: scrollY };
}

async function scrolled(name, url, ready) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-background-networking'],
  });
  const page = await (await browser.newContext(PHONE)).newPage();
  await page.goto(url);
  await page.locator(ready).first().waitFor();
  await page.waitForTimeout(2_000);
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
  const seen = await page.evaluate(scrollAndWatch, SPEED);
  await browser.close();
  const long = seen.longTasks.filter((ms) => ms > 50);
  console.log(
    `${name}: ${Math.round(seen.height)} px in ${seen.seconds.toFixed(0)} s, ${(seen.frames / seen.seconds).toFixed(0)} frames a second, ` +
      `tasks over 50 ms: ${long.length} (longest ${Math.round(Math.max(0, ...seen.longTasks))} ms), longest blank ${Math.round(seen.blank)} ms, ` +
      `longest time until a picture ${Math.round(seen.withoutPicture)} ms, tiles in the document at most ${seen.tiles}`,
  );
}

await withFolder(async (folder) => {
  const darkroom = await startDarkroom({ folder });
  const ids = await fill(darkroom);
  yieldToTheBrowser(darkroom);
  console.log(`scrolling through ${ids.length} outputs, ${PHONE.viewport.width} × ${PHONE.viewport.height}, ${SPEED} pixels a second, processor ${SLOWER} times slower`);
  await scrolled('gallery, first time', `${darkroom.url}/gallery`, '#gallery-grid[style] .tile');
  await scrolled('gallery, small versions are there', `${darkroom.url}/gallery`, '#gallery-grid[style] .tile');
  const plain = await plainPage(darkroom, ids);
  await scrolled('a plain page with all of them', plain.url, '.tile');
  plain.server.close();
  await darkroom.end();
});
