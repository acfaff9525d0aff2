// Preferences: kept, checked, shared by tabs, and carried out.

import type { Page } from '@playwright/test';
import { notePolls, pausesBetweenPolls, stopClock } from '../support/clock';
import { KEY, Settings, keep } from '../support/settings';
import { submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

test('changes survive a reload without a button to save', async ({ page }) => {
  const settings = new Settings(page);
  await settings.open();
  await expect(settings.switch('Connect automatically')).toBeChecked();
  await settings.switch('Show previews').uncheck();
  await settings.time('First wait').fill('2.5');
  await settings.time('Longest wait').fill('45');
  await settings.time('Polling interval').fill('5');
  await settings.choice('Updates per second').selectOption('10');
  await settings.choice('Theme').selectOption('Light');
  await settings.switch('Log to the console').check();
  await page.reload();
  await expect(settings.time('First wait')).toHaveValue('2.5');
  await expect(settings.time('Longest wait')).toHaveValue('45');
  await expect(settings.time('Polling interval')).toHaveValue('5');
  await expect(settings.switch('Show previews')).not.toBeChecked();
  await expect(settings.switch('Log to the console')).toBeChecked();
  await expect(settings.choice('Updates per second')).toHaveValue('10');
  await expect(settings.choice('Theme')).toHaveValue('light');
  expect(await settings.kept()).toEqual({
    auto_connect: true,
    backoff_first_ms: 2500,
    backoff_max_ms: 45000,
    keys: true,
    notify: false,
    poll_every_ms: 5000,
    previews: false,
    updates_per_second: 10,
    debug: false,
    log_to_console: true,
    theme: 'light',
  });

  await settings.reset.click();
  await expect(settings.time('First wait')).toHaveValue('1');
  await expect(settings.switch('Show previews')).toBeChecked();
  await expect(settings.choice('Theme')).toHaveValue('system');
  await expect(page.getByRole('status').filter({ hasText: 'All preferences are the defaults again.' })).toBeAttached();
  expect(await settings.kept()).toMatchObject({ backoff_first_ms: 1000, previews: true, theme: 'system' });
});

test('invalid values are refused with a message, and not applied', async ({ page }) => {
  const settings = new Settings(page);
  await settings.open();
  const refused = async (name: 'First wait' | 'Longest wait' | 'Polling interval', typed: string, why: string) => {
    await settings.time(name).fill(typed);
    await expect(settings.time(name)).toHaveAttribute('aria-invalid', 'true');
    await expect(settings.time(name)).toHaveAccessibleDescription(new RegExp(why.replaceAll('.', '\\.')));
    await expect(page.getByText(why)).toBeVisible();
  };
  await settings.time('First wait').fill('3');
  await refused('First wait', '0', 'This must be from 0.1 to 60 seconds.');
  await refused('First wait', '', 'Type a number of seconds, such as 1 or 0.5.');
  await settings.time('First wait').fill('20');
  await expect(settings.time('First wait')).not.toHaveAttribute('aria-invalid');
  await refused('Longest wait', '10', 'This must be at least the first wait, 20 seconds.');
  await refused('Polling interval', '0.1', 'This must be from 0.25 to 60 seconds.');
  expect(await settings.kept()).toMatchObject({ backoff_first_ms: 20000, backoff_max_ms: 30000, poll_every_ms: 1000 });
  // Something else is changed meanwhile: what was typed stays, and so does what is wrong with it.
  await settings.switch('Show previews').uncheck();
  await expect(settings.time('Longest wait')).toHaveValue('10');
  await settings.reset.click();
  await expect(settings.time('Longest wait')).toHaveValue('30');
  await expect(settings.time('Polling interval')).not.toHaveAttribute('aria-invalid');
});

for (const [what, text] of [
  ['is no JSON', 'not json {'],
  ['has strange members', '{"auto_connect":"perhaps","backoff_first_ms":-5,"backoff_max_ms":2e9,"updates_per_second":7,"theme":"sepia","previews":false}'],
  ['is an array', '[1,2,3]'],
] as const) {
  test(`a page works when what is kept ${what}`, async ({ page, studio }) => {
    await keep(page, text);
    await studio.open();
    const settings = new Settings(page);
    await settings.open();
    await expect(settings.time('First wait')).toHaveValue('1');
    await expect(settings.choice('Theme')).toHaveValue('system');
    await expect(settings.switch('Connect automatically')).toBeChecked();
    // Member by member: what can be read is.
    await expect(settings.switch('Show previews')).toBeChecked({ checked: !text.includes('"previews":false') });
  });
}

test('a page works where the browser keeps nothing', async ({ page, studio }) => {
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('forbidden', 'SecurityError');
      },
    });
  });
  await studio.open();
  const settings = new Settings(page);
  await settings.open();
  await settings.choice('Theme').selectOption('Light');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(studio.toasts).toContainText('Preferences are not kept');
});

test('two tabs of one browser agree at once', async ({ page, context, studio }) => {
  const settings = new Settings(page);
  await settings.open();
  const second = await context.newPage();
  const other = new Settings(second);
  await other.open();
  await settings.choice('Theme').selectOption('Light');
  await expect(second.locator('html')).toHaveAttribute('data-theme', 'light');
  await expect(other.choice('Theme')).toHaveValue('light');
  await other.time('First wait').fill('7');
  await expect(settings.time('First wait')).toHaveValue('7');
  // They do not answer each other for ever: who takes over writes nothing.
  await second.evaluate((key) => {
    const written: string[] = [];
    Object.assign(window, { written });
    const set = Storage.prototype.setItem;
    Storage.prototype.setItem = function (name: string, value: string) {
      if (name === key) written.push(value);
      set.call(this, name, value);
    };
  }, KEY);
  await settings.switch('Show previews').uncheck();
  await expect(other.switch('Show previews')).not.toBeChecked();
  expect(await second.evaluate(() => (window as unknown as { written: string[] }).written)).toEqual([]);
  await second.close();
});

for (const theme of ['dark', 'light'] as const) {
  const system = theme === 'dark' ? 'light' : 'dark';
  test.describe(`${theme} on a ${system} system`, () => {
    test.use({ colorScheme: system, tolerated: /ERR_FAILED|Failed to fetch|dynamically imported|wasm/i });

    test('is there before the page is alive, and stays', async ({ page, studio }) => {
      const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
      await keep(page, { theme });
      await page.route('**/*.wasm', (route) => route.abort());
      await page.goto('/', { waitUntil: 'domcontentloaded' });
      const wanted = theme === 'dark' ? 'rgb(14, 12, 11)' : 'rgb(246, 242, 238)';
      await expect.poll(background).toBe(wanted);
      await page.unroute('**/*.wasm');
      await studio.open();
      expect(await background()).toBe(wanted);
      const settings = new Settings(page);
      await settings.open();
      await settings.choice('Theme').selectOption('As the system');
      await expect.poll(background).toBe(theme === 'dark' ? 'rgb(246, 242, 238)' : 'rgb(14, 12, 11)');
    });
  });
}

test.describe('not to connect by itself', () => {
  test.use({ tolerated: SERVER_WENT_AWAY });

  const sockets = (page: Page) => {
    const opened: string[] = [];
    page.on('websocket', (socket) => opened.push(socket.url()));
    return opened;
  };

  test('the page shows that it is not live, and connects on request', async ({ page, studio, darkroom }) => {
    const opened = sockets(page);
    await keep(page, { auto_connect: false });
    await page.goto('/');
    await expect(studio.chip).toHaveAccessibleName(/^Disconnected/);
    await expect(studio.status).toContainText('Live updates are off.');
    // Coming back to the page is not asking.
    await page.evaluate(() => {
      window.dispatchEvent(new Event('focus'));
      window.dispatchEvent(new Event('online'));
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await submit(darkroom, { prompt: 'not seen yet', width: 64, height: 64, steps: 2 });
    await expect(studio.status).toContainText(/What you see is [1-9]\d* s old\./);
    expect(opened).toEqual([]);
    await expect(studio.status).not.toContainText('Not seen yet');
    await studio.status.getByRole('button', { name: 'Connect', exact: true }).click();
    await studio.untilConnected();
    expect(opened).toHaveLength(1);
    await expect(page.getByRole('navigation', { name: 'Takes' }).getByRole('link', { name: /^Not seen yet/ })).toBeVisible();
  });

  test('switched on again, it connects at once', async ({ page, studio }) => {
    await keep(page, { auto_connect: false });
    const settings = new Settings(page);
    await settings.open();
    await expect(studio.chip).toHaveAccessibleName(/^Disconnected/);
    await settings.switch('Connect automatically').check();
    await studio.untilConnected();
  });
});

test.describe('while a task runs', () => {
  test.use({ speed: 1 });

  test('without previews none is shown', async ({ page, studio, darkroom }) => {
    const previews: string[] = [];
    page.on('request', (request) => request.url().includes('/preview') && previews.push(request.url()));
    await keep(page, { previews: false });
    await submit(darkroom, { steps: 1000 });
    await studio.open();
    await expect.poll(() => studio.node('3').textContent()).toMatch(/Step \d\d+ of/);
    await expect(studio.stage).toContainText('Previews are switched off in the settings.');
    await expect(studio.preview).toHaveCount(0);
    previews.length = 0;
    const settings = new Settings(page);
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await settings.switch('Show previews').check();
    await page.getByRole('link', { name: 'Studio', exact: true }).click();
    await expect(studio.preview).toBeVisible();
  });
});

test.describe('while a task makes ten steps a second', () => {
  test.use({ speed: 8 });

  test('with one update a second the page changes no more often', async ({ page, studio, darkroom }) => {
    let frames = 0;
    page.on('websocket', (socket) => socket.on('framereceived', () => (frames += 1)));
    const step = async () => Number(/Step (\d+) of/.exec(await studio.node('3').innerText())?.[1]);
    /** Until it shows what has come: milliseconds by the page's clock. */
    const untilShown = async () => {
      const [shown, before] = [await step(), frames];
      await expect.poll(() => frames).toBeGreaterThan(before + 1);
      for (let ms = 0; ms < 5_000; ms += 50) {
        await page.clock.runFor(50);
        if ((await step()) !== shown) return ms + 50;
      }
      throw new Error(`it goes on showing step ${shown}`);
    };
    await page.clock.install();
    await keep(page, { updates_per_second: 1, previews: false });
    await submit(darkroom, { steps: 3000 });
    await studio.open();
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await stopClock(page);
    await untilShown();
    for (let update = 0; update < 3; update += 1) expect([1_000, 1_050]).toContain(await untilShown());
    await page.clock.resume();
    const settings = new Settings(page);
    await page.getByRole('link', { name: 'Settings', exact: true }).click();
    await settings.choice('Updates per second').selectOption('60');
    await page.getByRole('link', { name: 'Studio', exact: true }).click();
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await stopClock(page);
    for (let update = 0; update < 3; update += 1) expect([50, 100]).toContain(await untilShown());
  });
});

test.describe('where no WebSocket gets through', () => {
  test.use({ speed: 1, tolerated: SERVER_WENT_AWAY });

  test('the waits and polls are those that were set', async ({ page, studio, darkroom }) => {
    await page.clock.install();
    await notePolls(page);
    await page.addInitScript(() => (Math.random = () => 0.999));
    await page.routeWebSocket('**/ws', (socket) => socket.close());
    await keep(page, { backoff_first_ms: 100, backoff_max_ms: 1000, poll_every_ms: 3000 });
    await submit(darkroom, { steps: 1000 });
    await page.goto('/');
    // With the usual waits the fifth failure is 15 s away.
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
    await expect(studio.status).toContainText('Polling every 3 s: live updates are off.');
    await stopClock(page);
    const pauses = await pausesBetweenPolls(page, 15_000);
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    // A timer is set for the millisecond after.
    for (const pause of pauses) expect([3_000, 3_001, 3_002]).toContain(pause);
  });
});

test('without JavaScript the page explains what it needs', async ({ visitor }) => {
  const { page } = await visitor({ javaScriptEnabled: false });
  await page.goto('/settings');
  await expect(page.getByText('Preferences belong to the browser that they are kept in, and need JavaScript')).toBeVisible();
  await expect(page.getByRole('checkbox')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Reset to defaults' })).toHaveCount(0);
});

test('all of it can be done with the keyboard', async ({ page }) => {
  const settings = new Settings(page);
  await settings.open();
  await settings.reset.focus();
  await expect(settings.reset).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(settings.switch('Connect automatically')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(settings.switch('Connect automatically')).not.toBeChecked();
  await page.keyboard.press('Tab');
  await expect(settings.time('First wait')).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(settings.time('First wait')).not.toHaveValue('1');
  expect((await settings.kept()).backoff_first_ms).not.toBe(1000);
});
