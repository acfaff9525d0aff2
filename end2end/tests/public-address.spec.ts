// The live connection at an address of its own: behind a proxy, or at another name than that of the page.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startProxy } from '../support/proxy.mjs';
import { startDarkroom, submit, untilReady } from '../support/servers.mjs';
import { expect, test } from '../support/test';

test('the page connects to the address that the server names', async ({ page, folder, engine, darkroom }) => {
  const { addr } = darkroom;
  const proxy = await startProxy(darkroom);
  await darkroom.end();
  const config = join(folder, 'public.toml');
  await writeFile(config, `[server]\norigins = ["http://${addr}"]\npublic_ws_url = "${proxy.url.replace('http', 'ws')}/ws"\n`);
  const named = await startDarkroom({ folder, comfyui: [engine.url], addr, more: ['--config', config] });
  try {
    await untilReady(named);
    await page.goto(`http://${addr}/`);
    await expect.poll(() => proxy.upgrades).toBe(1);
    await expect(page.locator('.connection')).toContainText('Connected');
    const task = await submit(named);
    await expect(page.locator(`a[href="/tasks/${task}"]`).first()).toBeVisible();
  } finally {
    await named.end();
    await proxy.end();
  }
});
