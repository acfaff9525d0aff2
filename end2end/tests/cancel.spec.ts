// Stopping what runs, and only that.

import { stateOf, submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';

test.use({ speed: 1 });

test('a running task is cancelled, and shows that', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'not worth it', side: 256, steps: 200 });
  await studio.generate.click();
  await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect(studio.tracker).toContainText('Cancelled');
  await expect(studio.toasts).toContainText('Not worth it was cancelled');
  await expect(page.getByRole('button', { name: /^Cancel/ })).toHaveCount(0);
  await expect(studio.status).not.toContainText('Not worth it');
  await expect(page).toHaveTitle('Darkroom');
  await expect(studio.node('9')).toHaveAttribute('data-state', 'waiting');
});

test('the task behind it continues', async ({ studio, page, darkroom }) => {
  await studio.open();
  const first = await submit(darkroom, { prompt: 'in the way', steps: 200 });
  const second = await submit(darkroom, { prompt: 'next in line', steps: 3, seed: '7' });
  await expect(studio.status).toContainText('In the way');
  await page.getByRole('navigation', { name: 'Takes' }).getByRole('link', { name: /^In the way/ }).click();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await expect.poll(() => stateOf(darkroom, second)).toBe('done');
  expect(await stateOf(darkroom, first)).toBe('cancelled');
});

test('a banner that is put away does not stop the run', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'quietly', side: 128, steps: 40 });
  await studio.generate.click();
  await studio.status.getByRole('button', { name: 'Dismiss' }).click();
  await expect(studio.status).not.toContainText('Quietly');
  await expect(page.getByRole('button', { name: 'Cancel', exact: true })).toBeVisible();
  await studio.untilDone();
});
