// Pages whose code is loaded when they are opened.

import type { Page, Request } from '@playwright/test';
import { startDarkroom, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

/** What the browser says of a code that does not come. */
const NO_CODE = /split_(queue|task)\.wasm|HTTP status code is not ok/;
const CODE = '**/split_queue.wasm';

/** Counts what this page asks for. */
function counted(page: Page) {
  const count = { code: 0, documents: 0 };
  page.on('request', (request) => {
    if (request.url().endsWith('/split_queue.wasm')) count.code += 1;
    if (request.isNavigationRequest()) count.documents += 1;
  });
  return count;
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const link = (page: Page, name: string) => page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name });
const unfinished = (page: Page) => page.getByRole('list', { name: 'Tasks in the queue' }).getByRole('listitem');

test.describe('while a task runs', () => {
  test.use({ speed: 1 });

  test('the code of the queue comes when it is opened, once, and the page that is left stays until then', async ({ studio, page, darkroom }) => {
    const count = counted(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(CODE, async (route) => {
      await held;
      await route.continue();
    });
    await submit(darkroom, { prompt: 'waiting for code', steps: 60 });
    await studio.open();
    await studio.untilConnected();
    await studio.mark();
    expect(count.code).toBe(0);

    await link(page, 'Queue').click();
    await expect.poll(() => count.code).toBe(1);
    await expect(heading(page)).toHaveText('Studio');
    await expect(studio.prompt).toBeVisible();
    release();
    await expect(heading(page)).toHaveText('Queue');
    await expect(page).toHaveURL(/\/queue$/);
    await expect(unfinished(page)).toContainText('Waiting for code');

    await page.goBack();
    await expect(heading(page)).toHaveText('Studio');
    await page.goForward();
    await expect(unfinished(page)).toContainText('Running');
    expect(await studio.isMarked()).toBe(true);
    expect(count).toEqual({ code: 1, documents: 1 });
  });

  test('opened directly, the queue is drawn by the server and comes alive as it is', async ({ studio, page, darkroom }) => {
    await submit(darkroom, { prompt: 'drawn first', steps: 60 });
    const html = await (await fetch(`${darkroom.url}/queue`)).text();
    expect(html).toMatch(/<link[^>]* href="\/assets\/[0-9a-f]{16}\/pkg\/split_queue\.wasm"/);
    const count = counted(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route('**/*.wasm', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto('/queue', { waitUntil: 'commit' });
    await expect(unfinished(page)).toContainText('Drawn first');
    await page.evaluate(() => document.querySelector('main h1')?.setAttribute('data-served', ''));
    release();
    await studio.untilConnected();
    // The elements are those that were served, and they live.
    await expect(heading(page)).toHaveAttribute('data-served');
    await unfinished(page).getByRole('button', { name: 'Cancel' }).click();
    await expect(unfinished(page)).toHaveCount(0);
    await link(page, 'Studio').click();
    await expect(studio.prompt).toBeVisible();
    expect(count).toEqual({ code: 1, documents: 1 });
  });
});

test('the code is compressed, kept for ever, and not given to a page of another build', async ({ darkroom, request }) => {
  const html = await (await fetch(`${darkroom.url}/queue`)).text();
  const build = /\/assets\/([0-9a-f]{16})\/pkg\/split_queue\.wasm/.exec(html)?.[1];
  const ask = (build: string | undefined) => request.get(`${darkroom.url}/assets/${build}/pkg/split_queue.wasm`);
  const code = await ask(build);
  expect(code.status()).toBe(200);
  expect(code.headers()).toMatchObject({
    'content-type': 'application/wasm',
    'content-encoding': 'br',
    'cache-control': 'public, max-age=31536000, immutable',
  });
  expect((await ask('0123456789abcdef')).status()).toBe(404);
});

test('the first load is at most 300 KB', async ({ studio, page }) => {
  const finished: Request[] = [];
  page.on('requestfinished', (request) => finished.push(request));
  await studio.open();
  await studio.untilConnected();
  const sizes = await Promise.all(
    finished.map(async (request) => ({ url: request.url(), bytes: (await request.sizes()).responseBodySize })),
  );
  const wasm = sizes.find(({ url }) => url.endsWith('/darkroom.wasm'));
  expect(wasm?.bytes, 'it is counted as it is sent, in brotli').toBeGreaterThan(200 * 1024);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0), JSON.stringify(sizes)).toBeLessThanOrEqual(300 * 1024);
});

test('a link that is pointed at or focused loads the code of its page', async ({ studio, page }) => {
  const count = counted(page);
  await studio.open();
  await studio.untilConnected();
  const loaded = page.waitForResponse('**/split_settings.wasm');
  await link(page, 'Settings').hover();
  await loaded;
  expect(count.code).toBe(0);
  await link(page, 'Queue').focus();
  await expect.poll(() => count.code).toBe(1);
  await expect(heading(page)).toHaveText('Studio');
  await link(page, 'Queue').press('Enter');
  await expect(heading(page)).toHaveText('Queue');
  expect(count).toEqual({ code: 1, documents: 1 });
});

test.describe('when the server does not have the code any more', () => {
  test.use({ tolerated: NO_CODE });

  test('the page is loaded as a whole', async ({ studio, page }) => {
    const count = counted(page);
    await page.route(CODE, (route) => route.fulfill({ status: 404 }), { times: 1 });
    await studio.open();
    await studio.untilConnected();
    // Without a pointer over the link: that would load the code, too.
    await link(page, 'Queue').dispatchEvent('click');
    await expect(heading(page)).toHaveText('Queue');
    await expect(page).toHaveURL(/\/queue$/);
    await studio.untilConnected();
    await expect.poll(() => count).toEqual({ code: 2, documents: 2 });
    await page.goBack();
    await expect(heading(page)).toHaveText('Studio');
    await studio.untilConnected();
  });
});

test.describe('when the code of a page that is opened directly does not come', () => {
  test.use({ speed: 1, tolerated: NO_CODE });

  test('it stays as the server drew it, and its links and forms work', async ({ page, darkroom }) => {
    const id = await submit(darkroom, { prompt: 'still here', steps: 60 });
    const count = counted(page);
    await page.route(CODE, (route) => route.fulfill({ status: 404 }));
    await page.goto('/queue', { waitUntil: 'networkidle' });
    await expect(heading(page)).toHaveText('Queue');
    expect(count.documents).toBe(1);
    await link(page, 'Studio').click();
    await expect(heading(page)).toHaveText('Studio');
    expect(count.documents).toBe(2);
    await page.goBack();
    await unfinished(page).getByRole('button', { name: 'Cancel' }).click();
    await expect(page).toHaveURL(`/tasks/${id}`);
  });
});

test.describe('the code that looking at a task needs', () => {
  test.use({ speed: 1, tolerated: new RegExp(`${NO_CODE.source}|${SERVER_WENT_AWAY.source}`) });
  const TASK_CODE = '**/split_task.wasm';

  /** How often this page asks for it. */
  function asked(page: Page) {
    const count = { code: 0 };
    page.on('request', (request) => {
      if (request.url().endsWith('/split_task.wasm')) count.code += 1;
    });
    return count;
  }

  test('a first visit does without; it is there before the first task is', async ({ studio, page }) => {
    const count = asked(page);
    await studio.open();
    await studio.untilConnected();
    expect(count.code).toBe(0);
    await studio.prompt.focus();
    await expect.poll(() => count.code).toBe(1);
    await studio.fill({ prompt: 'asked for in time', steps: 60 });
    await studio.generate.click();
    await expect(page.getByRole('progressbar', { name: 'Task progress' })).toBeVisible();
    await expect(page.getByRole('list', { name: 'Nodes' }).getByRole('listitem').first()).toBeVisible();
    expect(count.code).toBe(1);
  });

  test("it comes with somebody else's task, which is said to be loading until then", async ({ studio, page, darkroom }) => {
    const count = asked(page);
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    await page.route(TASK_CODE, async (route) => {
      await held;
      await route.continue();
    });
    await studio.open();
    await studio.untilConnected();
    await submit(darkroom, { prompt: 'from elsewhere', steps: 60 });
    await expect(page.getByRole('region', { name: 'Picture' })).toContainText('Loading…');
    release();
    await expect(page.getByRole('progressbar', { name: 'Task progress' })).toBeVisible();
    expect(count.code).toBe(1);
  });

  test('if loading fails, a message is shown, and the form keeps its values', async ({ studio, page, darkroom }) => {
    await page.route(TASK_CODE, (route) => route.fulfill({ status: 404 }));
    await studio.open();
    await studio.untilConnected();
    await studio.prompt.fill('not to be lost');
    await submit(darkroom, { prompt: 'not to be seen', steps: 60 });
    const picture = page.getByRole('region', { name: 'Picture' });
    await expect(picture.getByRole('alert')).toContainText('This part of the page could not be loaded.');
    await expect(studio.prompt).toHaveValue('not to be lost');
    await page.unroute(TASK_CODE);
    await picture.getByRole('link', { name: 'Reload' }).click();
    await expect(page.getByRole('progressbar', { name: 'Task progress' })).toBeVisible();
  });

  test('code that could not be loaded is loaded when Darkroom is reachable again', async ({ studio, page, darkroom, engine, folder }) => {
    await page.route(TASK_CODE, (route) => route.abort());
    await studio.open();
    await studio.untilConnected();
    await submit(darkroom, { prompt: 'after the loss', steps: 60 });
    const picture = page.getByRole('region', { name: 'Picture' });
    await expect(picture.getByRole('alert')).toBeVisible();
    await studio.mark();
    await page.unroute(TASK_CODE);
    await darkroom.end('SIGKILL');
    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await expect(page.getByRole('progressbar', { name: 'Task progress' })).toBeVisible();
    expect(await studio.isMarked()).toBe(true);
    await again.end();
  });
});

test.describe('while Darkroom is away', () => {
  test.use({ tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|${NO_CODE.source}|Failed to fetch`) });

  test('a page whose code was not loaded opens when Darkroom is back', async ({ studio, page, folder, engine, darkroom }) => {
    await studio.open();
    await studio.untilConnected();
    await darkroom.end('SIGKILL');
    const count = counted(page);
    await link(page, 'Queue').click();
    // The page that is open stays, and says what is wrong.
    await expect(studio.status).toContainText(/Live updates are off|cannot be reached/);
    await expect(studio.prompt).toBeVisible();
    expect(count.documents).toBe(0);
    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await expect(heading(page)).toHaveText('Queue');
    await again.end();
  });
});
