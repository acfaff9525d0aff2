// Grids: made from Studio's form, live as a table, and as one picture.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { expectNoSidewaysScroll } from '../support/layout';
import { expect, test } from '../support/test';
import { WITH_A_FORM, file } from '../support/workflows';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];
const cells = (page: Page) => page.getByRole('gridcell').getByRole('button');
const cell = (page: Page, name: string) => page.getByRole('button', { name: `${name}: done`, exact: true });

async function expectNothingWrong(page: Page) {
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.target}: ${node.failureSummary}`) }))).toEqual([]);
}

/** A grid of steps and guidance, 2 × 2, from Studio. */
async function makeGrid(page: Page, steps = '2-3') {
  await page.getByRole('link', { name: 'Make a grid of this' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('New grid');
  const x = page.getByRole('group', { name: 'X: columns' });
  await x.getByLabel('Field').selectOption({ label: 'Steps' });
  await x.getByLabel('Values of X').fill(steps);
  const y = page.getByRole('group', { name: 'Y: rows' });
  await y.getByLabel('Field').selectOption({ label: 'Guidance' });
  await y.getByLabel('Values of Y').fill('5, 7.5');
  await expect(page.getByText(/^4 pictures/)).toBeVisible();
  await page.getByRole('button', { name: 'Make the grid' }).click();
  await expect(page).toHaveURL(/\/grids\/[0-9a-f-]{36}$/);
}

test('a grid of 2 × 2 is made from Studio, and grows', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await makeGrid(page);
  await expect(cells(page)).toHaveCount(4);
  await expect(page.getByText('4 of 4 done')).toBeVisible();
  await expect(cell(page, '2, 7.5').getByRole('presentation')).toBeVisible();
  await expectNothingWrong(page);

  // With the keyboard.
  await cell(page, '2, 5').focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(cell(page, '3, 7.5')).toBeFocused();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: '3, 7.5' });
  await expect(dialog.getByRole('img', { name: /^Result/ })).toBeVisible();
  await expect(dialog).toContainText('Guidance');
  await expectNothingWrong(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(cell(page, '3, 7.5')).toBeFocused();

  // One again, with another seed: another task.
  await page.keyboard.press('Enter');
  const first = await dialog.getByRole('link', { name: 'Open the task' }).getAttribute('href');
  await dialog.getByRole('button', { name: 'Again with a new seed' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByText('4 of 4 done')).toBeVisible();
  await cell(page, '3, 7.5').click();
  await expect(dialog.getByRole('link', { name: 'Open the task' })).not.toHaveAttribute('href', first!);
  await dialog.getByRole('button', { name: 'Close' }).click();

  // A column more.
  await page.getByLabel('More values').fill('4');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('6 of 6 done')).toBeVisible();
  await expect(page.getByRole('columnheader', { name: '4', exact: true })).toBeVisible();

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download sheet' }).click();
  const file = await (await downloading).path();
  expect((await readFile(file)).subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n');

  // It is there after a reload, and in the list.
  await page.reload();
  await expect(page.getByText('6 of 6 done')).toBeVisible();
  await page.getByRole('link', { name: 'All grids' }).click();
  await expect(page.getByRole('listitem').filter({ hasText: '6 of 6 done' })).toBeVisible();
  await expectNothingWrong(page);
});

test('what is wrong is shown at its axis before anything is made', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await page.getByRole('link', { name: 'Make a grid of this' }).click();
  const x = page.getByRole('group', { name: 'X: columns' });
  await x.getByLabel('Field').selectOption({ label: 'Steps' });
  await x.getByLabel('Values of X').fill('20-');
  await expect(x.getByRole('alert')).toContainText('no number and no range');
  await x.getByLabel('Values of X').fill('20, 0');
  await expect(x.getByRole('alert')).toContainText('from 1 to 10000');
  await x.getByLabel('Field').selectOption({ label: 'Prompt' });
  await x.getByLabel('Only this part of it').fill('dusk');
  await x.getByLabel('Values of X').fill('dusk, dawn, "noon, in summer"');
  await expect(page.getByText(/^3 pictures/)).toBeVisible();
  await x.getByLabel('Only this part of it').fill('midnight');
  await expect(x.getByRole('alert')).toContainText('has no "midnight"');
  await expectNothingWrong(page);
});

test('a workflow is a grid of its fields', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  await expect(page.getByRole('spinbutton', { name: 'Steps', exact: true })).toBeVisible();
  await page.getByRole('link', { name: 'Make a grid of this' }).click();
  const x = page.getByRole('group', { name: 'X: columns' });
  await x.getByLabel('Field').selectOption({ label: 'Prompt' });
  await x.getByLabel('Only this part of it').fill('heron');
  await x.getByLabel('Values of X').fill('heron, owl');
  const y = page.getByRole('group', { name: 'Y: rows' });
  await y.getByLabel('Field').selectOption({ label: 'Sampler' });
  await y.getByText(/choices$/).click();
  await y.getByLabel('heun', { exact: true }).check();
  await expect(y.getByLabel('Values of Y')).toHaveValue('euler, heun');
  await expect(page.getByText(/^4 pictures/)).toBeVisible();
  await page.getByRole('button', { name: 'Make the grid' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('heron');
  await expect(page.getByText('4 of 4 done')).toBeVisible();
  await cell(page, 'owl, heun').click();
  await page.getByRole('dialog').getByRole('link', { name: 'Open the task' }).click();
  await expect(page).toHaveURL(/\/tasks\//);
});

test.describe('while it runs', () => {
  test.use({ speed: 1 });

  test('each cell shows how far it is', async ({ studio, page }) => {
    await studio.open();
    await studio.fill({ side: 256, steps: 20 });
    await makeGrid(page, '30-31');
    await expect(page.locator('.grid-cell[data-state="running"]')).toHaveCount(1);
    await expect(page.getByText(/^number \d in the queue$/).first()).toBeVisible();
    await expect(page.getByText(/^[1-3] of 4 done/)).toBeVisible();
    await page.getByRole('button', { name: 'Cancel the rest' }).click();
    await expect(page.getByText(/cancelled/).first()).toBeVisible();
    await expect(page.locator('.grid-cell:is([data-state="running"], [data-state="queued"])')).toHaveCount(0);
  });
});

for (const width of [390, 320]) {
  test.describe(`at ${width} px`, () => {
    test.use({ viewport: { width, height: 844 }, hasTouch: true, isMobile: true, colorScheme: 'light' });

    test('the form and the table fit', async ({ studio, page }) => {
      await studio.open();
      await studio.fill({ side: 64, steps: 2 });
      await makeGrid(page);
      await expect(page.getByText('4 of 4 done')).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectNothingWrong(page);
      await page.goto('/grids/new');
      await studio.untilConnected();
      await expectNoSidewaysScroll(page);
      await expectNothingWrong(page);
    });
  });
}
