// What does not fit this page: a message that it cannot read, and a Darkroom that was updated since the page was loaded.

import type { Page, WebSocketRoute } from '@playwright/test';
import { submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';

const MESSAGE = 2;
const CHANGES = 3;

/** Passes everything on between the page and its server; `change` may put something else in the place of what the server says. */
async function between(page: Page, change: (frame: Buffer) => Buffer = (frame) => frame) {
  const sockets: WebSocketRoute[] = [];
  const hellos: string[] = [];
  await page.routeWebSocket('**/ws', (socket) => {
    sockets.push(socket);
    const server = socket.connectToServer();
    socket.onMessage((message) => {
      if (String(message).startsWith('{"hello"')) hellos.push(String(message));
      server.send(message);
    });
    server.onMessage((message) => socket.send(typeof message === 'string' ? message : change(message)));
  });
  return { sockets, hellos };
}

test.describe('while a task runs', () => {
  test.use({ speed: 1 });

  test('a message that cannot be read is not passed over: everything is asked for anew', async ({ studio, page, darkroom }) => {
    const { sockets, hellos } = await between(page);
    await studio.open();
    await submit(darkroom, { prompt: 'in spite of it', steps: 60 });
    await expect.poll(() => studio.percent()).toBeGreaterThan(2);
    await studio.mark();
    sockets[0]?.send(Buffer.from([CHANGES, 0xff, 0xff, 0xff]));
    await expect.poll(() => sockets.length).toBe(2);
    await studio.untilConnected();
    expect(hellos[0]).toMatch(/"resume":\{/);
    expect(hellos[1], 'it does not go on from what may be wrong').toMatch(/"resume":null/);
    const percent = await studio.percent();
    await expect.poll(() => studio.percent()).toBeGreaterThan(percent);
    expect(await studio.isMarked(), 'without a reload').toBe(true);
  });
});

test('a page of an earlier build offers to be reloaded, and goes on until then', async ({ studio, page, darkroom }) => {
  const build = /\/assets\/([0-9a-f]{16})\//.exec(await (await fetch(darkroom.url)).text())?.[1] ?? '';
  let updated = true;
  await between(page, (frame) => {
    const at = frame.indexOf(build);
    if (!updated || frame[0] !== MESSAGE || at < 0) return frame;
    return Buffer.concat([frame.subarray(0, at), Buffer.from('f'.repeat(16)), frame.subarray(at + 16)]);
  });
  await studio.open();
  const reload = studio.status.getByRole('link', { name: 'Reload to update' });
  await expect(reload).toBeVisible();
  await submit(darkroom, { prompt: 'none the less', steps: 2, side: 64 });
  await studio.untilDone();
  updated = false;
  await studio.mark();
  await reload.click();
  await studio.untilConnected();
  await expect(reload).toHaveCount(0);
  expect(await studio.isMarked()).toBe(false);
});
