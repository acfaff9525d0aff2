// A page of another site that uses the API by its own script, as the settings allow it.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDarkroom } from '../support/servers.mjs';
import { expect, test } from '../support/test';

/** A site with an empty page. */
async function site() {
  const server = createServer((_, response) => response.setHeader('content-type', 'text/html').end('<!doctype html><title>Shop</title>'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, end: () => server.close() };
}

test.describe('of a page of another site', () => {
  test.use({ tolerated: /CORS policy|net::ERR_FAILED|status of 403/ });

  test('the script follows a task when the settings name the site, and nothing otherwise', async ({ page, folder, engine, darkroom }) => {
    const shop = await site();
    const settings = join(folder, 'cors.toml');
    await writeFile(settings, `[server]\ncors_origins = ["${shop.url}"]\n`);
    await mkdir(join(folder, 'open'));
    const open = await startDarkroom({ folder: join(folder, 'open'), comfyui: [engine.url], more: ['--config', settings] });
    await page.goto(shop.url);
    const ended = page.evaluate(async (darkroom) => {
      const { subscribe } = await import(`${darkroom}/client/darkroom.js`);
      const body = JSON.stringify({ workflow: 'text-to-image', parameters: { prompt: 'a shop window', steps: 4, width: 64, height: 64 } });
      const headers = { 'content-type': 'application/json' };
      const submitted = await fetch(`${darkroom}/api/tasks`, { method: 'POST', headers, body });
      const place = submitted.headers.get('location');
      const { taskId } = await submitted.json();
      const message: any = await new Promise((resolve, reject) => subscribe(taskId, { baseUrl: darkroom, onComplete: resolve, onError: reject }));
      const picture = await fetch(darkroom + message.result.imageUrl);
      return { place, status: message.status, type: picture.headers.get('content-type') };
    }, open.url);
    expect(await ended).toEqual({ place: expect.stringContaining('/api/tasks/'), status: 'completed', type: 'image/png' });
    const refused = page.evaluate((darkroom) => fetch(`${darkroom}/api/tasks`).then(() => 'read', (error) => String(error)), darkroom.url);
    expect(await refused).toBe('TypeError: Failed to fetch');
    await open.end();
    shop.end();
  });
});
