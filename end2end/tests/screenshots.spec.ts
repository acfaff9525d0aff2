// Pictures of every state, to look at: SHOTS=shots npx playwright test screenshots

import { join } from 'node:path';
import { startDarkroom, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';
import { FAILS_WHEN_RUN, file } from '../support/workflows';

const folder = process.env.SHOTS;
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };

test.skip(!folder, 'set SHOTS to a folder to have pictures taken');

for (const colorScheme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${colorScheme}, ${size}`, () => {
      test.use({ colorScheme, viewport, tolerated: SERVER_WENT_AWAY });

      const shoot = (page: import('@playwright/test').Page, name: string) =>
        page.screenshot({ path: join(folder ?? '', `${name}-${colorScheme}-${size}.png`), fullPage: size !== 'wide' });

      test('empty, refused, done, task page, failed', async ({ studio, page }) => {
        await studio.open();
        await shoot(page, 'empty');
        await studio.fill({ prompt: 'a lighthouse at dusk, film grain', side: 512, steps: 20001 });
        await studio.generate.click();
        await expect(studio.number('Steps')).toHaveAttribute('aria-invalid', 'true');
        await shoot(page, 'refused');
        await studio.number('Steps').fill('20');
        await studio.generate.click();
        await studio.untilDone();
        await expect(studio.toasts.getByRole('status')).toBeVisible();
        await shoot(page, 'done');
        await page.getByRole('link', { name: 'Task page' }).click();
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
        await studio.untilPicture();
        await shoot(page, 'task');
        await page.getByRole('link', { name: 'Studio', exact: true }).click();
        await studio.chooseWorkflow();
        await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
        await studio.generate.click();
        await expect(studio.errorCard).toBeVisible();
        await shoot(page, 'failed');
      });

      test.describe('while it runs', () => {
        test.use({ speed: 1 });

        test('running, and reconnecting with the panel open', async ({ studio, page, darkroom, engine, folder: data }) => {
          await submit(darkroom, { prompt: 'a lighthouse at dusk, film grain', width: 512, height: 512, steps: 20 });
          // The longest waits there are: the state stands still for the picture.
          await page.addInitScript(() => (Math.random = () => 0.999));
          await studio.open();
          await expect.poll(() => studio.percent(), { timeout: 30_000 }).toBeGreaterThan(35);
          await shoot(page, 'running');
          await darkroom.end();
          await expect(studio.chip).toHaveAccessibleName(/^Reconnecting attempt [34]/);
          await studio.chip.click();
          await expect(page.getByRole('region', { name: 'Connection' })).toBeVisible();
          await shoot(page, 'reconnecting');
          const again = await startDarkroom({ folder: data, comfyui: [engine.url], addr: darkroom.addr });
          await studio.untilConnected();
          await again.end();
        });
      });
    });
  }
}
