// Templates of prompts: weights by keys, what can be inserted, what a template gives, and wildcards.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import { WITH_A_FORM, file } from '../support/workflows';

const tools = (page: Page) => page.getByRole('region', { name: 'Prompt tools' });
const tool = (page: Page, name: string) => tools(page).getByRole('button', { name, exact: true });

async function saveWildcard(page: Page, name: string, values: string) {
  await tool(page, 'Wildcards').click();
  await tools(page).getByRole('textbox', { name: 'Name' }).fill(name);
  await tools(page).getByRole('textbox', { name: 'Values, one a line' }).fill(values);
  await tools(page).getByRole('button', { name: 'Save wildcard' }).click();
  await expect(tools(page).getByRole('status')).toHaveText(`Saved. In prompts it is written __${name}__.`);
}

test('Ctrl with an arrow changes the weight of what is selected, and undo takes it back', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.fill('a 🚪 red door');
  await expect(tools(page)).toBeVisible();
  await studio.prompt.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(5, 8));
  await studio.prompt.press('Control+ArrowUp');
  await expect(studio.prompt).toHaveValue('a 🚪 (red:1.05) door');
  await studio.prompt.press('Control+ArrowUp');
  await expect(studio.prompt).toHaveValue('a 🚪 (red:1.1) door');
  await studio.prompt.press('Control+ArrowDown');
  await studio.prompt.press('Control+ArrowDown');
  await expect(studio.prompt).toHaveValue('a 🚪 red door');
  await studio.prompt.press('Control+z');
  await expect(studio.prompt).toHaveValue('a 🚪 (red:1.05) door');
});

test('a wildcard is made, inserted and previewed; the task shows the text and its template', async ({ studio, page, darkroom }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 1 });
  await studio.prompt.fill('a {big|small} door, ');
  await saveWildcard(page, 'colours/warm', 'red\norange');
  await tool(page, 'Insert…').click();
  await tools(page).getByRole('searchbox').fill('warm');
  await tools(page).getByRole('button', { name: /^colours\/warm/ }).click();
  await expect(studio.prompt).toHaveValue('a {big|small} door, __colours/warm__');
  await tool(page, 'Preview').click();
  await expect(tools(page).getByRole('status')).toHaveText('"Prompt" has 4 combinations. Each run takes one.');
  await expect(tools(page).getByRole('listitem')).toHaveCount(5);
  await studio.generate.click();
  await studio.untilDone();
  const { tasks } = await (await fetch(`${darkroom.url}/api/tasks?limit=1`)).json();
  const task = await (await fetch(`${darkroom.url}/api/tasks/${tasks[0].taskId}`)).json();
  const text: string = task.prompts.texts[0].text;
  expect(text).toMatch(/^a (big|small) door, (red|orange)$/);
  await expect(page.locator('.made-from-prompt')).toHaveText(text);
  await expect(page.locator('.made-from-template')).toHaveText('a {big|small} door, __colours/warm__');
  await page.getByRole('link', { name: 'Task page' }).click();
  const templates = page.getByRole('region', { name: 'Templates' });
  await expect(templates).toContainText(text);
  await expect(templates).toContainText('a {big|small} door, __colours/warm__');
});

test('a mistake is shown with its place, in the preview and at the field', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.fill('a __gone__ door');
  await tool(page, 'Preview').click();
  await expect(tools(page).getByRole('alert')).toContainText('There is no wildcard "gone"');
  await tools(page).getByRole('button', { name: 'Show the place' }).click();
  await expect(studio.prompt).toBeFocused();
  expect(await studio.prompt.evaluate((area: HTMLTextAreaElement) => area.selectionStart)).toBe(2);
  await studio.generate.click();
  await expect(studio.prompt).toHaveAccessibleDescription(/There is no wildcard "gone"/);
});

test('a sample replaces the prompt, also one with signs', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.fill('\\{a\\} door');
  await tool(page, 'Preview').click();
  await expect(tools(page).getByRole('status')).toHaveText('"Prompt" is always the same text.');
  await tools(page).getByRole('button', { name: 'Use' }).click();
  await expect(studio.prompt).toHaveValue('\\{a\\} door');
});

test('a choice among many is found by typing, and only choices are taken', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  const sampler = page.getByRole('combobox', { name: /^Sampler/ });
  await sampler.click();
  await expect(page.getByRole('listbox')).toBeVisible();
  await sampler.fill('dpmpp sde gpu');
  await sampler.press('ArrowDown');
  await sampler.press('Enter');
  await expect(page.getByRole('listbox')).toBeHidden();
  await expect(sampler).toHaveValue(/^dpmpp.*sde.*gpu/);
  const chosen = await sampler.inputValue();
  await sampler.fill('nothing like it');
  await expect(page.getByText('Nothing fits.')).toBeVisible();
  await sampler.press('Tab');
  await expect(sampler).toHaveValue(chosen);
  await sampler.press('ArrowDown');
  await sampler.press('Escape');
  await expect(page.getByRole('listbox')).toBeHidden();
});

for (const width of [1440, 390, 320]) {
  test(`the tools at ${width} px: axe finds nothing, and nothing is cut off`, async ({ studio, page }) => {
    await page.setViewportSize({ width, height: 900 });
    await studio.open();
    await studio.prompt.fill('a {big|small} door, {2$$red|green|blue}');
    await saveWildcard(page, 'animals/dogs', 'a terrier\na poodle');
    for (const name of ['Wildcards', 'Preview', 'Insert…']) {
      if ((await tool(page, name).getAttribute('aria-expanded')) === 'false') await tool(page, name).click();
      await expect(tools(page).locator('#prompt-tool > *').first()).toBeVisible();
      await expect(tools(page).getByText(/^Reading/)).toHaveCount(0);
      await page.screenshot({ path: `/tmp/forms-${name.replace('…', '')}-${width}.png`, fullPage: true });
      const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
      expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => node.target) }))).toEqual([]);
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(overflow, name).toBeLessThanOrEqual(0);
    }
  });
}

test('the help comes without moving what is pressed', async ({ studio, page }) => {
  await studio.open();
  const seed = page.locator('#seed');
  // The form may be scrolled by the click.
  const below = async () => (await seed.boundingBox())!.y - (await studio.prompt.boundingBox())!.y;
  const before = await below();
  await seed.click();
  await expect(page.getByRole('button', { name: 'Preview', exact: true })).toBeVisible();
  expect(await below()).toBe(before);
});

test('the preview follows what is typed', async ({ studio, page }) => {
  await studio.open();
  await studio.prompt.fill('{a|b|c}');
  await page.getByRole('button', { name: 'Preview', exact: true }).click();
  await expect(page.locator('.prompt-preview')).toContainText('3');
  await studio.prompt.fill('{a|b|c|d} {e|f}');
  await expect(page.locator('.prompt-preview')).toContainText('8');
});
