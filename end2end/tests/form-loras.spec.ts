// The LoRAs of a workflow as one list.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import type { Studio } from '../support/studio';
import { WITH_A_FORM, WITH_LORAS, file, sentWorkflow } from '../support/workflows';

const GRAIN = 'demo-grain.safetensors';
const list = (page: Page) => page.getByRole('group', { name: 'LoRAs', exact: true });
const lora = (page: Page, number: number) => list(page).getByRole('group', { name: new RegExp(`^LoRA ${number}:`) });
const strength = (page: Page, number: number) => list(page).getByRole('spinbutton', { name: `Strength of LoRA ${number}`, exact: true });
const button = (page: Page, name: string) => list(page).getByRole('button', { name, exact: true });

async function openForm(studio: Studio, workflow: unknown) {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('grain.json', workflow));
}

test('the LoRAs of a workflow are a list, and not fields as well', async ({ studio, page, darkroom }) => {
  await openForm(studio, WITH_LORAS);
  await expect(lora(page, 1)).toBeVisible();
  await expect(lora(page, 1).getByRole('combobox', { name: 'LoRA 1' })).toHaveValue(GRAIN);
  await expect(strength(page, 1)).toHaveValue('0.8');
  await expect(strength(page, 2)).toHaveValue('0.5');
  await expect(page.locator('.workflow-field[data-field^="20."]')).toHaveCount(0);
  // The one for the prompt is shown where it differs.
  await expect(list(page).getByRole('spinbutton', { name: 'Strength for the prompt of LoRA 2' })).toHaveValue('0.25');
  await expect(list(page).getByRole('spinbutton', { name: 'Strength for the prompt of LoRA 1' })).toBeHidden();

  await strength(page, 1).fill('0.6');
  await button(page, 'Move LoRA 2 up').click();
  await expect(button(page, 'Move LoRA 1 up')).toBeFocused();
  await expect(list(page).getByRole('status')).toHaveText('LoRA 2 moved up, 1 of 2');
  await expect(strength(page, 1)).toHaveValue('0.5');
  await studio.generate.click();
  await studio.untilDone();
  const workflow = await sentWorkflow(darkroom);
  expect(workflow['21'].inputs).toMatchObject({ model: ['4', 0], clip: ['4', 1], strength_model: 0.5, strength_clip: 0.25 });
  expect(workflow['20'].inputs).toMatchObject({ model: ['21', 0], clip: ['21', 1], strength_model: 0.6, strength_clip: 0.6 });
  expect(workflow['3'].inputs.model).toEqual(['20', 0]);
  expect(workflow['6'].inputs.clip).toEqual(['20', 1]);
});

test('one is switched off, one is removed, one is added', async ({ studio, page, darkroom }) => {
  await openForm(studio, WITH_LORAS);
  await list(page).getByRole('switch', { name: 'Use LoRA 1' }).uncheck();
  await button(page, 'Remove LoRA 2').click();
  await expect(button(page, 'Remove LoRA 1')).toBeFocused();
  await studio.generate.click();
  await studio.untilDone();
  const without = await sentWorkflow(darkroom);
  expect(without['3'].inputs.model).toEqual(['4', 0]);
  expect(without['20']).toBeUndefined();

  await button(page, 'Add a LoRA').click();
  const added = lora(page, 2).getByRole('combobox', { name: 'LoRA 2' });
  await expect(added).toBeFocused();
  await studio.generate.click();
  await expect(studio.formAlert).toContainText('Choose a file for each new LoRA');
  await added.fill('grain');
  await added.press('Enter');
  await expect(added).toHaveValue(GRAIN);
  await strength(page, 2).fill('0.3');
  await studio.generate.click();
  await expect.poll(async () => (await sentWorkflow(darkroom))['3'].inputs.model).not.toEqual(['4', 0]);
  const workflow = await sentWorkflow(darkroom);
  const [node] = workflow['3'].inputs.model;
  expect(workflow[node]).toMatchObject({ class_type: 'LoraLoader', inputs: { lora_name: GRAIN, strength_model: 0.3, strength_clip: 0.3 } });
});

test('a workflow without LoRAs gets one, by keyboard alone', async ({ studio, page, darkroom }) => {
  await openForm(studio, WITH_A_FORM);
  await page.locator('.lora-list > summary').focus();
  await page.keyboard.press('Enter');
  await button(page, 'Add a LoRA').focus();
  await page.keyboard.press('Enter');
  await expect(lora(page, 1).getByRole('combobox', { name: 'LoRA 1' })).toBeFocused();
  await page.keyboard.type('grain');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await expect(strength(page, 1)).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('0.7');
  await page.keyboard.press('ControlOrMeta+Enter');
  await studio.untilDone();
  const workflow = await sentWorkflow(darkroom);
  const [node] = workflow['3'].inputs.model;
  expect(workflow[node].inputs).toMatchObject({ lora_name: GRAIN, strength_model: 0.7, model: ['4', 0], clip: ['4', 1] });
  expect(workflow['6'].inputs.clip).toEqual([node, 1]);
});

test('a LoRA that no ComfyUI has is marked, with the nearest names', async ({ studio, page }) => {
  const wrong = { ...WITH_LORAS[20].inputs, lora_name: 'demo-grian.safetensors' };
  await openForm(studio, { ...WITH_LORAS, 20: { ...WITH_LORAS[20], inputs: wrong } });
  const name = lora(page, 1).getByRole('combobox', { name: 'LoRA 1' });
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveAccessibleDescription(/demo-grian\.safetensors/);
  await lora(page, 1).getByRole('button', { name: `Use ${GRAIN}` }).click();
  await expect(name).toHaveValue(GRAIN);
  await expect(name).not.toHaveAttribute('aria-invalid');
  await studio.generate.click();
  await studio.untilDone();
});

test('a strength that ComfyUI would refuse is said at its LoRA, which gets the focus', async ({ studio, page }) => {
  await openForm(studio, WITH_LORAS);
  await button(page, 'Move LoRA 2 up').click();
  await strength(page, 2).fill('101');
  await studio.generate.click();
  await expect(strength(page, 2)).toBeFocused();
  await expect(lora(page, 2)).toContainText('This must be from -100.0 to 100.0.');
  await strength(page, 2).fill('1');
  await expect(lora(page, 2)).not.toContainText('This must be');
});

test('a reload keeps the list, and a saved workflow has it, also what is off', async ({ studio, page, visitor }) => {
  await openForm(studio, WITH_LORAS);
  await strength(page, 1).fill('0.65');
  await list(page).getByRole('switch', { name: 'Use LoRA 2' }).uncheck();
  await page.reload();
  await studio.untilConnected();
  await expect(strength(page, 1)).toHaveValue('0.65');
  await expect(list(page).getByRole('switch', { name: 'Use LoRA 2' })).not.toBeChecked();

  await page.getByText('Save this workflow').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Grainy');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved, version 1.')).toBeVisible();
  const link = await page.getByRole('link', { name: 'Link to this workflow' }).getAttribute('href');
  const other = await visitor();
  await other.page.goto(link ?? '');
  await expect(strength(other.page, 1)).toHaveValue('0.65');
  await expect(list(other.page).getByRole('switch', { name: 'Use LoRA 1' })).toBeChecked();
  await expect(list(other.page).getByRole('switch', { name: 'Use LoRA 2' })).not.toBeChecked();
  await expect(strength(other.page, 2)).toHaveValue('0.5');
});

for (const width of [1440, 320]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`at ${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 800 }, hasTouch: width === 320, isMobile: width === 320 });

      test('axe finds nothing, and nothing is cut off', async ({ studio, page }) => {
        await page.emulateMedia({ colorScheme });
        await openForm(studio, WITH_LORAS);
        await lora(page, 1).getByText('Strength for the prompt').click();
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/loras-${width}-${colorScheme}.png`, fullPage: width < 1000 });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      });
    });
  }
}
