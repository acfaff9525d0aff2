// The gallery: outputs are found, seen large, sorted, thrown away and brought back.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';

/** Makes pictures over the API, and waits until the gallery has them. */
async function made(url: string, prompts: string[]) {
  for (const [at, prompt] of prompts.entries()) {
    const parameters = { prompt, width: 64, height: 64, steps: 2, seed: at + 1 };
    const answer = await fetch(`${url}/api/tasks`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ workflow: 'text-to-image', parameters }),
    });
    expect(answer.status).toBe(202);
  }
  await expect.poll(async () => (await (await fetch(`${url}/api/outputs`)).json()).total, { timeout: 30_000 }).toBe(prompts.length);
}

const tiles = (page: Page) => page.locator('.gallery-grid .tile-link');
const search = (page: Page) => page.getByRole('combobox', { name: 'Search the gallery' });
const hydrated = (page: Page) => expect(page.locator('#gallery-grid[style]')).toBeVisible();
const PROMPTS = ['a red door in the rain', 'a red boat', 'a lighthouse at dusk'];

test('an empty gallery says how it is filled', async ({ page }) => {
  await page.goto('/gallery');
  await expect(page.getByRole('heading', { name: 'Nothing yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Make one in Studio' }).click();
  await expect(page).toHaveURL('/');
});

test('a search narrows the results, its address is shared, and a mistake is named', async ({ page, darkroom }) => {
  await made(darkroom.url, PROMPTS);
  await page.goto('/');
  await page.getByRole('link', { name: 'Gallery' }).click();
  await expect(tiles(page)).toHaveCount(3);
  await expect(page.getByText('3 outputs')).toBeVisible();
  await search(page).fill('red -boat');
  await search(page).press('Enter');
  await expect(page).toHaveURL(/\/gallery\?q=red\+-boat$/);
  await expect(tiles(page)).toHaveCount(1);
  await expect(tiles(page)).toHaveAccessibleName('Picture: a red door in the rain');
  await page.reload();
  await expect(tiles(page)).toHaveCount(1);
  await search(page).fill('modle:x');
  await search(page).press('Enter');
  await expect(page.getByRole('alert')).toContainText('Did you mean model:');
  await page.goBack();
  await expect(tiles(page)).toHaveCount(1);
  await search(page).fill('nothing like this');
  await search(page).press('Enter');
  await page.getByRole('link', { name: 'Show everything' }).click();
  await expect(tiles(page)).toHaveCount(3);
});

test('fields and values are suggested, and a facet writes its term', async ({ page, darkroom }) => {
  await made(darkroom.url, PROMPTS);
  await page.goto('/gallery');
  await hydrated(page);
  await search(page).pressSequentially('mod');
  await expect(page.getByRole('option', { name: /^model:/ })).toBeVisible();
  await search(page).press('ArrowDown');
  await search(page).press('Enter');
  await expect(search(page)).toHaveValue('model:');
  await expect(page.getByRole('option', { name: /demo-safelight/ })).toBeVisible();
  await search(page).press('ArrowDown');
  await search(page).press('Enter');
  await expect(page).toHaveURL(/q=model:demo-safelight\.safetensors$/);
  const facet = page.getByRole('navigation', { name: 'Narrow the search' }).getByRole('link', { name: /demo-safelight/ });
  await expect(facet).toHaveAttribute('aria-current', 'true');
  await facet.click();
  await expect(page).toHaveURL('/gallery');
});

test('the lightbox shows one output after the other, by keys alone', async ({ page, darkroom }) => {
  await made(darkroom.url, PROMPTS);
  await page.goto('/gallery');
  await hydrated(page);
  await tiles(page).first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(tiles(page).nth(1)).toBeFocused();
  await page.keyboard.press('Enter');
  const lightbox = page.getByRole('dialog', { name: 'Output' });
  await expect(lightbox).toContainText('a red boat');
  await expect(lightbox).toContainText('demo-safelight.safetensors');
  await expect.poll(() => lightbox.locator('img.result').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(64);
  await page.keyboard.press('j');
  await expect(lightbox).toContainText('a red door in the rain');
  await page.keyboard.press('s');
  await expect(lightbox.getByRole('button', { name: 'Starred' })).toBeVisible();
  await page.keyboard.press('k');
  await expect(lightbox).toContainText('a red boat');
  await page.keyboard.press('#');
  await page.keyboard.type('harbour');
  await page.keyboard.press('Enter');
  await expect(lightbox.getByRole('link', { name: 'harbour' })).toBeVisible();
  const accessibility = await new AxeBuilder({ page }).analyze();
  expect(accessibility.violations.map((violation) => violation.id)).toEqual([]);
  await lightbox.locator('.lightbox-picture').click({ position: { x: 5, y: 5 } });
  await page.keyboard.press('Escape');
  await expect(lightbox).toBeHidden();
  await expect(tiles(page).nth(1)).toBeFocused();
  await expect(tiles(page).nth(2)).toHaveAccessibleName(/starred/);
});

test('what is selected goes to the trash, and comes back with one click', async ({ page, darkroom }) => {
  await made(darkroom.url, PROMPTS);
  await page.goto('/gallery');
  await hydrated(page);
  await page.locator('.tile').first().hover();
  await page.getByRole('button', { name: 'Select', exact: true }).first().click();
  await expect(page.getByText('1 selected')).toBeVisible();
  await tiles(page).nth(1).click();
  await expect(page.getByText('2 selected')).toBeVisible();
  const accessibility = await new AxeBuilder({ page }).analyze();
  expect(accessibility.violations.map((violation) => violation.id)).toEqual([]);
  await page.getByRole('button', { name: 'Trash' }).click();
  await expect(page.getByText('2 outputs moved to the trash.')).toBeVisible();
  await expect(tiles(page)).toHaveCount(1);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(tiles(page)).toHaveCount(3);
  await page.getByRole('button', { name: 'Select all 3' }).click();
  await page.getByRole('button', { name: 'Tag' }).click();
  await page.getByLabel('Tag', { exact: true }).fill('last night');
  await page.getByRole('button', { name: 'Add' }).click();
  await expect(page.getByText('3 outputs tagged last night.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Narrow the search' }).getByRole('link', { name: /last night/ })).toContainText('3');
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('navigation', { name: 'Narrow the search' }).getByRole('link', { name: /last night/ })).toHaveCount(0);
});

test('a range is selected with Shift from where the selection began, and every step is undone', async ({ page, darkroom }) => {
  await made(darkroom.url, [...PROMPTS, 'a comet', 'a harbour']);
  await page.goto('/gallery');
  await hydrated(page);
  await page.locator('.tile').first().hover();
  await page.getByRole('button', { name: 'Select', exact: true }).first().click();
  await tiles(page).nth(3).click({ modifiers: ['Shift'] });
  await expect(page.getByText('4 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await expect(page.getByText('4 outputs starred.')).toBeVisible();
  await expect(page.getByText('4 selected'), 'what is selected stays').toBeVisible();
  await page.getByRole('button', { name: 'Remove star' }).click();
  await expect(page.getByText('4 outputs not starred any more.')).toBeVisible();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await expect(page.getByText('4 outputs starred.')).toBeVisible();
  await expect(tiles(page).first()).toHaveAccessibleName(/starred/);
  await page.keyboard.press('Control+z');
  await expect(tiles(page).first()).not.toHaveAccessibleName(/starred/);
  await tiles(page).nth(1).focus();
  await page.keyboard.press('Escape');
  await expect(page.getByText('5 outputs')).toBeVisible();
  await page.keyboard.press('Space');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('2 selected')).toBeVisible();
  const trash = (await page.getByRole('button', { name: 'Trash' }).boundingBox())!;
  await page.keyboard.press('Delete');
  await expect(page.getByText('2 outputs moved to the trash.')).toBeVisible();
  await page.mouse.click(trash.x + trash.width / 2, trash.y + trash.height / 2);
  await expect(page.getByText('3 outputs', { exact: true }), 'a second click there selects nothing').toBeVisible();
});

test('a new output appears by itself', async ({ page, darkroom }) => {
  await made(darkroom.url, PROMPTS.slice(0, 1));
  await page.goto('/gallery');
  await hydrated(page);
  await expect(tiles(page)).toHaveCount(1);
  await tiles(page).first().focus();
  const parameters = { prompt: 'a comet', width: 64, height: 64, steps: 2, seed: 9 };
  await fetch(`${darkroom.url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'text-to-image', parameters }),
  });
  await expect(tiles(page)).toHaveCount(2, { timeout: 15_000 });
  await expect(tiles(page).first()).toHaveAccessibleName('Picture: a comet');
  await expect(tiles(page).nth(1), 'the focus stays on its output').toBeFocused();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('outputs are searched, seen, starred, thrown away and restored', async ({ page, darkroom }) => {
    await made(darkroom.url, PROMPTS);
    await page.goto('/gallery');
    await expect(tiles(page)).toHaveCount(3);
    await page.getByRole('combobox', { name: 'Search the gallery' }).fill('lighthouse');
    await page.getByRole('button', { name: 'Search' }).click();
    await expect(tiles(page)).toHaveCount(1);
    await tiles(page).first().click();
    await expect(page.getByText('a lighthouse at dusk').first()).toBeVisible();
    await page.getByRole('button', { name: 'Star', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Starred' })).toBeVisible();
    await page.getByRole('button', { name: 'Move to the trash' }).click();
    await expect(page.getByText('In the trash.')).toBeVisible();
    await page.getByRole('button', { name: 'Restore' }).click();
    await expect(page.getByRole('button', { name: 'Move to the trash' })).toBeVisible();
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('nothing is wider than the screen, and a swipe shows the next', async ({ page, darkroom }) => {
    await made(darkroom.url, PROMPTS);
    await page.goto('/gallery');
    await hydrated(page);
    await expect(tiles(page)).toHaveCount(3);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
    await tiles(page).first().tap();
    const lightbox = page.getByRole('dialog', { name: 'Output' });
    await expect(lightbox).toContainText('a lighthouse at dusk');
    const picture = (await lightbox.locator('.lightbox-picture').boundingBox())!;
    const touch = await page.context().newCDPSession(page);
    const at = (x: number) => [{ x: picture.x + x, y: picture.y + 150 }];
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: at(260) });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: at(120) });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    await expect(lightbox).toContainText('a red boat');
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
});
