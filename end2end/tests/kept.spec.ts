// Pictures and videos outlive the ComfyUI that made them.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { order, startDarkroom, untilReady } from '../support/servers.mjs';
import { expect, test } from '../support/test';
import { file, PLAIN_PICTURE } from '../support/workflows';

test.use({ faults: true });

const clip = async () => (await readFile(fileURLToPath(new URL('../fixtures/clip.webm', import.meta.url)))).toString('base64');

async function untilKept(url: string, id: string) {
  await expect
    .poll(async () => {
      const task = await (await fetch(`${url}/api/tasks/${id}`)).json();
      return task.outputs.map((output: { storage: { state: string } }) => output.storage.state);
    })
    .toEqual(['kept']);
}

test('a kept video plays and seeks after its ComfyUI is gone', async ({ page, studio, engine, darkroom }) => {
  await order(engine, { kind: 'put_out', filename: 'clip.webm', content: await clip() }, 1);
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('clip.json', PLAIN_PICTURE));
  await studio.generate.click();
  const video = studio.stage.locator('video');
  await expect(video).toBeVisible();
  const id = (await video.getAttribute('src'))?.split('/')[2] ?? '';
  await untilKept(darkroom.url, id);
  await engine.end();

  const answers: number[] = [];
  page.on('response', (response) => {
    if (response.url().includes(`/tasks/${id}/outputs/0`)) answers.push(response.status());
  });
  await page.goto(`/tasks/${id}`);
  const element = () => video.evaluate((element: HTMLVideoElement) => ({ time: element.currentTime, length: element.duration, state: element.readyState }));
  await expect.poll(async () => Math.round((await element()).length)).toBe(20);
  await video.evaluate(async (element: HTMLVideoElement) => {
    element.muted = true;
    const seeked = new Promise((resolve) => element.addEventListener('seeked', resolve, { once: true }));
    element.currentTime = 15;
    await seeked;
    await element.play();
  });
  await expect.poll(async () => (await element()).time).toBeGreaterThan(15.2);
  expect(answers).toContain(206);
  expect(answers.every((status) => status === 206 || status === 200)).toBe(true);
});

// The picture that could not be kept cannot be shown either.
test.use({ tolerated: /status of (404|502)/ });

test('a picture and its thumbnail are shown without ComfyUI, and one that could not be kept shows why', async ({ page, studio, engine, darkroom }) => {
  await studio.open();
  await studio.fill({ side: 64, steps: 4 });
  await studio.generate.click();
  await studio.untilDone();
  const id = new URL((await studio.result.getAttribute('src')) ?? '', darkroom.url).pathname.split('/')[2];
  await untilKept(darkroom.url, id);
  await order(engine, { kind: 'http', route: 'GET /view', answer: { status: 404 } }, 0);
  await studio.fill({ prompt: 'another', side: 64, steps: 4 });
  await studio.number('Seed').fill('7');
  await studio.generate.click();
  await expect(studio.tracker).toContainText('Not kept: ComfyUI no longer had the file');
  await engine.end();

  await page.goto(`/tasks/${id}`);
  await studio.untilPicture();
  await expect(page.getByText(/Not kept|Copying|Not copied/)).toHaveCount(0);
  await page.goto('/');
  const thumbnail = page.getByRole('navigation', { name: 'Takes' }).locator(`img[src="/tasks/${id}/outputs/0?thumb=320"]`);
  await expect.poll(() => thumbnail.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(0);
});
