// A part of the page that fails says so, and the rest lives.

import { submit, stateOf } from '../support/servers.mjs';
import { expect, test } from '../support/test';

test.describe('a picture that does not come', () => {
  test.use({ tolerated: /status of 502/ });

  test('is replaced by a message; the rest of the page works, and it can be retried', async ({ page, studio }) => {
    await page.route('**/outputs/0', (route) => route.fulfill({ status: 502, body: 'ComfyUI is away' }));
    await studio.open();
    await studio.fill({ prompt: 'lost on the way', side: 64, steps: 2 });
    await studio.generate.click();
    const failed = page.getByRole('alert').filter({ hasText: 'The picture cannot be shown' });
    await expect(failed).toContainText('the file did not come. Its ComfyUI may be away, or has deleted it. Your tasks go on.');
    await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
    await expect(studio.nodes).toHaveCount(7);

    // Still away.
    await failed.getByRole('button', { name: 'Try again' }).click();
    await expect(failed).toBeVisible();
    await page.unroute('**/outputs/0');
    await failed.getByRole('button', { name: 'Try again' }).click();
    await studio.untilPicture();
    await expect(failed).toHaveCount(0);
  });

  test('is replaced by a message if it failed before hydration', async ({ page, studio, darkroom }) => {
    const id = await submit(darkroom, { prompt: 'lost early', width: 64, height: 64, steps: 2 });
    await expect.poll(() => stateOf(darkroom, id)).toBe('done');
    await page.route('**/outputs/0', (route) => route.fulfill({ status: 502 }));
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
    const answered = page.waitForResponse('**/outputs/0');
    await page.goto(`/tasks/${id}`, { waitUntil: 'commit' });
    await answered;
    release();
    await studio.untilConnected();
    await expect(page.getByRole('alert').filter({ hasText: 'The picture cannot be shown' })).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Lost early');
  });
});

test.describe('nodes that cannot be asked for', () => {
  test.use({ tolerated: /net::ERR_FAILED/ });

  test('are replaced by a message, and listed when they can be fetched', async ({ page, studio, darkroom }) => {
    // Of older tasks the page has only summaries.
    for (const prompt of ['oldest', 'older', 'newer', 'newest']) {
      const id = await submit(darkroom, { prompt, width: 64, height: 64, steps: 2 });
      await expect.poll(() => stateOf(darkroom, id)).toBe('done');
    }
    await studio.open();
    await page.route('**/api/fn/task', (route) => route.abort());
    await page.getByRole('navigation', { name: 'Takes' }).getByRole('link', { name: /^Oldest/ }).click();
    const failed = page.getByRole('alert').filter({ hasText: 'The list of nodes cannot be shown' });
    await expect(failed).toContainText('Darkroom did not answer. Your tasks go on.');
    await expect(page.getByRole('img', { name: 'Result: oldest' })).toBeVisible();
    await expect(page.getByRole('region', { name: 'Progress' })).toContainText('Complete');

    await page.unroute('**/api/fn/task');
    await failed.getByRole('button', { name: 'Try again' }).click();
    await expect(studio.nodes).toHaveCount(7);
    await expect(failed).toHaveCount(0);
  });
});

test.describe('a program that stops', () => {
  // The panic, and the trap that it ends in. What is left of the program may still try to connect; Chromium takes a document that a test
  // has rewritten for one from elsewhere, and forbids that.
  test.use({ tolerated: /panicked at|unreachable|RuntimeError|LOCAL_NETWORK_ACCESS_CHECKS/ });

  test('shows one message with a way out; the page stays as it was rendered', async ({ page, darkroom }) => {
    await submit(darkroom, { prompt: 'goes on', width: 64, height: 64, steps: 2 });
    // A proxy that "minifies" what it passes on: without its comments, the page is not what the program expects to take over.
    let mangled = true;
    await page.route('**/*', async (route) => {
      if (!mangled || route.request().resourceType() !== 'document') return route.fallback();
      const response = await route.fetch();
      await route.fulfill({ response, body: (await response.text()).replaceAll('<!>', '').replaceAll('<!---->', '') });
    });
    await page.goto('/');
    const bar = page.getByRole('alert').filter({ hasText: 'This page stopped working. Your tasks go on.' });
    await expect(bar).toBeVisible();
    await expect(bar).toHaveCount(1);
    // What does not need the program works: links and forms.
    await expect(page.getByRole('heading', { name: 'Studio', level: 1 })).toBeAttached();
    await page.getByRole('textbox', { name: 'Prompt', exact: true }).fill('typed all the same');

    mangled = false;
    await bar.getByRole('link', { name: 'Reload' }).click();
    await expect(page.locator('button.chip')).toHaveAccessibleName(/^Connected/);
    await expect(bar).toHaveCount(0);
  });
});
