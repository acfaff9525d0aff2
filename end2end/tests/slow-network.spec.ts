// A slow line with pictures on it: what happens is not stuck behind what it looks like.

import type { Page } from '@playwright/test';
import { holdAtSteps, order, release, submit, type Server } from '../support/servers.mjs';
import type { Studio } from '../support/studio';
import { expect, test } from '../support/test';

const BYTES_PER_SECOND = 50_000;
const PREVIEWS = 12;
test.use({ faults: true });

/** What the browser gets from the WebSocket, in bytes of each message. */
async function slowLine(page: Page): Promise<number[]> {
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND });
  const sizes: number[] = [];
  session.on('Network.webSocketFrameReceived', ({ response }) => sizes.push(Buffer.byteLength(response.payloadData, response.opcode === 2 ? 'base64' : 'utf8')));
  return sizes;
}

/** What the page had to wait for when the run was over: bytes that came on the socket from then until it shows the end. */
async function heldUpBy(studio: Studio, darkroom: Server, sizes: number[]): Promise<number> {
  await expect.poll(() => isOver(darkroom), { timeout: 60_000, intervals: [50] }).toBe(true);
  const [ended, before] = [Date.now(), sizes.length];
  await expect(studio.tracker).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  const [late, bytes] = [Date.now() - ended, sum(sizes.slice(before))];
  console.log(`the end is shown ${late} ms and ${bytes} bytes late; ${sizes.length} messages, ${sum(sizes)} bytes, the largest ${Math.max(...sizes)}`);
  return bytes;
}

const sum = (sizes: number[]) => sizes.reduce((sum, size) => sum + size, 0);

test('1 MB previews at 400 kbit/s: the end of the run is not held up', { tag: '@long' }, async ({ studio, page, darkroom, engine }) => {
  test.setTimeout(180_000);
  await studio.open();
  await studio.mark();
  await holdAtSteps(engine, [3]);
  await submit(darkroom, { prompt: 'large previews', width: 64, height: 64, steps: 6 });
  await expect(studio.tracker).toContainText('Step 3 of 6');
  const sizes = await slowLine(page);
  const asked = page.waitForRequest(/\/preview$/);
  for (let sent = 0; sent < PREVIEWS; sent += 1) await order(engine, { kind: 'big_frame', bytes: 1_000_000, text: false }, 1);
  await asked;
  await release(engine);
  expect(await heldUpBy(studio, darkroom, sizes)).toBeLessThan(5 * BYTES_PER_SECOND);
  for (const node of await studio.nodes.all()) await expect(node).toHaveAttribute('data-state', 'done');
  await expect(studio.chip).toHaveAccessibleName(/^Connected/);
  expect(await studio.isMarked()).toBe(true);
});

test.describe('small previews, and more of them than the line takes', () => {
  test.use({ speed: 6, faults: false });

  test('queued previews do not delay the end of the run', { tag: '@long' }, async ({ studio, page, darkroom }) => {
    test.setTimeout(180_000);
    await studio.open();
    const sizes = await slowLine(page);
    await submit(darkroom, { prompt: 'many small ones', steps: 80, width: 512, height: 512 });
    expect(await heldUpBy(studio, darkroom, sizes)).toBeLessThan(5 * BYTES_PER_SECOND);
    await expect(studio.chip).toHaveAccessibleName(/^Connected/);
  });
});

async function isOver(darkroom: Server): Promise<boolean> {
  const html = await (await fetch(darkroom.url)).text();
  return /<section [^>]*aria-label="Progress"[^>]*data-state="done"|data-state="done"[^>]*aria-label="Progress"/.test(html);
}
