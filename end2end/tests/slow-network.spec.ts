// A slow line with pictures on it: what happens is not stuck behind what it looks like.

import type { Page } from '@playwright/test';
import { order, submit, type Server } from '../support/servers.mjs';
import type { Studio } from '../support/studio';
import { expect, test } from '../support/test';
import { file, noise } from '../support/workflows';

const BYTES_PER_SECOND = 50_000;
/** Each preview is a PNG of noise, of about 1 MB. */
const PREVIEWS = 12;
const BIG_PREVIEWS = {
  noise: { class_type: 'LoadImage', inputs: { image: 'noise.png' } },
  ...Object.fromEntries(
    Array.from({ length: PREVIEWS }, (_, at) => [`show${at}`, { class_type: 'SaveImageWebsocket', inputs: { images: ['noise', 0] } }]),
  ),
  keep: { class_type: 'SaveImage', inputs: { filename_prefix: 'small', images: ['plain', 0] } },
  plain: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } },
};

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

test('1 MB previews at 400 kbit/s: the end of the run is not held up', async ({ studio, page, darkroom, engine }) => {
  test.setTimeout(180_000);
  const picture = new FormData();
  picture.set('image', new Blob([noise(1000)]), 'noise.png');
  expect((await fetch(`${engine.url}/upload/image`, { method: 'POST', body: picture })).ok).toBe(true);
  await studio.open();
  await studio.mark();
  await order(engine, { kind: 'hold', at: 'start' }, 1);
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('previews.json', BIG_PREVIEWS));
  await studio.generate.click();
  await expect(studio.tracker).toBeVisible();
  const sizes = await slowLine(page);
  // It stands still where all previews have come, for long enough that the first is on its way.
  await order(engine, { kind: 'hold', at: 'end' }, 1);
  const asked = page.waitForRequest(/\/preview$/);
  await order(engine, { kind: 'release' }, 1);
  await expect(studio.nodes.locator('[data-state=waiting]')).toHaveCount(0);
  await asked;
  await order(engine, { kind: 'release' }, 1);
  expect(await heldUpBy(studio, darkroom, sizes)).toBeLessThan(5 * BYTES_PER_SECOND);
  for (const node of await studio.nodes.all()) await expect(node).toHaveAttribute('data-state', 'done');
  await expect(studio.chip).toHaveAccessibleName(/^Connected/);
  expect(await studio.isMarked()).toBe(true);
});

test.describe('small previews, and more of them than the line takes', () => {
  test.use({ speed: 6, faults: false });

  test('queued previews do not delay the end of the run', async ({ studio, page, darkroom }) => {
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
