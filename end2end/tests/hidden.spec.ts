// A tab that nobody looks at draws nothing, but its title and its picture are true.

import type { Page } from '@playwright/test';
import { holdAtSteps, order, release, submit, type Server } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { withTabs } from '../support/tabs';
import { expect, test as base, watch } from '../support/test';

type Work = { frames: number; decoded: number; urls: number };

const test = base.extend<{ tab: Studio; turnAway: () => Promise<void> }>({
  speed: 1,
  faults: true,

  tab: async ({ darkroom, errors }, use) => {
    await withTabs(async (context) => {
      watch(context, errors);
      const page = await context.newPage();
      await page.addInitScript(() => {
        const work = { frames: 0, decoded: 0, urls: 0 };
        const { requestAnimationFrame } = window;
        const { createObjectURL } = URL;
        const { decode } = HTMLImageElement.prototype;
        Object.assign(window, {
          work,
          requestAnimationFrame: (draw: FrameRequestCallback) => {
            work.frames += 1;
            return requestAnimationFrame(draw);
          },
        });
        URL.createObjectURL = (blob: Blob) => {
          work.urls += 1;
          return createObjectURL.call(URL, blob);
        };
        HTMLImageElement.prototype.decode = function () {
          work.decoded += 1;
          return decode.call(this);
        };
      });
      const studio = new Studio(page);
      await studio.open(darkroom.url);
      await use(studio);
    });
  },

  /** Opens another tab in front. */
  turnAway: async ({ tab }, use) => {
    await use(async () => {
      const other = await tab.page.context().newPage();
      await other.bringToFront();
      await expect.poll(() => tab.page.evaluate(() => document.hidden)).toBe(true);
    });
  },
});

const work = (page: Page) => page.evaluate(() => ({ ...(window as unknown as { work: Work }).work }));
const favicon = (page: Page) => page.locator('link[rel~=icon]').last().getAttribute('href');
const percentOf = async (page: Page) => Number(/^(\d+) % · Darkroom$/.exec(await page.title())?.[1] ?? -1);

async function isDone(darkroom: Server, id: string) {
  await expect.poll(async () => (await fetch(`${darkroom.url}/tasks/${id}`)).text(), { timeout: 30_000 }).toMatch(/data-state="done"/);
}

test('the title and its picture follow a run; nothing is drawn or decoded; turned to, it is right at once', async ({ tab, turnAway, engine, darkroom }) => {
  const { page } = tab;
  const plain = await favicon(page);
  await turnAway();
  const before = await work(page);
  const stops = [10, 20, 30];
  await holdAtSteps(engine, stops);
  const id = await submit(darkroom, { prompt: 'unseen', steps: 40 });

  const titles = [-1];
  const pictures = [plain];
  for (const step of stops) {
    // Where the run stands still, they come to stand still too.
    await expect.poll(() => percentOf(page), { message: `the title moves until step ${step}`, timeout: 30_000 }).toBeGreaterThan(titles.at(-1) ?? 0);
    await expect.poll(() => favicon(page), 'so does its picture').not.toBe(pictures.at(-1));
    titles.push(await percentOf(page));
    pictures.push(await favicon(page));
    await release(engine);
  }
  expect(titles).toEqual([...titles].sort((a, b) => a - b));
  await expect.poll(() => page.title(), { timeout: 30_000 }).toBe('Darkroom');
  expect(await favicon(page)).toBe(plain);
  expect(await work(page), 'no frame was asked for, no preview decoded').toEqual(before);

  await isDone(darkroom, id);
  await page.bringToFront();
  await tab.untilDone();
  await expect(tab.toasts).toContainText('Unseen is done');
  // Of a task that is over no preview is kept or decoded.
  expect(await work(page)).toEqual(before);
});

test('turned to in the middle of a run, it shows the newest preview', async ({ tab, turnAway, darkroom }) => {
  const { page } = tab;
  await turnAway();
  const { decoded } = await work(page);
  await submit(darkroom, { prompt: 'looked at late', steps: 200 });
  await expect.poll(() => percentOf(page), { timeout: 30_000 }).toBeGreaterThan(4);
  await page.bringToFront();
  await expect(tab.preview).toHaveAttribute('src', /^blob:/);
  expect((await work(page)).decoded).toBeGreaterThan(decoded);
  expect(await tab.percent()).toBeGreaterThan(3);
});

test('a change right before the page is hidden is applied', async ({ tab, turnAway, engine, darkroom }) => {
  const { page } = tab;
  await order(engine, { kind: 'hold', at: 'queued' });
  // The frame in which it would be drawn does not come: the page is hidden before.
  await page.evaluate(() => Object.assign(window, { asked: 0, requestAnimationFrame: () => ((window as unknown as { asked: number }).asked += 1) }));
  await submit(darkroom, { prompt: 'in the nick of time', steps: 2 });
  await expect.poll(() => page.evaluate(() => (window as unknown as { asked: number }).asked)).toBeGreaterThan(0);
  const waiting = page.getByRole('link', { name: /^Queue/ }).first();
  const words = await waiting.innerText();
  // No other message comes to its help.
  process.kill(darkroom.pid, 'SIGSTOP');
  try {
    await turnAway();
    await expect.poll(() => waiting.innerText()).not.toBe(words);
  } finally {
    process.kill(darkroom.pid, 'SIGCONT');
  }
});

test('hidden for long while nothing runs, it lets its socket go, asks now and then, and wakes when something does', async ({ tab, turnAway, darkroom }) => {
  const { page } = tab;
  const connections = async () => Number(/^darkroom_pages_connected (\d+)$/m.exec(await (await fetch(`${darkroom.url}/metrics`)).text())?.[1] ?? -1);
  // By a clock that can be put forward, from the first moment.
  await page.clock.install();
  await page.reload();
  await tab.untilConnected();
  await turnAway();
  expect(await connections()).toBe(1);
  await page.clock.fastForward('09:00');
  expect(await connections(), 'not yet').toBe(1);
  await page.clock.fastForward('02:00');
  await expect.poll(connections).toBe(0);

  await submit(darkroom, { prompt: 'while it sleeps', steps: 200 });
  expect(await page.title()).toBe('Darkroom');
  await page.clock.fastForward('01:01');
  await expect.poll(connections).toBe(1);
  await expect.poll(() => percentOf(page)).toBeGreaterThan(-1);

  await page.bringToFront();
  await expect(tab.chip).toHaveAccessibleName(/^Connected/);
  await expect.poll(() => tab.percent()).toBeGreaterThan(0);
});
