// What people do all day: batches, reloads, many tasks, again and again.

import AxeBuilder from '@axe-core/playwright';
import { holdAtSteps, release, stateOf, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';
import { FAILS_WHEN_RUN, PLAIN_PICTURE, file } from '../support/workflows';

test('Download and Open full size are of the result that is shown', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 2 });
  await studio.number('Batch').fill('3');
  await studio.generate.click();
  await expect(page.getByRole('img', { name: /^Result 1 of 3/ })).toBeVisible();
  await page.getByRole('button', { name: 'Show result 3' }).click();
  const shown = await page.getByRole('img', { name: /^Result 3 of 3/ }).getAttribute('src');
  for (const name of ['Download', 'Open full size']) {
    await expect(page.getByRole('link', { name })).toHaveAttribute('href', shown ?? '');
  }
});

test('a reload and a new tab have the form as it was', async ({ studio, page, context }) => {
  await studio.open();
  await studio.fill({ prompt: 'a heron in the reeds', side: 192, steps: 7 });
  await page.reload();
  await studio.untilConnected();
  await expect(studio.prompt).toHaveValue('a heron in the reeds');
  await expect(studio.number('Steps')).toHaveValue('7');
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('kept.json', PLAIN_PICTURE));
  await expect(page.getByText('kept.json')).toBeVisible();
  const tab = await context.newPage();
  await tab.goto('/');
  await expect(tab.getByText('kept.json')).toBeVisible();
  await tab.getByText('3 nodes').click();
  await expect(tab.getByRole('list', { name: 'Nodes in this file' })).toContainText('Plain sheet');
});

test.describe('with a run that can be held', () => {
  test.use({ speed: 3, faults: true });

  test('the stage follows the running task until another is picked', async ({ studio, page, engine }) => {
    await holdAtSteps(engine, [3]);
    await studio.open();
    await studio.fill({ prompt: 'the first of them', side: 256, steps: 6 });
    await studio.generate.click();
    await expect(studio.tracker).toContainText('step 3 of 6', { ignoreCase: true });
    await studio.prompt.fill('the second of them');
    await studio.generate.click();
    await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link')).toHaveCount(2);
    await expect(studio.tracker).toContainText('step 3 of 6', { ignoreCase: true });
    await page.getByRole('link', { name: /^The second of them/ }).click();
    await expect(studio.tracker).not.toContainText('step 3 of 6', { ignoreCase: true });
    await release(engine);
  });
});

test.describe('on a desktop', () => {
  test.use({
    viewport: { width: 1440, height: 900 },
    speed: 3,
    faults: true,
  });

  test('the picture keeps its size while its task waits, runs, ends, fails, and is cancelled', async ({ studio, page, engine, darkroom }) => {
    const size = async () => {
      const box = await studio.stage.boundingBox();
      return `${box?.width} × ${box?.height}`;
    };
    const seen: Record<string, string> = {};
    await holdAtSteps(engine, [3]);
    const first = await submit(darkroom, { prompt: 'the first of them', steps: 6 });
    await page.goto('/');
    await studio.untilConnected();
    await expect(studio.tracker).toContainText('Step 3 of 6');
    seen.running = await size();
    const second = await submit(darkroom, { prompt: 'the second of them', steps: 2 });
    await page.getByRole('link', { name: /^The second of them/ }).click();
    await expect(studio.tracker).toHaveAttribute('data-state', 'waiting');
    seen.waiting = await size();
    await fetch(`${darkroom.url}/tasks/${second}/cancel`, { method: 'POST', headers: { origin: darkroom.url } });
    await expect(studio.tracker).toHaveAttribute('data-state', 'cancelled');
    seen.cancelled = await size();
    await page.getByRole('link', { name: /^The first of them, running/ }).click();
    await release(engine);
    await expect.poll(() => stateOf(darkroom, first)).toBe('done');
    await expect(studio.tracker).toHaveAttribute('data-state', 'done');
    seen.done = await size();
    await studio.chooseWorkflow();
    await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
    await studio.generate.click();
    await expect(studio.errorCard).toBeVisible();
    seen.failed = await size();
    // All of them are one column.
    const middle = await page.locator('.studio-middle').boundingBox();
    expect((await studio.stage.boundingBox())?.width).toBe(middle?.width);
    expect((await studio.errorCard.boundingBox())?.width).toBe(middle?.width);
    const { running } = seen;
    expect(seen).toEqual({ running, waiting: running, cancelled: running, done: running, failed: running });
  });

  test('the queue shows the picture of what runs as it develops', async ({ page, engine, darkroom }) => {
    await holdAtSteps(engine, [3]);
    const id = await submit(darkroom, { prompt: 'seen in the queue', steps: 6 });
    await page.goto('/queue');
    const preview = page.locator(`[data-task-id="${id}"] img`);
    await expect.poll(() => preview.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBeGreaterThan(0);
    await release(engine);
  });
});

test('the row of takes loads small pictures, and only of those that are near', async ({ page, darkroom }) => {
  const ids = [];
  for (let seed = 1; seed <= 60; seed += 1) ids.push(await submit(darkroom, { prompt: `study ${seed}`, width: 512, height: 512, steps: 1, seed }));
  for (const id of ids) await expect.poll(() => stateOf(darkroom, id)).toBe('done');
  const loaded: string[] = [];
  page.on('request', (request) => request.url().includes('/outputs/') && loaded.push(request.url()));
  await page.setViewportSize({ width: 600, height: 900 });
  await page.goto('/', { waitUntil: 'networkidle' });
  const thumbnails = loaded.filter((url) => url.endsWith('?thumb=320'));
  expect(thumbnails.length).toBeGreaterThan(3);
  expect(thumbnails.length).toBeLessThan(40);
  // In full only the picture on the stage, and a small version of it that is there first.
  expect(loaded.filter((url) => !url.includes('?thumb=')).length).toBe(1);
  expect(loaded.filter((url) => url.endsWith('?thumb=640')).length).toBe(1);
});

test.describe('with a message on the screen', () => {
  for (const [width, height] of [[1100, 700], [1440, 900]]) {
    test.describe(`of ${width} × ${height} pixels`, () => {
      test.use({ viewport: { width, height } });

      test('messages lie over no control, on any page', async ({ studio, page, darkroom }) => {
        let last = '';
        for (let seed = 1; seed <= 20; seed += 1) last = await submit(darkroom, { prompt: `before ${seed}`, side: 64, steps: 1, seed });
        await expect.poll(() => stateOf(darkroom, last)).toBe('done');
        for (const path of ['/', '/queue', '/settings', 'the page of the task']) {
          const task = await submit(darkroom, { prompt: 'was there before', side: 64, steps: 1 });
          await expect.poll(() => stateOf(darkroom, task)).toBe('done');
          await page.goto(path.startsWith('/') ? path : `/tasks/${task}`);
          await studio.untilConnected();
          await submit(darkroom, { prompt: 'a message', side: 64, steps: 1 });
          const toast = studio.toasts.getByRole('status');
          await expect(toast).toBeVisible();
          await toast.evaluate((element) => Promise.all(element.getAnimations().map((animation) => animation.finished)));
          const covered = await toast.evaluate((toast) => {
            const box = toast.getBoundingClientRect();
            return [...document.querySelectorAll('a[href], button, input, select, textarea, summary')]
              .filter((control) => !toast.contains(control) && !control.matches('.skip, .stage-link') && control.checkVisibility())
              .filter((control) => {
                const { left, right, top, bottom } = control.getBoundingClientRect();
                return right > box.left && left < box.right && bottom > box.top && top < box.bottom;
              })
              .map((control) => control.getAttribute('aria-label') ?? control.textContent ?? '');
          });
          expect(covered, `on ${path}`).toEqual([]);
          // Nor over the words of the status below the header.
          const [message, status] = [await toast.boundingBox(), await studio.status.boundingBox()];
          expect((message?.y ?? 0) + (message?.height ?? 0), `on ${path}`).toBeLessThanOrEqual(status?.y ?? 0);
        }
      });
    });
  }
});

test.describe('when Darkroom is gone', () => {
  test.use({ tolerated: SERVER_WENT_AWAY });

  test('a page that lost Darkroom no longer shows ComfyUI as connected', async ({ studio, page, darkroom }) => {
    await studio.open();
    await studio.chip.click();
    const backends = page.getByRole('list', { name: 'ComfyUI backends' });
    await expect(backends).toContainText('Connected');
    await darkroom.end();
    await expect(backends).toContainText('was connected');
    await expect(backends).toHaveAttribute('data-stale', 'true');
  });
});

test('reusing settings explains what happens to the seed', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'the same again', side: 64, steps: 2 });
  await studio.number('Seed').fill('77');
  await studio.generate.click();
  await studio.untilDone();
  const nodes = page.getByRole('complementary', { name: 'Nodes of this task' });
  await expect(nodes).toContainText('the same again');
  await expect(nodes).toContainText('77');
  await expect(nodes.getByRole('button', { name: 'Copy the seed' })).toBeVisible();
  await page.getByRole('button', { name: 'Use these settings' }).click();
  await expect(page.getByText('Seed of that picture')).toBeVisible();
  await page.getByLabel('New seed each time').check();
  await expect(page.getByText('Seed of that picture')).toBeHidden();
});

test('tasks are named by what distinguishes them', async ({ page, darkroom }) => {
  await submit(darkroom, { prompt: 'masterpiece, best quality, (a red fox:1.2), snow', side: 64, steps: 2 });
  await page.goto('/');
  await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link', { name: /^A red fox, snow/ })).toBeVisible();
});

test('a task can be repeated with the same and with a new seed; workflows and failed tasks, too', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'once more', side: 64, steps: 2 });
  await studio.number('Seed').fill('5');
  await studio.generate.click();
  await studio.untilDone();
  const takes = page.getByRole('navigation', { name: 'Takes' }).getByRole('link');
  const nodes = page.getByRole('complementary', { name: 'Nodes of this task' });
  await page.getByRole('button', { name: 'Again', exact: true }).click();
  await expect(takes).toHaveCount(2);
  await studio.untilDone();
  await expect(nodes.locator('dd').filter({ hasText: /^5$/ })).toBeVisible();
  await page.getByRole('button', { name: 'Again, new seed' }).click();
  await expect(takes).toHaveCount(3);
  await expect(nodes.locator('dd').filter({ hasText: /^5$/ })).toBeHidden();

  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
  await studio.generate.click();
  await expect(studio.errorCard).toBeVisible();
  await studio.errorCard.getByRole('button', { name: 'Again', exact: true }).click();
  await expect(takes).toHaveCount(5);
});

test('many tasks that end are one message', async ({ studio, darkroom }) => {
  await studio.open();
  for (let seed = 1; seed <= 6; seed += 1) await submit(darkroom, { prompt: `study ${seed}`, side: 64, steps: 1, seed });
  await expect(studio.toasts).toContainText('6 tasks are done');
  await expect(studio.toasts.getByRole('status')).toHaveCount(1);
});

test('the row of takes is one tab stop; the arrow keys go along it', async ({ studio, page, darkroom }) => {
  const ids = [];
  for (let seed = 1; seed <= 4; seed += 1) ids.push(await submit(darkroom, { prompt: `study ${seed}`, side: 64, steps: 1, seed }));
  for (const id of ids) await expect.poll(() => stateOf(darkroom, id)).toBe('done');
  await studio.open();
  const takes = page.getByRole('navigation', { name: 'Takes' }).getByRole('link');
  await expect(takes).toHaveCount(4);
  expect(await takes.evaluateAll((links) => links.filter((link) => (link as HTMLElement).tabIndex === 0).length)).toBe(1);
  await takes.first().focus();
  await page.keyboard.press('ArrowRight');
  await expect(takes.nth(1)).toBeFocused();
  await page.keyboard.press('End');
  await expect(takes.nth(3)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(takes.nth(3)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('Home');
  await expect(takes.first()).toBeFocused();
});

test('a number out of range is refused in the words of the form', async ({ studio }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 0 });
  await studio.generate.click();
  await expect(studio.number('Steps')).toHaveAccessibleDescription('This must be from 1 to 10000.');
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 480 }, hasTouch: true, isMobile: true });

  test('Generate stays on the screen, without a hint of keys that are not there', async ({ studio, page }) => {
    await studio.open();
    // The first field is at the top of the screen, the last ones are below it.
    await studio.prompt.evaluate((field) => field.scrollIntoView({ block: 'start' }));
    await expect(studio.number('Seed')).not.toBeInViewport({ ratio: 1 });
    await expect(studio.generate).toBeInViewport({ ratio: 1 });
    await expect(page.locator('.generate kbd')).toBeHidden();
  });

  test('messages do not cover Generate', async ({ studio, darkroom }) => {
    await studio.open();
    await submit(darkroom, { prompt: 'a message', side: 64, steps: 1 });
    const toast = studio.toasts.getByRole('status');
    await expect(toast).toBeVisible();
    await studio.number('Steps').scrollIntoViewIfNeeded();
    const [message, button] = [await toast.boundingBox(), await studio.generate.boundingBox()];
    expect((message?.y ?? 0) + (message?.height ?? 0)).toBeLessThanOrEqual(button?.y ?? 0);
  });
});

test.describe('with the colours of the system', () => {
  test.use({ forcedColors: 'active' } as object);

  test('Generate has an edge, the current page is marked, and choices look like choices', async ({ studio, page }) => {
    await studio.open();
    const style = (selector: string, name: string) =>
      page.locator(selector).first().evaluate((element, name) => getComputedStyle(element).getPropertyValue(name), name);
    expect(await style('.generate', 'border-top-width')).toBe('2px');
    expect(await style('nav.nav a[aria-current]', 'outline-style')).toBe('solid');
    expect(await style('.field select', 'appearance')).toBe('auto');
  });
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('axe finds nothing on the documentation of the API, nor on a long list of problems', async ({ studio, page }) => {
      await page.goto('/api/docs');
      // All routes and schemas are written by the same functions: axe reads the first of each section, and not 15,000 elements for a minute.
      await page.evaluate(() => {
        for (const section of document.querySelectorAll('main > section')) {
          for (const article of [...section.querySelectorAll(':scope > article')].slice(3)) article.remove();
        }
      });
      const found = async () => (await new AxeBuilder({ page }).analyze()).violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.target}`);
      expect(await found()).toEqual([]);
      await studio.open();
      await studio.chooseWorkflow();
      const many = Object.fromEntries(Array.from({ length: 30 }, (_, id) => [id + 1, { class_type: `Missing${id}`, inputs: {} }]));
      await studio.workflowFile.setInputFiles(file('many.json', many));
      await studio.generate.click();
      await expect(studio.formAlert).toContainText('Missing');
      expect(await found()).toEqual([]);
    });
  });
}
