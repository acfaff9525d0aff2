// The gallery at work: settings are used again after a look at what changes, searches are kept, files come in and go out.

import { readFile } from 'node:fs/promises';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { greyPng } from '../support/png';
import { expect, test } from '../support/test';

async function make(url: string, parameters: Record<string, unknown>) {
  const answer = await fetch(`${url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow: 'text-to-image', parameters: { width: 64, height: 64, steps: 2, ...parameters } }),
  });
  expect(answer.status).toBe(202);
}

const total = async (url: string) => (await (await fetch(`${url}/api/outputs`)).json()).total;

/** Makes pictures over the API, and waits until the gallery has them. */
async function made(url: string, prompts: string[]) {
  for (const [at, prompt] of prompts.entries()) await make(url, { prompt, seed: at + 1 });
  await expect.poll(() => total(url), { timeout: 30_000 }).toBe(prompts.length);
}

/** A picture as Stable Diffusion WebUI writes it. */
const imported = (name: string, grey: number, parameters: string) => ({
  name,
  mimeType: 'image/png',
  buffer: greyPng(64, 64, grey, { parameters }),
});

const tiles = (page: Page) => page.locator('.gallery-grid .tile-link');
const hydrated = (page: Page) => expect(page.locator('#gallery-grid[style]')).toBeVisible();
const lightbox = (page: Page) => page.getByRole('dialog', { name: 'Output' });
const axe = async (page: Page) => (await new AxeBuilder({ page }).analyze()).violations.map((violation) => violation.id);

async function select(page: Page, count: number) {
  await page.locator('.tile').first().hover();
  await page.getByRole('button', { name: 'Select', exact: true }).first().click();
  for (let at = 1; at < count; at++) await tiles(page).nth(at).click();
  await expect(page.getByText(`${count} selected`)).toBeVisible();
}

test('what would change in the form is seen before, and undone after', async ({ page, studio, darkroom }) => {
  await made(darkroom.url, ['a kite over the sea']);
  await page.goto('/');
  await studio.prompt.fill('my own words');
  await page.getByRole('link', { name: 'Gallery' }).click();
  await hydrated(page);
  await tiles(page).first().click();
  await lightbox(page).getByRole('button', { name: 'All', exact: true }).click();
  const review = page.getByRole('group', { name: 'What changes in the form' });
  await expect(review.getByRole('listitem').filter({ hasText: 'Prompt' }).first()).toContainText('my own words');
  await expect(review.getByRole('listitem').filter({ hasText: 'Prompt' }).first()).toContainText('a kite over the sea');
  await expect(review).toContainText('the same already');
  expect(await axe(page)).toEqual([]);
  await review.getByLabel('Steps').uncheck();
  await review.getByRole('button', { name: 'Use in Studio' }).click();
  await expect(page).toHaveURL('/');
  await expect(studio.prompt).toHaveValue('a kite over the sea');
  await expect(page.locator('#seed')).toHaveValue('1');
  await expect(page.locator('#steps')).toHaveValue('20');
  const note = page.getByRole('region', { name: 'Used from the gallery' });
  await expect(note).toContainText('prompt');
  await note.getByRole('button', { name: 'Undo' }).click();
  await expect(studio.prompt).toHaveValue('my own words');
  await expect(note).toHaveCount(0);
});

test('a model that is gone is marked, and the nearest is offered', async ({ page, darkroom }) => {
  await page.goto('/gallery');
  await page.setInputFiles('#import-files', [
    imported('old.png', 90, 'a tower\nSteps: 30, Sampler: Euler, CFG scale: 6, Seed: 18446744073709551615, Size: 64x64, Model: demo-safelite'),
  ]);
  await expect(page.getByText('1 file imported.')).toBeVisible();
  await hydrated(page);
  await tiles(page).first().click();
  await lightbox(page).getByRole('button', { name: 'Settings', exact: true }).click();
  const review = page.getByRole('group', { name: 'What changes in the form' });
  await expect(review).toContainText('No ComfyUI has demo-safelite');
  await expect(review.getByLabel('Instead')).toHaveValue('demo-safelight.safetensors');
  await review.getByRole('button', { name: 'Use in Studio' }).click();
  await expect(page.locator('#checkpoint')).toHaveValue('demo-safelight.safetensors');
  await expect(page.locator('#steps')).toHaveValue('30');
});

test('an imported picture is worked on: as the start, larger, painted on, and as a mask', async ({ page }) => {
  await page.goto('/gallery');
  await page.setInputFiles('#import-files', [
    { name: 'photo.png', mimeType: 'image/png', buffer: greyPng(64, 64, 120) },
    { name: 'mask.png', mimeType: 'image/png', buffer: greyPng(32, 32, 255) },
  ]);
  await expect(page.getByText('2 files imported.')).toBeVisible();
  await hydrated(page);
  const open = async (name: string) => {
    await page.goto('/gallery');
    await hydrated(page);
    await page.getByRole('link', { name: `Picture: ${name}` }).click();
  };
  await open('photo.png');
  await lightbox(page).getByRole('button', { name: 'Upscale' }).click();
  await expect(lightbox(page).getByRole('form', { name: 'Upscale' })).toContainText('128 × 128 pixels');
  await lightbox(page).getByRole('button', { name: 'As the start' }).click();
  await expect(page).toHaveURL('/');
  await expect(page.locator('#start')).toContainText('64 × 64');
  await page.getByRole('region', { name: 'Used from the gallery' }).getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('#start')).not.toContainText('64 × 64');
  await open('photo.png');
  await lightbox(page).getByRole('link', { name: 'Inpaint' }).click();
  await expect(page).toHaveURL('/inpaint');
  await expect(page.locator('.inpaint-editor')).toBeVisible();
  await open('mask.png');
  await lightbox(page).getByText('More', { exact: true }).click();
  await lightbox(page).getByRole('link', { name: 'As a mask' }).click();
  await expect(page.getByText('The mask is on the picture')).toBeVisible();
});

test('a search is kept under a name, found again, and a removed one comes back', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door', 'a red boat', 'a blue boat']);
  await page.goto('/gallery?q=red');
  await hydrated(page);
  await page.getByLabel('Name of this search').fill('Red things');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const sidebar = page.getByRole('navigation', { name: 'Narrow the search' });
  await expect(sidebar.getByRole('link', { name: 'Red things' })).toHaveAttribute('aria-current', 'true');
  await page.goto('/gallery');
  await expect(tiles(page)).toHaveCount(3);
  expect(await axe(page)).toEqual([]);
  await sidebar.getByRole('link', { name: 'Red things' }).click();
  await expect(tiles(page)).toHaveCount(2);
  await sidebar.getByRole('button', { name: 'Remove the saved search Red things' }).click();
  await expect(page.getByText('The search Red things was removed.')).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(sidebar.getByRole('link', { name: 'Red things' })).toBeVisible();
});

test('selected outputs are put in an album, rated, and run again', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door', 'a red boat', 'a blue boat']);
  await page.goto('/gallery');
  await hydrated(page);
  await select(page, 2);
  await page.getByRole('button', { name: 'Album' }).click();
  await page.getByLabel('Album', { exact: true }).fill('Boats');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('2 outputs added to the album Boats.')).toBeVisible();
  await page.getByRole('navigation', { name: 'Narrow the search' }).getByRole('link', { name: 'Boats' }).click();
  await expect(tiles(page)).toHaveCount(2);
  await select(page, 1);
  await page.getByRole('button', { name: 'Rate' }).click();
  await page.getByRole('button', { name: '4 of 5' }).click();
  await expect(page.getByText('1 output rated 4 of 5.')).toBeVisible();
  // What is selected stays selected.
  await tiles(page).nth(1).click();
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.getByRole('button', { name: 'Again', exact: true }).click();
  await page.getByRole('button', { name: 'With new seeds' }).click();
  await expect(page.getByText('2 tasks in the queue')).toBeVisible();
  await expect.poll(() => total(darkroom.url), { timeout: 30_000 }).toBe(5);
});

test('the trash says where the files still are', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door']);
  await page.goto('/gallery');
  await hydrated(page);
  await select(page, 1);
  await page.getByRole('button', { name: 'Trash' }).click();
  await expect(page.getByText(/1 output moved to the trash\. .* may still have the files in its output folder\./)).toBeVisible();
});

test('selected outputs are downloaded as one file, and a wrong name is refused before', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door', 'a red boat']);
  await page.goto('/gallery');
  await hydrated(page);
  await page.getByRole('button', { name: 'Select all 2' }).click();
  await page.getByRole('button', { name: 'Download' }).click();
  const form = page.getByRole('form', { name: 'Download as zip' });
  await form.getByLabel('Names of the files').fill('{dat}/{name}');
  await expect(form.getByRole('alert')).toContainText('{date}');
  await form.getByLabel('Names of the files').fill('{seed}-{prompt}');
  await form.getByLabel('Settings of each').selectOption('csv');
  expect(await axe(page)).toEqual([]);
  const [download] = await Promise.all([page.waitForEvent('download'), form.getByRole('button', { name: 'Download' }).click()]);
  expect(download.suggestedFilename()).toMatch(/^darkroom-.*\.zip$/);
  const zip = await readFile((await download.path())!, 'latin1');
  for (const name of ['1-a red door.png', '2-a red boat.png', 'outputs.csv']) expect(zip).toContain(name);
  await expect(form).toHaveCount(0);
});

test.describe('with files that are refused, of which browsers complain', () => {
  test.use({ tolerated: /the server responded with a status of 4(15|22)/ });

  test('files are dropped on the page, a damaged one is named, and the same ones are taken once', async ({ page }) => {
    await page.goto('/gallery');
    await expect(page.getByRole('heading', { name: 'Nothing yet' })).toBeVisible();
    await expect(page.locator('.gallery-import')).toBeVisible();
    const files = [
      { name: 'one.png', bytes: [...greyPng(64, 64, 10)] },
      { name: 'two.png', bytes: [...greyPng(64, 64, 20)] },
      { name: 'broken.png', bytes: [...greyPng(64, 64, 30)].slice(0, 60) },
      { name: 'notes.txt', bytes: [104, 105] },
    ];
    const drop = () =>
      page.evaluate((files) => {
        const data = new DataTransfer();
        for (const { name, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { lastModified: 1_700_000_000_000 }));
        for (const type of ['dragover', 'drop']) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      }, files);
    await drop();
    const imports = page.getByRole('region', { name: 'Import' });
    await expect(imports).toContainText('2 files imported, 2 not taken.');
    await expect(imports.getByRole('listitem').filter({ hasText: 'broken.png' })).toContainText('damaged');
    await expect(imports.getByRole('listitem').filter({ hasText: 'notes.txt' })).toContainText('no picture');
    await expect(tiles(page)).toHaveCount(2);
    await drop();
    await expect(imports).toContainText('0 files imported, 2 in the gallery already, 2 not taken.');
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('a search is saved and removed', async ({ page, darkroom }) => {
    await made(darkroom.url, ['a red door']);
    await page.goto('/gallery?q=red');
    await page.getByLabel('Name of this search').fill('Red things');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('link', { name: 'Red things' })).toBeVisible();
    await page.getByRole('button', { name: 'Remove the saved search Red things' }).click();
    await expect(page.getByRole('link', { name: 'Red things' })).toHaveCount(0);
  });
});

test('the trash is emptied for good, also of a single output, and only after asking', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door', 'a red boat', 'a blue boat']);
  await page.goto('/gallery');
  await hydrated(page);
  await expect(tiles(page)).toHaveCount(3);
  await tiles(page).first().focus();
  await page.keyboard.press('Control+a');
  await page.getByRole('button', { name: 'Trash', exact: true }).click();
  await page.goto('/gallery?q=in%3Atrash');
  await hydrated(page);
  await expect(tiles(page)).toHaveCount(3);
  await tiles(page).first().click();
  await expect(lightbox(page).getByText(/removed for good in 30 days/)).toBeVisible();
  await lightbox(page).getByRole('button', { name: 'Delete now' }).click();
  await lightbox(page).getByRole('button', { name: 'Keep' }).click();
  await lightbox(page).getByRole('button', { name: 'Delete now' }).click();
  await lightbox(page).getByRole('button', { name: 'Delete for good' }).click();
  await page.getByRole('link', { name: 'Close' }).click();
  await expect(tiles(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Empty the trash' }).click();
  await page.getByRole('button', { name: 'Delete all for good' }).click();
  await expect(page.getByRole('heading', { name: 'The trash is empty' })).toBeVisible();
  expect((await (await page.request.get('/api/outputs?q=in%3Atrash')).json()).total).toBe(0);
});

test('a mistake in a field of the search is put right with one click', async ({ page, darkroom }) => {
  await made(darkroom.url, ['a red door']);
  await page.goto('/gallery?q=red%20sede%3A1');
  await page.getByRole('link', { name: 'Search for red seed:1' }).click();
  await expect(page).toHaveURL(/q=red\+seed:1/);
});
