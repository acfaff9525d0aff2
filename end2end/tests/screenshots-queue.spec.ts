// Pictures of the queue and of ComfyUIs in trouble, to look at: SHOTS=shots npx playwright test screenshots

import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { order, submit } from '../support/servers.mjs';
import { expect } from '../support/test';
import { test } from '../support/two-engines';
import { PLAIN_PICTURE } from '../support/workflows';

const folder = process.env.SHOTS;
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 }, narrow: { width: 320, height: 640 } };
const SUBJECTS = ['a lighthouse at dusk, film grain', 'a fox in the first snow', 'an alpine lake before a storm', 'a harbour at night', 'pines in fog'];

test.skip(!folder, 'set SHOTS to a folder to have pictures taken');

for (const colorScheme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`${colorScheme}, ${size}`, () => {
      test.use({ colorScheme, viewport, speed: 0.5 });

      const shoot = (page: Page, name: string) =>
        page.screenshot({ path: join(folder ?? '', `${name}-${colorScheme}-${size}.png`), fullPage: size !== 'wide' });

      test('the queue', async ({ page, studio, darkroom, engine, second }) => {
        test.setTimeout(180_000);
        await studio.open('/queue');
        await studio.untilConnected();
        await shoot(page, 'queue-empty');
        const ids: string[] = [];
        for (let number = 0; number < 9; number += 1) {
          ids.push(await submit(darkroom, { prompt: SUBJECTS[number % SUBJECTS.length], width: 512, height: 512, steps: 40, seed: number }));
        }
        for (const place of [engine, second]) {
          const body = JSON.stringify({ prompt: PLAIN_PICTURE, client_id: 'somebody-else' });
          await fetch(`${place.url}/prompt`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
        }
        const row = (at: number) => page.locator(`[data-task-id="${ids[at]}"]`);
        await row(7).getByRole('button', { name: 'Pause', exact: true }).click();
        await row(8).getByRole('combobox', { name: 'Priority' }).selectOption('High');
        await expect(page.getByRole('list', { name: 'Prompts of other clients' }).getByRole('listitem')).toHaveCount(2, { timeout: 30_000 });
        await expect(page.locator('[data-task-id][data-state=running]')).toHaveCount(2);
        await expect(page.locator('[data-task-id][data-state=running] rect.fill').first()).not.toHaveAttribute('width', '0.0%');
        await shoot(page, 'queue');
        await page.getByRole('button', { name: 'Pause queue' }).click();
        await expect(page.getByRole('button', { name: 'Resume queue' })).toBeVisible();
        await shoot(page, 'queue-paused');
        await page.getByRole('button', { name: 'Resume queue' }).click();
        await studio.open(`/tasks/${ids[6]}`);
        await expect(studio.tracker).toHaveAttribute('data-state', 'waiting');
        await shoot(page, 'task-waiting');

        await order(second, { kind: 'http', route: '*', answer: { status: 502 } });
        await order(engine, { kind: 'refuse_sockets', status: 503 });
        await order(engine, { kind: 'drop' });
        await studio.open('/queue');
        // What is asked for over HTTP finds it down.
        await page.locator('[data-task-id][data-state=running]').filter({ hasText: second.addr }).getByRole('button', { name: 'Cancel' }).click();
        await studio.chip.click();
        const panel = page.getByRole('region', { name: 'Connection' });
        await expect(panel).toContainText('Live updates are off, attempt', { timeout: 30_000 });
        await shoot(page, 'panel-reconnecting');
        await expect(panel).toContainText('Live updates are off, polling', { timeout: 60_000 });
        await expect(panel).toContainText('HTTP does not answer', { timeout: 60_000 });
        await shoot(page, 'panel-polling');
      });

      test('one of two is lost', async ({ page, studio, darkroom, second }) => {
        test.setTimeout(120_000);
        const ids: string[] = [];
        for (const [seed, prompt] of SUBJECTS.entries()) ids.push(await submit(darkroom, { prompt, steps: 20, seed }));
        await studio.open('/queue');
        const lost = page.locator('[data-task-id][data-state=running]').filter({ hasText: `on ${second.addr}` });
        await expect(lost).toHaveCount(1);
        await expect(lost.locator('rect.fill')).not.toHaveAttribute('width', '0.0%');
        const id = await lost.getAttribute('data-task-id');
        await second.end();
        await expect(page.locator(`[data-task-id="${id}"]`)).toContainText('Sent again', { timeout: 30_000 });
        await shoot(page, 'queue-away');
        await expect(page.locator('[data-task-id]')).toHaveCount(0, { timeout: 90_000 });
        await studio.open(`/tasks/${id}`);
        await studio.untilPicture();
        await shoot(page, 'task-attempts');
      });
    });
  }
}
