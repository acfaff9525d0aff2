// A Darkroom that needs a token: signing in, continuing there, and pages whose session ends.

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { startProxy } from '../support/proxy.mjs';
import { startDarkroom, submit, untilReady } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { expect, test as base } from '../support/test';

const TOKEN = 'a-token-for-these-tests';

const test = base.extend({
  darkroom: async ({ folder, engine }, use) => {
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url], token: TOKEN });
    await untilReady(darkroom);
    await use(darkroom);
    await darkroom.end();
  },
});

const field = (page: Page) => page.getByLabel('Token', { exact: true });

async function signIn(page: Page, token = TOKEN) {
  await field(page).fill(token);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

test.use({ tolerated: /status of (401|422)|response code: 403/ });

test('signing in leads on to where one was going, and the page is live', async ({ studio, page }) => {
  await page.goto('/queue?a=b');
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fqueue%3Fa%3Db$/);
  await expect(field(page)).toBeFocused();
  await signIn(page, 'not the token of here');
  await expect(page.getByRole('alert')).toContainText('This is not the token');
  await expect(field(page)).toHaveAccessibleDescription(/This is not the token/);
  await signIn(page);
  await expect(page).toHaveURL(/\/queue\?a=b$/);
  await studio.untilConnected();
  await page.goto('/');
  await studio.untilConnected();
  await studio.fill({ side: 64, steps: 2 });
  await studio.generate.click();
  await studio.untilPicture();
});

test('without JavaScript it works as well', async ({ visitor }) => {
  const { page } = await visitor({ javaScriptEnabled: false });
  await page.goto('/settings');
  await signIn(page);
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
});

test('signing out in one tab is shown in the other, which keeps its orders and leads back after signing in', async ({ studio, page, context }) => {
  await page.goto('/');
  await signIn(page);
  await studio.untilConnected();
  const other = await context.newPage();
  await other.goto('/settings');
  await new Studio(other).untilConnected();
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(other.getByRole('heading', { name: 'Sign in' })).toBeVisible();

  await expect(studio.chip).toHaveAccessibleName(/^Failed signed out/);
  await expect(studio.status).toContainText('You are signed out.');
  await studio.fill({ prompt: 'kept for later', side: 64, steps: 2 });
  await studio.generate.click();
  await expect(page.locator('details.outbox')).toContainText('1 waits to be sent');
  await page.locator('details.outbox summary').click();
  await expect(page.getByRole('list', { name: 'Waiting to be sent' })).toContainText('You are signed out.');

  await studio.status.getByRole('link', { name: 'Sign in' }).click();
  await signIn(page);
  await expect(page).toHaveURL(/\/$/);
  await studio.untilConnected();
  await expect(page.locator('details.outbox')).toHaveCount(0);
  await studio.untilPicture();
});

test('a page is live again after signing in from another tab', async ({ studio, page, context }) => {
  await page.goto('/');
  await signIn(page);
  await studio.untilConnected();
  const [cookie] = await context.cookies();
  await context.request.post('/sign-out');
  await expect(studio.chip).toHaveAccessibleName(/^Failed/);
  expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax' });
  await context.request.post('/sign-in', { form: { token: TOKEN } });
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await studio.untilConnected();
});

test('a page that polls is signed out, too', async ({ darkroom, visitor, context }) => {
  test.setTimeout(120_000);
  const proxy = await startProxy(darkroom);
  proxy.forbidsSockets = true;
  const person = await visitor({ baseURL: proxy.url });
  await person.page.addInitScript(() => localStorage.setItem('darkroom.preferences.1', JSON.stringify({ backoff_first_ms: 100, backoff_max_ms: 200 })));
  await person.page.goto('/');
  await signIn(person.page);
  await expect(person.chip).toHaveAccessibleName(/^Polling/, { timeout: 60_000 });
  await person.page.context().clearCookies();
  await expect(person.chip).toHaveAccessibleName(/^Failed signed out/, { timeout: 30_000 });
  await expect(person.status.getByRole('link', { name: 'Sign in' })).toBeVisible();
  await proxy.end();
});

test.describe('the sign-in page', () => {
  const folder = process.env.SHOTS;
  for (const colorScheme of ['dark', 'light'] as const) {
    for (const width of [1440, 320]) {
      test(`in the ${colorScheme} theme, ${width} px wide`, async ({ page }) => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 800 });
        await page.goto('/');
        await expectNoSidewaysScroll(page);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
        if (folder) await mkdir(folder, { recursive: true });
        const shoot = (name: string) => folder && page.screenshot({ path: join(folder, `${name}-${colorScheme}-${width}.png`) });
        await shoot('sign-in');
        await signIn(page, 'not the token of here');
        await expect(page.getByRole('alert')).toBeVisible();
        await expectNoSidewaysScroll(page);
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
        await shoot('sign-in-wrong');
        await signIn(page);
        await page.goto('/settings');
        await new Studio(page).untilConnected();
        await page.getByRole('button', { name: 'Sign out' }).scrollIntoViewIfNeeded();
        await shoot('sign-out');
      });
    }
  }
});

test('a task that was handed in by a program is there after signing in', async ({ darkroom, studio, page }) => {
  const id = await submit(darkroom, { prompt: 'by a program', width: 64, height: 64, steps: 2 });
  await page.goto(`/tasks/${id}`);
  await signIn(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('By a program');
  await studio.untilPicture();
});
