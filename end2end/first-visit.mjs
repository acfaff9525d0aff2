// What a first visit feels like on a slow device, and opening a page on a fast one. Run it with `make size`.
//
// * A first visit with an empty cache, the CPU four times slower, over Lighthouse's "slow 4G" (150 ms, 1.6 Mbit/s): when something is painted,
//   when the page is live, and how long the main thread was blocked: of every task over 50 ms, what is over 50 ms.
// * A page that is opened with a warm cache, at full speed: from the click until it is drawn. Its code is loaded then: it can be used. Once with a
//   click out of nowhere, and once with a mouse that was over the link for a moment, as a hand's is: the code is loaded from then on.

import { chromium } from '@playwright/test';

const VISITS = 3;
/** How long the mouse is over a link before it is clicked. Hands take longer. */
const POINTED_AT_MS = 100;
const SLOW_4G = { offline: false, latency: 150, downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8 };
const CPU_SLOWDOWN = 4;
const LONG_TASK_MS = 50;
/** Links of the header, and what is there once the page can be used. */
const PAGES = [
  ['Inpaint', '.inpaint-page'],
  ['Queue', '.queue-page'],
  ['Settings', '.settings-page'],
];

export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function launch() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-background-networking'] });
}

async function slowVisit(url) {
  const browser = await launch();
  const page = await browser.newPage();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', SLOW_4G);
  await session.send('Emulation.setCPUThrottlingRate', { rate: CPU_SLOWDOWN });
  await page.addInitScript(() => {
    window.longTasks = [];
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => window.longTasks.push(duration))).observe({ type: 'longtask', buffered: true });
  });
  await page.goto(url);
  await page.getByRole('button', { name: /^Connected/ }).waitFor();
  const live = await page.evaluate(() => performance.now());
  // What goes on after that counts, too.
  await page.waitForTimeout(1_500);
  const { paint, tasks } = await page.evaluate(() => ({
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
    tasks: window.longTasks,
  }));
  await browser.close();
  return { paint, live, blocked: tasks.reduce((sum, ms) => sum + ms - LONG_TASK_MS, 0) };
}

/** Milliseconds for each of the pages. */
async function openings(url, isPointedAt) {
  const browser = await launch();
  const page = await browser.newPage();
  const times = [];
  for (let visit = 0; visit <= VISITS; visit += 1) {
    for (const [name, ready] of PAGES) {
      await page.goto(url);
      await page.getByRole('button', { name: /^Connected/ }).waitFor();
      if (isPointedAt) {
        await page.locator('nav a', { hasText: name }).hover();
        await page.waitForTimeout(POINTED_AT_MS);
      }
      const ms = await page.evaluate(
        ([name, ready]) =>
          new Promise((resolve) => {
            const link = [...document.querySelectorAll('nav a')].find((link) => link.textContent.trim().startsWith(name));
            const from = performance.now();
            const look = () => (document.querySelector(ready) ? requestAnimationFrame(() => resolve(performance.now() - from)) : requestAnimationFrame(look));
            link.click();
            look();
          }),
        [name, ready],
      );
      // The first time fills the cache.
      if (visit > 0) times.push(ms);
    }
  }
  await browser.close();
  return times;
}

/** Prints the figures of a Darkroom at `url`. */
export async function firstVisit(url) {
  const visits = [];
  for (let visit = 0; visit < VISITS; visit += 1) visits.push(await slowVisit(url));
  const of = (figure) => median(visits.map((visit) => visit[figure])).toFixed(0);
  console.log(`first visit, 4× slower CPU, slow 4G (ms): first paint=${of('paint')} live=${of('live')} blocked=${of('blocked')}`);
  for (const [how, isPointedAt] of [['pointed at first', true], ['at once', false]]) {
    const times = await openings(url, isPointedAt);
    console.log(`a page opened with a warm cache, ${how} (ms): median=${median(times).toFixed(0)} slowest=${Math.max(...times).toFixed(0)}`);
  }
}
