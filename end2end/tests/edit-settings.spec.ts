// The settings of an inpaint and of an extended picture, used again: picture, mask and all that was chosen, and the way back.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { Inpaint, picture, sentPictures } from '../support/inpaint';
import { expect, test } from '../support/test';

const note = (page: Page) => page.locator('.inpaint-reused');
const back = (page: Page) => page.getByRole('button', { name: 'Bring back what was here' });
const reuse = (page: Page) => page.getByRole('button', { name: 'Use these settings' });

/** The draft of a picture's mask as the browser stores it. */
const storedDraft = (page: Page, id: string) =>
  page.evaluate(
    (id) =>
      new Promise<string>((resolve, reject) => {
        const request = indexedDB.open('darkroom', 1);
        request.onerror = () => reject(request.error);
        request.onsuccess = () => {
          const read = request.result.transaction('masks').objectStore('masks').get(id);
          read.onerror = () => reject(read.error);
          read.onsuccess = () => {
            request.result.close();
            resolve(String(read.result));
          };
        };
      }),
    id,
  );

test('an inpaint opens with its mask and its settings, and what was there comes back', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  const sent = sentPictures(page);
  await inpaint.choose(300, 200);
  await inpaint.set('Grow', 6);
  await inpaint.set('Feather', 3);
  await inpaint.drag([0.4, 0.4], [0.6, 0.6]);
  await expect(inpaint.covered).toContainText('% painted');
  const seen = await inpaint.seen();
  await studio.prompt.fill('a red door');
  await studio.number('Seed').fill('18446744073709551615');
  await studio.number('Width').fill('320');
  await page.getByRole('spinbutton', { name: 'Strength', exact: true }).fill('0.5');
  await page.getByLabel('Around it, px').fill('24');
  await studio.generate.click();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  const first = sent[0];

  // Another picture of the same size, half painted.
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'other.png', mimeType: 'image/png', buffer: picture(300, 200, 30) });
  await expect(page.locator('#mask-picture')).not.toHaveAttribute('src', `/api/pictures/${first}`);
  await inpaint.set('Grow', 0);
  await inpaint.drag([0.2, 0.2], [0.3, 0.3]);
  const half = await inpaint.seen();
  expect(half).not.toEqual(seen);
  await studio.prompt.fill('a blue window');
  await page.getByRole('spinbutton', { name: 'Strength', exact: true }).fill('0.9');

  await page.getByRole('link', { name: 'Studio', exact: true }).click();
  await page.locator('.take').first().click();
  await reuse(page).click();
  await expect(page).toHaveURL(/\/inpaint$/);
  await expect(note(page)).toContainText('with its mask');
  await expect(studio.prompt).toHaveValue('a red door');
  await expect(studio.number('Seed')).toHaveValue('18446744073709551615');
  await expect(studio.number('Width')).toHaveValue('320');
  await expect(page.getByRole('spinbutton', { name: 'Strength', exact: true })).toHaveValue('0.5');
  await expect(page.getByLabel('Around it, px')).toHaveValue('24');
  await expect(inpaint.slider('Grow')).toHaveValue('6');
  await expect(inpaint.slider('Feather')).toHaveValue('3');
  await expect(page.locator('#mask-picture')).toHaveAttribute('src', `/api/pictures/${first}`);
  await expect.poll(async () => (await inpaint.seen()).join() === seen.join(), 'the mask as it was sent').toBe(true);

  // What was painted and typed before is not lost.
  await back(page).click();
  await expect(note(page)).toHaveCount(0);
  await expect(studio.prompt).toHaveValue('a blue window');
  await expect(page.getByRole('spinbutton', { name: 'Strength', exact: true })).toHaveValue('0.9');
  await expect.poll(async () => (await inpaint.seen()).join() === half.join(), 'what was half painted').toBe(true);
});

test('on the same picture, undo brings the draft back, and a reload goes on with what is painted', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(256, 256);
  await inpaint.drag([0.4, 0.5], [0.6, 0.5]);
  const sent = await inpaint.seen();
  await studio.prompt.fill('a red door');
  await studio.generate.click();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await page.getByRole('button', { name: 'Mask', exact: true }).click();
  await inpaint.drag([0.5, 0.3], [0.5, 0.7]);
  const draft = await inpaint.seen();
  expect(draft).not.toEqual(sent);
  await page.getByRole('button', { name: 'Result', exact: true }).click();
  await reuse(page).click();
  await expect(note(page)).toContainText('with its mask');
  await expect.poll(async () => (await inpaint.seen()).join() === sent.join(), 'the mask of the task').toBe(true);
  await inpaint.tool('Undo').click();
  await expect.poll(async () => (await inpaint.seen()).join() === draft.join(), 'the draft').toBe(true);
  await page.reload();
  await expect(inpaint.covered).toContainText('% painted');
  await expect.poll(async () => (await inpaint.seen()).join() === draft.join(), 'still the draft').toBe(true);
  await expect(note(page)).toHaveCount(0);
});

test('a draft on the picture of the task becomes a saved mask', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  const sent = sentPictures(page);
  await inpaint.choose(256, 256);
  await inpaint.drag([0.4, 0.5], [0.6, 0.5]);
  const first = await inpaint.seen();
  await studio.prompt.fill('a red door');
  await studio.generate.click();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await page.getByRole('button', { name: 'Mask', exact: true }).click();
  const before = await storedDraft(page, sent[0]);
  await inpaint.drag([0.5, 0.3], [0.5, 0.7]);
  const draft = await inpaint.seen();
  // It is stored a moment after it was painted, perhaps in several steps.
  let last = before;
  const isStored = async () => {
    const now = await storedDraft(page, sent[0]);
    const stays = now === last && now !== before;
    last = now;
    return stays;
  };
  await expect.poll(isStored, { intervals: [600] }).toBe(true);
  // Then another picture, of another size.
  await page.getByLabel('Choose a picture').setInputFiles({ name: 'other.png', mimeType: 'image/png', buffer: picture(128, 128) });
  await expect(inpaint.covered).toHaveText('Nothing is painted yet');
  await page.getByRole('link', { name: 'Studio', exact: true }).click();
  await page.locator('.take').first().click();
  await reuse(page).click();
  await expect(note(page)).toContainText('is among the saved masks, as "Draft of');
  await expect(page.locator('#mask-picture')).toHaveAttribute('src', `/api/pictures/${sent[0]}`);
  await expect.poll(async () => (await inpaint.seen()).join() === first.join(), 'the mask of the task').toBe(true);
  await page.getByText('Saved masks', { exact: true }).first().click();
  await page.getByRole('button', { name: /^Use Draft of/ }).click();
  await expect.poll(async () => (await inpaint.seen()).join() === draft.join(), 'the draft').toBe(true);
});

test('an extended picture opens with its edges', async ({ page, studio }) => {
  const inpaint = new Inpaint(page);
  await studio.open('/inpaint');
  await inpaint.choose(256, 192);
  await page.getByText('Extend', { exact: true }).click();
  await page.getByLabel('Right', { exact: true }).fill('64');
  await page.getByLabel('Top', { exact: true }).fill('40');
  await studio.prompt.fill('more of the sea');
  await page.getByLabel('Method').selectOption('Erase it first');
  await studio.generate.click();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await page.getByText('Paint a part new', { exact: true }).click();
  await page.getByLabel('Method').selectOption('Ordinary model');
  await studio.prompt.fill('');
  await page.getByRole('link', { name: 'Studio', exact: true }).click();
  await page.locator('.take').first().click();
  await reuse(page).click();
  await expect(page.getByLabel('Right', { exact: true })).toHaveValue('64');
  await expect(page.getByLabel('Top', { exact: true })).toHaveValue('40');
  await expect(page.getByLabel('Method')).toHaveValue('erase');
  await expect(studio.prompt).toHaveValue('more of the sea');
  await expect(page.locator('.edit-plan')).toContainText('320 × 232 px');
});

test.describe('what Darkroom does not have any more', () => {
  test.use({ tolerated: /status of 404/ });

  test('a mask that is gone is named, and the rest is there', async ({ page, studio }) => {
    const inpaint = new Inpaint(page);
    await studio.open('/inpaint');
    await inpaint.choose(256, 256);
    await inpaint.drag([0.4, 0.5], [0.6, 0.5]);
    await studio.prompt.fill('a red door');
    const sent = sentPictures(page);
    await studio.generate.click();
    await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
    await page.route(`**/api/pictures/${sent[0]}`, (route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{}' }));
    await page.getByLabel('Choose a picture').setInputFiles({ name: 'other.png', mimeType: 'image/png', buffer: picture(128, 128) });
    await expect(inpaint.covered).toHaveText('Nothing is painted yet');
    await studio.prompt.fill('');
    await page.getByRole('link', { name: 'Studio', exact: true }).click();
    await page.locator('.take').first().click();
    await reuse(page).click();
    await expect(note(page)).toContainText('mask is not stored any more. Paint what should change again.');
    await expect(note(page)).not.toContainText('with its mask');
    // The picture's own draft stays.
    await expect(inpaint.covered).toContainText('% painted');
    await expect(studio.prompt).toHaveValue('a red door');
    await expect(page.locator('#mask-picture')).toBeVisible();
  });

  test('a picture that is gone is named, and its settings are there', async ({ page, studio }) => {
    const inpaint = new Inpaint(page);
    await studio.open('/inpaint');
    const sent = sentPictures(page);
    await inpaint.choose(256, 256);
    await inpaint.tool('Paint everything').click();
    await studio.prompt.fill('a red door');
    await studio.generate.click();
    await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
    await page.getByRole('link', { name: 'Studio', exact: true }).click();
    const task = (await page.locator('.take').first().getAttribute('href'))?.replace('/tasks/', '');
    await page.route(`**/api/pictures/${sent[0]}*`, (route) => route.fulfill({ status: 404, contentType: 'application/json', body: '{}' }));
    await page.goto(`/inpaint?settings=${task}`);
    await expect(page.getByText('It may have been removed: choose it again.')).toBeVisible();
    await expect(studio.prompt).toHaveValue('a red door');
    await expect(inpaint.covered).toContainText('100.0 % painted');
  });

  test('a task that is gone is named, and the page stays as it was', async ({ page, studio }) => {
    const inpaint = new Inpaint(page);
    await studio.open('/inpaint');
    await inpaint.choose(128, 128);
    await studio.prompt.fill('a blue window');
    await page.goto('/inpaint?settings=0195e0a4-0000-7000-8000-000000000001');
    await expect(page.locator('.inpaint-picture').getByRole('alert')).toContainText('not there any more');
    await expect(studio.prompt).toHaveValue('a blue window');
  });
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`at 320 px, ${colorScheme}`, () => {
    test.use({ viewport: { width: 320, height: 760 }, colorScheme });

    test('the note fits', async ({ page, studio }) => {
      const inpaint = new Inpaint(page);
      await studio.open('/inpaint');
      await inpaint.choose(128, 128);
      await inpaint.tool('Paint everything').click();
      await studio.prompt.fill('a red door');
      await studio.generate.click();
      await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
      await reuse(page).click();
      await expect(back(page)).toBeVisible();
      await expectNoSidewaysScroll(page);
      await page.getByRole('button', { name: 'Close the note' }).click();
      await expect(note(page)).toHaveCount(0);
      await expect(studio.prompt).toBeFocused();
    });
  });
}
