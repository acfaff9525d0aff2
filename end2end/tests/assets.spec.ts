// The page of the assets: made, changed, thrown away and restored, with the shots that they are in.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open } from '../support/production';
import { expect, test } from '../support/test';

const group = (page: Page, name: string) => page.getByRole('region', { name: new RegExp(`^${name}`) });
const form = (page: Page) => page.getByRole('dialog');

test('a character is made, changed, thrown away and restored', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/assets`);
  await expect(group(page, 'Characters')).toContainText('No character yet.');
  await expectNothingWrong(page);
  await page.getByRole('button', { name: 'New character' }).click();
  await form(page).getByLabel('Name', { exact: true }).fill('Anna');
  await form(page).getByLabel('What prompts say of it').fill('a keeper in a yellow coat');
  await form(page).getByLabel('Trigger word of its LoRA').fill('ohwx');
  await form(page).getByLabel('LoRA, as ComfyUI names the file').fill('anna.safetensors');
  await form(page).getByLabel('Weight of the LoRA').fill('0,8');
  await expectNothingWrong(page);
  await form(page).getByRole('button', { name: 'Save' }).click();
  const card = group(page, 'Characters').getByRole('listitem');
  await expect(card).toContainText('a keeper in a yellow coat');
  await expect(card).toContainText('anna.safetensors × 0.8');

  await card.getByRole('button', { name: /Anna ?, change/ }).click();
  await form(page).getByLabel('Name', { exact: true }).fill('Anna the keeper');
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(card).toContainText('Anna the keeper');

  await card.getByRole('button', { name: /change/ }).click();
  await form(page).getByRole('button', { name: 'Move to the trash' }).click();
  await expect(card).toHaveCount(0);
  await page.getByText('Trash: 1 asset').click();
  await page.getByRole('button', { name: 'Restore Anna the keeper' }).click();
  await expect(card).toContainText('Anna the keeper');
});

test('a mistake is named at its field', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/assets`);
  await page.getByRole('button', { name: 'New style' }).click();
  await form(page).getByLabel('LoRA, as ComfyUI names the file').fill('noir.safetensors');
  await form(page).getByLabel('Weight of the LoRA').fill('much');
  await form(page).getByLabel('Name', { exact: true }).fill('Noir');
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(form(page).getByRole('alert')).toContainText('a number');
  await expect(form(page).getByLabel('Weight of the LoRA')).toHaveAttribute('aria-invalid', 'true');
});

test('it is said in which shots an asset is', async ({ page, darkroom }) => {
  const { page: path, post, shots } = await makeProject(darkroom.url);
  const { id } = await post('/assets', { kind: 'location', name: 'The pier' });
  await post('/casts', { shot: shots[0], asset: id });
  await open(page, `${path}/assets`);
  const card = group(page, 'Locations').getByRole('listitem');
  await expect(card).toContainText('In 1 shot');
  await card.getByRole('button', { name: /The pier ?, change/ }).click();
  await form(page).getByText('In 1 shot').click();
  await expect(form(page).getByRole('link', { name: /S001 P001/ })).toHaveAttribute('href', `${path}/shots/${shots[0]}`);
  await page.keyboard.press('Escape');
  await post('/casts', { shot: shots[1], asset: id });
  await expect(card).toContainText('In 2 shots');
});

test('fits a small screen', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  await post('/assets', { kind: 'prop', name: 'L'.repeat(120), prompt_fragment: 'a '.repeat(300) });
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${path}/assets`);
  await expect(group(page, 'Props').getByRole('listitem')).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('an asset is added by a plain form', async ({ page, darkroom }) => {
    const { page: path } = await makeProject(darkroom.url);
    await page.goto(`${darkroom.url}${path}/assets`);
    await page.getByLabel('Name of a new asset').fill('Lamp');
    await page.getByLabel('Kind').first().selectOption('prop');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(group(page, 'Props')).toContainText('Lamp');
  });
});
