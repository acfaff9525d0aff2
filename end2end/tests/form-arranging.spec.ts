// The form of a workflow as people arrange it: pinned, renamed, hidden, moved, below other headings, linked.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';
import type { Studio } from '../support/studio';
import { WITH_A_FORM, file, sentWorkflow } from '../support/workflows';

const toggle = (page: Page) => page.getByRole('button', { name: 'Arrange this form' });
const panel = (page: Page) => page.getByRole('region', { name: 'Arrangement of the form' });
const line = (page: Page, name: string) => panel(page).getByRole('group', { name, exact: true });
const button = (page: Page, name: string) => panel(page).getByRole('button', { name, exact: true });
const said = (page: Page) => panel(page).getByRole('status');
const steps = (page: Page) => page.getByRole('spinbutton', { name: 'Steps', exact: true });

async function openForm(studio: Studio) {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
}

async function openArranged(studio: Studio, page: Page) {
  await openForm(studio);
  await toggle(page).click();
  await expect(panel(page)).toBeVisible();
}

/** The names of the fields, from the top of the list. */
const listed = (page: Page) => panel(page).locator('.arrange-field').evaluateAll((lines) => lines.map((line) => line.getAttribute('aria-label')));

test('a field is pinned, renamed and hidden, and the form follows', async ({ studio, page }) => {
  await openArranged(studio, page);
  await expect(toggle(page)).toHaveAttribute('aria-pressed', 'true');
  await expect(steps(page)).toBeHidden();
  await panel(page).getByRole('textbox', { name: 'Name of Steps' }).fill('Effort');
  await panel(page).getByRole('textbox', { name: 'Name of Steps' }).press('Enter');
  await expect(said(page)).toHaveText('Steps is called Effort.');
  await expect(button(page, 'Move Effort up')).toBeVisible();
  await button(page, 'Hide Width').click();
  await expect(button(page, 'Show Width')).toBeFocused();
  await button(page, 'Pin Height').click();
  await expect(button(page, 'Pin Height')).toHaveAttribute('aria-pressed', 'false');
  await expect(button(page, 'Pin Height')).toBeFocused();
  await button(page, 'Done').click();
  await expect(toggle(page)).toBeFocused();
  await expect(page.getByRole('spinbutton', { name: 'Effort', exact: true })).toHaveValue('2');
  await page.getByRole('spinbutton', { name: 'Effort', exact: true }).fill('3');
  await expect(page.getByRole('button', { name: 'Reset Effort' })).toBeVisible();
  await expect(page.getByRole('spinbutton', { name: 'Width', exact: true })).toBeHidden();
  await expect(page.getByRole('spinbutton', { name: 'Height', exact: true })).toBeHidden();
  await page.locator('.make-workflow').getByText(/more settings?$/).click();
  await expect(page.getByRole('spinbutton', { name: 'Height', exact: true })).toBeVisible();
  await expect(page.getByRole('spinbutton', { name: 'Width', exact: true })).toHaveCount(0);

  await toggle(page).click();
  await button(page, 'Show Width').click();
  await expect(button(page, 'Hide Width')).toBeFocused();
  await button(page, 'Undo all').click();
  await expect(said(page)).toHaveText('The form is as Darkroom makes it.');
  await expect(button(page, 'Undo all')).toHaveAttribute('aria-disabled', 'true');
  await button(page, 'Done').click();
  await expect(steps(page)).toHaveValue('3');
  await expect(page.getByRole('spinbutton', { name: 'Height', exact: true })).toBeVisible();
});

test('a field is moved with its buttons and with keys, and keeps the focus', async ({ studio, page }) => {
  await openArranged(studio, page);
  const before = await listed(page);
  await button(page, 'Move Steps up').focus();
  await page.keyboard.press('Enter');
  await expect(said(page)).toHaveText(/^Steps moved up, 1 of \d+$/);
  await expect(button(page, 'Move Steps up')).toBeFocused();
  await expect(button(page, 'Move Steps up')).toHaveAttribute('aria-disabled', 'true');
  expect(await listed(page)).not.toEqual(before);
  // Once more: it is the first already.
  await page.keyboard.press('Enter');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(said(page)).toHaveText(/^Steps moved down, 2 of \d+$/);
  await expect(button(page, 'Move Steps up')).toBeFocused();
  expect(await listed(page)).toEqual(before);

  await button(page, 'Move the heading Sampling up').click();
  await expect(said(page)).toHaveText(/^Sampling moved up, \d of \d+$/);
  await expect(button(page, 'Move the heading Sampling up')).toBeFocused();
  const headings = await panel(page).getByRole('heading', { level: 3 }).allTextContents();
  await button(page, 'Done').click();
  const legends = await page.locator('.make-workflow .field-group > legend').allTextContents();
  expect(legends).toEqual(headings);
});

test('a field comes below another heading, an existing or a new one', async ({ studio, page }) => {
  await openArranged(studio, page);
  await button(page, 'More of Steps').click();
  await expect(button(page, 'More of Steps')).toHaveAttribute('aria-expanded', 'true');
  const heading = line(page, 'Steps').getByLabel('Heading', { exact: true });
  await expect(heading).toHaveValue('Sampling');
  await heading.fill('Quality');
  await heading.press('Enter');
  await expect(panel(page).getByRole('heading', { name: 'Quality' })).toBeVisible();
  await expect(heading).toBeFocused();
  await button(page, 'Done').click();
  await expect(page.getByRole('group', { name: 'Quality' }).getByRole('spinbutton', { name: 'Steps' })).toBeVisible();
  await toggle(page).click();
  await button(page, 'More of Steps').click();
  await heading.fill('Size');
  await heading.press('Tab');
  await expect(panel(page).getByRole('heading', { name: 'Quality' })).toHaveCount(0);
  await button(page, 'Done').click();
  await expect(page.getByRole('group', { name: 'Size' }).getByRole('spinbutton', { name: 'Steps' })).toBeVisible();
});

test('linked fields have one value in a run, and are taken apart again', async ({ studio, page, darkroom }) => {
  await openArranged(studio, page);
  await button(page, 'More of Width').click();
  await line(page, 'Width').getByLabel('Gives its value to').selectOption({ label: 'Height' });
  await expect(said(page)).toHaveText('Height gets the value of Width.');
  await expect(line(page, 'Height')).toContainText('It gets the value of Width.');
  await expect(button(page, 'Show Height')).toBeHidden();
  await button(page, 'Done').click();
  await expect(page.getByRole('spinbutton', { name: 'Height', exact: true })).toHaveCount(0);
  await page.getByRole('spinbutton', { name: 'Width', exact: true }).fill('128');
  await studio.generate.click();
  await studio.untilDone();
  const workflow = await sentWorkflow(darkroom);
  expect([workflow['5'].inputs.width, workflow['5'].inputs.height]).toEqual([128, 128]);

  await toggle(page).click();
  await line(page, 'Height').getByRole('button', { name: 'Unlink Height' }).click();
  await expect(said(page)).toHaveText('Height has a value of its own.');
  await button(page, 'Done').click();
  await expect(page.getByRole('spinbutton', { name: 'Height', exact: true })).toBeVisible();
});

test('a reload keeps the arrangement, and so does a saved workflow for somebody else', async ({ studio, page, visitor }) => {
  await openArranged(studio, page);
  await panel(page).getByRole('textbox', { name: 'Name of Steps' }).fill('Effort');
  await button(page, 'Hide Width').click();
  await button(page, 'Done').click();
  await page.reload();
  await studio.untilConnected();
  await expect(page.getByRole('spinbutton', { name: 'Effort', exact: true })).toHaveValue('2');
  await expect(page.getByRole('spinbutton', { name: 'Width', exact: true })).toHaveCount(0);

  await page.getByText('Save this workflow').click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Effortless');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved, version 1.')).toBeVisible();
  const link = await page.getByRole('link', { name: 'Link to this workflow' }).getAttribute('href');
  const other = await visitor();
  await other.page.goto(link ?? '');
  await expect(other.page.getByRole('spinbutton', { name: 'Effort', exact: true })).toHaveValue('2');
  await expect(other.page.getByRole('spinbutton', { name: 'Width', exact: true })).toHaveCount(0);
  await toggle(other.page).click();
  await button(other.page, 'Undo all').click();
  await button(other.page, 'Done').click();
  await expect(steps(other.page)).toBeVisible();

  // Another file has a form of its own.
  await page.getByRole('button', { name: 'Remove file' }).click();
  await studio.workflowFile.setInputFiles(file('heron.json', WITH_A_FORM));
  await expect(steps(page)).toHaveValue('2');
});

test('by keyboard alone', async ({ studio, page }) => {
  await openForm(studio);
  await toggle(page).focus();
  await page.keyboard.press('Space');
  await expect(panel(page)).toBeVisible();
  await panel(page).getByRole('textbox', { name: 'Name of Steps' }).focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('Effort');
  await page.keyboard.press('Tab');
  await expect(button(page, 'Pin Effort')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(button(page, 'Pin Effort')).toHaveAttribute('aria-pressed', 'false');
  await expect(button(page, 'Pin Effort')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(button(page, 'Hide Effort')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(button(page, 'Show Effort')).toBeFocused();
  await button(page, 'Done').focus();
  await page.keyboard.press('Enter');
  await expect(toggle(page)).toBeFocused();
  await expect(panel(page)).toHaveCount(0);
  // Nothing of it has sent the form.
  await expect(page.getByText('Sending…')).toHaveCount(0);
  await expect(studio.result).toHaveCount(0);
});

for (const width of [1440, 320]) {
  for (const colorScheme of ['dark', 'light'] as const) {
    test.describe(`at ${width} px, ${colorScheme}`, () => {
      test.use({ viewport: { width, height: 800 }, hasTouch: width === 320, isMobile: width === 320 });

      test('axe finds nothing, nothing is cut off, and fingers can press it', async ({ studio, page }) => {
        await page.emulateMedia({ colorScheme });
        await openArranged(studio, page);
        await button(page, 'Hide Width').click();
        await button(page, 'More of Steps').click();
        if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/arranging-${width}-${colorScheme}.png`, fullPage: width < 1000 });
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target}`)).toEqual([]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        if (width === 320) {
          const box = await button(page, 'Move Steps up').boundingBox();
          expect(Math.min(box?.width ?? 0, box?.height ?? 0)).toBeGreaterThanOrEqual(44);
        }
      });
    });
  }
}
