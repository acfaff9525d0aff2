// What is touched is large enough for a finger, and what is asked for comes into view.

import type { Page } from '@playwright/test';
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
