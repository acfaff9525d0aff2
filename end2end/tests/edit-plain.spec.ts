// The page for edits without JavaScript: pictures and masks as files, edges as numbers.

import AxeBuilder from '@axe-core/playwright';
import { expectNoSidewaysScroll } from '../support/layout';
import { picture } from '../support/inpaint';
import { GREY, png } from '../support/png';
import { expect, test } from '../support/test';

/** A grey PNG with a white rectangle in its middle. */
function mask(width: number, height: number): Buffer {
  return png(width, height, GREY, (y) => {
    const line = Buffer.alloc(width);
    if (y > height / 3 && y < (2 * height) / 3) line.fill(255, Math.round(width / 3), Math.round((2 * width) / 3));
    return line;
  });
}

const file = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });

test.use({ javaScriptEnabled: false, tolerated: /status of 4(15|22)/ });

test('a picture and a mask are sent, and what is refused is kept', async ({ page, studio }) => {
  await page.goto('/inpaint');
  await page.getByLabel('Picture to change').setInputFiles(file('photo.png', picture(192, 128)));
  await studio.prompt.fill('a red door');
  await page.getByLabel('How much is redrawn').fill('7');
  await studio.generate.click();
  await expect(page.getByLabel('How much is redrawn')).toHaveAccessibleDescription(/from 0 to 1/);
  await expect(page.getByLabel('Mask of it')).toHaveAccessibleDescription(/Give a mask/);
  await expect(page.getByRole('img', { name: 'Picture to change, as it was sent' })).toBeVisible();
  await expect(studio.prompt).toHaveValue('a red door');

  await page.getByLabel('How much is redrawn').fill('0.5');
  await page.getByLabel('Mask of it').setInputFiles(file('mask.png', mask(100, 100)));
  await studio.generate.click();
  await expect(page.getByLabel('Mask of it')).toHaveAccessibleDescription(/must be of the same size/);
  await page.getByLabel('Mask of it').setInputFiles(file('mask.png', mask(192, 128)));
  await studio.generate.click();
  await expect(page).toHaveURL(/\/tasks\//);
  await expect(async () => {
    await page.reload();
    await expect(page.locator('.outside')).toHaveAttribute('data-outside', 'unchanged', { timeout: 500 });
  }).toPass();
  await expect(page.getByText('Inpainted from a picture of 192 × 128')).toBeVisible();
});

test('without a mask the picture is extended by numbers', async ({ page, studio }) => {
  await page.goto('/inpaint');
  await page.getByLabel('Picture to change').setInputFiles(file('photo.png', picture(192, 128)));
  await page.getByLabel('On the right').fill('64');
  await studio.prompt.fill('more of the sea');
  await studio.generate.click();
  await expect(page).toHaveURL(/\/tasks\//);
  await expect(page.getByText('Extended from a picture of 192 × 128')).toBeVisible();
});

test('what is no picture is named at its field', async ({ page, studio }) => {
  await page.goto('/inpaint');
  await page.getByLabel('Picture to change').setInputFiles(file('photo.png', Buffer.from('no picture')));
  await page.getByLabel('On the right').fill('64');
  await studio.prompt.fill('more of the sea');
  await studio.generate.click();
  await expect(page.getByLabel('Picture to change')).toHaveAccessibleDescription(/no PNG, JPEG or WebP/);
  await expect(page.getByLabel('On the right')).toHaveValue('64');
});

for (const [width, colorScheme] of [
  [1280, 'dark'],
  [320, 'dark'],
  [320, 'light'],
] as const) {
  test.describe(`at ${width} px, ${colorScheme}`, () => {
    test.use({ viewport: { width, height: 800 }, colorScheme });

    test('the form fits', async ({ page, studio }) => {
      await page.goto('/inpaint');
      await page.getByLabel('Picture to change').setInputFiles(file('photo.png', picture(192, 128)));
      await studio.generate.click();
      await expect(page.getByRole('img', { name: 'Picture to change, as it was sent' })).toBeVisible();
      await expectNoSidewaysScroll(page);
    });
  });
}

test.describe('with JavaScript', () => {
  test.use({ javaScriptEnabled: true });

  test('none of it is there', async ({ page, studio }) => {
    await studio.open('/inpaint');
    await expect(page.getByLabel('Picture to change')).toBeHidden();
    await expect(page.getByLabel('Mask of it')).toBeHidden();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations).toEqual([]);
  });
});
