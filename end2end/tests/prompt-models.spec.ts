// Previews and trigger words of LoRAs in the list of what can be inserted into a prompt.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';

const tools = (page: Page) => page.getByRole('region', { name: 'Prompt tools' });
const line = (page: Page) => tools(page).getByRole('listitem').filter({ hasText: 'demo-grain' });
const words = (page: Page) => page.getByRole('group', { name: 'Trigger words of demo-grain.safetensors' });

async function openList(page: Page) {
  await page.getByRole('textbox', { name: 'Prompt', exact: true }).focus();
  await tools(page).getByRole('button', { name: 'Insert…', exact: true }).click();
  await expect(line(page)).toBeVisible();
}

test('a LoRA is shown with its picture, and its trigger words are inserted one by one', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.fill('a heron');
  await openList(page);
  const picture = line(page).locator('img');
  await expect.poll(() => picture.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(96);
  await line(page).getByRole('button', { name: /^demo-grain/ }).click();
  await expect(studio.prompt).toHaveValue('a heron<lora:demo-grain:1>');
  await expect(words(page).getByRole('button')).toHaveText(['grain', 'grain (style)', 'analog photo', 'soft light']);
  await words(page).getByRole('button', { name: 'grain (style)' }).click();
  await expect(studio.prompt).toHaveValue('a heron<lora:demo-grain:1>, grain \\(style\\)');
  await words(page).getByRole('button', { name: 'soft light' }).press('Enter');
  await expect(studio.prompt).toHaveValue('a heron<lora:demo-grain:1>, grain \\(style\\), soft light');
  await studio.prompt.press('Control+z');
  await expect(studio.prompt).toHaveValue('a heron<lora:demo-grain:1>, grain \\(style\\)');
  const toggle = line(page).getByRole('button', { name: 'Trigger words of demo-grain' });
  await expect(toggle).toHaveAttribute('aria-expanded', 'true');
  await toggle.click();
  await expect(words(page)).toBeHidden();
});

test.describe('without the server', () => {
  test.use({ tolerated: /ERR_FAILED/ });

  test('without a preview a sign is in its place; without words the list says so', async ({ studio, page }) => {
    await page.route('**/model-previews/**', (route) => route.fulfill({ status: 204 }));
    await studio.open();
    await openList(page);
    await expect(line(page).locator('.prompt-thumbnail svg')).toBeVisible();
    await expect(line(page).locator('img')).toHaveCount(0);
    await page.route('**/api/fn/trigger_words', (route) => route.abort());
    await line(page).getByRole('button', { name: 'Trigger words of demo-grain' }).click();
    await expect(line(page).getByRole('alert')).toContainText('Darkroom cannot be reached.');
  });
});

for (const width of [1440, 390, 320]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`the list at ${width} px, ${colorScheme}: axe finds nothing, and nothing is cut off`, async ({ studio, page }) => {
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      await studio.open();
      await openList(page);
      await line(page).getByRole('button', { name: 'Trigger words of demo-grain' }).click();
      await expect(words(page)).toBeVisible();
      await tools(page).scrollIntoViewIfNeeded();
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/words-${width}-${colorScheme}.png`, fullPage: width < 1000 });
      const { violations } = await new AxeBuilder({ page }).include('.prompt-tools').withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.target) }))).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}
