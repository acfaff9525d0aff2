// Left, and come back to: a page out of the browser's back/forward cache is live again.

import type { Page } from '@playwright/test';
import { startProxy } from '../support/proxy.mjs';
import { submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

/** A run of some seconds, on a machine that has other work. */
const LONG = 45_000;

test.setTimeout(120_000);

// Playwright switches the back/forward cache off.
test.use({
  speed: 2,
  tolerated: SERVER_WENT_AWAY,
  launchOptions: { executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'], ignoreDefaultArgs: ['--disable-back-forward-cache'] },
});

const takes = (page: Page) => page.getByRole('navigation', { name: 'Takes' }).getByRole('link');

test('a page out of the back/forward cache is live again', async ({ studio, page, darkroom }) => {
  const between = await startProxy(darkroom);
  between.allowsKeeping = true;
  await page.addInitScript(() => {
    addEventListener('pageshow', ({ persisted }) => Object.assign(window, { persisted }));
  });
  await studio.open(between.url);
  await studio.mark();
  const id = await submit(darkroom, { prompt: 'done elsewhere', steps: 40 });
  await expect.poll(() => studio.percent()).toBeGreaterThan(5);
  await page.goto('about:blank');
  await expect.poll(async () => (await fetch(`${darkroom.url}/tasks/${id}`)).text(), { timeout: LONG }).toMatch(/data-state="done"/);
  // A page out of the cache is not loaded again.
  await page.goBack({ waitUntil: 'commit' });
  expect(await page.evaluate(() => (window as unknown as { persisted: boolean }).persisted), 'it came out of the cache').toBe(true);
  expect(await studio.isMarked()).toBe(true);
  await studio.untilConnected();
  await studio.untilDone(LONG);
  await expect(takes(page)).toHaveCount(1);
  await between.end();
});

test('as Darkroom serves it, going back loads the present', async ({ studio, page, darkroom }) => {
  await studio.open();
  const id = await submit(darkroom, { prompt: 'found again', steps: 30 });
  await expect(studio.tracker).toHaveAttribute('data-state', 'running');
  await page.goto('about:blank');
  await expect.poll(async () => (await fetch(`${darkroom.url}/tasks/${id}`)).text(), { timeout: LONG }).toMatch(/data-state="done"/);
  await page.goBack();
  await studio.untilConnected();
  await studio.untilDone(LONG);
  await expect(studio.result).toHaveAttribute('src', `/tasks/${id}/outputs/0`);
});
