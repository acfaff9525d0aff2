// What is touched is large enough for a finger, and what is asked for comes into view.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { Settings, keep } from '../support/settings';
import { expect, test } from '../support/test';

const FINGER = 44;

test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

/** Buttons, fields and links of their own that are smaller than a finger. A link within a text may be. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate((finger) => {
    const all = document.querySelectorAll<HTMLElement>('button, select, textarea, input:not([type=radio], [type=checkbox]), a.button, .tabs label');
    return [...all]
      .filter((element) => element.checkVisibility() && element.getBoundingClientRect().width > 0)
      .map((element) => ({ element, box: element.getBoundingClientRect() }))
      .filter(({ box }) => Math.min(box.width, box.height) < finger)
      .map(({ element, box }) => `${element.tagName} "${element.innerText || element.ariaLabel || element.id}" ${box.width} × ${box.height}`);
  }, FINGER);
}

test('everything in Studio can be touched', async ({ studio, page }) => {
  await studio.open();
  expect(await tooSmall(page)).toEqual([]);
  await studio.fill({ side: 64, steps: 2 });
  await studio.generate.tap();
  await studio.untilDone();
  expect(await tooSmall(page)).toEqual([]);
});

test('Generate goes up to the picture', async ({ studio }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await studio.generate.tap();
  await studio.untilPicture();
  await expect(studio.result).toBeInViewport({ ratio: 0.5 });
});

test('everything in the settings can be touched', async ({ page }) => {
  await keep(page, { debug: true });
  const settings = new Settings(page);
  await settings.open();
  await expect(settings.log).toBeVisible();
  expect(await tooSmall(page)).toEqual([]);
  // A switch is smaller than a finger; its name is not, and does the same.
  const label = page.getByText('Show previews', { exact: true });
  expect((await label.boundingBox())?.height).toBeGreaterThanOrEqual(FINGER);
  await label.tap();
  await expect(settings.switch('Show previews')).not.toBeChecked();
});

test('at 320 px neither the settings nor the log have to be scrolled sideways', async ({ page, studio }) => {
  await page.setViewportSize({ width: 320, height: 640 });
  await keep(page, { debug: true });
  const settings = new Settings(page);
  await settings.open();
  await studio.untilConnected();
  await expect(settings.rows.first()).toBeVisible();
  await settings.time('Polling interval').fill('0');
  await expect(page.getByText('This must be from 0.25 to 60 seconds.')).toBeVisible();
  await expectNoSidewaysScroll(page);
});
