// axe finds nothing in any state, and everything has the name it is called by.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { holdAtSteps, release, submit } from '../support/servers.mjs';
import { Settings } from '../support/settings';
import { expect, test } from '../support/test';
import { FAILS_WHEN_RUN, file } from '../support/workflows';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

async function expectNothingWrong(page: Page) {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  const told = violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => `${node.target}: ${node.failureSummary}`) }));
  expect(told).toEqual([]);
  // It has looked: a page that axe cannot read has no violations either.
  expect(passes.length).toBeGreaterThan(10);
}

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme, axe finds nothing on`, () => {
    test.use({ colorScheme, tolerated: /status of 404 .*\/nowhere/ });

    test('Studio before anything was made', async ({ studio, page }) => {
      await studio.open();
      await expectNothingWrong(page);
      await studio.chooseWorkflow();
      await expectNothingWrong(page);
    });

    test('Studio when a picture is done, and the page of its task', async ({ studio, page }) => {
      await studio.open();
      await studio.fill({ side: 64, steps: 2 });
      await studio.number('Batch').fill('2');
      await studio.generate.click();
      await studio.untilDone();
      await expect(studio.toasts.getByRole('status')).toBeVisible();
      await expectNothingWrong(page);
      await page.getByRole('link', { name: 'Task page' }).click();
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
      await expectNothingWrong(page);
    });

    test('a refused form', async ({ studio, page }) => {
      await studio.open();
      await studio.number('Steps').fill('');
      await studio.generate.click();
      await expect(studio.number('Steps')).toHaveAttribute('aria-invalid', 'true');
      await expectNothingWrong(page);
    });

    test('a task that failed', async ({ studio, page }) => {
      await studio.open();
      await studio.chooseWorkflow();
      await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
      await studio.generate.click();
      await expect(studio.errorCard).toBeVisible();
      await page.getByText('Show traceback').click();
      await expectNothingWrong(page);
    });

    test('the settings, with something wrong in them, and the event log', async ({ studio, page }) => {
      const settings = new Settings(page);
      await settings.open();
      await studio.untilConnected();
      await expectNothingWrong(page);
      await settings.time('First wait').fill('0');
      await expect(settings.time('First wait')).toHaveAttribute('aria-invalid', 'true');
      await settings.switch('Debug mode').check();
      await page.reload();
      await expect(settings.rows.first()).toBeVisible();
      await settings.time('First wait').fill('0');
      await expect(settings.time('First wait')).toHaveAttribute('aria-invalid', 'true');
      await settings.logButton('Pause log').click();
      await expectNothingWrong(page);
    });

    test.describe('a part that failed', () => {
      test.use({ tolerated: /status of 502/ });

      test('in the middle of Studio', async ({ studio, page }) => {
        await page.route('**/outputs/0', (route) => route.fulfill({ status: 502 }));
        await studio.open();
        await studio.fill({ side: 64, steps: 2 });
        await studio.generate.click();
        await expect(page.getByRole('alert').filter({ hasText: 'The picture cannot be shown' })).toBeVisible();
        await expectNothingWrong(page);
      });
    });

    test('a page that is not there', async ({ studio, page }) => {
      await page.goto('/nowhere');
      await studio.untilConnected();
      await expectNothingWrong(page);
    });

    test.describe('what runs', () => {
      test.use({ speed: 1 });

      test('in Studio, on the page of the task, and with the panel open', async ({ studio, page, darkroom }) => {
        const id = await submit(darkroom, { steps: 1000 });
        await studio.open();
        await expect(studio.preview).toBeVisible();
        await expectNothingWrong(page);
        await studio.chip.click();
        await expect(page.getByRole('region', { name: 'Connection' })).toBeVisible();
        await expectNothingWrong(page);
        await studio.open(`/tasks/${id}`);
        await expect(studio.preview).toBeVisible();
        await expectNothingWrong(page);
      });
    });
  });
}

test.describe('names', () => {
  test.use({ speed: 1, faults: true });

  test('of everything that is used or read', async ({ studio, page, darkroom }) => {
    await submit(darkroom, { steps: 1000 });
    await studio.open();
    for (const name of ['Prompt', 'Negative prompt']) await expect(page.getByRole('textbox', { name, exact: true })).toBeVisible();
    for (const name of ['Width', 'Height', 'Batch', 'Steps', 'Guidance', 'Seed']) {
      await expect(page.getByRole('spinbutton', { name, exact: true })).toBeVisible();
    }
    for (const name of ['Checkpoint', 'Sampler', 'Scheduler']) await expect(page.getByRole('combobox', { name, exact: true })).toBeVisible();
    await expect(studio.generate).toBeVisible();
    await expect(page.getByRole('button', { name: 'Random seed' })).toBeVisible();
    await expect(page.getByLabel('Workflow file', { exact: true })).toHaveAttribute('type', 'file');
    await expect(studio.toasts).toBeAttached();

    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await expect(studio.progress).toHaveAttribute('aria-valuetext', /^\d+ %, Sampling image, (about .* left|estimating the time left)$/);
    await expect(studio.nodes).toHaveCount(7);
    for (const node of await studio.nodes.all()) {
      await expect(node).toHaveAttribute('data-node-id', /^[3-9]$/);
      await expect(node).toHaveAttribute('data-state', /^(waiting|cached|running|done|failed)$/);
    }
  });

  test('the start, each quarter and the end are announced to screen readers, and nothing else', async ({ studio, page, engine }) => {
    // Each quarter is a while ago where it stands still.
    const stops = { 14: 'Told: 25 percent', 24: 'Told: 50 percent', 34: 'Told: 75 percent' };
    await holdAtSteps(engine, Object.keys(stops).map(Number));
    await studio.open();
    await page.evaluate(() => {
      const told: string[] = [];
      Object.assign(window, { told });
      const status = document.querySelector('[role=status][aria-label=Progress]');
      if (!status) throw new Error('nothing announces progress');
      const read = () => {
        const words = status.textContent ?? '';
        if (words !== '' && words !== told.at(-1)) told.push(words);
      };
      new MutationObserver(read).observe(status, { subtree: true, childList: true, characterData: true });
    });
    await studio.fill({ prompt: 'told', side: 128, steps: 40 });
    await studio.generate.click();
    const heard = () => page.evaluate(() => (window as unknown as { told: string[] }).told);
    for (const words of Object.values(stops)) {
      await expect.poll(heard).toContain(words);
      await release(engine);
    }
    await studio.untilDone();
    const told = await heard();
    const all = ['Told is waiting', 'Told started', 'Told: 25 percent', 'Told: 50 percent', 'Told: 75 percent', 'Told is done'];
    expect(all.filter((words) => told.includes(words))).toEqual(told);
    expect(told.length).toBeGreaterThanOrEqual(5);
  });
});
