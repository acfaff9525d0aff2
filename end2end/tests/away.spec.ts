// Offline, asleep, left and come back to: a page that was away is right again at once.

import type { Page } from '@playwright/test';
import { stopClock } from '../support/clock';
import { submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

/** A run of some seconds, on a machine that has other work. */
const LONG = 45_000;

test.setTimeout(120_000);

test.use({ speed: 2, tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|ERR_INTERNET_DISCONNECTED`) });

const takes = (page: Page) => page.getByRole('navigation', { name: 'Takes' }).getByRole('link');

test.describe('offline', () => {
  test('says so at once; online, it is live at once and shows what ended meanwhile', async ({ studio, page, context, darkroom }) => {
    await page.clock.install();
    await studio.open();
    await studio.mark();
    const [first, second] = [await submit(darkroom, { prompt: 'ends unseen', steps: 20 }), await submit(darkroom, { prompt: 'runs on', steps: 60 })];
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    // No wait comes to its end: only the browser's own events can explain what it says and does.
    await stopClock(page);
    await context.setOffline(true);
    await expect(studio.chip).toHaveAccessibleName(/^Reconnecting/);
    await expect(studio.status).toContainText('This device is offline.');
    await expect(studio.tracker).toContainText('waiting for news');

    await expect.poll(async () => (await fetch(`${darkroom.url}/tasks/${first}`)).text(), { timeout: LONG }).toMatch(/data-state="done"/);
    await expect(studio.toasts).not.toContainText('Ends unseen is done');
    await context.setOffline(false);
    await expect(studio.chip).toHaveAccessibleName(/^Connected/);
    await page.clock.resume();
    await expect(studio.toasts).toContainText('Ends unseen is done');
    await expect(studio.status).toContainText('Runs on');
    await expect(takes(page)).toHaveCount(2);
    await studio.untilDone(LONG);
    await expect(takes(page).first()).toHaveAttribute('href', `/tasks/${second}`);
    expect(await studio.isMarked()).toBe(true);
  });
});

test.describe('asleep', () => {
  /** Freezes the page, as a browser does with tabs that are not looked at, and thaws it. */
  async function asleep(page: Page, meanwhile: () => Promise<unknown>) {
    const session = await page.context().newCDPSession(page);
    await session.send('Page.setWebLifecycleState', { state: 'frozen' });
    await meanwhile();
    await session.send('Page.setWebLifecycleState', { state: 'active' });
    await session.detach();
  }

  test('frozen in a run, it wakes with the result, once', async ({ studio, page, darkroom }) => {
    await studio.open();
    await studio.mark();
    const id = await submit(darkroom, { prompt: 'slept through', steps: 60 });
    await expect.poll(() => studio.percent()).toBeGreaterThan(5);
    await asleep(page, () => expect.poll(async () => (await fetch(`${darkroom.url}/tasks/${id}`)).text(), { timeout: LONG }).toMatch(/data-state="done"/));
    await studio.untilDone(LONG);
    await expect(studio.chip).toHaveAccessibleName(/^Connected/);
    await expect(studio.toasts.getByText('Slept through is done')).toHaveCount(1);
    for (const node of await studio.nodes.all()) await expect(node).toHaveAttribute('data-state', 'done');
    await expect(takes(page)).toHaveCount(1);
    expect(await studio.isMarked()).toBe(true);
  });
});
