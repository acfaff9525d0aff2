// From words to a picture.

import { holdAtSteps, release, startDarkroom } from '../support/servers.mjs';
import { Studio, naturalWidth } from '../support/studio';
import { expect, test } from '../support/test';

test.describe('a run that can be watched', () => {
  test.use({ speed: 3, faults: true });

  test('shows each step, the preview, the bar and the picture', async ({ studio, page, engine }) => {
    await holdAtSteps(engine, [5, 10]);
    await studio.open();
    await studio.fill({ prompt: 'a lighthouse at dusk', side: 512, steps: 20 });
    await studio.generate.click();

    await expect(studio.status).toContainText('A lighthouse at dusk');
    await expect(studio.status).toContainText('Sampling image, step 5 of 20');
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await expect(studio.node('9')).toHaveAttribute('data-state', 'waiting');
    await expect(page).toHaveTitle(/^\d+ % · Darkroom$/);

    await expect(studio.preview).toBeVisible();
    await expect.poll(() => naturalWidth(studio.preview)).toBeGreaterThan(0);
    const first = await studio.preview.getAttribute('src');
    const before = await studio.percent();
    expect(before).toBeLessThan(100);

    await release(engine);
    await expect(studio.status).toContainText('Sampling image, step 10 of 20');
    await expect(studio.preview).not.toHaveAttribute('src', first ?? '');
    await expect.poll(() => studio.percent()).toBeGreaterThan(before);

    await release(engine);
    await studio.untilDone();
    expect(await naturalWidth(studio.result)).toBe(512);
    await expect(studio.toasts.getByRole('status')).toContainText('A lighthouse at dusk is done');
    await expect(studio.toasts).toContainText('1 picture');
    await expect(page).toHaveTitle('Darkroom');
    for (const node of await studio.nodes.all()) await expect(node).toHaveAttribute('data-state', 'done');
  });

  test('never shows less than before', async ({ studio, page, engine }) => {
    const stops = [5, 10, 15, 20, 25];
    await holdAtSteps(engine, stops);
    await studio.open();
    await studio.fill({ side: 256, steps: 30 });
    await page.evaluate(() => {
      const seen: number[] = [];
      Object.assign(window, { seen });
      new MutationObserver(() => {
        const bar = document.querySelector('[role=progressbar][aria-label="Task progress"]');
        if (bar) seen.push(Number(bar.getAttribute('aria-valuenow')));
      }).observe(document.body, { subtree: true, childList: true, attributeFilter: ['aria-valuenow'] });
    });
    await studio.generate.click();
    for (const step of stops) {
      await expect(studio.status).toContainText(`step ${step} of 30`);
      await release(engine);
    }
    await studio.untilDone();
    const seen = await page.evaluate(() => (window as unknown as { seen: number[] }).seen);
    expect(new Set(seen).size).toBeGreaterThan(stops.length);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});

test('the second run takes unchanged nodes from the cache', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await studio.generate.click();
  await studio.untilDone();
  await studio.prompt.fill('a harbour at night');
  await studio.generate.click();
  await expect(page.getByRole('img', { name: 'Result: a harbour at night' })).toBeVisible();
  await expect(studio.node('4')).toHaveAttribute('data-state', 'cached');
  await expect(studio.node('3')).toHaveAttribute('data-state', 'done');
});

test('several pictures of one task can be looked at one by one', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await studio.number('Batch').fill('3');
  await studio.generate.click();
  await expect(page.getByRole('img', { name: /^Result 1 of 3/ })).toBeVisible();
  await page.getByRole('button', { name: 'Show result 3' }).click();
  const third = page.getByRole('img', { name: /^Result 3 of 3/ });
  await expect(third).toBeVisible();
  await expect.poll(() => naturalWidth(third)).toBe(64);
});

test('the settings of a picture can be used again', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'the same again', side: 64, steps: 3 });
  await studio.number('Seed').fill('18446744073709551615');
  await studio.generate.click();
  await studio.untilDone();
  await studio.fill({ prompt: 'something else', side: 128, steps: 9 });
  await studio.number('Seed').fill('1');
  await page.getByRole('button', { name: 'Use these settings' }).click();
  await expect(studio.prompt).toHaveValue('the same again');
  await expect(studio.number('Steps')).toHaveValue('3');
  await expect(studio.number('Seed')).toHaveValue('18446744073709551615');
});

test.describe('a first visit without any ComfyUI', () => {
  test.use({ baseURL: undefined });

  test('shows that the demo engine runs, and Generate works at once', async ({ folder, page }) => {
    const darkroom = await startDarkroom({ folder });
    try {
      const studio = new Studio(page);
      await studio.open(darkroom.url);
      await expect(page.getByText('The demo engine is running')).toBeVisible();
      await expect(page.getByText('darkroom serve --comfyui http://127.0.0.1:8188')).toBeVisible();
      await expect(studio.checkpoint).toHaveValue(/./);
      await studio.fill({ side: 128, steps: 3 });
      await studio.generate.click();
      await studio.untilDone();
      await expect(studio.status).toContainText('Demo engine');
    } finally {
      await darkroom.end();
    }
  });
});
