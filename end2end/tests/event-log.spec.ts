// The event log of the page's live connection.

import { readFile } from 'node:fs/promises';
import { Settings, keep } from '../support/settings';
import { submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

test.use({ speed: 1 });

test('shows what comes and goes, with sizes; only in debug mode', async ({ page, studio, darkroom }) => {
  const settings = new Settings(page);
  await settings.open();
  await studio.untilConnected();
  await expect(settings.log).toHaveCount(0);
  await settings.switch('Debug mode').check();
  await expect(settings.log).toBeVisible();
  await submit(darkroom, { steps: 1000 });
  const row = (kind: string | RegExp) => settings.rows.filter({ has: page.getByRole('cell', { name: kind, exact: true }) });
  await expect(row(/^changes( ×\d+)?$/).first()).toContainText(/node_progress/);
  await expect(row('preview').first()).toContainText(/\d+ B/);

  // From the first word on: it is recorded wherever the page is opened.
  await page.goto('/');
  await studio.untilConnected();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await settings.only.selectOption('hello');
  await expect(settings.rows).toHaveCount(1);
  await expect(settings.rows.getByRole('cell')).toHaveText([/^\d\d:\d\d:\d\d\.\d{3}$/, '↑ out', 'hello', /^\d+ B$/, /^resume after/]);
  for (const [kind, direction] of [['welcome', '↓ in'], ['ping', '↑ out'], ['pong', '↓ in']]) {
    await settings.only.selectOption(kind ?? '');
    await expect(settings.rows.first().getByRole('cell').nth(1)).toHaveText(direction ?? '');
    await expect(settings.rows.first().getByRole('cell').nth(3)).toHaveText(/^\d+ B$/);
  }
  await settings.only.selectOption('Only states of the link');
  await expect(settings.rows.first()).toContainText('connected');

  await settings.switch('Debug mode').uncheck();
  await expect(settings.log).toHaveCount(0);
});

test('can be filtered, held still and emptied', async ({ page, studio, darkroom }) => {
  await keep(page, { debug: true });
  await submit(darkroom, { steps: 1000 });
  const settings = new Settings(page);
  await settings.open();
  await studio.untilConnected();
  await expect.poll(() => settings.rows.count()).toBeGreaterThan(10);
  await settings.filter.fill('WELCOME');
  await expect(settings.rows).toHaveCount(1);
  await settings.filter.fill('no such thing');
  await expect(settings.rows).toHaveCount(0);
  await expect(settings.log).toContainText('Nothing to show.');
  await settings.filter.fill('');

  await settings.logButton('Pause log').click();
  await expect(settings.log).toContainText(/Paused\. \d+ came meanwhile\./);
  const held = await settings.rows.allInnerTexts();
  await expect(settings.log).toContainText(/Paused\. [1-9]\d+ came meanwhile\./);
  expect(await settings.rows.allInnerTexts()).toEqual(held);
  await settings.logButton('Resume log').click();
  await expect.poll(async () => (await settings.rows.allInnerTexts())[0]).not.toBe(held[0]);

  await settings.filter.fill('welcome');
  await expect(settings.rows).toHaveCount(1);
  await settings.logButton('Clear log').click();
  await expect(settings.rows).toHaveCount(0);
  await settings.filter.fill('');
  await expect.poll(() => settings.rows.count()).toBeGreaterThan(0);
});

test('can be taken away: as text on the clipboard, as NDJSON in a file', async ({ page, context, studio }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await keep(page, { debug: true });
  const settings = new Settings(page);
  const before = Date.now();
  await settings.open();
  await studio.untilConnected();
  await settings.only.selectOption('Only what went out');
  await expect(settings.rows).toHaveCount(2);
  await settings.logButton('Pause log').click();
  await settings.logButton('Copy').click();
  await expect(settings.log.getByRole('status')).toHaveText('Copied 2 lines.');
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(lines[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z out hello \d+ B resume after epoch \d+, seq \d+$/);
  expect(lines[1]).toMatch(/Z out ping \d+ B$/);

  const downloading = page.waitForEvent('download');
  await settings.logButton('Download').click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('darkroom-events.ndjson');
  const events = (await readFile(await download.path(), 'utf8')).trim().split('\n').map((line) => JSON.parse(line));
  expect(events.map(({ direction, type }) => [direction, type])).toEqual([['out', 'hello'], ['out', 'ping']]);
  expect(events[0].bytes).toBeGreaterThan(50);
  expect(events[0].at_ms).toBeGreaterThanOrEqual(before);
  expect(events[0].at_ms).toBeLessThanOrEqual(Date.now());
});

test('is written to the console on demand', async ({ page, studio }) => {
  const lines: string[] = [];
  page.on('console', (message) => lines.push(message.text()));
  await keep(page, { debug: true, log_to_console: true });
  await studio.open();
  await expect.poll(() => lines.join('\n')).toMatch(/out hello \d+ B/);
  expect(lines.join('\n')).toMatch(/in welcome \d+ B/);
});

test('shows orders, too, which go over HTTP', async ({ page, studio }) => {
  await keep(page, { debug: true });
  const settings = new Settings(page);
  await studio.open();
  await studio.fill({ prompt: 'ordered', steps: 2, side: 64 });
  await studio.generate.click();
  await studio.untilDone();
  await page.getByRole('link', { name: 'Settings', exact: true }).click();
  await settings.only.selectOption('order');
  await expect(settings.rows.getByRole('cell')).toHaveText([/:/, '↑ out', 'order', /^\d+ B$/, 'Generate “ordered”']);
  await settings.only.selectOption('answer');
  await expect(settings.rows).toContainText(/done: task [0-9a-f-]{36}/);
});

test.describe('where no WebSocket gets through', () => {
  test.use({ tolerated: SERVER_WENT_AWAY });

  test('shows states and polls', async ({ page, studio }) => {
    await page.routeWebSocket('**/ws', (socket) => socket.close());
    await keep(page, { debug: true, backoff_first_ms: 100, backoff_max_ms: 1000 });
    const settings = new Settings(page);
    await settings.open();
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
    await settings.only.selectOption('link');
    await expect(settings.rows.filter({ hasText: 'reconnecting' }).first()).toContainText('attempt');
    await settings.only.selectOption('poll');
    await expect(settings.rows.filter({ hasText: 'in' }).first()).toContainText('0 B');
  });
});

test('5,000 messages a second neither block the page nor pile up', { tag: '@long' }, async ({ page }) => {
  test.slow();
  await keep(page, { debug: true });
  await page.addInitScript(() => {
    const tasks: number[] = [];
    Object.assign(window, { tasks });
    new PerformanceObserver((list) => list.getEntries().forEach((entry) => tasks.push(entry.duration))).observe({ type: 'longtask' });
  });
  // A frame of no changes, as short as a message can be, given to the page's own socket: what is measured is the log, not the test.
  await page.addInitScript(() => {
    const Real = WebSocket;
    window.WebSocket = class extends Real {
      constructor(url: string | URL, protocols?: string | string[]) {
        super(url, protocols);
        Object.assign(window, { socket: this });
      }
    };
  });
  const settings = new Settings(page);
  await settings.open();
  const total = async () => Number(/(\d+) since/.exec((await settings.log.locator('.log-state').textContent()) ?? '')?.[1]);
  await expect.poll(total).toBeGreaterThan(2);
  const before = await total();
  await page.evaluate(() => ((window as unknown as { tasks: number[] }).tasks.length = 0));
  const from = Date.now();
  await page.evaluate(() => {
    const { socket } = window as unknown as { socket: WebSocket };
    let left = 15_100;
    const flood = setInterval(() => {
      for (let n = 0; n < 100; n += 1) socket.dispatchEvent(new MessageEvent('message', { data: new Uint8Array([3]).buffer }));
      left -= 100;
      if (left <= 0) clearInterval(flood);
    }, 20);
  });
  await expect.poll(total, { timeout: 60_000 }).toBeGreaterThan(before + 15_000);
  const took = (Date.now() - from) / 1000;
  const tasks = await page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
  console.log(`15,000 messages in ${took.toFixed(1)} s; long tasks: ${tasks.map(Math.round).join(', ') || 'none'}`);
  await expect(settings.rows).toHaveCount(100);
  await expect(settings.log).toContainText('The newest 100 of 500 events.');
  // The page answers in the middle of it, too.
  await settings.filter.fill('welcome');
  await expect(settings.log).toContainText('Nothing to show.');
  // By the clock on the wall, where nothing else runs.
  if (process.env.FLOOD_SECONDS) expect(Math.max(0, ...tasks)).toBeLessThan(150);
});
