// The page of the activity: what happened, as sentences, and a slider back in time.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open } from '../support/production';
import { expect, test } from '../support/test';

const list = (page: Page) => page.getByRole('list', { name: 'What happened' });
const first = (page: Page) => list(page).getByRole('listitem').first();

test('what happens comes in live, as a sentence', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  await open(page, `${path}/activity`);
  await expect(list(page)).toContainText('The shot S001 P003 \u201cShot 3\u201d was added.');
  await post('/assets', { kind: 'character', name: 'Anna' });
  await expect(first(page)).toContainText('The character \u201cAnna\u201d was added.');
  await expectNothingWrong(page);
});

test('what is read does not move', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url, { shots: 40 });
  await open(page, `${path}/activity`);
  await expect(list(page).getByRole('listitem').nth(30)).toBeAttached();
  const read = list(page).getByRole('listitem').nth(20);
  await read.scrollIntoViewIfNeeded();
  const before = await read.boundingBox();
  await post('/assets', { kind: 'prop', name: 'Lamp' });
  await expect(page.getByRole('button', { name: /^Show 1 new event/ })).toBeVisible();
  expect((await read.boundingBox())?.y).toBe(before?.y);
  await page.getByRole('button', { name: /^Show 1 new event/ }).click();
  await expect(first(page)).toContainText('Lamp');
});

test('events are filtered by kind, and by the address', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  await post('/beats', { beat: 'Storm' });
  await open(page, `${path}/activity`);
  await page.getByLabel('Kind').selectOption({ label: 'Story and beats' });
  await expect(page).toHaveURL(/kind=story/);
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
  await expect(first(page)).toContainText('Storm');
  await page.reload();
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
});

test('the slider goes back in time', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  await post('/assets', { kind: 'prop', name: 'Lamp' });
  await open(page, `${path}/activity`);
  await expect(first(page)).toContainText('Lamp');
  const slider = page.getByRole('slider', { name: /^Back in time/ });
  await slider.focus();
  await page.keyboard.press('ArrowLeft');
  await expect(page).toHaveURL(/upto=/);
  await expect(list(page)).not.toContainText('Lamp');
  await page.keyboard.press('Home');
  await expect(list(page).getByRole('listitem')).toHaveCount(1);
  await page.getByRole('link', { name: 'The newest' }).click();
  await expect(first(page)).toContainText('Lamp');
});

test('fits a small screen', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${path}/activity`);
  await expect(first(page)).toBeVisible();
  await expectNoSidewaysScroll(page);
});
