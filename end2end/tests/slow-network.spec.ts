// A slow line with pictures on it: what happens is not stuck behind what it looks like.

import { order, startEngine, type Server } from '../support/servers.mjs';
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

test.use({
  engine: async ({ folder }, use) => {
    const engine = await startEngine({ folder, faults: true });
    await use(engine);
    await engine.end();
  },
});

test('1 MB previews at 400 kbit/s: the end of the run is not held up', async ({ studio, page, darkroom, engine }) => {
  test.setTimeout(180_000);
  const picture = new FormData();
  picture.set('image', new Blob([noise(600)]), 'noise.png');
  expect((await fetch(`${engine.url}/upload/image`, { method: 'POST', body: picture })).ok).toBe(true);
  await studio.open();
  await studio.mark();
  await order(engine, { kind: 'hold', at: 'start' }, 1);
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('previews.json', BIG_PREVIEWS));
  await studio.generate.click();
  await expect(studio.tracker).toBeVisible();
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 40, downloadThroughput: BYTES_PER_SECOND, uploadThroughput: BYTES_PER_SECOND });
  const sizes: [number, number][] = [];
  session.on('Network.webSocketFrameReceived', ({ response }) => sizes.push([Date.now(), response.payloadData.length]));
  session.on('Network.webSocketClosed', () => sizes.push([Date.now(), -1]));
  await order(engine, { kind: 'release' }, 1);
  const began = Date.now();
  await expect.poll(() => isOver(darkroom), { timeout: 30_000 }).toBe(true);
  const ended = Date.now();
  await expect(studio.tracker).toHaveAttribute('data-state', 'done', { timeout: 120_000 });
  const late = Date.now() - ended;
  console.log(`ran ${ended - began} ms; end shown ${late} ms late; ${sizes.map(([at, size]) => `${at - began}:${size}`).filter((s) => !/:\d{1,3}$/.test(s)).join(' ')}`);
  expect(late).toBeLessThan(5_000);
});

async function isOver(darkroom: Server): Promise<boolean> {
  const html = await (await fetch(darkroom.url)).text();
  return /<section [^>]*aria-label="Progress"[^>]*data-state="done"|data-state="done"[^>]*aria-label="Progress"/.test(html);
}
