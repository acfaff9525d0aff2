// Darkroom as a part of a site: below a path, behind a proxy that passes the path on, or takes it off.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPrefixProxy } from '../support/prefix-proxy.mjs';
import { startDarkroom, untilReady } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { expect, test as base } from '../support/test';

const PREFIX = '/studio/darkroom';
const TOKEN = 'a-token-for-this-test';

type Site = { url: string; outside: string[] };

const test = base.extend<{ strips: boolean; token: string | undefined; site: Site }>({
  strips: [false, { option: true }],
  token: [undefined, { option: true }],
  darkroom: async ({ folder, engine, token }, use) => {
    const config = join(folder, 'site.toml');
    await writeFile(config, '[server]\nbehind_proxy = true\n');
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url], token, more: ['--base-path', PREFIX, '--config', config] });
    await untilReady(darkroom);
    await use(darkroom);
    await darkroom.end();
  },
  site: async ({ darkroom, strips }, use) => {
    const proxy = await startPrefixProxy(darkroom, { prefix: PREFIX, strips });
    await use(proxy);
    await proxy.end();
    // Whatever a page did, it stayed in its part of the site.
    expect(proxy.outside).toEqual([]);
  },
});

for (const strips of [false, true]) {
  test.describe(strips ? 'the proxy takes the path off' : 'the proxy passes the path on', () => {
    test.use({ strips });

    test('a picture is made, and seen on every page', async ({ page, studio, site }) => {
      const navigation = page.getByRole('navigation', { name: 'Main' });
      await page.goto(`${site.url}/`);
      await expect(studio.chip).toHaveAccessibleName(/^Connected/);
      await expect(navigation.getByRole('link', { name: 'Studio' })).toHaveAttribute('aria-current', 'page');
      await studio.fill({ prompt: 'a lighthouse below a path', side: 64, steps: 2 });
      await studio.generate.click();
      await expect(studio.result).toBeVisible();
      await expect(studio.result).toHaveAttribute('src', new RegExp(`^${PREFIX}/tasks/`));
      expect(await studio.result.evaluate((picture: HTMLImageElement) => picture.decode().then(() => picture.naturalWidth))).toBe(64);
      await page.reload();
      await expect(studio.result).toBeVisible();

      await navigation.getByRole('link', { name: 'Queue' }).click();
      await expect(page).toHaveURL(`${site.url}/queue`);
      await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();

      await navigation.getByRole('link', { name: 'Gallery' }).click();
      await expect(page).toHaveURL(`${site.url}/gallery`);
      const tile = page.locator('.gallery-grid .tile-link');
      await expect(tile).toHaveCount(1);
      await page.getByRole('combobox', { name: 'Search the gallery' }).fill('lighthouse');
      await page.getByRole('combobox', { name: 'Search the gallery' }).press('Enter');
      await expect(page).toHaveURL(`${site.url}/gallery?q=lighthouse`);
      await tile.click();
      await expect(page).toHaveURL(/\/gallery\/\d+\?q=lighthouse$/);
      await page.keyboard.press('Escape');
      await expect(page).toHaveURL(`${site.url}/gallery?q=lighthouse`);

      // Without a slash at the end, as the router writes it.
      await navigation.getByRole('link', { name: 'Studio' }).click();
      await expect(studio.result).toBeVisible();
      await page.goto(site.url);
      await expect(navigation.getByRole('link', { name: 'Studio' })).toHaveAttribute('aria-current', 'page');
    });
  });
}

test('a production is made, its board and its shots are opened, and a take is made', async ({ page, site }) => {
  await page.goto(`${site.url}/projects`);
  await page.getByLabel('Title of a new project').fill('A film');
  await page.getByRole('button', { name: 'Make project' }).click();
  await expect(page).toHaveURL(/\/studio\/darkroom\/projects\/[0-9a-f-]{36}$/);
  const api = page.url().replace('/projects/', '/api/projects/');
  const post = async (path: string, body: object) => (await (await page.request.post(`${api}${path}`, { data: body })).json()).id;
  const chapter = await post('/chapters', { title: 'One' });
  const scene = await post('/scenes', { title: 'Dawn', chapter });
  const shot = await post('/shots', { title: 'The sea', scene, base_prompt: 'the sea' });
  // It is live: nothing was reloaded.
  await page.getByRole('link', { name: /The sea/ }).first().click();
  await expect(page).toHaveURL(new RegExp(`/shots/${shot}$`));
  await page.getByRole('button', { name: 'Low', exact: true }).click();
  const take = page.getByRole('list', { name: 'Takes' }).getByRole('listitem');
  await expect(take.first()).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  await expect(page.getByRole('img', { name: /^T001/ })).toBeVisible();
  const picture = take.first().locator('img');
  expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 0))).toBe(true);
});

test.describe('with a token', () => {
  test.use({ token: TOKEN, strips: true });

  test('a person signs in, stays signed in, and signs out', async ({ page, studio, site }) => {
    await page.goto(`${site.url}/queue`);
    await expect(page).toHaveURL(/\/studio\/darkroom\/sign-in\?next=/);
    await page.getByLabel('Token').fill(TOKEN);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page).toHaveURL(`${site.url}/queue`);
    await expect(studio.chip).toHaveAccessibleName(/^Connected/);
    expect((await page.context().cookies()).map(({ path }) => path)).toEqual([PREFIX]);
    await page.goto(`${site.url}/settings`);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(`${site.url}/sign-in`);
    expect(await page.context().cookies()).toEqual([]);
  });
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the form leads to the page of its task, with its picture', async ({ page, site }) => {
    const studio = new Studio(page);
    await page.goto(site.url);
    await studio.fill({ prompt: 'plain paper', side: 64, steps: 2 });
    await studio.generate.click();
    await expect(page).toHaveURL(/\/studio\/darkroom\/tasks\/[0-9a-f-]{36}$/);
    await expect(async () => {
      await page.reload();
      await expect(studio.result).toBeVisible({ timeout: 500 });
    }).toPass();
    const picture = await page.request.get(new URL((await studio.result.getAttribute('src')) ?? '', page.url()).href);
    expect(picture.headers()['content-type']).toBe('image/png');
  });
});

test('the example page follows a task and shows its picture', async ({ page, site }) => {
  await page.goto(`${site.url}/client/example.html`);
  await page.getByLabel('Steps').fill('1');
  await page.getByRole('button', { name: 'Generate' }).click();
  const picture = page.getByRole('img');
  await expect(picture).toBeVisible();
  expect(await picture.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth))).toBe(512);
});
