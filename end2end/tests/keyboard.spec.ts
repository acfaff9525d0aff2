// Everything with the keyboard alone.

import type { Locator, Page } from '@playwright/test';
import { expect, test } from '../support/test';

/** Presses Tab until `target` has the focus; gives back how often. */
async function tabTo(page: Page, target: Locator, atMost = 25): Promise<number> {
  for (let presses = 1; presses <= atMost; presses += 1) {
    await page.keyboard.press('Tab');
    if (await target.evaluate((element) => element === document.activeElement)) return presses;
  }
  throw new Error(`${target} is not reached with ${atMost} presses of Tab`);
}

test('from the top of the page to a picture', async ({ studio, page }) => {
  await studio.open();
  await tabTo(page, page.getByRole('link', { name: 'Skip to the content' }), 1);
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeInViewport();
  await tabTo(page, studio.prompt);
  await page.keyboard.type('typed by hand');
  await tabTo(page, studio.number('Width'));
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('64');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('img', { name: 'Result: typed by hand' })).toBeVisible();
  // The focus stays where the person is.
  await expect(studio.number('Width')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Use these settings' }));
  await page.keyboard.press('Enter');
  await expect(studio.prompt).toBeFocused();
});

test('the two halves of the form are chosen with the arrow keys', async ({ studio, page }) => {
  await studio.open();
  await tabTo(page, page.getByRole('radio', { name: 'From text' }));
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'Workflow' })).toBeFocused();
  await expect(studio.workflowFile).toBeVisible();
  await tabTo(page, studio.workflowFile, 1);
  await expect(studio.prompt).toBeHidden();
});

test('Esc closes the connection panel, and the focus returns', async ({ studio, page }) => {
  await studio.open();
  await tabTo(page, studio.chip);
  await page.keyboard.press('Enter');
  const panel = page.getByRole('region', { name: 'Connection' });
  await expect(panel).toBeVisible();
  await expect(studio.chip).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Escape');
  await expect(panel).toBeHidden();
  await expect(studio.chip).toHaveAttribute('aria-expanded', 'false');
  await expect(studio.chip).toBeFocused();
});

test.describe('while a task runs', () => {
  test.use({ speed: 1 });

  test('it is cancelled from the keyboard', async ({ studio, page }) => {
    await studio.open();
    await studio.fill({ prompt: 'stop me', steps: 200 });
    await page.keyboard.press('Control+Enter');
    await expect(studio.status).toContainText('Stop me');
    await tabTo(page, page.getByRole('button', { name: 'Cancel', exact: true }), 60);
    await page.keyboard.press('Enter');
    await expect(studio.tracker).toContainText('Cancelled');
  });
});
