// Outputs of the gallery are compared, and followed to what they were made from.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { png, RGB } from '../support/png';
import { expect, test } from '../support/test';

type Made = { outputId: string; url: string; star: boolean };

const total = async (url: string) => (await (await fetch(`${url}/api/outputs`)).json()).total as number;
const outputs = async (url: string) => (await (await fetch(`${url}/api/outputs`)).json()).outputs as Made[];

/** Runs a task over the API, and waits until the gallery has what it made. */
async function made(url: string, workflow: string, parameters: Record<string, unknown>): Promise<Made> {
  const before = await total(url);
  const answer = await fetch(`${url}/api/tasks`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ workflow, parameters }),
  });
  expect(answer.status).toBe(202);
  await expect.poll(() => total(url), { timeout: 30_000 }).toBe(before + 1);
  return (await outputs(url))[0]!;
}

const picture = (url: string, prompt: string, seed: number, more = {}) =>
  made(url, 'text-to-image', { prompt, width: 128, height: 128, steps: 2, seed, ...more });

/** One that is redrawn from another. */
async function redrawn(url: string, from: Made, seed: number): Promise<Made> {
  const bytes = await (await fetch(`${url}${from.url}`)).arrayBuffer();
  const stored = await fetch(`${url}/api/pictures`, { method: 'POST', headers: { 'content-type': 'image/png' }, body: bytes });
  const { id } = await stored.json();
  return made(url, 'redraw', { picture: id, prompt: `redrawn ${seed}`, steps: 2, strength: 0.6, seed });
}

async function imported(url: string, filename: string, bytes: Buffer): Promise<Made> {
  const answer = await fetch(`${url}/api/outputs?filename=${filename}`, { method: 'POST', body: new Uint8Array(bytes) });
  expect(answer.status).toBe(201);
  return answer.json();
}

/** Grey, with some pixels at the top left that are lighter by so much. */
function grey(side: number, lighter: number, pixels: number) {
  return png(side, side, RGB, (y) => {
    const row = Buffer.alloc(side * 3, 100);
    if (y === 0) row.fill(100 + lighter, 0, pixels * 3);
    return row;
  });
}

const dialog = (page: Page) => page.getByRole('dialog', { name: /^Compare/ });
const address = (made: Made[], more = '') => `/gallery/compare?ids=${made.map((output) => output.outputId).join(',')}${more}`;
const alive = (page: Page) => expect(page.locator('#gallery-grid[style]')).toBeAttached();
const mode = (page: Page, name: string) => page.getByRole('radio', { name, exact: true });

async function choose(page: Page, name: string) {
  await page.locator('.compare-modes label', { hasText: name }).click();
  await expect(mode(page, name)).toBeChecked();
}

async function loaded(page: Page, count: number) {
  const full = page.locator('.compare-stage img.stage-picture:not(.with-script)');
  await expect(full).toHaveCount(count);
  await expect.poll(() => full.evaluateAll((all) => all.every((image) => (image as HTMLImageElement).naturalWidth > 0))).toBe(true);
}

const accessible = async (page: Page) =>
  expect((await new AxeBuilder({ page }).analyze()).violations.map((violation) => `${violation.id}: ${violation.nodes[0]?.html}`)).toEqual([]);

test('what is selected is compared side by side, with what differs, and goes back to the selection', async ({ page, darkroom }) => {
  await picture(darkroom.url, 'a red door in the rain', 1);
  await picture(darkroom.url, 'a blue door in the rain', 2, { steps: 3 });
  await picture(darkroom.url, 'a lighthouse', 3);
  await page.goto('/gallery?q=door');
  await alive(page);
  await page.locator('.tile').first().hover();
  await page.getByRole('button', { name: 'Select', exact: true }).first().click();
  await expect(page.getByRole('link', { name: 'Compare' })).toHaveCount(0);
  await page.locator('.tile-link').nth(1).click();
  await page.getByRole('link', { name: 'Compare' }).click();
  await expect(page).toHaveURL(/\/gallery\/compare\?ids=\d+,\d+&q=door$/);
  await expect(dialog(page).getByRole('heading', { name: 'Compare 2 outputs' })).toBeVisible();
  await loaded(page, 2);
  const row = (name: string) => dialog(page).locator('tr', { has: page.getByRole('rowheader', { name, exact: true }) });
  await expect(row('Prompt').locator('mark')).toHaveText(['red', 'blue']);
  await expect(row('Seed').locator('td')).toHaveText(['1', '2']);
  await expect(row('Steps').locator('td')).toHaveText(['2', '3']);
  await expect(row('Model')).toHaveCount(0);
  await expect(dialog(page).getByText(/^The same: model, /)).toBeVisible();
  await accessible(page);
  await page.keyboard.press('Escape');
  await expect(page).toHaveURL('/gallery?q=door');
  await expect(page.getByText('2 selected')).toBeVisible();
  await page.keyboard.press('c');
  await expect(dialog(page)).toBeVisible();
});

test('all are enlarged and moved together, by wheel, buttons, keys and double click', async ({ page, darkroom }) => {
  const all = [await picture(darkroom.url, 'a boat', 1), await picture(darkroom.url, 'a boat', 2), await picture(darkroom.url, 'a boat', 3)];
  await page.goto(address(all));
  await alive(page);
  await loaded(page, 3);
  const planes = () => page.locator('.compare-pane .zoom-plane').evaluateAll((all) => all.map((plane) => getComputedStyle(plane).transform));
  const same = async () => {
    const [first, ...others] = await planes();
    expect(new Set(others)).toEqual(new Set([first]));
    return first;
  };
  expect(await same()).toBe('none');
  await page.locator('.compare-pane').nth(1).hover();
  await page.mouse.wheel(0, -100);
  await expect(page.getByRole('button', { name: 'Reset zoom, 120 %' })).toBeVisible();
  expect(await same()).toContain('matrix(1.2');
  await page.keyboard.press('0');
  await expect.poll(same).toBe('none');
  await page.keyboard.press('+');
  await expect.poll(same).toContain('matrix(1.5');
  const before = await same();
  const box = (await page.locator('.compare-pane').nth(2).boundingBox())!;
  await page.mouse.move(box.x + 100, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + 80, { steps: 4 });
  await page.mouse.up();
  expect(await same()).not.toBe(before);
  await page.locator('.compare-pane').nth(0).dblclick({ position: { x: 200, y: 200 } });
  await expect.poll(same).toBe('none');
});

test('by keys alone: an output is chosen, starred, thrown away and restored, and each mode is reached', async ({ page, darkroom }) => {
  const all = [await picture(darkroom.url, 'a kite', 1), await picture(darkroom.url, 'a kite', 2)];
  await page.goto(address(all));
  await alive(page);
  await page.keyboard.press('2');
  await expect(page).toHaveURL(/compare/);
  await expect(dialog(page).getByRole('button', { name: 'Choose 2', exact: true })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('s');
  await expect(dialog(page).getByRole('button', { name: 'Star 2' })).toHaveAttribute('aria-pressed', 'true');
  expect((await outputs(darkroom.url)).find((output) => output.outputId === all[1]!.outputId)?.star).toBe(true);
  await page.keyboard.press('1');
  await page.keyboard.press('Delete');
  await expect(dialog(page).getByText('In the trash: 1.')).toBeVisible();
  await expect(page.getByText('1 output moved to the trash.')).toBeVisible();
  await page.keyboard.press('Delete');
  await expect(dialog(page).getByText('In the trash: 1.')).toBeHidden();
  for (const name of ['Swipe', 'Onion skin', 'Difference', 'Flicker', 'Side by side']) {
    await page.keyboard.press('m');
    await expect(mode(page, name)).toBeChecked();
  }
  // Not the pages that these keys open elsewhere.
  await page.keyboard.press('3');
  await expect(page).toHaveURL(/compare/);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keys' })).toContainText('Where outputs are compared');
});

test('an edge between two is moved by pointer and by keys, and of three two are picked', async ({ page, darkroom }) => {
  const all = [await picture(darkroom.url, 'a mill', 1), await picture(darkroom.url, 'a mill', 2), await picture(darkroom.url, 'a mill', 3)];
  await page.goto(address(all, '&mode=swipe'));
  await alive(page);
  await loaded(page, 2);
  const edge = page.getByRole('slider', { name: 'Edge between A and B' });
  await expect(edge).toHaveAttribute('aria-valuetext', '50 % of A, 50 % of B');
  await edge.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await expect(edge).toHaveAttribute('aria-valuenow', '39');
  await page.keyboard.press('End');
  await expect(edge).toHaveAttribute('aria-valuenow', '100');
  await page.keyboard.press('Home');
  const stage = (await page.locator('.compare-stage').boundingBox())!;
  const grip = (await edge.boundingBox())!;
  await page.mouse.move(grip.x + 22, grip.y + grip.height / 2);
  await page.mouse.down();
  await page.mouse.move(stage.x + stage.width / 4, stage.y + 100, { steps: 5 });
  await page.mouse.up();
  await expect(edge).toHaveAttribute('aria-valuenow', '25');
  await expect(page.locator('.compare-over')).toHaveCSS('clip-path', /inset\(0px 0px 0px 25(\.\d)?%\)/);
  await page.getByLabel('B', { exact: true }).selectOption('3');
  await expect(page).toHaveURL(/mode=swipe&pair=1,3$/);
  await expect(page.locator('.compare-tag')).toHaveText(['A · 1', 'B · 3']);
  await page.getByLabel('A', { exact: true }).selectOption('3');
  await expect(page.locator('.compare-tag')).toHaveText(['A · 3', 'B · 1']);
  await accessible(page);
});

test('one lies over the other, as opaque as the slider says', async ({ page, darkroom }) => {
  const all = [await picture(darkroom.url, 'a heron', 1), await picture(darkroom.url, 'a heron', 2)];
  await page.goto(address(all, '&mode=onion'));
  await alive(page);
  const slider = page.getByRole('slider', { name: 'Opacity of B' });
  await slider.fill('80');
  await expect(page.locator('.compare-over')).toHaveCSS('opacity', '0.8');
  await expect(slider).toHaveAttribute('aria-valuetext', '80 %');
  await slider.focus();
  await page.keyboard.press('m');
  await expect(mode(page, 'Difference')).toBeChecked();
});

test('the difference is drawn, made brighter, and said', async ({ page, darkroom }) => {
  const all = [
    await imported(darkroom.url, 'a.png', grey(40, 0, 0)),
    await imported(darkroom.url, 'b.png', grey(40, 10, 16)),
    await imported(darkroom.url, 'c.png', grey(80, 0, 0)),
  ];
  await page.goto(address(all, '&mode=difference'));
  await alive(page);
  await expect(dialog(page).getByText('1.0 % of the pixels differ, by at most 10 of 255.')).toBeVisible();
  const canvas = page.getByRole('img', { name: /^The difference/ });
  const pixel = (x: number) =>
    canvas.evaluate((element, x) => [...(element as HTMLCanvasElement).getContext('2d')!.getImageData(x, 0, 1, 1).data], x);
  expect([await pixel(0), await pixel(20)]).toEqual([[10, 10, 10, 255], [0, 0, 0, 255]]);
  await page.locator('.compare-gain label', { hasText: '×16' }).click();
  await expect(canvas).toHaveCSS('filter', 'brightness(16)');
  await accessible(page);
  await page.getByLabel('B', { exact: true }).selectOption('3');
  await expect(dialog(page).getByText('No pixel differs. B is 80 × 80: it is compared at the size of A, 40 × 40.')).toBeVisible();
});

test('one and the other are shown in turn, at most three times a second', async ({ page, darkroom }) => {
  const all = [await picture(darkroom.url, 'a fox', 1), await picture(darkroom.url, 'a fox', 2)];
  await page.goto(address(all, '&mode=flicker'));
  await alive(page);
  const stage = page.locator('.compare-flicker');
  await expect(stage).toHaveAttribute('data-shown', 'second');
  await expect(stage).toHaveAttribute('data-shown', 'first');
  const rate = page.getByRole('slider', { name: 'Changes a second' });
  await expect(rate).toHaveAttribute('aria-valuetext', '1 change a second');
  await rate.fill('6');
  await expect(rate).toHaveAttribute('aria-valuetext', '3 changes a second');
  await expect(rate).toHaveAttribute('max', '6');
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('button', { name: 'Flicker', exact: true })).toBeVisible();
  await accessible(page);
});

test.describe('with less motion', () => {
  test.use({ contextOptions: { reducedMotion: 'reduce' } });

  test('nothing changes by itself until it is asked for', async ({ page, darkroom }) => {
    const all = [await picture(darkroom.url, 'a fox', 1), await picture(darkroom.url, 'a fox', 2)];
    await page.goto(address(all, '&mode=flicker'));
    await alive(page);
    const stage = page.locator('.compare-flicker');
    await expect(page.getByRole('button', { name: 'Flicker', exact: true })).toBeVisible();
    await expect(stage).toHaveAttribute('data-shown', 'first');
    await page.getByRole('button', { name: 'Show B' }).click();
    await expect(stage).toHaveAttribute('data-shown', 'second');
    await page.getByRole('button', { name: 'Show A' }).click();
    await page.getByRole('button', { name: 'Flicker', exact: true }).click();
    await expect(stage).toHaveAttribute('data-shown', 'second');
  });
});

test('videos play and seek together', async ({ page, darkroom }) => {
  const clip = await readFile(fileURLToPath(new URL('../fixtures/clip.webm', import.meta.url)));
  // An element that says nothing makes it another file.
  const all = [
    await imported(darkroom.url, 'a.webm', clip),
    await imported(darkroom.url, 'b.webm', Buffer.concat([clip, Buffer.from([0xec, 0x80])])),
  ];
  await page.goto(address(all, '&mode=swipe'));
  await alive(page);
  await expect(dialog(page).getByText('Only pictures can be laid over each other.')).toBeVisible();
  const videos = page.locator('.compare-pane video');
  const times = () => videos.evaluateAll((all) => all.map((video) => (video as HTMLVideoElement).currentTime));
  const slider = page.getByRole('slider', { name: 'Time' });
  await expect(slider).toHaveAttribute('max', /^(19|20)\d\d$/);
  await slider.fill('500');
  await expect.poll(async () => (await times()).map((time) => Math.round(time))).toEqual([5, 5]);
  await page.getByRole('button', { name: 'Play' }).click();
  await expect.poll(async () => Math.min(...(await times()))).toBeGreaterThan(5.3);
  await page.getByRole('button', { name: 'Pause' }).click();
  const [first, second] = await times();
  expect(Math.abs(first! - second!)).toBeLessThan(0.5);
});

test.describe('with a bad address', () => {
  test.use({ tolerated: /status of (400|404)/ });

  test('it says what is wrong, and the way back', async ({ page, darkroom }) => {
    const one = await picture(darkroom.url, 'a wren', 1);
    for (const [ids, status, words] of [
      ['', 400, 'The address must name two to four outputs'],
      ['1,2,3,4,5', 400, 'At most four outputs are compared at once. The address names 5.'],
      ['1,x', 400, '“x” in the address is not the number of an output.'],
      [`${one.outputId},77`, 404, 'removed for good, or never in the gallery'],
    ] as const) {
      const answer = await page.goto(`/gallery/compare?ids=${ids}`);
      expect(answer?.status()).toBe(status);
      await expect(dialog(page).getByRole('alert')).toContainText(words);
    }
    await alive(page);
    await dialog(page).getByRole('link', { name: 'Back to the gallery' }).last().click();
    await expect(page).toHaveURL('/gallery');
  });

  test('those that are there are compared without the others', async ({ page, darkroom }) => {
    const all = [await picture(darkroom.url, 'a wren', 1), await picture(darkroom.url, 'a wren', 2)];
    await page.goto(`${address(all)},77`);
    await expect(dialog(page).getByText('One of the outputs at this address is not there any more.')).toBeVisible();
    await loaded(page, 2);
  });
});

test('the lineage of an output is a graph of links, to compare with its source', async ({ page, darkroom }) => {
  const first = await picture(darkroom.url, 'the first sketch', 1);
  const second = await redrawn(darkroom.url, first, 2);
  const third = await redrawn(darkroom.url, second, 3);
  await redrawn(darkroom.url, second, 4);
  await page.goto(`/gallery/${second.outputId}`);
  await alive(page);
  const lineage = page.getByRole('region', { name: 'Lineage' });
  await expect(lineage.getByRole('list', { name: 'Made from', exact: true }).getByRole('link')).toHaveAccessibleName('Made from: Picture: the first sketch');
  await expect(lineage.getByRole('list', { name: 'Led to', exact: true }).getByRole('link')).toHaveCount(2);
  await expect(lineage.locator('path')).toHaveCount(3);
  await accessible(page);
  await lineage.getByRole('link', { name: 'Led to: Picture: redrawn 3' }).focus();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(`/gallery/${third.outputId}`);
  await expect(lineage.getByRole('list', { name: 'Made from, 2 steps back' }).getByRole('link')).toHaveAccessibleName(/the first sketch$/);
  await lineage.getByRole('link', { name: 'Compare with its source' }).click();
  await expect(page).toHaveURL(`/gallery/compare?ids=${second.outputId},${third.outputId}`);
  await expect(dialog(page)).toBeVisible();
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false, tolerated: /status of 400/ });

  test('the pictures, what differs and the lineage are there', async ({ page, darkroom }) => {
    const first = await picture(darkroom.url, 'a red barn', 1);
    const second = await redrawn(darkroom.url, first, 2);
    await page.goto(address([first, second]));
    await loaded(page, 2);
    await expect(dialog(page).getByRole('rowheader', { name: 'Prompt' })).toBeVisible();
    await expect(dialog(page).getByRole('radio')).toHaveCount(0);
    await dialog(page).getByRole('link', { name: /^Open 2/ }).click();
    await page.getByRole('link', { name: 'Made from: Picture: a red barn' }).click();
    await expect(page).toHaveURL(`/gallery/${first.outputId}`);
    await page.goto(`/gallery/compare?ids=1`);
    await page.getByRole('link', { name: 'Back to the gallery' }).last().click();
    await expect(page.locator('.tile-link')).toHaveCount(2);
  });
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('nothing is wider than the screen or too small for a finger, and the table scrolls in itself', async ({ page, darkroom }) => {
    const all = [await picture(darkroom.url, 'a red barn', 1), await picture(darkroom.url, 'a blue barn', 2), await picture(darkroom.url, 'a barn', 3)];
    await page.goto(address(all));
    await alive(page);
    await loaded(page, 3);
    for (const name of ['Side by side', 'Swipe', 'Onion skin', 'Difference', 'Flicker']) {
      await choose(page, name);
      const wide = await page.locator('.compare-page').evaluate((element) => element.scrollWidth);
      expect(wide, name).toBeLessThanOrEqual(320);
      const small = await dialog(page)
        .locator('button:visible, a:visible, select:visible, .tabs label:visible, input[type=range]:visible, summary:visible')
        .evaluateAll((all) => all.filter((element) => element.getBoundingClientRect().height < 43.5).map((element) => element.outerHTML.slice(0, 80)));
      expect(small, name).toEqual([]);
    }
    const table = page.locator('.compare-table');
    expect(await table.evaluate((element) => element.scrollWidth > element.clientWidth)).toBe(true);
    await accessible(page);
    const third = await redrawn(darkroom.url, all[0]!, 4);
    await page.goto(`/gallery/${third.outputId}`);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);
  });
});

// Pictures of every mode, to look at: SHOTS=shots npx playwright test gallery-compare
const shots = process.env.SHOTS;
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 320, height: 640 } };
for (const colorScheme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    test.describe(`pictures, ${colorScheme}, ${size}`, () => {
      test.skip(!shots, 'set SHOTS to a folder to have pictures taken');
      test.use({ tolerated: /status of 400/, colorScheme, viewport, hasTouch: size === 'narrow', isMobile: size === 'narrow' });

      test('every mode, and the lineage', async ({ page, darkroom }) => {
        const shoot = (name: string) => page.screenshot({ path: join(shots ?? '', `compare-${name}-${colorScheme}-${size}.png`) });
        const prompt = (word: string) => `a lighthouse at ${word} over a stormy sea, film grain, wide shot, volumetric light`;
        const large = { width: 512, height: 512, steps: 6, negativePrompt: 'blurry, low quality' };
        const all = [
          await picture(darkroom.url, prompt('dusk'), 11, large),
          await picture(darkroom.url, prompt('dawn'), 12, { ...large, steps: 8, cfg: 5.5 }),
          await picture(darkroom.url, prompt('night'), 13, { ...large, width: 768 }),
        ];
        await page.goto(address(all));
        await alive(page);
        await loaded(page, 3);
        await shoot('side');
        if (size === 'narrow') {
          await page.locator('.compare-page').evaluate((element) => element.scrollTo(0, 9999));
          await shoot('side-below');
        }
        for (const [key, name] of [['swipe', 'Swipe'], ['onion', 'Onion skin'], ['difference', 'Difference'], ['flicker', 'Flicker']] as const) {
          await page.goto(address(all.slice(0, 2), `&mode=${key}`));
          await alive(page);
          await expect(mode(page, name)).toBeChecked();
          if (key === 'difference') {
            await expect(dialog(page).getByText('of the pixels differ').or(dialog(page).getByText('All pixels differ'))).toBeVisible();
            await page.locator('.compare-gain label', { hasText: '×4' }).click();
          } else await loaded(page, 2);
          await shoot(key);
        }
        await page.goto(address(all, '&mode=swipe&pair=1,3'));
        await alive(page);
        await loaded(page, 2);
        await shoot('swipe-three');
        const redone = [await redrawn(darkroom.url, all[0]!, 21), await redrawn(darkroom.url, all[0]!, 22)];
        for (const seed of [23, 24, 25]) await redrawn(darkroom.url, redone[0]!, seed);
        await page.goto(`/gallery/${redone[0]!.outputId}`);
        await alive(page);
        await expect(page.getByRole('region', { name: 'Lineage' }).getByRole('link', { name: /^Led to/ })).toHaveCount(3);
        await page.getByRole('region', { name: 'Lineage' }).scrollIntoViewIfNeeded();
        await shoot('lineage');
        await page.goto('/gallery/compare?ids=1');
        await shoot('wrong');
      });
    });
  }
}
