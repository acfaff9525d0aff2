// The page of the story: its steps, its beats with their intensity, and where it is.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open, patch } from '../support/production';
import { expect, test } from '../support/test';

const lane = (page: Page) => page.getByRole('region', { name: 'Beats and their intensity' });
const beat = (page: Page, name: string) => lane(page).getByRole('listitem').filter({ hasText: name });
const form = (page: Page) => page.getByRole('dialog', { name: /eat/ });

async function addBeat(page: Page, name: string, intensity: string, keywords = '') {
  await page.getByRole('button', { name: 'New beat' }).click();
  await form(page).getByLabel('Name').fill(name);
  await form(page).getByLabel('Keywords').fill(keywords);
  await form(page).getByLabel(/^Intensity/).fill(intensity);
  await form(page).getByLabel('Step').selectOption({ label: 'Setup' });
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(form(page)).toBeHidden();
}

test('beats are added, marked reached, changed and thrown away', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/story`);
  await expect(page.getByText('Nobody told yet where the story is.')).toBeVisible();
  await addBeat(page, 'Arrival', '0.5', 'fog, hope');
  await addBeat(page, 'Loss', '-1');
  await expect(beat(page, 'Arrival')).toContainText('+0.5 · fog, hope');
  await expect(page.getByRole('img', { name: 'Intensity: Arrival +0.5, Loss \u22121.0' })).toBeVisible();

  await beat(page, 'Arrival').getByRole('button', { name: /Mark reached/ }).click();
  await expect(beat(page, 'Arrival')).toContainText('Reached last');
  await expect(page.getByText('The story is at: beat \u201cArrival\u201d')).toBeVisible();
  await expect(page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: 'Setup' }) })).toContainText('1 of 2 beats reached');
  await expectNothingWrong(page);

  await beat(page, 'Loss').getByRole('button', { name: /Loss ?, change/ }).click();
  await expectNothingWrong(page);
  await form(page).getByRole('button', { name: 'Move to the trash' }).click();
  await expect(beat(page, 'Loss')).toHaveCount(0);
});

test('a mistake is named at its field, and nothing that was written is lost', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/story`);
  await page.getByRole('button', { name: 'New beat' }).click();
  await form(page).getByLabel('Keywords').fill('fog');
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(form(page).getByRole('alert')).toBeVisible();
  await expect(form(page).getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(form(page).getByLabel('Keywords')).toHaveValue('fog');
});

test('two who change the same beat see each other', async ({ page, darkroom }) => {
  const { page: path, path: api, post } = await makeProject(darkroom.url);
  const { id } = await post('/beats', { beat: 'Arrival', intensity: 0 });
  await open(page, `${path}/story`);
  await beat(page, 'Arrival').getByRole('button', { name: /Arrival ?, change/ }).click();
  await form(page).getByLabel('Name').fill('Mine');
  await patch(darkroom.url, `${api}/beats/${id}`, { version: 1, beat: 'Theirs' });
  await form(page).getByRole('button', { name: 'Save' }).click();
  await expect(form(page).getByRole('alert')).toContainText('Theirs');
  await form(page).getByRole('button', { name: 'Overwrite' }).click();
  await expect(form(page)).toBeHidden();
  await expect(beat(page, 'Mine')).toBeVisible();
});

test('another structure is asked for, and deletes nothing', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  await post('/beats', { beat: 'Arrival', step: 'act-1' });
  await open(page, `${path}/story`);
  const choice = page.getByLabel('Narrative structure');
  await choice.selectOption({ label: 'Story circle' });
  const question = page.getByRole('dialog', { name: /Story circle/ });
  await expect(question).toContainText('Nothing is deleted');
  await question.getByRole('button', { name: 'Keep it as it is' }).click();
  await expect(choice).toHaveValue('three-act');

  await choice.selectOption({ label: 'Story circle' });
  await question.getByRole('button', { name: 'Switch' }).click();
  await expect(page.getByRole('heading', { name: 'You', exact: true })).toBeVisible();
  await expect(beat(page, 'Arrival')).toContainText('You');
  await choice.selectOption({ label: 'Three acts' });
  await page.getByRole('dialog', { name: /Three acts/ }).getByRole('button', { name: 'Switch' }).click();
  await expect(beat(page, 'Arrival')).toContainText('Setup');
});

test('what agents tell is shown as it happens', async ({ page, darkroom }) => {
  const { page: path, path: api, post } = await makeProject(darkroom.url);
  await post('/beats', { beat: 'Storm', intensity: 0.8 });
  await open(page, `${path}/story`);
  await post('/narrative/beats', { beat_name: 'Storm', scene_id: 'S002' }, 200);
  await expect(beat(page, 'Storm')).toContainText('Reached last');
  await expect(page.getByText(/The story is at:.*S002 The stairs/)).toBeVisible();
  await patch(darkroom.url, `${api}/narrative`, { version: 1, current_chapter: 2 });
  await expect(page.getByText(/The story is at:.*Chapter 2, Departure/)).toBeVisible();
});

test('fits a small screen', async ({ page, darkroom }) => {
  const { page: path, post } = await makeProject(darkroom.url);
  for (const name of ['One', 'Two', 'Three', 'A beat with a very long name indeed']) await post('/beats', { beat: name });
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${path}/story`);
  await expect(beat(page, 'One')).toBeVisible();
  await expectNoSidewaysScroll(page);
});
