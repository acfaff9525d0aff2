// Painting a part of a picture new: the mask editor with mouse, touch, pen and keys, and the whole way to a result.

import AxeBuilder from '@axe-core/playwright';
import { expectNoSidewaysScroll } from '../support/layout';
import { Inpaint, picture, sentPictures, stored, touch } from '../support/inpaint';
import { expect, test } from '../support/test';

/** How opaque the mask is drawn where it is full, of 255. */
const OPACITY = 158;

test('the mask that is sent is the one that is seen, and the result is shown over the picture', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(384, 256);
  await inpaint.set('Grow', 0);
  await inpaint.set('Feather', 0);
  await inpaint.drag([0.4, 0.4], [0.6, 0.6]);
  await expect(inpaint.covered).toContainText('% painted');
  const seen = await inpaint.seen();
  expect(seen.some((alpha) => alpha > 0 && alpha < OPACITY), 'a soft edge').toBe(true);

  await expect(page.locator('.mask-crop')).toBeVisible();
  await expect(page.locator('.edit-plan')).toContainText('The model sees');
  await expect(page.locator('.edit-steps')).toHaveText('15 of 20 steps will run');
  const sent = sentPictures(page);
  await studio.prompt.fill('a red door');
  await studio.generate.click();
  await expect(page.locator('.compare-result')).toBeVisible();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await expect(page.locator('.outside')).toHaveAttribute('data-outside', 'unchanged');
  // A sentence on a line of its own, not a column of letters beside the buttons.
  const [line, foot] = await Promise.all([page.locator('.outside').boundingBox(), page.locator('.tracker-foot').boundingBox()]);
  expect(line!.width).toBeGreaterThan(foot!.width * 0.9);

  expect(sent.length).toBe(1);
  const mask = await stored(page, sent[0]);
  expect([mask.width, mask.height]).toEqual([384, 256]);
  const drawn = mask.values.map((value) => Math.floor((value * OPACITY) / 255));
  const differs = drawn.findIndex((alpha, at) => alpha !== seen[at]);
  expect(differs, `pixel ${differs}: sent ${drawn[differs]}, seen ${seen[differs]}`).toBe(-1);

  // The mask is still there, and the result can be the next picture.
  await page.getByRole('button', { name: 'Mask', exact: true }).click();
  expect(await inpaint.seen()).toEqual(seen);
  await page.getByRole('button', { name: 'Result', exact: true }).click();
  await page.getByRole('button', { name: 'Use the result as the picture' }).click();
  await expect.poll(() => sent.length, 'the result is given as a picture').toBe(2);
  await expect(page.locator('#mask-picture')).toHaveAttribute('src', `/api/pictures/${sent[1]}`);
});

test('undo, redo, clear, invert and fill', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(300, 300);
  await inpaint.set('Grow', 0);
  await inpaint.set('Feather', 0);
  await inpaint.drag([0.45, 0.5], [0.55, 0.5]);
  const one = await inpaint.seen();
  await inpaint.drag([0.5, 0.4], [0.5, 0.6]);
  const two = await inpaint.seen();
  expect(two).not.toEqual(one);
  await page.keyboard.press('Control+z');
  expect(await inpaint.seen()).toEqual(one);
  await page.keyboard.press('Control+Shift+z');
  expect(await inpaint.seen()).toEqual(two);
  await inpaint.tool('Undo').click();
  expect(await inpaint.seen()).toEqual(one);
  await inpaint.tool('Redo').click();
  await inpaint.tool('Invert the mask').click();
  expect((await inpaint.seen())[0]).toBe(OPACITY);
  await inpaint.tool('Clear the mask').click();
  expect(await inpaint.paintedPixels()).toBe(0);
  await expect(inpaint.covered).toHaveText('Nothing is painted yet');
  await inpaint.tool('Paint everything').click();
  expect(await inpaint.paintedPixels()).toBe(300 * 300);
});

test('a half-painted mask, its picture and the prompt survive a reload', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(320, 200);
  await studio.prompt.fill('a lighthouse');
  await inpaint.drag([0.4, 0.5], [0.5, 0.5]);
  const before = await inpaint.seen();
  expect(before.some((alpha) => alpha > 0)).toBe(true);
  // The pointer is still down when the page goes.
  await page.mouse.down();
  await expect.poll(() => inpaint.draft(), 'it is stored while the pointer is down').toBe(true);
  await page.reload();
  await studio.untilConnected();
  await expect(inpaint.covered).toContainText('% painted');
  expect((await inpaint.seen()).length).toBe(before.length);
  const after = await inpaint.seen();
  const lost = before.findIndex((alpha, at) => alpha > after[at]);
  expect(lost, `pixel ${lost} is lost`).toBe(-1);
  await expect(studio.prompt).toHaveValue('a lighthouse');
});

test('a pen paints wider with more pressure, and then fingers only move the picture', async ({ browser, page, studio, context }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(400, 300);
  const session = await context.newCDPSession(page);
  const dab = async (x: number, force: number) => {
    const at = await inpaint.at(x, 0.5);
    const pen = { ...at, button: 'left' as const, clickCount: 1, force, pointerType: 'pen' as const };
    await session.send('Input.dispatchMouseEvent', { type: 'mousePressed', ...pen });
    await session.send('Input.dispatchMouseEvent', { type: 'mouseReleased', ...pen });
    return inpaint.paintedPixels();
  };
  const light = await dab(0.35, 0.1);
  const hard = (await dab(0.65, 1)) - light;
  expect(hard, `${light} pixels with light pressure`).toBeGreaterThan(light);

  const before = await inpaint.seen();
  const transform = () => page.locator('#mask-world').evaluate((world) => (world as HTMLElement).style.transform);
  const placed = await transform();
  const [from, to] = [await inpaint.at(0.5, 0.3), await inpaint.at(0.6, 0.4)];
  await touch(session, 'touchStart', [from]);
  await touch(session, 'touchMove', [to]);
  await touch(session, 'touchEnd', []);
  expect(await inpaint.seen()).toEqual(before);
  expect(await transform()).not.toBe(placed);
  void browser;
});

test('a finger paints, two zoom, and the first of two leaves nothing', async ({ page, studio, context }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(400, 300);
  const session = await context.newCDPSession(page);
  const [one, two] = [await inpaint.at(0.4, 0.5), await inpaint.at(0.6, 0.5)];
  const scale = () => page.locator('.mask-scale').textContent();
  const fitted = await scale();
  await touch(session, 'touchStart', [one]);
  await touch(session, 'touchStart', [one, two]);
  await touch(session, 'touchMove', [{ ...one, x: one.x - 60 }, { ...two, x: two.x + 60 }]);
  await touch(session, 'touchEnd', []);
  expect(await inpaint.paintedPixels()).toBe(0);
  await expect.poll(scale).not.toBe(fitted);

  await touch(session, 'touchStart', [one]);
  await touch(session, 'touchMove', [two]);
  await touch(session, 'touchEnd', []);
  await expect.poll(() => inpaint.paintedPixels()).toBeGreaterThan(0);
});

test('the wheel zooms where it points, Space moves the picture, 0 shows all of it', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(400, 300);
  const transform = () => page.locator('#mask-world').evaluate((world) => (world as HTMLElement).style.transform);
  const fitted = await transform();
  const at = await inpaint.at(0.5, 0.5);
  await page.mouse.move(at.x, at.y);
  await page.mouse.wheel(0, -300);
  await expect.poll(transform).not.toBe(fitted);
  const zoomed = await transform();
  await inpaint.window.focus();
  await page.keyboard.down(' ');
  await inpaint.drag([0.5, 0.5], [0.6, 0.6]);
  await page.keyboard.up(' ');
  expect(await transform()).not.toBe(zoomed);
  expect(await inpaint.paintedPixels()).toBe(0);
  await page.keyboard.press('0');
  await expect.poll(transform).toBe(fitted);
});

test('a mask is painted with the keyboard alone', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(400, 300);
  const status = page.getByRole('status', { name: 'Mask', exact: true });
  await inpaint.window.focus();
  await page.keyboard.press('ArrowRight');
  await expect(status).toContainText('0 % painted');
  await page.keyboard.press('Space');
  await expect(status).toHaveText('Painted');
  const dot = await inpaint.paintedPixels();
  expect(dot).toBeGreaterThan(0);
  await page.keyboard.press('ArrowRight');
  await expect(status).toContainText('100 % painted');
  await page.keyboard.down('Space');
  for (let step = 0; step < 6; step += 1) await page.keyboard.press('Shift+ArrowRight');
  await page.keyboard.up('Space');
  expect(await inpaint.paintedPixels()).toBeGreaterThan(dot);
  await page.keyboard.press('e');
  await expect(inpaint.tool('Eraser')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('x');
  await expect(inpaint.tool('Brush')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('c');
  expect(await inpaint.paintedPixels()).toBe(0);
  await page.keyboard.press('z');
  expect(await inpaint.paintedPixels()).toBeGreaterThan(dot);
});

test('nothing painted is refused at its place, and a picture is extended', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(256, 256);
  await studio.prompt.fill('more of the sea');
  await studio.generate.click();
  await expect(page.locator('.form-alert')).toContainText('Nothing is painted');
  await page.getByText('Extend', { exact: true }).click();
  await expect(page.locator('.mask-canvas')).toBeVisible();
  await page.getByLabel('Right', { exact: true }).fill('64');
  await expect(page.locator('.edit-plan')).toContainText('320 × 256 px');
  await studio.generate.click();
  await expect(page.locator('.compare-result')).toBeVisible();
  await expect.poll(() => page.locator('.compare').getAttribute('viewBox')).toBe('0 0 320 256');
});

test('a result is edited from where it is shown', async ({ page, studio }) => {
  await studio.open();
  await studio.fill({ side: 128, steps: 2 });
  await studio.generate.click();
  await studio.untilDone();
  await page.getByRole('link', { name: 'Edit this picture' }).click();
  await expect(page).toHaveURL(/\/inpaint\?task=/);
  await expect(new Inpaint(page).covered).toHaveText('Nothing is painted yet');
});

for (const width of [390, 320]) {
  test.describe(`on a phone of ${width} px`, () => {
    test.use({ viewport: { width, height: 760 }, hasTouch: true, isMobile: true });

    test('a whole inpaint is done by touch', async ({ page, studio, context }) => {
      const inpaint = new Inpaint(page);
      await page.goto('/inpaint');
      await inpaint.choose(300, 400);
      await expectNoSidewaysScroll(page);
      const session = await context.newCDPSession(page);
      await inpaint.window.scrollIntoViewIfNeeded();
      await touch(session, 'touchStart', [await inpaint.at(0.4, 0.5)]);
      await touch(session, 'touchMove', [await inpaint.at(0.6, 0.5)]);
      await touch(session, 'touchEnd', []);
      await expect(inpaint.covered).toContainText('% painted');
      const small = await page.locator('.mask-button:visible').evaluateAll((buttons) => buttons.map((button) => button.getBoundingClientRect()).filter(({ width, height }) => width < 44 || height < 44).length);
      expect(small, 'buttons smaller than a finger').toBe(0);
      await studio.prompt.fill('a red door');
      await studio.generate.tap();
      await expect(page.locator('.compare-result')).toBeVisible();
      await expectNoSidewaysScroll(page);
    });
  });
}

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme`, () => {
    test.use({ colorScheme });

    test('axe finds nothing', async ({ page, studio }) => {
      const inpaint = new Inpaint(page);
      const nothingWrong = async () => {
        const { violations, passes } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze();
        expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.target}: ${node.failureSummary}`) }))).toEqual([]);
        expect(passes.length).toBeGreaterThan(10);
      };
      await studio.open('/inpaint');
      await nothingWrong();
      await inpaint.choose(300, 200);
      await inpaint.drag([0.4, 0.5], [0.6, 0.5]);
      await page.getByText('Keys', { exact: true }).click();
      await nothingWrong();
      await studio.prompt.fill('a red door');
      await studio.generate.click();
      await expect(page.locator('.compare-result')).toBeVisible();
      await nothingWrong();
    });
  });
}

test('painting on 4096 × 4096 pixels does not block the page', { tag: '@long' }, async ({ page, studio }) => {
  test.setTimeout(180_000);
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: picture(4096, 4096) });
  await expect(inpaint.covered).toHaveText('Nothing is painted yet', { timeout: 60_000 });
  await page.evaluate(() => {
    const tasks: number[] = [];
    Object.assign(window, { longTasks: tasks });
    new PerformanceObserver((list) => list.getEntries().forEach(({ duration }) => tasks.push(duration))).observe({ type: 'longtask' });
  });
  const longTasks = () => page.evaluate(() => (window as unknown as { longTasks: number[] }).longTasks.splice(0));
  for (const y of [0.3, 0.4, 0.5, 0.6, 0.7]) await inpaint.drag([0.35, y], [0.65, y]);
  await expect(inpaint.covered).toContainText('% painted');
  const painting = await longTasks();
  // What it costs to draw all of the canvas for each movement instead, without even computing its colours.
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 4096;
    const context = canvas.getContext('2d');
    for (let frame = 0; frame < 40; frame += 1) {
      const image = new ImageData(4096, 4096);
      image.data.fill(frame);
      context?.putImageData(image, 0, 0);
      await new Promise(requestAnimationFrame);
    }
  });
  const whole = await longTasks();
  const sum = (all: number[]) => all.reduce((one, other) => one + other, 0);
  const words = (all: number[]) => `${all.length} tasks over 50 ms, the longest ${Math.round(Math.max(0, ...all))} ms, ${Math.round(sum(all))} ms together`;
  console.log(`painting tile by tile: ${words(painting)}; the whole canvas each time: ${words(whole)}`);
  expect(sum(painting), 'blocked longer than by drawing everything').toBeLessThan(sum(whole));
});

test('the edges of an extended picture are dragged', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(256, 256);
  await page.getByText('Extend', { exact: true }).click();
  const right = page.getByLabel('Right', { exact: true });
  await expect(right).toHaveValue('128');
  const edge = async (side: string) => {
    const box = await page.locator(`.mask-edge[data-side=${side}]`).boundingBox();
    if (!box) throw new Error(`the ${side} edge is not there`);
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const scale = async () => ((await page.locator('#mask-picture').boundingBox())?.width ?? 0) / 256;
  const drag = async (side: string, across: number, down: number) => {
    const [from, by] = [await edge(side), await scale()];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + across * by, from.y + down * by, { steps: 6 });
    expect(await scale(), 'the window does not move meanwhile').toBeCloseTo(by, 6);
    await page.mouse.up();
  };
  await drag('right', -64, 0);
  await expect(right).toHaveValue('64');
  await drag('top', 0, -40);
  await expect(page.getByLabel('Top', { exact: true })).toHaveValue('40');
  // Not into the picture.
  await drag('right', -200, 0);
  await expect(right).toHaveValue('0');
  await drag('left', -100, 0);
  await expect(page.getByLabel('Left', { exact: true })).toHaveValue('104');
  await expect(page.locator('.edit-plan')).toContainText('360 × 296 px');
});

test('masks are saved under names, used for another picture of that size, and opened from files', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(300, 200);
  await inpaint.set('Grow', 0);
  await inpaint.set('Feather', 0);
  await page.getByText('Saved masks', { exact: true }).first().click();
  const [name, save] = [page.getByLabel('Name of the mask'), page.getByRole('button', { name: 'Save the mask' })];
  await name.fill('the door');
  const status = page.locator('.mask-saved [role=status]');
  await name.press('Enter');
  await expect(status).toHaveText('Nothing is painted yet.');
  await inpaint.drag([0.4, 0.4], [0.6, 0.6]);
  await expect(inpaint.covered).toContainText('% painted');
  const seen = await inpaint.seen();
  await save.click();
  await expect(status).toHaveText('Saved as "the door".');
  await inpaint.tool('Clear the mask').click();
  await expect(inpaint.covered).toHaveText('Nothing is painted yet');
  await page.getByRole('button', { name: 'Use the door' }).click();
  await expect(inpaint.covered).toContainText('% painted');
  expect(await inpaint.seen()).toEqual(seen);
  await inpaint.tool('Undo').click();
  await expect(inpaint.covered).toHaveText('Nothing is painted yet');

  // There after a reload; not offered for a picture of another size.
  await page.reload();
  await page.getByText('Saved masks', { exact: true }).first().click();
  await expect(page.getByRole('button', { name: 'Use the door' })).toBeVisible();
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'other.png', mimeType: 'image/png', buffer: picture(200, 200) });
  await expect(page.getByRole('button', { name: 'Use the door' })).toHaveCount(0);

  // A file: one of another size is refused in words.
  const file = page.getByLabel('Open a mask file');
  await file.setInputFiles({ name: 'mask.png', mimeType: 'image/png', buffer: picture(100, 100) });
  await expect(status).toHaveText('The mask is 100 × 100 pixels and the picture 200 × 200: they must be of the same size.');
  await file.setInputFiles({ name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
  await expect(status).toContainText('cannot read this file as a picture');
  await file.setInputFiles({ name: 'mask.png', mimeType: 'image/png', buffer: picture(200, 200) });
  await expect(inpaint.covered).toContainText('% painted, within 200 × 200 px');

  await page.getByLabel('Choose a picture').setInputFiles({ name: 'again.png', mimeType: 'image/png', buffer: picture(300, 200) });
  await page.getByRole('button', { name: 'Delete the door' }).click();
  await expect(page.getByRole('button', { name: 'Use the door' })).toHaveCount(0);
});

test('the same mask, prompt and seed twice is named before it is paid for', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(256, 256);
  await inpaint.drag([0.4, 0.4], [0.6, 0.6]);
  await studio.prompt.fill('a red door');
  await page.getByRole('checkbox', { name: 'New seed each time' }).uncheck();
  await studio.generate.click();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  const note = page.locator('.run-notes');
  await expect(note).toContainText('this gives the earlier result');
  await page.getByRole('button', { name: 'New seed', exact: true }).click();
  await expect(note).toBeEmpty();
  // Another mask is another run.
  await page.getByRole('button', { name: 'Mask', exact: true }).click();
  await inpaint.drag([0.2, 0.2], [0.3, 0.3]);
  await expect(note).toBeEmpty();
});
