// Pictures of the settings, the event log, and parts that failed, to look at: SHOTS=shots npx playwright test screenshots

import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { submit } from '../support/servers.mjs';
import { Settings, keep } from '../support/settings';
import { expect, test } from '../support/test';

const folder = process.env.SHOTS;
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };

test.skip(!folder, 'set SHOTS to a folder to have pictures taken');

for (const colorScheme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${colorScheme}, ${size}`, () => {
      test.use({ colorScheme, viewport, speed: 1, tolerated: /status of 502|panicked at|unreachable|RuntimeError|LOCAL_NETWORK_ACCESS_CHECKS/ });

      const shoot = (page: Page, name: string, fullPage = true) =>
        page.screenshot({ path: join(folder ?? '', `${name}-${colorScheme}-${size}.png`), fullPage });

      test('settings, mistakes, log', async ({ page, studio, darkroom }) => {
        const settings = new Settings(page);
        await settings.open();
        await studio.untilConnected();
        await shoot(page, 'settings');
        await settings.time('First wait').fill('0');
        await settings.time('Longest wait').fill('');
        await expect(settings.time('Longest wait')).toHaveAttribute('aria-invalid', 'true');
        await settings.switch('Debug mode').check();
        await submit(darkroom, { prompt: 'a lighthouse at dusk', steps: 400 });
        await expect(settings.rows).toHaveCount(100, { timeout: 30_000 });
        await settings.logButton('Pause log').click();
        await shoot(page, 'settings-log');
      });

      test('a picture that did not come, and no live updates by choice', async ({ page, studio }) => {
        await keep(page, { auto_connect: false });
        await page.route('**/outputs/0', (route) => route.fulfill({ status: 502 }));
        await page.goto('/');
        await expect(studio.chip).toHaveAccessibleName(/^Disconnected/);
        await shoot(page, 'by-choice');
        await studio.status.getByRole('button', { name: 'Connect' }).click();
        await studio.untilConnected();
        await studio.fill({ side: 256, steps: 2 });
        await studio.generate.click();
        await expect(page.getByRole('alert').filter({ hasText: 'The picture cannot be shown' })).toBeVisible();
        await shoot(page, 'failed-picture');
      });

      test('a program that stopped', async ({ page }) => {
        await page.route('**/*', async (route) => {
          if (route.request().resourceType() !== 'document') return route.fallback();
          const response = await route.fetch();
          await route.fulfill({ response, body: (await response.text()).replaceAll('<!>', '') });
        });
        await page.goto('/');
        await expect(page.getByText('This page stopped working.')).toBeVisible();
        await shoot(page, 'stopped', false);
      });
    });
  }
}
