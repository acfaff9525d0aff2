// The picture on the stage is enlarged and moved.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';

const percent = (page: Page) => page.getByRole('button', { name: /^Reset zoom/ });

/** The place of the picture on the screen. */
const box = async (page: Page) => (await page.locator('.zoom-plane').boundingBox())!;

test.beforeEach(async ({ studio }) => {
  await studio.open();
  await studio.fill({ side: 256, steps: 1 });
  await studio.generate.click();
  await studio.untilDone();
});

test('by keys and buttons, and all of it again', async ({ studio, page }) => {
  await studio.stage.hover();
  await page.getByRole('button', { name: 'Zoom in' }).click();
  await expect(percent(page)).toHaveText('150 %');
  await page.keyboard.press('+');
  await expect(percent(page)).toHaveText('225 %');
  await page.keyboard.press('-');
  await expect(percent(page)).toHaveText('150 %');
  await page.keyboard.press('0');
  await expect(percent(page)).toHaveText('Fit');
  await studio.prompt.focus();
  await page.keyboard.press('+');
  await expect(percent(page)).toHaveText('Fit');
  await page.keyboard.press('Escape');
  await studio.stage.click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Enlarge the picture');
  await page.keyboard.press('Escape');
  const accessibility = await new AxeBuilder({ page }).include('#stage').analyze();
  expect(accessibility.violations.map((violation) => violation.id)).toEqual([]);
});

test('a double click goes close to its place, dragging moves the picture, and neither opens the file', async ({ studio, page, context }) => {
  const stage = (await studio.stage.boundingBox())!;
  const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
  await page.mouse.dblclick(x, y);
  await expect(percent(page)).toHaveText('250 %');
  const before = await box(page);
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x + 40, y - 30, { steps: 4 });
  await page.mouse.up();
  const after = await box(page);
  expect([Math.round(after.x - before.x), Math.round(after.y - before.y)]).toEqual([40, -30]);
  await page.mouse.wheel(0, -100);
  await expect(percent(page)).toHaveText('300 %');
  await page.mouse.dblclick(x, y);
  await expect(percent(page)).toHaveText('Fit');
  expect(context.pages()).toHaveLength(1);
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });

  test('two fingers enlarge it, one finger moves it, and until then one finger scrolls the page', async ({ studio, page }) => {
    await studio.stage.scrollIntoViewIfNeeded();
    const window = page.locator('.zoom-window');
    expect(await window.evaluate((element) => getComputedStyle(element).touchAction)).toBe('pan-x pan-y');
    const stage = (await studio.stage.boundingBox())!;
    const [x, y] = [stage.x + stage.width / 2, stage.y + stage.height / 2];
    const cdp = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', apart: number) =>
      cdp.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: type === 'touchEnd' ? [] : [{ x: x - apart, y, id: 1 }, { x: x + apart, y, id: 2 }],
      });
    await touch('touchStart', 30);
    for (let apart = 35; apart <= 90; apart += 5) await touch('touchMove', apart);
    await touch('touchEnd', 0);
    await expect(percent(page)).toHaveText(/^(2[5-9]\d|3[0-4]\d) %$/);
    expect(await window.evaluate((element) => getComputedStyle(element).touchAction)).toBe('none');
    const button = (await percent(page).boundingBox())!;
    expect(Math.min(button.width, button.height)).toBeGreaterThanOrEqual(44);
    await percent(page).tap();
    await expect(percent(page)).toHaveText('Fit');
  });
});
