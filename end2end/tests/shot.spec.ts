// The page of a shot: its prompt in parts, its takes, and what people say of them.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open, patch } from '../support/production';
import { expect, test } from '../support/test';

const take = (page: Page, number: string) => page.getByRole('list', { name: 'Takes' }).getByRole('listitem').filter({ hasText: number });
const prompt = (page: Page) => page.locator('.prompt-text');

async function generate(page: Page, number: string, quality = 'Low') {
  await page.getByRole('button', { name: quality, exact: true }).click();
  await expect(take(page, number)).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
}

/** The project of other tests, with a character and a style. */
async function withCast(url: string) {
  const made = await makeProject(url);
  const character = (await made.post('/assets', { kind: 'character', name: 'Anna', prompt_fragment: 'a keeper in a yellow coat' })).id;
  await made.post('/assets', { kind: 'style', name: 'Noir', prompt_fragment: 'film noir' });
  await made.post('/casts', { shot: made.shots[0], asset: character });
  return { ...made, character, page: `${made.page}/shots/${made.shots[0]}` };
}

test('the prompt is shown in parts, which are switched off and on', async ({ page, darkroom }) => {
  const { page: path } = await withCast(darkroom.url);
  await open(page, path);
  await expect(page.getByRole('heading', { level: 1 })).toContainText('S001_P001 Shot 1');
  await expect(prompt(page)).toContainText('a keeper in a yellow coat');
  const chip = page.getByRole('button', { name: /^Anna/ });
  await chip.click();
  await expect(chip).toHaveAttribute('aria-pressed', 'false');
  await expect(prompt(page)).not.toContainText('yellow coat');
  await chip.click();
  await expect(prompt(page)).toContainText('yellow coat');
  await page.getByLabel('Add to the shot').selectOption({ label: 'Noir (style)' });
  await expect(prompt(page)).toContainText('film noir');
  await page.getByRole('button', { name: 'Remove Noir' }).click();
  await expect(prompt(page)).not.toContainText('film noir');
  await expectNothingWrong(page);
});

test('takes are made, chosen, approved, thrown away and brought back', async ({ page, darkroom }) => {
  const { page: path } = await withCast(darkroom.url);
  await open(page, path);
  await expect(page.getByText('No take yet. Generate one.')).toBeVisible();
  await generate(page, 'T001');
  await expect(take(page, 'T001')).toContainText('Current');
  await expect(page.getByRole('img', { name: /^T001/ })).toBeVisible();
  await generate(page, 'T002');
  await expect(take(page, 'T002')).toContainText('Current');

  await page.getByRole('button', { name: 'Make T001 the current take' }).click();
  await expect(take(page, 'T001')).toContainText('Current');
  await page.getByRole('button', { name: 'Approve T001' }).click();
  await expect(take(page, 'T001')).toContainText('Approved');
  await page.getByRole('combobox', { name: 'Rating of T001' }).selectOption('4');

  // What differs, and only that.
  await page.getByRole('button', { name: /^Look at T002/ }).click();
  const differences = page.getByRole('group', { name: 'Differences' });
  await expect(differences.getByRole('row', { name: /^seed/ })).toBeVisible();
  await expect(differences.getByRole('row', { name: /^quality/ })).toHaveCount(0);

  await page.getByRole('button', { name: 'Throw away: T002' }).click();
  await expect(take(page, 'T002')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(take(page, 'T002')).toBeVisible();
  await page.reload();
  await expect(page.getByRole('combobox', { name: 'Rating of T001' })).toHaveValue('4');
  await expectNothingWrong(page);
});

test('takes are gone through and judged with keys, and compared in the gallery', async ({ page, darkroom }) => {
  const { page: path } = await withCast(darkroom.url);
  await open(page, path);
  await generate(page, 'T001');
  await generate(page, 'T002');
  await page.getByRole('button', { name: /^Look at T002/ }).focus();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('button', { name: /^Look at T001/ })).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(take(page, 'T001')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  for (const number of ['T001', 'T002']) await page.getByRole('checkbox', { name: `Compare ${number}` }).check();
  await page.getByRole('link', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Compare 2 outputs' })).toBeVisible();
});

test('a retake is asked for with a note', async ({ page, darkroom }) => {
  const { page: path } = await withCast(darkroom.url);
  await open(page, path);
  await generate(page, 'T001');
  await page.getByLabel('What is to be different from T001').fill('warmer light');
  await page.getByRole('button', { name: 'Retake' }).click();
  await expect(take(page, 'T001')).toContainText('Retake wanted');
  await expect(take(page, 'T001')).toContainText('warmer light');
  await expect(take(page, 'T002')).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
});

test('a take of older parts is marked as stale', async ({ page, darkroom }) => {
  const { page: path, path: api, character } = await withCast(darkroom.url);
  await open(page, path);
  await generate(page, 'T001');
  await patch(darkroom.url, `${api}/assets/${character}`, { prompt_fragment: 'a keeper in a red coat' });
  await expect(prompt(page)).toContainText('red coat');
  await expect(page.getByText('Parts have changed since the current take was made.')).toBeVisible();
  await page.getByRole('link', { name: 'Board' }).click();
  await expect(page.locator('.shot-card').filter({ hasText: 'S001_P001' }).locator('.stale-mark')).toBeVisible();
});

test('details are saved, and two who change them see each other', async ({ page, darkroom }) => {
  const { page: path, path: api, shots } = await withCast(darkroom.url);
  await open(page, path);
  const title = page.getByLabel('Title', { exact: true });
  await title.fill('At the rail');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('At the rail');

  await title.fill('Mine');
  await patch(darkroom.url, `${api}/shots/${shots[0]}`, { title: 'Theirs' });
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Theirs');
  // What is being typed is not replaced.
  await expect(title).toHaveValue('Mine');
  await page.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('alertdialog', { name: 'Your change was not saved' });
  await expect(conflict.getByRole('row', { name: 'Title Mine Theirs' })).toBeVisible();
  await conflict.getByRole('button', { name: 'Take theirs' }).click();
  await expect(title).toHaveValue('Theirs');
});

test.describe('while it runs', () => {
  test.use({ speed: 1 });

  test('a take shows how far it is, and is cancelled', async ({ page, darkroom }) => {
    const { page: path } = await withCast(darkroom.url);
    await open(page, path);
    await page.getByRole('button', { name: 'High', exact: true }).click();
    const viewer = page.getByLabel('The take that is looked at');
    await expect(viewer).toHaveAttribute('data-state', 'generating');
    await expect(viewer).toContainText(/Generating · \d+ %/);
    await viewer.getByRole('button', { name: 'Cancel' }).click();
    await expect(viewer).toHaveAttribute('data-state', 'idle');
    await expect(take(page, 'T001')).toHaveAttribute('data-state', 'cancelled');
  });
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme, on a phone`, () => {
    test.use({ colorScheme, viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

    test('nothing is wider than the screen, and axe finds nothing', async ({ page, darkroom }) => {
      const { page: path } = await withCast(darkroom.url);
      await open(page, path);
      await generate(page, 'T001');
      await expectNoSidewaysScroll(page);
      await expectNothingWrong(page);
    });
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the shot is read, changed and generated', async ({ page, darkroom }) => {
    const { page: path } = await withCast(darkroom.url);
    await page.goto(path);
    await expect(prompt(page)).toContainText('a keeper in a yellow coat');
    await page.getByLabel('Title', { exact: true }).fill('By hand');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('By hand');
    await page.getByRole('button', { name: 'Low', exact: true }).click();
    await expect(async () => {
      await page.reload();
      await expect(take(page, 'T001')).toHaveAttribute('data-state', 'completed', { timeout: 500 });
    }).toPass();
  });
});
