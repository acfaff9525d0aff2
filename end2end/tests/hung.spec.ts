// Requests that hang: a server or a proxy that takes a request and never answers. None blocks the page for good.

import type { Page, Request } from '@playwright/test';
import { stateOf, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

test.use({ tolerated: SERVER_WENT_AWAY });

/** Requests of a kind: those that were made, and those that the page gave up. */
function requests(page: Page, path: string) {
  const seen = { made: 0, given: 0 };
  const counts = (request: Request) => new URL(request.url()).pathname === path;
  page.on('request', (request) => (seen.made += Number(counts(request))));
  page.on('requestfailed', (request) => (seen.given += Number(counts(request) && request.failure()?.errorText === 'net::ERR_ABORTED')));
  return seen;
}

/** Lets timers fire for so long by the page's clock, a second at a time, so that what they start is under way before the next. */
async function pass(page: Page, seconds: number) {
  for (let second = 0; second < seconds; second++) {
    await page.clock.runFor(1_000);
    await page.evaluate(() => new Promise((resolve) => resolve(null)));
  }
}

test.describe('a poll', () => {
  test.use({ speed: 1 });

  test('that hangs is the only one, is given up after 30 s, and the next one brings the page up to date', async ({ studio, page, darkroom }) => {
    let [hangs, hung] = [false, 0];
    await page.clock.install();
    await page.addInitScript(() => (Math.random = () => 0));
    await page.routeWebSocket('**/ws', (socket) => socket.close());
    await page.route('**/api/fn/news', (route) => (hangs ? void (hung += 1) : route.continue()));
    await page.goto('/');
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
    await submit(darkroom, { prompt: 'seen late', steps: 1000 });
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');

    hangs = true;
    // A poll may be on its way already: it is known by its arrival that it hangs.
    await expect.poll(() => hung, 'a poll hangs').toBe(1);
    const polls = requests(page, '/api/fn/news');
    await pass(page, 20);
    expect({ hung, ...polls }, 'nothing more is asked while it is awaited').toEqual({ hung: 1, made: 0, given: 0 });
    hangs = false;
    await pass(page, 15);
    await expect.poll(() => polls.given, 'given up').toBe(1);
    await expect.poll(() => polls.made, 'and asked again').toBeGreaterThan(0);
    await submit(darkroom, { prompt: 'another', steps: 2 });
    await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link')).toHaveCount(2);
  });

  test('in progress is aborted when the socket is open again', async ({ studio, page }) => {
    let closed = true;
    await page.clock.install();
    await page.addInitScript(() => (Math.random = () => 0));
    await page.routeWebSocket('**/ws', (socket) => (closed ? socket.close() : void socket.connectToServer()));
    const polls = requests(page, '/api/fn/news');
    await page.route('**/api/fn/news', () => undefined);
    await page.goto('/');
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
    await expect.poll(() => polls.made).toBe(1);
    closed = false;
    await studio.status.getByRole('button', { name: 'Retry now' }).click();
    await expect(studio.chip).toHaveAccessibleName(/^Connected/);
    await expect.poll(() => polls).toEqual({ made: 1, given: 1 });
  });
});

test('an order without a response is sent again and carried out once; the next one follows', async ({ studio, page, darkroom }) => {
  await page.clock.install();
  const id = await submit(darkroom, { prompt: 'a harbour', steps: 5000 });
  await studio.open();
  await expect(studio.tracker).toHaveAttribute('data-state', 'running');
  const orders = requests(page, '/api/fn/order');
  await page.route('**/api/fn/order', (route) => (orders.made > 1 ? route.continue() : undefined));
  await page.getByRole('button', { name: /^Cancel/ }).first().click();
  await expect.poll(() => orders.made).toBe(1);
  await studio.fill({ prompt: 'the second', side: 64, steps: 2 });
  await studio.generate.click();
  await pass(page, 40);
  await expect.poll(() => stateOf(darkroom, id)).toBe('cancelled');
  await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link')).toHaveCount(2);
  await expect(page.locator('details.outbox')).toHaveCount(0);
  expect(orders, 'one given up, then both').toEqual({ made: 3, given: 1 });
});
