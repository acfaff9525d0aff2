// The same task on every page, at any time.

import { submit } from '../support/servers.mjs';
import { naturalWidth } from '../support/studio';
import { expect, test } from '../support/test';

test.use({ speed: 2 });

test('two pages show the same run and the same end', async ({ studio, visitor }) => {
  const other = await visitor();
  await studio.open();
  await other.open();
  await studio.fill({ prompt: 'seen by two', side: 256, steps: 60 });
  await studio.generate.click();
  for (const page of [studio, other]) {
    await expect(page.status).toContainText('Seen by two');
    await expect(page.status).toContainText(/Sampling image, step \d+ of 60/);
    await expect(page.preview).toBeVisible();
    await expect.poll(() => naturalWidth(page.preview)).toBeGreaterThan(0);
  }
  await studio.untilDone();
  await other.untilDone();
  expect(await other.result.getAttribute('src')).toBe(await studio.result.getAttribute('src'));
  await expect(other.toasts).toContainText('Seen by two is done');
  expect(await studio.nodes.allInnerTexts()).toEqual(await other.nodes.allInnerTexts());
});

test('a reload during a run shows it at once and follows it', async ({ studio, page, darkroom }) => {
  await studio.open();
  await studio.fill({ prompt: 'reloaded halfway', side: 256, steps: 60 });
  await studio.generate.click();
  // Before its first step the run is as far as the nodes before have brought it.
  await expect(studio.status).toContainText(/step \d+ of 60/);
  await expect.poll(() => studio.percent()).toBeGreaterThan(15);

  // As the server sends it, before any script runs.
  const html = await (await fetch(darkroom.url)).text();
  const body = html.slice(0, html.indexOf('</main>'));
  expect(body).toContain('Reloaded halfway');
  expect(body).toMatch(/Sampling image, step \d+ of 60/);
  expect(body).toMatch(/data-node-id="3" data-state="running"|data-state="running" data-node-id="3"/);
  const percent = Number(/aria-valuenow="(\d+)"/.exec(body)?.[1]);
  expect(percent).toBeGreaterThan(15);
  expect(percent).toBeLessThan(100);

  await page.reload({ waitUntil: 'commit' });
  await expect(studio.status).toContainText('Reloaded halfway');
  expect(await studio.percent()).toBeGreaterThanOrEqual(percent);
  await studio.untilConnected();
  await studio.untilDone();
});

test('the address of a task shows it to anyone, while it runs and afterwards', async ({ studio, visitor, darkroom }) => {
  const id = await submit(darkroom, { prompt: 'a shared link', steps: 40 });
  const [early, late] = [await visitor(), await visitor()];
  await early.open(`/tasks/${id}`);
  await expect(early.page.getByRole('heading', { level: 1 })).toHaveText('A shared link');
  await expect(early.node('3')).toHaveAttribute('data-state', 'running');
  await early.untilDone();

  await late.open(`/tasks/${id}`);
  await late.untilDone();
  expect(await naturalWidth(late.result)).toBe(256);
  await expect(late.page.locator('[data-field=seed] dd')).toHaveText('42');
  await expect(late.page.locator('[data-field=steps] dd')).toHaveText('40');

  await studio.open();
  await studio.page.getByRole('navigation', { name: 'Takes' }).getByRole('link', { name: /^A shared link, done/ }).click();
  await studio.page.getByRole('link', { name: 'Task page' }).click();
  await expect(studio.page).toHaveURL(`/tasks/${id}`);
  await studio.untilPicture();
});

test('navigating keeps the run and the values of the form', async ({ studio, page, darkroom }) => {
  await studio.open();
  await studio.mark();
  await submit(darkroom, { prompt: 'goes on meanwhile', steps: 40 });
  await studio.prompt.fill('half a thought');
  await studio.status.getByRole('link', { name: 'Goes on meanwhile' }).click();
  await expect(page).toHaveURL(/\/tasks\//);
  await expect(studio.tracker).toBeVisible();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Studio' }).click();
  await expect(studio.prompt).toHaveValue('half a thought');
  await studio.untilDone();
  expect(await studio.isMarked()).toBe(true);
});

test.describe('an address that leads nowhere', () => {
  const id = '00000000-0000-0000-0000-000000000000';
  test.use({ tolerated: /status of 404 .*\/(tasks\/0|nowhere)/ });

  for (const [path, title] of [[`/tasks/${id}`, 'There is no such task'], ['/nowhere', 'There is no page here']]) {
    test(`${path} is not found, and says so`, async ({ studio, page }) => {
      const response = await page.goto(path);
      expect(response?.status()).toBe(404);
      await expect(page.getByRole('heading', { name: title })).toBeVisible();
      await studio.untilConnected();
      await expect(page.getByRole('heading', { name: title })).toBeVisible();
      await page.getByRole('link', { name: 'Go to Studio' }).click();
      await expect(studio.prompt).toBeVisible();
    });
  }
});
