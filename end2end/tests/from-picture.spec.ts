// Starting from a picture in Studio: how it gets into the slot, what is said and sent, and that nothing is lost. Upscaling a result.

import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { picture, sentPictures } from '../support/inpaint';
import { expect, test } from '../support/test';

class Slot {
  constructor(readonly page: Page) {}

  get part() {
    return this.page.locator('#start');
  }

  get summary() {
    return this.part.locator('summary');
  }

  get image() {
    return this.part.getByRole('img', { name: 'The picture to start from' });
  }

  get plan() {
    return this.part.locator('.start-plan');
  }

  get strength() {
    return this.part.getByRole('spinbutton', { name: 'Strength', exact: true });
  }

  get remove() {
    return this.part.getByRole('button', { name: 'Remove the picture' });
  }

  async choose(width: number, height: number) {
    await this.file(picture(width, height));
    await expect(this.image).toBeVisible();
  }

  async file(buffer: Buffer) {
    if (!(await this.part.getAttribute('open').then((open) => open !== null))) await this.summary.click();
    await this.page.getByLabel('Choose a picture').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer });
  }

  /** Drops something on an element, or pastes it there. */
  async hand(selector: string, type: 'drop' | 'paste', data: { file?: Buffer; url?: string }) {
    await this.page.evaluate(
      ([selector, type, bytes, url]) => {
        const transfer = new DataTransfer();
        if (bytes) transfer.items.add(new File([Uint8Array.from(bytes as number[])], 'photo.png', { type: 'image/png' }));
        if (url) transfer.setData('text/uri-list', url as string);
        const init = { bubbles: true, cancelable: true };
        const event =
          type === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: transfer }) : new ClipboardEvent('paste', { ...init, clipboardData: transfer });
        document.querySelector(selector as string)?.dispatchEvent(event);
      },
      [selector, type, data.file ? [...data.file] : null, data.url ?? null] as const,
    );
  }
}

/** The workflow of the task that Studio shows. */
async function workflow(page: Page): Promise<Record<string, { class_type: string; inputs: Record<string, unknown> }>> {
  const href = await page.locator('.take[aria-current="true"]').getAttribute('href');
  return (await page.request.get(`/api${href}/workflow`)).json();
}

test('the picture in the slot is redrawn at its strength and in its size, and is still there after a reload', async ({ page, studio }) => {
  const slot = new Slot(page);
  await studio.open('/');
  const sent = sentPictures(page);
  await slot.choose(384, 256);
  await expect(slot.plan).toHaveText('15 of 20 steps will run. The result is 384 × 256 pixels, as large as the picture.');
  await slot.strength.fill('0.6');
  await expect(slot.plan).toContainText('12 of 20 steps will run');
  await expect(studio.number('Width')).toBeHidden();
  await page.reload();
  await expect(slot.image).toBeVisible();
  await expect(slot.strength).toHaveValue('0.6');
  await studio.prompt.fill('a red door');
  await studio.number('Steps').fill('10');
  await expect(slot.plan).toContainText('6 of 10 steps will run');
  await studio.generate.click();
  await expect(studio.result).toBeVisible();
  await expect.poll(() => studio.result.evaluate((image) => [(image as HTMLImageElement).naturalWidth, (image as HTMLImageElement).naturalHeight])).toEqual([384, 256]);
  const nodes = await workflow(page);
  expect(nodes['10'].inputs.image).toBe(`darkroom/${sent[0]}.png`);
  expect([nodes['3'].inputs.start_at_step, nodes['3'].inputs.steps], '6 of 10 steps').toEqual([4, 10]);
  // It stays for the next one.
  await expect(slot.image).toBeVisible();

  await slot.remove.click();
  await expect(slot.image).toBeHidden();
  await expect(studio.number('Width')).toBeVisible();
  await page.reload();
  await slot.summary.click();
  await expect(page.getByText('Drop a picture here')).toBeVisible();
  await expect(slot.image).toBeHidden();
});

test('pictures are pasted and dropped into the slot, and other drops are workflows', async ({ page, studio }) => {
  const slot = new Slot(page);
  await studio.open('/');
  await studio.prompt.focus();
  await expect(page.locator('.start-slot')).toBeAttached();
  await slot.hand('#prompt', 'paste', { file: picture(64, 96) });
  await expect(slot.part).toContainText('64 × 96');
  await slot.hand('#start summary', 'drop', { file: picture(128, 96) });
  await expect(slot.part).toContainText('128 × 96');
  await expect(page.locator('#kind-text')).toBeChecked();
  await slot.hand('#start summary', 'drop', { url: 'https://elsewhere.example/picture.png' });
  await expect(slot.part.getByRole('alert')).toContainText('This is no picture');
  await expect(slot.part).toContainText('128 × 96');
  await slot.hand('#prompt', 'drop', { file: picture(32, 32) });
  await expect(page.locator('#kind-workflow')).toBeChecked();
});

test.describe('files that cannot be used', () => {
  test.use({ tolerated: /status of (404|415|422|413)/ });

  test('are refused with the reason, and the picture before stays', async ({ page, studio }) => {
    const slot = new Slot(page);
    await studio.open('/');
    await slot.choose(64, 64);
    await slot.file(Buffer.from('no picture at all'));
    await expect(slot.part.getByRole('alert')).toContainText('This file is no PNG, JPEG or WebP.');
    await expect(slot.part).toContainText('64 × 64');
    await slot.file(picture(64, 64).subarray(0, 90));
    await expect(slot.part.getByRole('alert')).toContainText('cannot be read');
    await slot.strength.fill('2');
    await expect(slot.strength).toHaveAccessibleDescription(/from 0 to 1/);
    await studio.prompt.fill('a red door');
    await studio.generate.click();
    await expect(studio.formAlert.filter({ hasText: 'from 0 to 1' })).toBeVisible();
    await expect(page.locator('.take')).toHaveCount(0);
    await slot.strength.fill('0.01');
    await expect(slot.strength).toHaveAccessibleDescription(/None of the 20 steps would run/);
  });

  test('a picture that Darkroom lost is named, and what was typed stays', async ({ page, studio }) => {
    const slot = new Slot(page);
    await studio.open('/');
    await page.evaluate(() => localStorage.setItem('darkroom:form:start', `redraw ${'0'.repeat(64)} 64 64 - -`));
    await page.reload();
    await expect(slot.part.getByRole('alert')).toContainText('does not have this picture any more');
    await studio.prompt.fill('a red door');
    await studio.generate.click();
    await expect(studio.formAlert.filter({ hasText: 'no picture with this id' })).toBeVisible();
    await expect(studio.prompt).toHaveValue('a red door');
  });
});

test('a result becomes the start, by its button and by dragging its tile, and its settings can be used again', async ({ page, studio }) => {
  const slot = new Slot(page);
  await studio.open('/');
  await studio.fill({ prompt: 'a lighthouse', side: 64, steps: 4 });
  await studio.generate.click();
  await expect(studio.result).toBeVisible();
  const first = (await page.locator('.take').first().getAttribute('href'))?.replace('/tasks/', '') ?? '';
  await page.getByRole('button', { name: 'Use as the start' }).click();
  await expect(slot.part).toContainText('64 × 64');
  await slot.remove.click();
  await page.locator('.take').first().dragTo(slot.summary);
  await expect(slot.image).toBeVisible();
  await expect(slot.part).toContainText('64 × 64');

  await studio.prompt.fill('a red lighthouse');
  await slot.strength.fill('0.5');
  await studio.generate.click();
  await expect(page.locator('.take')).toHaveCount(2);
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await expect(page.locator('.started-from-task')).toHaveAttribute('href', `/tasks/${first}`);
  await slot.remove.click();
  await studio.prompt.fill('');
  await page.getByRole('button', { name: 'Use these settings' }).click();
  await expect(studio.prompt).toHaveValue('a red lighthouse');
  await expect(slot.image).toBeVisible();
  await expect(slot.strength).toHaveValue('0.5');

  // Those of a task from text alone: without a picture.
  await page.locator('.take').nth(1).click();
  await page.getByRole('button', { name: 'Use these settings' }).click();
  await expect(studio.prompt).toHaveValue('a lighthouse');
  await expect(slot.image).toBeHidden();
});

test('a result is upscaled: resized, by a model, and redrawn', async ({ page, studio }) => {
  await studio.open('/');
  await studio.fill({ prompt: 'a lighthouse', side: 64, steps: 4 });
  await studio.generate.click();
  await expect(studio.result).toBeVisible();
  const first = (await page.locator('.take').first().getAttribute('href')) ?? '';
  const form = page.getByRole('form', { name: 'Upscale' });
  await page.getByRole('button', { name: 'Upscale', exact: true }).click();
  await expect(form.locator('.upscale-plan')).toContainText('The result is 128 × 128 pixels.');
  await expect(form.locator('.upscale-plan'), 'nothing is known yet').not.toContainText('took');
  await form.getByLabel('Times').fill('3');
  await expect(form.locator('.upscale-plan')).toContainText('192 × 192');
  await form.getByLabel('Times').fill('0');
  await expect(form.getByLabel('Times')).toHaveAccessibleDescription(/at least 1/);
  await expect(form.getByRole('button', { name: 'Upscale' })).toBeDisabled();
  await form.getByLabel('Times').fill('2');
  await form.getByRole('button', { name: 'Upscale' }).click();
  await expect(form).toBeHidden();
  await expect(page.locator('.take')).toHaveCount(2);
  await expect.poll(() => studio.result.evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(128);
  await expect(page.locator('.started-from-task')).toHaveAttribute('href', first);

  // Once there was such a task, its time is known.
  await page.getByRole('button', { name: 'Upscale', exact: true }).click();
  await expect(form.locator('.upscale-plan')).toContainText('Such tasks took about');
  await form.getByText('Model', { exact: true }).click();
  await expect(form.getByLabel('Upscale model')).not.toHaveValue('');
  await form.getByText('Model and redraw').click();
  await form.getByRole('spinbutton', { name: 'Strength' }).fill('0.5');
  await expect(form.locator('.upscale-plan')).toContainText('2 of 4 steps will run');
});

test('a picture that a phone shares is in the slot, and a reload does not send it again', async ({ page, studio }) => {
  const slot = new Slot(page);
  await studio.open('/');
  await page.evaluate(
    ([bytes]) => {
      const form = Object.assign(document.createElement('form'), { method: 'post', action: '/share', enctype: 'multipart/form-data' });
      const input = Object.assign(document.createElement('input'), { type: 'file', name: 'picture' });
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(bytes)], 'photo.png', { type: 'image/png' }));
      input.files = transfer.files;
      form.append(input);
      document.body.append(form);
      form.submit();
    },
    [[...picture(96, 64)]] as const,
  );
  await expect(slot.image).toBeVisible();
  await expect(slot.part).toContainText('96 × 64');
  await expect(page).toHaveURL('/');
  const posts: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && request.url().includes('share') && posts.push(request.url()));
  await slot.remove.click();
  await page.reload();
  await slot.summary.click();
  await expect(slot.image).toBeHidden();
  expect(posts).toEqual([]);
  const manifest = await page.request.get((await page.locator('link[rel=manifest]').getAttribute('href')) ?? '');
  expect(new URL((await manifest.json()).share_target.action, manifest.url()).pathname).toBe('/share');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, tolerated: /status of 422/ });

  test('the form sends the picture along, and keeps it if it is refused', async ({ page, studio }) => {
    await page.goto('/');
    await page.locator('#start summary').click();
    await page.getByLabel('Picture to start from').setInputFiles({ name: 'photo.png', mimeType: 'image/png', buffer: picture(96, 64) });
    const slot = new Slot(page);
    await slot.strength.fill('7');
    await studio.prompt.fill('a red door');
    await studio.generate.click();
    await expect(studio.formAlert.filter({ hasText: 'from 0 to 1' })).toBeVisible();
    await expect(page.getByRole('img', { name: 'The picture to start from' })).toBeVisible();
    await slot.strength.fill('0.5');
    await studio.generate.click();
    await expect(page).toHaveURL(/\/tasks\//);
    await expect(async () => {
      await page.reload();
      await expect(studio.tracker).toHaveAttribute('data-state', 'done', { timeout: 500 });
    }).toPass();
    await expect(page.getByText('Started from a picture of 96 × 64')).toBeVisible();
  });
});

for (const [width, scheme] of [
  [1440, 'dark'],
  [1440, 'light'],
  [390, 'dark'],
  [390, 'light'],
  [320, 'light'],
  [320, 'dark'],
] as const) {
  test.describe(`at ${width} px, ${scheme}`, () => {
    test.use({ viewport: { width, height: width > 500 ? 900 : 800 }, colorScheme: scheme, hasTouch: width < 500, tolerated: /status of 415/ });

    test('slot, error and upscaling are accessible and fit', async ({ page, studio }) => {
      const slot = new Slot(page);
      await studio.open('/');
      await slot.choose(384, 256);
      await slot.file(Buffer.from('no picture'));
      await expect(slot.part.getByRole('alert')).toBeVisible();
      await expectNoSidewaysScroll(page);
      await shoot(page, `slot-${width}-${scheme}`);
      const axe = () => new AxeBuilder({ page }).analyze();
      expect((await axe()).violations).toEqual([]);
      await studio.prompt.fill('a red door in a wall of old bricks');
      await studio.generate.click();
      await expect(studio.result).toBeVisible();
      await page.getByRole('button', { name: 'Upscale', exact: true }).click();
      const form = page.getByRole('form', { name: 'Upscale' });
      await form.getByText('Model and redraw').click();
      await expect(form.locator('.upscale-plan')).toContainText('will run');
      await form.scrollIntoViewIfNeeded();
      await expectNoSidewaysScroll(page);
      expect((await axe()).violations).toEqual([]);
      await shoot(page, `upscale-${width}-${scheme}`);
    });
  });
}

/** A picture of the page for people to look at, where `SHOTS` names a folder. */
async function shoot(page: Page, name: string) {
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/${name}.png`, fullPage: page.viewportSize()!.width < 500 });
}
