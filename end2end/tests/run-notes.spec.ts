// What speaks against a run is shown before it is sent, and the prompt tools lie below the prompt.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { picture } from '../support/inpaint';
import { order } from '../support/servers.mjs';
import { expect, test } from '../support/test';
import { WITH_A_FORM, file } from '../support/workflows';

const notes = (page: Page) => page.locator('.run-notes');
const newSeed = (page: Page) => page.getByRole('button', { name: 'New seed', exact: true });

test('the same inputs are noticed before they are sent, and one click takes another seed', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'a door', side: 64, steps: 1 });
  await page.getByRole('checkbox', { name: 'New seed each time' }).uncheck();
  await studio.number('Seed').fill('7');
  await expect(notes(page)).toBeEmpty();
  await studio.generate.click();
  await studio.untilDone();
  await expect(notes(page)).toContainText('Same inputs as "A door": this gives the earlier result.');
  const accessibility = await new AxeBuilder({ page }).include('.make').analyze();
  expect(accessibility.violations.map((violation) => violation.id)).toEqual([]);
  await newSeed(page).click();
  await expect(studio.number('Seed')).not.toHaveValue('7');
  await expect(newSeed(page)).toBeHidden();
  await studio.number('Seed').fill('7');
  await expect(newSeed(page)).toBeVisible();
  await studio.prompt.fill('another door');
  await expect(newSeed(page)).toBeHidden();
});

test('with a picture to start from, another strength is another run', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'a door', steps: 4 });
  await page.getByRole('checkbox', { name: 'New seed each time' }).uncheck();
  const slot = page.locator('#start');
  await slot.locator('summary').click();
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: picture(64, 64) });
  await expect(slot.getByRole('img')).toBeVisible();
  await studio.generate.click();
  await studio.untilDone();
  await expect(notes(page)).toContainText('this gives the earlier result');
  await slot.getByRole('spinbutton', { name: 'Strength' }).fill('0.5');
  await expect(notes(page)).toBeEmpty();
  await slot.getByRole('spinbutton', { name: 'Strength' }).fill('0.75');
  await expect(notes(page)).toContainText('this gives the earlier result');
});

test('the form of a workflow gets other seeds', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  await page.getByRole('combobox', { name: /^seed after each run/i }).selectOption({ label: 'Stays' });
  await studio.generate.click();
  await studio.untilPicture();
  await expect(notes(page)).toContainText('this gives the earlier result');
  const seed = page.locator('.seed input[inputmode="numeric"]');
  await expect(seed).toHaveValue('7');
  await newSeed(page).click();
  await expect(seed).not.toHaveValue('7');
  await expect(newSeed(page)).toBeHidden();
});

test.describe('out of memory', () => {
  test.use({ faults: true });

  test('a size at which ComfyUI ran out of memory is warned of', async ({ studio, page, engine }) => {
    await studio.open();
    await studio.fill({ prompt: 'a large door', side: 128, steps: 1 });
    await order(engine, { kind: 'oom', node: 'KSampler' }, 1);
    await studio.generate.click();
    await expect(studio.errorCard).toBeVisible();
    await expect(notes(page)).toContainText('ran out of memory');
    await studio.number('Width').fill('64');
    await expect(notes(page)).toBeEmpty();
  });
});

test('the prompt tools lie between the prompt and the negative prompt', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.focus();
  const tools = page.getByRole('region', { name: 'Prompt tools' });
  await expect(tools).toBeVisible();
  const [prompt, box, negative] = await Promise.all([studio.prompt, tools, studio.negative].map((part) => part.boundingBox()));
  expect(box!.y).toBeGreaterThan(prompt!.y + prompt!.height - 1);
  expect(box!.y + box!.height).toBeLessThan(negative!.y);
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  await expect(page.getByRole('region', { name: 'Prompt tools' })).toHaveCount(1);
});
