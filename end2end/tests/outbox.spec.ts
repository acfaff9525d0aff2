// What is ordered while Darkroom cannot be reached: it waits in sight, can be taken back, and acts once, in order.

import type { Page } from '@playwright/test';
import { startDarkroom, stateOf, submit, untilReady } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';
import { file } from '../support/workflows';

const outbox = (page: Page) => page.locator('details.outbox');
const orders = (page: Page) => page.getByRole('list', { name: 'Waiting to be sent' }).getByRole('listitem');
const takes = (page: Page) => page.getByRole('navigation', { name: 'Takes' }).getByRole('link');

test.use({ tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|api/fn/order|ERR_INTERNET_DISCONNECTED`) });

test.describe('offline', () => {
  test('a command waits until the device is online again', async ({ studio, page, context, darkroom }) => {
    const id = await submit(darkroom, { prompt: 'a harbour', steps: 5000 });
    await studio.open();
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    await context.setOffline(true);
    await expect(studio.status).toContainText('This device is offline.');
    await studio.tracker.getByRole('button', { name: 'Cancel' }).click();
    await expect(studio.toasts).toContainText('Cancel “A harbour”');
    await expect(outbox(page)).toContainText('1 waits to be sent');
    // Pressed again, it does not wait twice.
    await outbox(page).locator('summary').click();
    await expect(orders(page)).toHaveCount(1);
    await expect(orders(page)).toContainText('Waits in this browser.');
    expect(await stateOf(darkroom, id)).toBe('running');

    await context.setOffline(false);
    await expect.poll(() => stateOf(darkroom, id)).toBe('cancelled');
    await expect(studio.toasts).toContainText('Sent, now that Darkroom is there.');
    await expect(outbox(page)).toHaveCount(0);
    await expect(studio.tracker).toHaveAttribute('data-state', 'cancelled');
  });

  test('submissions wait in order; a withdrawn one never runs', async ({ studio, page, context }) => {
    await studio.open();
    await studio.untilConnected();
    await context.setOffline(true);
    for (const prompt of ['the first', 'the second', 'the third']) {
      await studio.fill({ prompt, side: 64, steps: 2 });
      await studio.generate.click();
      await expect(studio.generate).toHaveAttribute('aria-disabled', 'false');
    }
    await outbox(page).locator('summary').click();
    await expect(orders(page)).toHaveCount(3);
    await page.getByRole('button', { name: 'Withdraw: Generate “The second”' }).click();
    await expect(orders(page)).toHaveCount(2);

    await context.setOffline(false);
    await expect(takes(page)).toHaveCount(2);
    await expect(takes(page).nth(0)).toHaveAccessibleName(/The third/);
    await expect(takes(page).nth(1)).toHaveAccessibleName(/The first/);
    await expect(outbox(page)).toHaveCount(0);
  });

  test('another tab shows the waiting orders, and only one of both sends them', async ({ studio, page, context }) => {
    await studio.open();
    const other = new Studio(await context.newPage());
    await other.open();
    await context.setOffline(true);
    await studio.fill({ prompt: 'seen by both', side: 64, steps: 2 });
    await studio.generate.click();
    await expect(outbox(other.page)).toContainText('1 waits to be sent');
    await context.setOffline(false);
    for (const tab of [page, other.page]) {
      await expect(takes(tab)).toHaveCount(1);
      await expect(outbox(tab)).toHaveCount(0);
    }
  });
});

test('given to a Darkroom that was killed, it is made after the restart, although the page was closed', async ({ studio, page, context, folder, engine, darkroom }) => {
  await studio.open();
  await darkroom.end('SIGKILL');
  await studio.fill({ prompt: 'the night train', side: 64, steps: 2 });
  await studio.generate.click();
  await expect(outbox(page)).toContainText('1 waits to be sent');
  await expect(studio.toasts).toContainText('It waits in this browser');
  await page.close();

  const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
  await untilReady(again);
  const next = new Studio(await context.newPage());
  await next.open();
  await next.untilDone();
  await expect(takes(next.page)).toHaveCount(1);
  await expect(takes(next.page)).toHaveAccessibleName(/The night train/);
  await again.end();
});

test('an order whose response was lost is sent again and carried out once', async ({ studio, page }) => {
  await studio.open();
  let requests = 0;
  await page.route('**/api/fn/order', async (route) => {
    requests += 1;
    if (requests > 1) return route.continue();
    await route.fetch();
    return route.abort();
  });
  await studio.fill({ prompt: 'said twice', side: 64, steps: 2 });
  await studio.generate.click();
  await expect(outbox(page)).toContainText('1 waits to be sent');
  await expect(outbox(page)).toHaveCount(0);
  expect(requests).toBe(2);
  await studio.untilDone();
  await expect(takes(page)).toHaveCount(1);
});

test('the reason of a later refusal stays visible', async ({ studio, page, context }) => {
  await studio.open();
  await studio.untilConnected();
  // The code that opens files is loaded with this half of the form.
  await studio.chooseWorkflow();
  await page.waitForLoadState('networkidle');
  await context.setOffline(true);
  await studio.workflowFile.setInputFiles(file('odd.json', { 1: { class_type: 'NoSuchNode', inputs: {} } }));
  await studio.generate.click();
  await expect(outbox(page)).toContainText('1 waits to be sent');
  await context.setOffline(false);
  await expect(outbox(page)).toContainText('1 was refused');
  await outbox(page).locator('summary').click();
  await expect(orders(page)).toContainText('NoSuchNode');
  await page.reload();
  await outbox(page).locator('summary').click();
  await page.getByRole('button', { name: 'Dismiss: Generate “odd”' }).click();
  await expect(outbox(page)).toHaveCount(0);
});

test('an order that Darkroom cannot store now waits until it can', async ({ studio, page }) => {
  await studio.open();
  await studio.fill({ prompt: 'patience', side: 64, steps: 2 });
  let down = true;
  await page.route('**/api/fn/order', (route) => (down ? route.fulfill({ status: 502, body: 'Bad gateway' }) : route.continue()));
  await studio.generate.click();
  await expect(outbox(page)).toContainText('1 waits to be sent');
  await outbox(page).locator('summary').click();
  await expect(orders(page)).toContainText('The answer was not understood');
  down = false;
  await studio.untilDone();
  await expect(takes(page)).toHaveCount(1);
});

test('tasks that ended while the page was away are announced', async ({ studio, page, darkroom }) => {
  const id = await submit(darkroom, { prompt: 'unwatched', steps: 2 });
  await studio.open();
  await studio.untilDone();
  await page.goto('about:blank');
  const next = await submit(darkroom, { prompt: 'made alone', steps: 2 });
  await expect.poll(() => stateOf(darkroom, next)).toBe('done');
  await studio.open();
  await expect(studio.toasts).toContainText('Made alone is done');
  await expect(studio.toasts).not.toContainText('Unwatched is done');
  expect(id).not.toBe(next);
});
