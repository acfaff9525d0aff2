// Nothing moves while a task runs, and everything fits on a small screen.

import { expectNoSidewaysScroll, shifted, watchShifts } from '../support/layout';
import { submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';
import { FAILS_WHEN_RUN, file } from '../support/workflows';

const ALLOWED_SHIFT = 0.05;

test.describe('nothing moves', () => {
  test.use({ speed: 3 });

  test('during a run that another page started', async ({ studio, page, darkroom }) => {
    await watchShifts(page);
    await studio.open();
    await submit(darkroom, { steps: 40, width: 512, height: 384 });
    await expect(studio.preview).toBeVisible();
    await studio.untilDone();
    expect(await shifted(page)).toBeLessThan(ALLOWED_SHIFT);

    // The meter works: a block on top of everything moves the page.
    await page.evaluate(() => {
      const block = document.createElement('div');
      block.style.height = '300px';
      document.body.prepend(block);
    });
    await expect.poll(() => shifted(page)).toBeGreaterThan(ALLOWED_SHIFT);
  });

  test('during a run on the page of a task', async ({ studio, page, darkroom }) => {
    const id = await submit(darkroom, { steps: 40, width: 512, height: 384 });
    await watchShifts(page);
    await studio.open(`/tasks/${id}`);
    await studio.untilDone();
    expect(await shifted(page)).toBeLessThan(ALLOWED_SHIFT);
  });

  test('during a run begun with Generate', async ({ studio, page }) => {
    await watchShifts(page);
    await studio.open();
    await studio.fill({ side: 512, steps: 20 });
    await studio.generate.click();
    await studio.untilDone();
    expect(await shifted(page)).toBeLessThan(ALLOWED_SHIFT);
  });
});

for (const width of [320, 390, 768, 1100]) {
  test(`at ${width} px nothing has to be scrolled sideways`, async ({ studio, page }) => {
    await page.setViewportSize({ width, height: 800 });
    await studio.open();
    await expectNoSidewaysScroll(page);
    await studio.chip.click();
    await expect(page.getByRole('region', { name: 'Connection' })).toBeInViewport({ ratio: 0.9 });
    await expectNoSidewaysScroll(page);
    await page.keyboard.press('Escape');

    await studio.fill({ prompt: 'a-word-that-is-much-too-long-for-a-narrow-screen-and-does-not-break', side: 64, steps: 2 });
    await studio.generate.click();
    await studio.untilDone();
    await expect(studio.toasts.getByRole('status')).toBeVisible();
    await expectNoSidewaysScroll(page);
    await page.getByRole('link', { name: 'Task page' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectNoSidewaysScroll(page);
  });
}

test('at 320 px a failed task has to be scrolled neither', async ({ studio, page }) => {
  await page.setViewportSize({ width: 320, height: 800 });
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
  await expectNoSidewaysScroll(page);
  await studio.generate.click();
  await expect(studio.errorCard).toBeVisible();
  await page.getByText('Show traceback').click();
  await expectNoSidewaysScroll(page);
});
