// Two ComfyUIs, and what becomes of the tasks when one is lost.

import { submit } from '../support/servers.mjs';
import { expect } from '../support/test';
import { test } from '../support/two-engines';

// 40 steps at 256×256 take six seconds.
test.use({ speed: 1 });

test('one of two ComfyUIs is killed: the queue shows where each task is, and all are completed', async ({ page, darkroom, engine, second, studio }) => {
  test.slow();
  await studio.open('/queue');
  const ids: string[] = [];
  for (let number = 0; number < 5; number += 1) ids.push(await submit(darkroom, { prompt: `study ${number}`, steps: 40, seed: number }));

  const rows = page.getByRole('list', { name: 'Tasks in the queue' }).locator('[data-task-id]');
  const there = (place: { addr: string }) => rows.filter({ has: page.locator('.queue-backend', { hasText: place.addr }) });
  const at = (state: string, place: { addr: string }) => there(place).and(page.locator(`[data-state=${state}]`));
  await expect(rows).toHaveCount(5);
  for (const place of [engine, second]) {
    await expect(at('running', place)).toHaveCount(1);
    await expect(at('queued', place)).toHaveCount(1);
  }
  await expect(rows.and(page.locator('[data-state=waiting]'))).toContainText('on any');

  const lost = await at('running', second).getAttribute('data-task-id');
  await second.end();
  await expect(studio.chip).toHaveAccessibleName(/1 of 2 backends/);
  const row = rows.and(page.locator(`[data-task-id="${lost}"]`));
  await expect(row).toContainText(`Sent again (attempt 2). Attempt 1 on ${second.addr}: `);
  await expect(there(second)).toHaveCount(0);
  await expect(row).toHaveAttribute('data-state', 'running', { timeout: 60_000 });
  await expect(row).toContainText(`on ${engine.addr}`);
  await expect(rows).toHaveCount(0, { timeout: 60_000 });

  for (const id of ids) {
    const html = await (await fetch(`${darkroom.url}/tasks/${id}`)).text();
    expect(html, id).toMatch(/aria-label="Progress" data-state="done"/);
  }
  await studio.open(`/tasks/${lost}`);
  const attempts = page.getByRole('list', { name: 'Attempts' }).getByRole('listitem');
  await expect(attempts).toHaveCount(2);
  await expect(attempts.first()).toContainText(`Attempt 1 on ${second.addr}`);
  await expect(attempts.first()).toContainText('It ran ');
  await expect(attempts.last()).toHaveText(`Attempt 2 on ${engine.addr}Done`);
});
