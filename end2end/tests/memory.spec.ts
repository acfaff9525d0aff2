// Hundreds of tasks later the page is as small as before.

import { submit } from '../support/servers.mjs';
import { installMeter, memory } from '../support/meter';
import { expect, test } from '../support/test';

/** In each of three rounds. MEMORY_TASKS for a longer run. */
const TASKS = Number(process.env.MEMORY_TASKS ?? 60);
const KEPT = 100;
const AT_ONCE = 5;
/** What fragments may take. A page that lets nothing go takes 5,900 a task. */
const WASM_A_TASK = 4_500;

test('previews are let go of: of each task one is held while it runs, and none afterwards', { tag: '@long' }, async ({ studio, page, darkroom }) => {
  test.setTimeout(180_000);
  await page.addInitScript(() => {
    const urls = { made: 0, held: new Set<string>(), most: 0 };
    Object.assign(window, { urls });
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob: Blob) => {
      const url = createObjectURL.call(URL, blob);
      urls.made += 1;
      urls.held.add(url);
      urls.most = Math.max(urls.most, urls.held.size);
      return url;
    };
    URL.revokeObjectURL = (url: string) => {
      urls.held.delete(url);
      revokeObjectURL.call(URL, url);
    };
  });
  await studio.open();
  const last = await submit(darkroom, { prompt: 'many previews', steps: 400, width: 512, height: 512 });
  await expect(studio.result).toHaveAttribute('src', `/tasks/${last}/outputs/0`, { timeout: 150_000 });
  const urls = () =>
    page.evaluate(() => {
      const { made, most, held } = (window as unknown as { urls: { made: number; most: number; held: Set<string> } }).urls;
      return { made, most, held: held.size };
    });
  await expect.poll(async () => (await urls()).held).toBe(0);
  const { made, most } = await urls();
  expect(made).toBeGreaterThan(1);
  expect(most, 'the one that is shown, and the one that is decoded').toBeLessThanOrEqual(2);
});

test(`after ${TASKS} tasks, and ${TASKS} more, it has not grown`, { tag: '@long' }, async ({ studio, page, darkroom }) => {
  test.setTimeout(120_000 + TASKS * 4_000);
  await installMeter(page);
  await studio.open();
  const takes = page.getByRole('navigation', { name: 'Takes' }).getByRole('link');
  const work = async (round: string) => {
    // A few at a time: a page with more of them at once is larger for a while, and WebAssembly never gives memory back.
    for (let number = 0; number < TASKS; number += AT_ONCE) {
      const all = Array.from({ length: AT_ONCE }, (_, at) => submit(darkroom, { prompt: `${round} ${number + at}`, width: 64, height: 64, steps: 1, seed: number + at }));
      for (const id of await Promise.all(all)) await expect(page.locator(`.take[href="/tasks/${id}"]`)).toHaveAttribute('data-state', 'done', { timeout: 30_000 });
    }
    await expect(studio.toasts.getByRole('status')).toHaveCount(0, { timeout: 20_000 });
    const { heap, wasm, nodes, listeners } = await memory(page);
    console.log(`${round}: ${(heap / 2 ** 20).toFixed(2)} MiB heap, ${(wasm / 2 ** 20).toFixed(2)} MiB WASM, ${nodes} nodes, ${listeners} listeners`);
    return { heap, wasm, nodes, listeners };
  };
  await work('first');
  const before = await work('second');
  await expect(takes).toHaveCount(KEPT);
  const after = await work('third');
  await expect(takes).toHaveCount(KEPT);
  expect(after.heap - before.heap).toBeLessThan(2 ** 19);
  expect((after.wasm - before.wasm) / TASKS, 'bytes of WebAssembly a task').toBeLessThan(WASM_A_TASK);
  expect(after.nodes).toBeLessThan(before.nodes * 1.05);
  expect(after.listeners).toBeLessThan(before.listeners * 1.05);
});
