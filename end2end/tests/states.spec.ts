// Every state of the connection: to be read, to be heard, to be operated, and on the narrowest screen.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { stopClock } from '../support/clock';
import { expectNoSidewaysScroll, settled } from '../support/layout';
import { submit } from '../support/servers.mjs';
import { CLOSED_BY_TEST, STATES, openIn } from '../support/states';
import { expect, test } from '../support/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

test.use({ tolerated: CLOSED_BY_TEST, speed: 0.5 });

const panel = (page: Page) => page.getByRole('region', { name: 'Connection' });

/** What axe finds in all that tells about the connection. */
async function wrong(page: Page): Promise<string[]> {
  // Colours on their way are no colours.
  await settled(page);
  const { violations } = await new AxeBuilder({ page }).include('.connection').include('.strip').withTags(RULES).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id} ${node.target}: ${node.failureSummary}`));
}

for (const state of STATES) {
  test(`${state}: the chip names it, the panel explains it, axe finds nothing, and 320 px are enough`, async ({ studio, page, darkroom }) => {
    // A number of two digits stands beside the chip.
    for (let seed = 0; seed < 12; seed += 1) await submit(darkroom, { steps: 1000, seed });
    await openIn(studio, state);
    await studio.chip.click();
    await expect(panel(page).getByRole('heading').first()).toContainText(/Darkroom|connection/);
    await page.setViewportSize({ width: 320, height: 640 });
    await expectNoSidewaysScroll(page);
    await expect(studio.chip).toBeInViewport({ ratio: 1 });
    await expect(panel(page)).toBeInViewport({ ratio: 0.9 });
    expect(await cutOff(page)).toEqual([]);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await wrong(page), colorScheme).toEqual([]);
    }
    await page.emulateMedia({ contrast: 'more' });
    expect(await wrong(page), 'with more contrast').toEqual([]);
  });
}

/** Words of the chip and the panel that do not fit into their place. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('.chip, .chip-word, #connection-panel *')]
      .filter((element) => element.checkVisibility() && element.scrollWidth > element.clientWidth + 1 && getComputedStyle(element).overflowX !== 'visible')
      .map((element) => `${element.className}: ${element.innerText}`),
  );
}

async function tabTo(page: Page, name: string, atMost = 80) {
  for (let presses = 0; presses < atMost; presses += 1) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((name) => document.activeElement instanceof HTMLElement && (document.activeElement.ariaLabel ?? document.activeElement.innerText).startsWith(name), name)) return;
  }
  throw new Error(`"${name}" is not reached with ${atMost} presses of Tab`);
}

test('with the keyboard: the panel is opened, "Retry now" tries at once, Esc closes it', async ({ studio, page }) => {
  await page.clock.install();
  await openIn(studio, 'Reconnecting');
  // The wait does not come to its end.
  await stopClock(page);
  let tries = 0;
  page.on('websocket', () => (tries += 1));
  await page.routeWebSocket('**/ws', (socket) => {
    tries += 1;
    socket.connectToServer();
  });
  await studio.chip.focus();
  await page.keyboard.press('Enter');
  await tabTo(page, 'Retry now', 3);
  await page.keyboard.press('Enter');
  await expect(studio.chip).toHaveAccessibleName(/^Connected/);
  expect(tries).toBeGreaterThan(0);
  await page.keyboard.press('Escape');
  await expect(panel(page)).toBeHidden();
  await expect(studio.chip).toBeFocused();
});

test('with the keyboard a toast is dismissed, and the status bar retries', async ({ studio, page }) => {
  await openIn(studio, 'Failed');
  // A failure stays until it is read.
  const told = studio.toasts.getByRole('alert');
  await expect(told).toContainText('Live updates stopped');
  await tabTo(page, 'Dismiss');
  await page.keyboard.press('Enter');
  await expect(told).toHaveCount(0);
  await studio.status.getByRole('link', { name: 'Reload' }).focus();
  await page.keyboard.press('Enter');
  await expect(studio.chip).toHaveAccessibleName(/^Failed/);
});

test('the loss and the return of the connection are announced to screen readers', async ({ studio, page }) => {
  await studio.open();
  await page.routeWebSocket('**/ws', (socket) => socket.close());
  await page.context().setOffline(true);
  await expect(studio.toasts.getByRole('status')).toContainText('Connection lost');
  await expect(studio.toasts.getByRole('status')).toContainText('Your tasks go on');
  await expect(studio.status).toContainText('This device is offline.');
  await page.unrouteAll();
  await page.context().setOffline(false);
});

for (const state of ['Reconnecting', 'Polling', 'Connected'] as const) {
  test.describe(() => {
    test.use({ speed: 1 });

    test(`${state}, with reduced motion nothing moves on and on`, async ({ studio, page, darkroom }) => {
      await page.emulateMedia({ reducedMotion: 'reduce' });
      await submit(darkroom, { steps: 400 });
      await openIn(studio, state);
      await studio.chip.click();
      await expect(studio.tracker).toHaveAttribute('data-state', 'running');
      const moving = () =>
        page.evaluate(() =>
          document
            .getAnimations()
            .filter((animation) => animation.playState === 'running')
            .map(({ effect }) => ({ name: (effect as KeyframeEffect).target?.className, ms: Number(effect?.getComputedTiming().activeDuration) }))
            .filter(({ ms }) => ms > 100),
        );
      expect(await moving()).toEqual([]);
      // The same page with motion does move.
      await page.emulateMedia({ reducedMotion: 'no-preference' });
      await expect.poll(async () => (await moving()).length).toBeGreaterThan(0);
    });
  });
}
