// The server is killed, or only its WebSocket: what is said meanwhile, and the way back.

import type { Page } from '@playwright/test';
import { stopClock } from '../support/clock';
import { startProxy, type Proxy } from '../support/proxy.mjs';
import { startDarkroom, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test as base } from '../support/test';
import { recordToasts, toastTexts } from '../support/toasts';

/** A run of some seconds, on a machine that has other work. */
const LONG = 45_000;

const test = base.extend<{ between: Proxy }>({
  between: async ({ darkroom }, use) => {
    const proxy = await startProxy(darkroom);
    await use(proxy);
    await proxy.end();
  },
});

test.setTimeout(120_000);
test.use({ speed: 1, tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|Unexpected response code: 403`) });

/** Every text that `selector` had from now on, each once in a row. */
async function listen(page: Page, selector: string) {
  await page.evaluate((selector) => {
    const said: string[] = [];
    Object.assign(window, { said });
    const read = () => {
      const words = document.querySelector(selector)?.textContent?.trim() ?? '';
      if (words !== said.at(-1)) said.push(words);
    };
    read();
    new MutationObserver(read).observe(document.body, { subtree: true, childList: true, characterData: true });
  }, selector);
}

const heard = (page: Page) => page.evaluate(() => (window as unknown as { said: string[] }).said);

test('Darkroom is killed during a run: the page shows the attempt, counts down to the next, and shows the result of the meantime', async ({ studio, page, folder, engine, darkroom }) => {
  // Long waits: 1, 2, 4, 8 s, so that there is something to count.
  await page.addInitScript(() => (Math.random = () => 0.999));
  await page.clock.install();
  await studio.open();
  await studio.mark();
  const id = await submit(darkroom, { prompt: 'counted down', steps: 30 });
  await expect.poll(() => studio.percent()).toBeGreaterThan(10);
  await listen(page, '.chip-detail');
  await darkroom.end('SIGKILL');
  await expect(studio.chip).toHaveAccessibleName(/^Reconnecting attempt 3 · \d s$/);
  await stopClock(page);
  await page.clock.runFor(4_000);
  // It waits 8 s, of which up to 4 are over: as much of the wait before was over when the clock was stopped.
  await expect(studio.chip).toHaveAccessibleName(/^Reconnecting attempt 4 · [4-8] s$/);
  const first = Number(/(\d) s$/.exec((await studio.chip.getAttribute('aria-label')) ?? (await studio.chip.innerText()))?.[1]);
  for (const passed of [1, 2, 3]) {
    await page.clock.runFor(1_000);
    await expect(studio.chip).toHaveAccessibleName(new RegExp(`^Reconnecting attempt 4 · [${first - passed}${first - passed + 1}] s$`));
  }
  await expect(studio.status).toContainText(/Live updates are off\. Trying again (in \d s|now) \(attempt \d\)\. What you see is \d+ s old\./);
  const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
  await page.clock.resume();
  await studio.untilConnected();
  await studio.untilDone(LONG);
  await expect(studio.result).toHaveAttribute('src', `/tasks/${id}/outputs/0`);
  expect(await studio.isMarked()).toBe(true);

  // Of one attempt: never more seconds than before, and more than one number.
  const left = (await heard(page)).map((words) => /^attempt 4 · (\d+) s$/.exec(words)).flatMap((found) => (found ? [Number(found[1])] : []));
  expect(left).toEqual([...left].sort((a, b) => b - a));
  expect(new Set(left).size).toBeGreaterThanOrEqual(3);
  await again.end();
});

test.describe('where WebSockets come and go', () => {
  test.use({
    baseURL: async ({ between }, use) => {
      await use(between.url);
    },
  });

  test.beforeEach(async ({ page }) => {
    // The shortest waits there are: polling begins after 1.5 s.
    await page.addInitScript(() => (Math.random = () => 0));
  });

  test('after five failures the page polls, keeps trying, and is live again automatically', async ({ studio, page, darkroom, between }) => {
    await studio.open();
    await studio.mark();
    const id = await submit(darkroom, { prompt: 'through HTTP', steps: 80 });
    await expect.poll(() => studio.percent()).toBeGreaterThan(2);
    await listen(page, '.chip-word');
    between.forbidsSockets = true;
    between.cut();
    await expect(studio.chip).toHaveAccessibleName('Polling live updates are off');
    await expect(studio.status).toContainText('Polling every second: live updates are off.');
    const tries = between.upgrades;
    expect(tries, 'the first, and five that failed').toBeGreaterThanOrEqual(5);

    // The page goes on, and so do the tries.
    const before = await studio.percent();
    await expect.poll(() => studio.percent()).toBeGreaterThan(before + 5);
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await expect.poll(() => between.upgrades).toBeGreaterThan(tries);
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);

    between.forbidsSockets = false;
    await studio.untilConnected();
    await expect(studio.status).toContainText('Through HTTP');
    await studio.untilDone(LONG);
    await expect(studio.result).toHaveAttribute('src', `/tasks/${id}/outputs/0`);
    expect(await studio.isMarked()).toBe(true);
    // Never was it taken for connected in between.
    const said = await heard(page);
    expect(said.filter((word) => word === 'Connected')).toHaveLength(2);
    expect(said.indexOf('Polling')).toBeGreaterThan(said.indexOf('Reconnecting'));
    expect(said.at(-1)).toBe('Connected');
  });

  test('the end of a run that comes while it polls is announced once', async ({ studio, page, darkroom, between }) => {
    await studio.open();
    await submit(darkroom, { prompt: 'ended elsewhere', steps: 40 });
    await expect.poll(() => studio.percent()).toBeGreaterThan(2);
    await recordToasts(page);
    between.forbidsSockets = true;
    between.cut();
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
    await studio.untilDone(LONG);
    between.forbidsSockets = false;
    await studio.untilConnected();
    await expect(studio.toasts).toContainText('Live again');
    const toasts = await toastTexts(page);
    expect(toasts.filter((text) => text.includes('Ended elsewhere is done'))).toHaveLength(1);
    expect(toasts.filter((text) => text.includes('Connection lost'))).toHaveLength(1);
  });

  test('never a WebSocket at all: handed in, watched and done', async ({ studio, page, between }) => {
    between.forbidsSockets = true;
    await page.goto('/');
    await expect(studio.chip).toHaveAccessibleName('Polling live updates are off');
    await studio.mark();
    await studio.fill({ prompt: 'without a socket', steps: 40 });
    await studio.generate.click();
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    const seen = new Set<number>();
    await expect.poll(async () => seen.add(await studio.percent()).size, 'it moves').toBeGreaterThan(3);
    await studio.untilDone(LONG);
    await expect(studio.toasts).toContainText('Without a socket is done');
    await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link')).toHaveCount(1);
    expect(await studio.isMarked()).toBe(true);
  });
});
