// A plain page that follows tasks through client/darkroom.js, with the browser's own EventSource.

import type { Page } from '@playwright/test';
import { startDarkroom, submit } from '../support/servers.mjs';
import { naturalWidth } from '../support/studio';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

/** A run of some seconds, on a machine that has other work. */
const LONG = 45_000;

test.setTimeout(120_000);

type Told = { name: string; call: string; argument: any };

/** Follows a task under a name; the calls of its listeners are kept in the page. `unsubscribe` of the same name ends it. */
async function follow(page: Page, id: string, name = 'one') {
  await page.evaluate(
    async ([id, name]) => {
      const { subscribe } = await import(new URL('/client/darkroom.js', location.href).href);
      const told = ((window as any).told ??= []);
      const tell = (call: string) => (argument: unknown) => told.push({ name, call, argument });
      const end = subscribe(id, { onProgress: tell('progress'), onComplete: tell('complete'), onError: tell('error'), onConnection: tell('connection') });
      ((window as any).ends ??= {})[name] = end;
    },
    [id, name],
  );
}

const told = (page: Page) => page.evaluate(() => ((window as any).told ?? []) as Told[]);
const calls = async (page: Page, name = 'one') => (await told(page)).filter((told) => told.name === name).map(({ call }) => call);
const last = async (page: Page) => (await told(page)).at(-1);

test.beforeEach(async ({ page }) => {
  // Counts the streams that are open.
  await page.addInitScript(() => {
    const sources: EventSource[] = [];
    const Real = window.EventSource;
    window.EventSource = class extends Real {
      constructor(url: string | URL) {
        super(url);
        sources.push(this);
      }
    };
    Object.assign(window, { sources });
  });
});

const sources = (page: Page) => page.evaluate(() => (window as any).sources.map(({ url, readyState }: EventSource) => ({ url, readyState })));

test('the example works under a strict policy: submit, follow, complete, and follow after a reload', async ({ page }) => {
  await page.route('**/client/example.html', async (route) => {
    const response = await route.fetch();
    const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'";
    await route.fulfill({ response, headers: { ...response.headers(), 'content-security-policy': policy } });
  });
  await page.goto('/client/example.html');
  await page.getByRole('textbox', { name: 'Prompt' }).fill('a fox in the snow');
  await page.getByRole('button', { name: 'Generate' }).click();
  const picture = page.getByRole('img', { name: 'a fox in the snow' });
  await expect(picture).toBeVisible({ timeout: LONG });
  await expect.poll(() => naturalWidth(picture)).toBeGreaterThan(0);
  await expect(page.getByRole('progressbar')).toHaveAttribute('value', '100');
  await expect(page.getByText('Complete')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Cancel' })).toBeHidden();
  await page.reload();
  await expect(picture).toBeVisible();
  expect((await sources(page)).map(({ readyState }: EventSource) => readyState)).toEqual([2]);
});

test.describe('while it runs', () => {
  test.use({ speed: 2, tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|net::ERR_INCOMPLETE_CHUNKED_ENCODING`) });

  test('two subscribers share a stream, one leaves, and the other hears the end once', async ({ page, darkroom }) => {
    await page.goto('/client/example.html');
    const id = await submit(darkroom, { prompt: 'shared', steps: 40 });
    await follow(page, id);
    await expect.poll(() => calls(page)).toContain('progress');
    await follow(page, id, 'two');
    // A later subscriber gets the present state at once.
    expect((await calls(page, 'two'))[0]).toBe('progress');
    await page.evaluate(() => (window as any).ends.two());
    const { length } = await calls(page, 'two');
    await expect.poll(async () => (await last(page))?.call, { timeout: LONG }).toBe('complete');
    expect(await calls(page, 'two')).toHaveLength(length);
    expect((await calls(page)).filter((call) => call !== 'progress')).toEqual(['complete']);
    const messages = (await told(page)).map(({ argument }) => argument);
    const percentages = messages.map(({ progress }) => progress.percentage);
    expect(percentages).toEqual([...percentages].sort((a, b) => a - b));
    expect(percentages.length).toBeGreaterThan(1);
    expect(messages.at(-1).result.imageUrl).toBe(`/api/tasks/${id}/outputs/0`);
    expect(await sources(page)).toEqual([{ url: `${darkroom.url}/progress/${id}`, readyState: 2 }]);
  });

  test('a run is completed although Darkroom was killed and restarted during it', async ({ page, folder, engine, darkroom }) => {
    await page.goto('/client/example.html');
    const id = await submit(darkroom, { prompt: 'interrupted', steps: 60 });
    await follow(page, id);
    await expect.poll(async () => (await last(page))?.argument.progress.percentage).toBeGreaterThan(5);
    await darkroom.end('SIGKILL');
    await expect.poll(async () => (await sources(page)).at(-1).readyState).toBe(0);
    const before = (await told(page)).length;
    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await expect.poll(async () => (await told(page)).length).toBeGreaterThan(before);
    await expect.poll(async () => (await last(page))?.call, { timeout: LONG }).toBe('complete');
    expect((await calls(page)).filter((call) => call !== 'progress')).toEqual(['connection', 'connection', 'complete']);
    const connections = (await told(page)).filter(({ call }) => call === 'connection').map(({ argument }) => argument.isConnected);
    expect(connections).toEqual([false, true]);
    await again.end();
  });

  test('the class form follows a task, in both ways of giving its callbacks', async ({ page, darkroom }) => {
    await page.goto('/client/example.html');
    const ids = [await submit(darkroom, { prompt: 'one', steps: 20 }), await submit(darkroom, { prompt: 'two', steps: 20 })];
    await page.evaluate(async ([one, two]) => {
      const { WebhookManager, webhookManager } = await import(new URL('/client/darkroom.js', location.href).href);
      const told = ((window as any).told ??= []);
      const tell = (name: string, call: string) => (argument: unknown) => told.push({ name, call, argument });
      const replaced = { onProgress: tell('replaced', 'progress'), onComplete: tell('replaced', 'complete') };
      webhookManager.subscribe(one, replaced);
      webhookManager.subscribe(one, { onProgress: tell('one', 'progress'), onComplete: tell('one', 'complete') });
      const other = new WebhookManager();
      other.subscribe(two, tell('two', 'progress'), tell('two', 'complete'), tell('two', 'error'));
      // Another object's subscriptions stay.
      webhookManager.unsubscribe(two);
    }, ids);
    await expect.poll(() => calls(page, 'one'), { timeout: LONG }).toContain('complete');
    await expect.poll(() => calls(page, 'two'), { timeout: LONG }).toContain('complete');
    expect(await calls(page, 'replaced')).toEqual([]);
    const { argument } = (await told(page)).find(({ name, call }) => name === 'two' && call === 'complete')!;
    expect(argument).toMatchObject({ progress: { currentStep: 'Complete', currentValue: 20, maxValue: 20 }, result: { uid: expect.any(Number) } });
  });

  test('cancelled is an error of its own, and nothing comes after unsubscribe', async ({ page, darkroom }) => {
    await page.goto('/client/example.html');
    const [id, other] = [await submit(darkroom, { steps: 100 }), await submit(darkroom, { steps: 100 })];
    await follow(page, id);
    await follow(page, other, 'other');
    await expect.poll(() => calls(page, 'other')).toContain('progress');
    await page.evaluate(async (other) => {
      const { unsubscribe } = await import(new URL('/client/darkroom.js', location.href).href);
      unsubscribe(other);
    }, other);
    const { length } = await calls(page, 'other');
    for (const cancelled of [other, id]) await page.request.post(`/api/tasks/${cancelled}/cancel`);
    await expect.poll(async () => (await last(page))?.call).toBe('error');
    const { argument } = (await last(page))!;
    expect(argument).toMatchObject({ kind: 'cancelled', message: 'The task was cancelled.', task: { taskId: id, status: 'cancelled' } });
    expect(await calls(page, 'other')).toHaveLength(length);
    expect((await sources(page)).every(({ readyState }: EventSource) => readyState === 2)).toBe(true);
  });
});

test.describe('what is no stream', () => {
  test.use({ tolerated: /status of (404|503)/ });

  test('a stream that the browser gave up is opened again, from where it was', async ({ page, darkroom }) => {
    await page.goto('/client/example.html');
    const id = await submit(darkroom, {});
    const asked: string[] = [];
    await page.route('**/progress/**', async (route) => {
      asked.push(new URL(route.request().url()).search);
      const event = { taskId: id, status: 'in-progress', progress: { percentage: 1, currentStep: 'x', currentValue: 0, maxValue: 1 } };
      const stream = { contentType: 'text/event-stream', body: `retry: 10\nid: 1-1\ndata: ${JSON.stringify(event)}\n\n` };
      // First a stream that breaks, then no stream when the browser comes back, twice; then the real one.
      if (asked.length === 1) await route.fulfill(stream);
      else if (asked.length <= 3) await route.fulfill({ status: 503 });
      else await route.continue();
    });
    await follow(page, id);
    await expect.poll(async () => (await last(page))?.call).toBe('complete');
    expect(asked).toEqual(['', '', '?last_event_id=1-1', '?last_event_id=1-1']);
    expect((await told(page))[0].argument.progress.currentStep).toBe('x');
    // One loss, however many tries there were, and one return.
    expect((await calls(page)).filter((call) => call !== 'progress')).toEqual(['connection', 'connection', 'complete']);
  });

  test('an unknown task is given up with the reason', async ({ page }) => {
    await page.goto('/client/example.html');
    await follow(page, '00000000-0000-7000-8000-000000000000');
    await expect.poll(() => calls(page)).toEqual(['error']);
    expect((await last(page))?.argument).toEqual({ kind: 'connection', message: 'There is no such task.', details: 'Unknown task', status: 404 });
  });
});
