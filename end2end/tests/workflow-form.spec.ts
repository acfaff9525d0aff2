// The values of any workflow as a form.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { RGB, png } from '../support/png';
import { expect, test } from '../support/test';
import type { Studio } from '../support/studio';
import { FROM_A_PICTURE, MISSING_MODEL, WITH_APP_MODE, WITH_A_FORM, file, sentWorkflow } from '../support/workflows';

async function openForm(studio: Studio, workflow: unknown = WITH_A_FORM) {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', workflow));
}

const steps = (page: Page) => page.getByRole('spinbutton', { name: 'Steps', exact: true });

test('what is changed in the form is what runs; a seed is new after each run', async ({ studio, page, darkroom }) => {
  await openForm(studio);
  await studio.prompt.fill('a heron at dawn');
  await steps(page).fill('3');
  await page.getByRole('textbox', { name: 'Seed', exact: true }).fill('18446744073709551615');
  await studio.generate.click();
  await studio.untilDone();
  const first = await sentWorkflow(darkroom);
  expect(first['6'].inputs.text).toBe('a heron at dawn');
  expect(first['7'].inputs.text).toBe('blurry');
  expect(first['3'].inputs.steps).toBe(3);
  expect(first['3'].inputs.seed).toBe('18446744073709551615');
  await expect(page.getByRole('textbox', { name: 'Seed', exact: true })).not.toHaveValue('18446744073709551615');

  await page.getByRole('combobox', { name: 'Seed after each run' }).selectOption('One more after each run');
  await page.getByRole('textbox', { name: 'Seed', exact: true }).fill('41');
  await studio.generate.click();
  await expect(page.getByRole('textbox', { name: 'Seed', exact: true })).toHaveValue('42');
  await page.getByRole('button', { name: 'Reset Steps' }).click();
  await expect(steps(page)).toHaveValue('2');
});

test('a value that ComfyUI would refuse is marked at its field, which gets the focus', async ({ studio, page, darkroom }) => {
  await openForm(studio);
  await steps(page).fill('0');
  await studio.generate.click();
  await expect(steps(page)).toHaveAccessibleDescription('This must be from 1 to 10000.');
  await expect(steps(page)).toBeFocused();
  await steps(page).fill('4');
  await expect(steps(page)).not.toHaveAttribute('aria-invalid');
  expect((await (await fetch(`${darkroom.url}/api/tasks`)).json()).tasks).toEqual([]);
});

test('a model that no ComfyUI has is named at its field before anything is sent, and another can be chosen', async ({ studio, page }) => {
  await openForm(studio, { ...WITH_A_FORM, 4: MISSING_MODEL[11] });
  const checkpoint = page.getByRole('combobox', { name: /^Checkpoint/ });
  await expect(checkpoint).toHaveAccessibleDescription(/gone\.safetensors/);
  await checkpoint.selectOption('demo-safelight.safetensors');
  await expect(checkpoint).not.toHaveAttribute('aria-invalid');
  await studio.generate.click();
  await studio.untilDone();
});

test('a part is switched off, and a result is not wanted', async ({ studio, page, darkroom }) => {
  await openForm(studio);
  await page.getByText('Parts of the workflow').click();
  await page.getByRole('checkbox', { name: /^Negative of it/ }).uncheck();
  await studio.generate.click();
  await studio.untilDone();
  const rewired = await sentWorkflow(darkroom);
  expect(rewired['10']).toBeUndefined();
  expect(rewired['11'].inputs.images).toEqual(['8', 0]);

  await page.getByText('Results', { exact: true }).click();
  await page.getByRole('checkbox', { name: /^Preview Image/ }).uncheck();
  await studio.generate.click();
  await expect.poll(async () => Object.keys(await sentWorkflow(darkroom))).not.toContain('11');
});

test('what a part that is off and an unwanted result change is shown before the run', async ({ studio, page }) => {
  await openForm(studio);
  await page.getByText('Parts of the workflow').click();
  await page.getByRole('checkbox', { name: /^Negative of it/ }).uncheck();
  const changes = page.locator('.part-changes').getByRole('listitem');
  await expect(changes).toHaveText(['"Preview Image" (PreviewImage) gets "images" from "VAE Decode" (VAEDecode) instead.']);
  await expect(page.getByRole('group', { name: /^Without a part/ })).toBeVisible();
  await page.getByRole('checkbox', { name: /^Negative of it/ }).check();
  await expect(changes).toHaveCount(0);

  await page.getByText('Results', { exact: true }).click();
  await page.getByRole('checkbox', { name: /^Preview Image/ }).uncheck();
  await expect(changes.first()).toContainText('is left out: nothing needs it now.');
  await expect(changes).toHaveCount(2);
  await page.getByRole('checkbox', { name: /^Save Image/ }).uncheck();
  await expect(page.getByText('No result of this workflow is wanted. Choose at least one.').first()).toBeVisible();
});

test('a file with an App mode gets the form that its author chose', async ({ studio, page, darkroom }) => {
  await openForm(studio, WITH_APP_MODE);
  const chosen = page.getByRole('group', { name: 'Inputs', exact: true });
  await expect(chosen.getByRole('spinbutton')).toHaveCount(2);
  const labels = await page.locator('.make-workflow .field-group').first().locator('label').allTextContents();
  expect(labels).toEqual(['Height', 'Width']);
  await expect(page.getByText(/node 77/)).toBeVisible();
  await page.locator('.make-workflow').getByText(/more settings?$/).click();
  await expect(page.getByLabel(/^File name/)).toBeVisible();
  await page.getByText('Results', { exact: true }).click();
  await expect(page.getByRole('checkbox', { name: /^Preview Image/ })).not.toBeChecked();
  await expect(page.getByRole('checkbox', { name: /^Save Image/ })).toBeChecked();
  await chosen.getByRole('spinbutton', { name: 'Height', exact: true }).fill('32');
  await studio.generate.click();
  await studio.untilDone();
  const workflow = await sentWorkflow(darkroom);
  expect(workflow['1'].inputs.height).toBe(32);
  expect(workflow['2']).toBeUndefined();
});

test('a reload has the form with what was changed in it', async ({ studio, page }) => {
  await openForm(studio);
  await studio.prompt.fill('a heron that stays');
  await steps(page).fill('5');
  await page.reload();
  await studio.untilConnected();
  await expect(studio.prompt).toHaveValue('a heron that stays');
  await expect(steps(page)).toHaveValue('5');
  await page.getByRole('button', { name: 'Remove file' }).click();
  await expect(steps(page)).toBeHidden();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  await expect(steps(page)).toHaveValue('2');
});

/** A picture of 8 × 8 pixels. */
const photo = () => png(8, 8, RGB, () => Buffer.alloc(24, 0x40));

test('a picture is uploaded in the form and used', async ({ studio, page, darkroom }) => {
  await openForm(studio, FROM_A_PICTURE);
  await page.getByLabel('Upload for Image').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: photo() });
  await expect(page.getByRole('img', { name: 'The uploaded picture' })).toBeVisible();
  await studio.generate.click();
  await studio.untilDone();
  expect((await sentWorkflow(darkroom))['1'].inputs.image).toMatch(/^darkroom\/[0-9a-f]{32}\.png$/);
});

const WITH_A_SOUND = {
  '1': { class_type: 'LoadAudio', inputs: { audio: 'none.wav' } },
  '2': { class_type: 'SaveAudio', inputs: { audio: ['1', 0], filename_prefix: 'audio/sound' } },
};

/** A tenth of a second of silence. */
function wav(): Buffer {
  const bytes = Buffer.alloc(44 + 800, 0x80);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(800, 40);
  return bytes;
}

test.describe('a file of another type', () => {
  // The browser reports the refusal of the text.
  test.use({ tolerated: /415 \(Unsupported Media Type\)/ });

  test('a sound is uploaded in the form, can be heard there, and is used; a picture in its place is refused', async ({ studio, page, darkroom }) => {
    await openForm(studio, WITH_A_SOUND);
    const upload = page.getByLabel('Upload for Audio');
    await upload.setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: photo() });
    await expect(page.getByText('This input takes a sound or a video.')).toBeVisible();
    await upload.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('notes') });
    await expect(page.getByText('This file is no picture (PNG, JPEG, WebP), sound, video or 3D model.')).toBeVisible();
    await upload.setInputFiles({ name: 'take.wav', mimeType: 'audio/wav', buffer: wav() });
    const heard = page.getByLabel('The uploaded sound');
    await expect(heard).toBeVisible();
    await expect.poll(() => heard.evaluate((audio: HTMLAudioElement) => audio.duration)).toBeCloseTo(0.1, 2);
    await studio.generate.click();
    await expect(page.locator('#stage audio')).toBeVisible({ timeout: 40_000 });
    expect((await sentWorkflow(darkroom))['1'].inputs.audio).toMatch(/^darkroom\/[0-9a-f]{32}\.wav$/);
  });
});

test('a workflow is saved with its values, opened from the list and by its link, and gets another version', async ({ studio, page, darkroom, visitor }) => {
  await openForm(studio);
  await studio.prompt.fill('a saved heron');
  await page.getByText('Parts of the workflow').click();
  await page.getByRole('checkbox', { name: /^Negative of it/ }).uncheck();
  await page.getByText('Save this workflow').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Herons');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved, version 1.')).toBeVisible();
  const link = await page.getByRole('link', { name: 'Link to this workflow' }).getAttribute('href');

  const other = await visitor();
  await other.page.goto(link ?? '');
  await expect(other.prompt).toHaveValue('a saved heron');
  await other.page.getByText('Parts of the workflow').click();
  await expect(other.page.getByRole('checkbox', { name: /^Negative of it/ })).not.toBeChecked();
  await other.generate.click();
  await other.untilDone();
  const sent = await sentWorkflow(darkroom);
  expect(sent['6'].inputs.text).toBe('a saved heron');
  expect(sent['10']).toBeUndefined();

  await other.prompt.fill('two herons');
  await other.page.getByText('Save this workflow').click();
  await other.page.getByRole('button', { name: 'Save as new version' }).click();
  await expect(other.page.getByText('Saved, version 2.')).toBeVisible();
  // The first page has read another revision.
  await page.getByRole('button', { name: 'Save as new version' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'changed meanwhile' })).toBeVisible();

  await page.getByRole('button', { name: 'Remove file' }).click();
  await page.getByRole('button', { name: /^Herons/ }).click();
  await expect(studio.prompt).toHaveValue('two herons');
});

for (const colorScheme of ['dark', 'light'] as const) {
  test(`axe finds nothing on a form with everything unfolded, in the ${colorScheme} theme`, async ({ studio, page }) => {
    await page.emulateMedia({ colorScheme });
    await openForm(studio, { ...WITH_A_FORM, 4: MISSING_MODEL[11] });
    for (const summary of await page.locator('.make-workflow details > summary').all()) await summary.click();
    await page.getByRole('button', { name: 'About Steps' }).click();
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target}`)).toEqual([]);
  });
}

test.describe('on a screen of 320 pixels', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true });

  test('the form needs no scrolling to the side', async ({ studio, page }) => {
    await openForm(studio);
    await expect(steps(page)).toBeVisible();
    for (const summary of await page.locator('.make-workflow details > summary').all()) await summary.click();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
});
