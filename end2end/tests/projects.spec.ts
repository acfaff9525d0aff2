// The list of projects: made, put away, thrown away and brought back.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open } from '../support/production';
import { expect, test } from '../support/test';

const cards = (page: Page) => page.getByRole('list', { name: 'Projects', exact: true }).getByRole('listitem');
const card = (page: Page, title: string) => cards(page).filter({ hasText: title });

test('without projects, the page says what one is, and one is made', async ({ page, studio }) => {
  await studio.open();
  await page.getByRole('link', { name: 'Projects' }).click();
  await expect(page).toHaveURL('/projects');
  await expect(page.getByRole('heading', { name: 'No projects yet' })).toBeVisible();
  await expectNothingWrong(page);
  await page.getByLabel('Title of a new project').fill('The Lighthouse');
  await page.getByRole('button', { name: 'Make project' }).click();
  await expect(page).toHaveURL(/\/projects\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Board of The Lighthouse');
  await expect(page.getByRole('heading', { name: 'An empty board' })).toBeVisible();
  await page.getByRole('link', { name: 'Projects', exact: true }).last().click();
  await expect(card(page, 'The Lighthouse')).toContainText('0 shots');
});

test('a project is put away and taken up, thrown away, and brought back by Undo', async ({ page, darkroom }) => {
  await makeProject(darkroom.url);
  await makeProject(darkroom.url, { title: 'The Storm', shots: 1 });
  await open(page, '/projects');
  await expect(cards(page)).toHaveCount(2);
  await expect(card(page, 'The Lighthouse')).toContainText('3 shots');

  await page.getByRole('button', { name: 'Put away: The Storm' }).click();
  await expect(cards(page)).toHaveCount(1);
  await page.getByText('Put away (1)').click();
  await page.getByRole('button', { name: 'Take up again: The Storm' }).click();
  await expect(cards(page)).toHaveCount(2);

  await page.getByRole('button', { name: 'Throw away: The Storm' }).click();
  await expect(cards(page)).toHaveCount(1);
  await expect(page.getByText('In the trash (1)')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(cards(page)).toHaveCount(2);
  await expect(page.getByText('In the trash')).toHaveCount(0);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme, on a phone`, () => {
    test.use({ colorScheme, viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

    test('nothing is wider than the screen, axe finds nothing, and the navigation leads here', async ({ page, darkroom }) => {
      await makeProject(darkroom.url);
      await open(page, '/');
      await page.getByRole('button', { name: 'More pages' }).tap();
      await page.getByRole('link', { name: 'Projects' }).tap();
      await expect(cards(page)).toHaveCount(1);
      await expect(page.getByRole('link', { name: 'Settings' })).toBeHidden();
      await expectNoSidewaysScroll(page);
      await expectNothingWrong(page);
    });
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('projects are listed, made and thrown away', async ({ page, darkroom }) => {
    await makeProject(darkroom.url);
    await page.goto('/projects');
    await expect(cards(page)).toHaveCount(1);
    await page.getByLabel('Title of a new project').fill('By hand');
    await page.getByRole('button', { name: 'Make project' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Board of By hand');
    await page.goto('/projects');
    await page.getByRole('button', { name: 'Throw away: By hand' }).click();
    await page.goto('/projects');
    await expect(cards(page)).toHaveCount(1);
    await page.getByText('In the trash (1)').click();
    await expect(page.getByRole('button', { name: 'Restore By hand' })).toBeVisible();
  });
});
