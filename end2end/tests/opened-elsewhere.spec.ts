// Pictures and videos that other programs made: their settings fill the form, their workflows are opened.

import { readFileSync } from 'node:fs';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect, test } from '../support/test';

const bytes = (name: string) => readFileSync(new URL(`../../tests/recordings/described/${name}`, import.meta.url));
const settings = (page: Page, name: string) => page.getByRole('region', { name: `Settings of ${name}` });

/** Drops a file on the page, after `before` bytes of a box that is skipped. */
async function drop(page: Page, name: string, type = '', before = 0) {
  const dataTransfer = await page.evaluateHandle(
    ([name, base64, type, before]) => {
      const file = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      const parts: BlobPart[] = [file];
      if (before > 0) {
        // The first box stays the first: it says what the file is.
        const end = new DataView(file.buffer).getUint32(0);
        const free = new Uint8Array(before);
        new DataView(free.buffer).setUint32(0, before);
        free.set(new TextEncoder().encode('free'), 4);
        parts.splice(0, 1, file.slice(0, end), free, file.slice(end));
      }
      const transfer = new DataTransfer();
      transfer.items.add(new File(parts, name, { type }));
      return transfer;
    },
    [name, bytes(name).toString('base64'), type, before] as const,
  );
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await page.dispatchEvent('main', 'drop', { dataTransfer });
}

const PICTURES = [
  { name: 'a1111.png', type: 'image/png', program: 'Stable Diffusion WebUI', prompt: /^a lighthouse at dusk, \(film grain:1\.2\)/, seed: '3735928559', sampler: 'dpmpp_2m', left: 'Clip skip' },
  { name: 'a1111.jpg', type: 'image/jpeg', program: 'Stable Diffusion WebUI', prompt: /^a lighthouse/, seed: '3735928559', sampler: 'dpmpp_2m', left: 'VAE' },
  { name: 'a1111.webp', type: 'image/webp', program: 'Stable Diffusion WebUI', prompt: /^a lighthouse/, seed: '3735928559', sampler: 'dpmpp_2m', left: 'Hires upscaler' },
  { name: 'a1111.avif', type: 'image/avif', program: 'Stable Diffusion WebUI', prompt: /^a lighthouse/, seed: '3735928559', sampler: 'dpmpp_2m', left: 'Denoising strength' },
  { name: 'forge.jpg', type: 'image/jpeg', program: 'Forge', prompt: /^灯台、夕暮れ$/, seed: '1', sampler: 'dpmpp_2m_sde', left: 'Distilled CFG Scale' },
  { name: 'swarm.png', type: 'image/png', program: 'SwarmUI', prompt: /^a lighthouse/, seed: '9007199254740993', sampler: 'dpmpp_2m', left: 'clipstopatlayer' },
  { name: 'swarm.jpg', type: 'image/jpeg', program: 'SwarmUI', prompt: /^a lighthouse/, seed: '9007199254740993', sampler: 'dpmpp_2m', left: 'refinerupscale' },
  { name: 'invoke.png', type: 'image/png', program: 'InvokeAI', prompt: /^a lighthouse at dusk$/, seed: '4294967295', sampler: 'dpmpp_2m_sde', left: 'controlnets' },
  { name: 'invoke-dream.png', type: 'image/png', program: 'InvokeAI', prompt: /^a lighthouse at dusk$/, seed: '1863159593', sampler: 'euler_ancestral', left: undefined },
  { name: 'novelai.png', type: 'image/png', program: 'NovelAI', prompt: /^\(a lighthouse\), dusk$/, seed: '2815428374', sampler: 'euler_ancestral', left: 'Emphasis' },
];

for (const { name, type, program, prompt, seed, sampler, left } of PICTURES) {
  test(`${name}: the settings fill the form, and what does not fit is listed`, async ({ studio, page }) => {
    await studio.open();
    await drop(page, name, type);
    const notice = settings(page, name);
    await expect(notice).toContainText(`The settings that ${program} wrote into this picture are in the form`);
    await expect(studio.prompt).toHaveValue(prompt);
    await expect(studio.number('Seed')).toHaveValue(seed);
    await expect(page.getByRole('combobox', { name: 'Sampler' })).toHaveValue(sampler);
    await expect(page.getByRole('checkbox', { name: 'New seed each time' })).not.toBeChecked();
    if (left) {
      const items = notice.getByRole('listitem');
      if (!(await items.first().isVisible())) await notice.getByText(/not taken over/).click();
      await expect(items.filter({ hasText: left }).first()).toBeVisible();
    }
    await notice.getByRole('button', { name: 'Close' }).click();
    await expect(notice).toBeHidden();
    await expect(studio.prompt).toBeFocused();
  });
}

test('a model and a LoRA that nobody has are replaced by the nearest with a click, and the task runs', async ({ studio, page, darkroom }) => {
  await studio.open();
  await drop(page, 'a1111-near.png', 'image/png');
  const notice = settings(page, 'a1111-near.png');
  await expect(notice).toBeFocused();
  await expect(studio.prompt).toHaveValue('a red door, <lora:demo-grain:0.6>');
  await expect(studio.number('Seed')).toHaveValue('18446744073709551615');
  const accessibility = await new AxeBuilder({ page }).include('.make').analyze();
  expect(accessibility.violations.map((violation) => violation.id)).toEqual([]);
  const model = notice.getByRole('listitem').filter({ hasText: 'demo-safelite' });
  await expect(model).toContainText('No ComfyUI has it. The choice in the form stays.');
  await page.keyboard.press('Tab');
  await model.getByRole('button', { name: 'demo-safelight.safetensors' }).press('Enter');
  await expect(model).toContainText('demo-safelight.safetensors is in the form.');
  await expect(studio.checkpoint).toHaveValue('demo-safelight.safetensors');
  await notice.getByRole('listitem').filter({ hasText: 'demo-gain' }).getByRole('button', { name: 'demo-grain.safetensors' }).click();
  await expect(studio.prompt).toHaveValue('a red door, <lora:demo-grain:0.6>, <lora:demo-grain.safetensors:0.4>');
  await studio.generate.click();
  await studio.untilDone();
  const tasks = await (await fetch(`${darkroom.url}/api/tasks?limit=1`)).json();
  const workflow = await (await fetch(`${darkroom.url}/api/tasks/${tasks.tasks[0].taskId}/workflow`)).text();
  expect(workflow).toContain('18446744073709551615');
  expect(workflow).toContain('karras');
});

for (const [name, type] of [
  ['comfy.mp4', 'video/mp4'],
  ['comfy.mov', 'video/quicktime'],
  ['comment.mp4', 'video/mp4'],
  ['comfy.webm', 'video/webm'],
  // Browsers know no type for it.
  ['comfy.mkv', ''],
  ['comfy.webp', 'image/webp'],
  ['comfy.avif', 'image/avif'],
  ['comfy.jpg', 'image/jpeg'],
]) {
  test(`${name} of ComfyUI is opened as its workflow`, async ({ studio, page }) => {
    await studio.open();
    await drop(page, name, type);
    await expect(page.getByText(name)).toBeVisible();
    await expect(page.getByText('7 nodes')).toBeVisible();
  });
}

test('of a video larger than the limit only the parts with its metadata are sent', async ({ studio, page }) => {
  await studio.open();
  const sent = page.waitForRequest((request) => request.url().endsWith('/api/fn/open'));
  await drop(page, 'comfy.mp4', 'video/mp4', 20 * 1024 * 1024);
  expect((await sent).postDataBuffer()?.length).toBeLessThan(4096);
  await expect(page.getByText('7 nodes')).toBeVisible();
});

test('a video without metadata says so', async ({ studio, page }) => {
  await studio.open();
  await drop(page, 'plain.mp4', 'video/mp4');
  await expect(page.getByRole('alert').filter({ hasText: 'plain.mp4' })).toContainText('This video holds no workflow.');
});

test.describe('without JavaScript', () => {
  // The form comes back with the status of a refusal.
  test.use({ javaScriptEnabled: false, tolerated: /422/ });

  test('the form is shown again with the settings of the picture', async ({ studio, page }) => {
    await page.goto('/');
    await studio.chooseWorkflow();
    await studio.workflowFile.setInputFiles({ name: 'swarm.png', mimeType: 'image/png', buffer: bytes('swarm.png') });
    await studio.generate.click();
    await expect(studio.formAlert).toContainText('The settings that SwarmUI wrote into this picture are in the form now.');
    await expect(studio.formAlert).toContainText('clipstopatlayer -2');
    await expect(studio.prompt).toHaveValue(/^a lighthouse/);
    await expect(studio.number('Seed')).toHaveValue('9007199254740993');
  });
});
