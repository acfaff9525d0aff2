// What is used all day: keys, many runs, messages on a phone, notifications, the installed app.

import AxeBuilder from '@axe-core/playwright';
import { stateOf, submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';
import { MISSING_MODEL, PLAIN_PICTURE, file } from '../support/workflows';

test('the sheet lists the keys, and they do what it says', async ({ studio, page, darkroom }, info) => {
  const ids = [];
  for (let seed = 1; seed <= 3; seed += 1) ids.push(await submit(darkroom, { prompt: `study ${seed}`, side: 64, steps: 1, seed }));
  for (const id of ids) await expect.poll(() => stateOf(darkroom, id)).toBe('done');
  await studio.open();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  await expect(sheet).toBeVisible();
  await expect(sheet).toContainText('Generate');
  await page.screenshot({ path: info.outputPath('keys.png') });
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();

  const takes = page.getByRole('navigation', { name: 'Takes' }).getByRole('link');
  await page.keyboard.press('j');
  await expect(takes.nth(1)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('k');
  await expect(takes.nth(0)).toHaveAttribute('aria-current', 'true');
  await page.keyboard.press('/');
  await expect(studio.prompt).toBeFocused();
  // In a text they are letters.
  await studio.prompt.fill('');
  await page.keyboard.type('why? j/k 2');
  await expect(studio.prompt).toHaveValue('why? j/k 2');
  await expect(sheet).toBeHidden();
  await studio.prompt.blur();
  await page.keyboard.press('2');
  await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();
});

test('a key is changed in the sheet, works at once and after a reload, and never belongs to two commands', async ({ studio, page }, info) => {
  await studio.open();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keys' });
  const change = sheet.getByRole('button', { name: 'Change the key of: Queue' });
  await change.press('Enter');
  await page.keyboard.press('3');
  await expect(sheet.getByRole('alert')).toHaveText('3 is the key of "Settings". Give that one another key first.');
  await page.keyboard.press('F7');
  await expect(sheet.getByRole('alert')).toContainText('Choose a letter, a digit or a sign');
  await page.keyboard.press('q');
  await expect(sheet.getByRole('alert')).toBeHidden();
  await expect(sheet.locator('.key-line', { hasText: 'Queue' }).locator('kbd')).toHaveText(['q']);
  await page.screenshot({ path: info.outputPath('keys-changed.png') });
  expect((await new AxeBuilder({ page }).analyze()).violations.map(({ id }) => id)).toEqual([]);
  await sheet.getByRole('button', { name: 'Change the key of: Settings' }).press('Enter');
  await page.keyboard.press('Escape');
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();

  await page.keyboard.press('2');
  await page.keyboard.press('q');
  await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();
  await studio.open();
  await page.keyboard.press('q');
  await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();
  await page.keyboard.press('?');
  await sheet.getByRole('button', { name: 'The usual key of: Queue' }).click();
  await expect(sheet.locator('.key-line', { hasText: 'Queue' }).locator('kbd')).toHaveText(['2']);
  await expect(change).toBeFocused();
});

test('single keys can be switched off', async ({ studio, page }) => {
  await studio.open('/settings');
  await page.getByRole('checkbox', { name: 'Single keys' }).uncheck();
  await page.getByRole('checkbox', { name: 'Single keys' }).blur();
  await page.keyboard.press('?');
  await page.keyboard.press('2');
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await expect(page.getByRole('dialog', { name: 'Keys' })).toBeHidden();
});

test('a number of runs are tasks with seeds of their own', async ({ studio, page, darkroom }, info) => {
  await studio.open();
  await studio.fill({ prompt: 'one of many', side: 64, steps: 1 });
  await page.getByText('More than one').click();
  await page.getByRole('spinbutton', { name: 'Runs' }).fill('3');
  await page.screenshot({ path: info.outputPath('series.png') });
  await page.getByRole('button', { name: 'Generate 3' }).click();
  await expect(page.getByText('All 3 sent.')).toBeVisible();
  const { tasks } = await (await fetch(`${darkroom.url}/api/tasks`)).json();
  const seeds = await Promise.all(
    tasks.map(async ({ taskId }: { taskId: string }) => (await (await fetch(`${darkroom.url}/api/tasks/${taskId}/workflow`)).json())['3'].inputs.seed),
  );
  expect(seeds.length).toBe(3);
  expect(new Set(seeds).size).toBe(3);
});

test('runs go on until they are stopped, and stop with the first that is refused', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'and another', side: 64, steps: 1 });
  await page.getByText('More than one').click();
  await page.getByRole('button', { name: 'Until stopped' }).click();
  await expect(page.getByText(/Goes on until stopped. [4-9] sent/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByText(/Stopped after \d+/)).toBeVisible();
  await studio.number('Steps').fill('0');
  await page.getByRole('button', { name: 'Until stopped' }).click();
  await expect(page.getByText(/Stopped after 0: the next was refused/)).toBeVisible();
  await expect(studio.number('Steps')).toHaveAccessibleDescription('This must be from 1 to 10000.');
});

test('a series of a workflow whose seeds are fixed stops before it makes the same picture', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('plain.json', PLAIN_PICTURE));
  await expect(page.getByText('3 nodes')).toBeVisible();
  await page.getByText('More than one').click();
  await page.getByRole('button', { name: 'Until stopped' }).click();
  await expect(page.getByText(/Stopped after 1: all seeds are fixed/)).toBeVisible();
});

test('a model that nobody has is replaced by one of the nearest with one click', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  const workflow = structuredClone(MISSING_MODEL);
  workflow[11].inputs.ckpt_name = 'demo-safelite.safetensors';
  await studio.workflowFile.setInputFiles(file('near.json', workflow));
  await page.getByRole('button', { name: 'Use demo-safelight.safetensors' }).click();
  await expect(page.getByRole('button', { name: 'Use demo-safelight.safetensors' })).toBeHidden();
  await studio.generate.click();
  await studio.untilDone();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 700 }, hasTouch: true, isMobile: true });

  test('twelve tasks that end one after another are one message, which never lies over Generate or the status', async ({ studio, page, darkroom }) => {
    test.slow();
    await studio.open();
    for (let seed = 1; seed <= 12; seed += 1) {
      const id = await submit(darkroom, { prompt: 'one of twelve', side: 64, steps: 1, seed });
      await expect.poll(() => stateOf(darkroom, id), { timeout: 40_000 }).toBe('done');
      await expect(studio.toasts).toContainText(seed === 1 ? 'is done' : `${seed} tasks are done`);
      const toast = studio.toasts.getByRole('status');
      await expect(toast).toHaveCount(1);
      // With the focus on it it stays, however long the next task takes: it is the same message that grows.
      if (seed === 1) await toast.getByRole('button', { name: 'Dismiss' }).focus();
      for (const to of [0, 4000]) {
        await page.evaluate((to) => window.scrollTo(0, to), to);
        const [message, button, status] = [await toast.boundingBox(), await studio.generate.boundingBox(), await studio.status.boundingBox()];
        const bottom = (message?.y ?? 0) + (message?.height ?? 0);
        // Above it, or below: the page may be scrolled past it.
        if (button) expect(bottom <= button.y || (message?.y ?? 0) >= button.y + button.height, `after ${seed}: ${JSON.stringify([message, button])}`).toBe(true);
        expect(message?.y ?? 0, `after ${seed}, scrolled to ${to}`).toBeGreaterThanOrEqual(status?.y ?? 0);
      }
    }
  });

  test('the status stays in sight', async ({ studio, page, darkroom }, info) => {
    await submit(darkroom, { prompt: 'a picture', side: 256, steps: 1 });
    await studio.open();
    await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
    await expect(studio.status).toBeInViewport({ ratio: 1 });
    await page.screenshot({ path: info.outputPath('status.png') });
  });
});

test('a task that ends while the page is hidden is a notification of the system, if it was asked for', async ({ studio, page, context, darkroom }) => {
  await context.grantPermissions(['notifications']);
  await page.addInitScript(() => {
    const shown: string[] = [];
    class Recorded {
      static permission = 'granted';
      static requestPermission = async () => 'granted';
      onclick = null;
      constructor(title: string) {
        shown.push(title);
      }
    }
    Object.assign(window, { shown, Notification: Recorded });
  });
  const shown = () => page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  const hide = () => page.evaluate(() => Object.defineProperty(document, 'hidden', { value: true, configurable: true }));
  await studio.open('/settings');
  await hide();
  await submit(darkroom, { prompt: 'not asked for', side: 64, steps: 1 });
  await expect(studio.toasts).toContainText('is done');
  expect(await shown()).toEqual([]);
  await Promise.all([page.waitForResponse(/split_notices/), page.getByRole('checkbox', { name: 'Notifications' }).check()]);
  await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve)));
  await submit(darkroom, { prompt: 'a heron', side: 64, steps: 1 });
  await expect.poll(shown).toEqual(['A heron is done']);
  await submit(darkroom, { prompt: 'an owl', side: 64, steps: 1 });
  await expect.poll(shown).toEqual(['A heron is done', '2 tasks have ended']);
});

test('it can be installed', async ({ studio, page }) => {
  await studio.open();
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const response = await page.request.get(href ?? '');
  expect(response.headers()['content-type']).toContain('application/manifest+json');
  const manifest = await response.json();
  // Relative, so that it fits any base path. Without an id of its own, an app is known by its start.
  expect(manifest).toMatchObject({ start_url: '../../', scope: '../../', display: 'standalone' });
  expect(manifest.id).toBeUndefined();
  expect(new URL(manifest.start_url, new URL(href ?? '', page.url())).pathname).toBe('/');
  for (const { src, sizes } of manifest.icons.filter(({ type }: { type: string }) => type === 'image/png')) {
    const size = await page.evaluate(async (url) => {
      const image = await createImageBitmap(await (await fetch(url)).blob());
      return `${image.width}x${image.height}`;
    }, new URL(src, new URL(href ?? '', page.url())).href);
    expect(size).toBe(sizes);
  }
  const client = await page.context().newCDPSession(page);
  const { installabilityErrors } = await client.send('Page.getInstallabilityErrors');
  expect(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito')).toEqual([]);
});
