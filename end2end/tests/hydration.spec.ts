// The browser takes over what the server has drawn, and nobody can see when.

import type { Page } from '@playwright/test';
import { submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';

/** The WASM of this page comes when the function that is given back is called. */
async function holdScripts(page: Page): Promise<() => void> {
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm', async (route) => {
    await held;
    await route.continue();
  });
  return release;
}

/** Text, place and size of everything that can be seen in the main part of the page. */
function seen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const all = [...document.querySelectorAll<HTMLElement>('main *')].filter((element) => element.checkVisibility());
    return all.map((element) => {
      const { x, y, width, height } = element.getBoundingClientRect();
      const text = [...element.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.textContent : '')).join('');
      return `${element.tagName} ${[x, y, width, height].map(Math.round)} ${text}`;
    });
  });
}

/** Waits for the end of the task: of its nodes, the first are done long before. */
async function untilFinished(darkroom: { url: string }, id: string): Promise<void> {
  const status = async () => (await (await fetch(`${darkroom.url}/api/tasks/${id}`)).json()).status;
  await expect.poll(status).toBe('completed');
}

for (const where of ['Studio', 'the page of the task']) {
  test(`of a finished task, ${where} is the same before and after`, async ({ studio, page, darkroom, visitor }) => {
    const id = await submit(darkroom, { prompt: 'unmoved', width: 64, height: 64, steps: 2 });
    const path = where === 'Studio' ? '/' : `/tasks/${id}`;
    await untilFinished(darkroom, id);

    const plain = await visitor({ javaScriptEnabled: false });
    await plain.page.goto(path);
    const served = await plain.page.locator('main').textContent();

    const release = await holdScripts(page);
    await page.goto(path, { waitUntil: 'commit' });
    await expect(studio.result).toBeVisible();
    await expect(studio.chip).toHaveAccessibleName(/^Connecting/);
    const before = await seen(page);
    expect(before.length).toBeGreaterThan(40);

    release();
    await studio.untilConnected();
    expect(await seen(page)).toEqual(before);
    expect(await page.locator('main').textContent()).toBe(served);
  });
}

test('the browser draws a page as the server does', async ({ studio, page, darkroom, visitor }) => {
  const id = await submit(darkroom, { prompt: 'drawn twice', width: 64, height: 64, steps: 2 });
  await untilFinished(darkroom, id);
  const plain = await visitor({ javaScriptEnabled: false });
  await plain.page.goto(`/tasks/${id}`);
  // How long ago it was handed in goes on meanwhile. The buttons that need a script are not there without; one of them says how much the picture is enlarged.
  const timeless = (text: string) => text.replace(/just now|\d+ (s|min) ago/, 'ago').replace(/(Again, new seed|Again|Use these settings|Edit this picture|Use as the start|Upscale|Copy as curl|Show the request|Fit|[−+])\s*/g, '').replace(/\s*\n\s*/g, '\n');
  const served = timeless(await plain.page.locator('main').innerText());

  await page.emulateMedia({ reducedMotion: 'reduce' });
  await studio.open();
  await studio.mark();
  await page.getByRole('link', { name: 'Task page' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Drawn twice');
  expect(await studio.isMarked()).toBe(true);
  await expect.poll(async () => timeless(await page.locator('main').innerText())).toBe(served);
});

test('text typed before hydration stays, and is sent', async ({ studio, page }) => {
  const release = await holdScripts(page);
  await page.goto('/', { waitUntil: 'commit' });
  await studio.prompt.fill('typed in a hurry');
  await studio.number('Width').fill('64');
  await studio.number('Steps').fill('2');
  await studio.checkpoint.selectOption('demo-cyanotype.safetensors');
  release();
  await studio.untilConnected();
  await expect(studio.prompt).toHaveValue('typed in a hurry');
  await expect(studio.checkpoint).toHaveValue('demo-cyanotype.safetensors');
  await studio.generate.click();
  await expect(page.getByRole('img', { name: 'Result: typed in a hurry' })).toBeVisible();
  await page.getByRole('link', { name: 'Task page' }).click();
  await expect(page.locator('[data-field=checkpoint] dd')).toHaveText('demo-cyanotype.safetensors');
  await expect(page.locator('[data-field=width] dd')).toHaveText('64');
});

test('a form that was sent before the page is alive works all the same', async ({ studio, page }) => {
  const release = await holdScripts(page);
  await page.goto('/', { waitUntil: 'commit' });
  await studio.fill({ prompt: 'even faster', side: 64, steps: 2 });
  await studio.generate.click();
  await expect(page).toHaveURL(/\/tasks\//);
  release();
  await studio.untilConnected();
  await studio.untilDone();
});
