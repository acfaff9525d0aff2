// The board of a project: live, filtered, and moved by keys and by dragging.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open, patch } from '../support/production';
import { expect, test } from '../support/test';

const cards = (page: Page) => page.locator('.shot-card');
const card = (page: Page, name: string) => cards(page).filter({ hasText: name });
const link = (page: Page, name: string) => card(page, name).locator('.shot-link');
const names = (page: Page) => page.locator('.shot-card .production-code').allTextContents();
/** The measured board: it draws only what is near the window. */
const measured = (page: Page) => expect(page.locator('.board-space[style]').first()).toBeAttached();

async function openBoard(page: Page, path: string) {
  await open(page, path);
  await measured(page);
}

test('chapters, scenes and shots are added and renamed in place', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url, { shots: 0 });
  await openBoard(page, path);
  const head = page.locator('.board-head');
  await head.getByText('Add chapter').click();
  await head.getByLabel('Title', { exact: true }).fill('Return');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Return', level: 2 })).toBeVisible();
  await page.keyboard.press('Escape');

  const scene = page.locator('.board-scene').filter({ hasText: 'The pier' });
  await scene.getByText('Add shot').click();
  await scene.getByLabel('Title', { exact: true }).fill('The rail');
  await page.keyboard.press('Enter');
  await expect(card(page, 'S001_P001')).toContainText('The rail');
  // The field is ready for the next one.
  await page.keyboard.type('The rope');
  await page.keyboard.press('Enter');
  await expect(card(page, 'S001_P002')).toContainText('The rope');
  await page.keyboard.press('Escape');

  await page.getByLabel('More for S001_P001').click();
  await card(page, 'S001_P001').getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByRole('textbox', { name: 'Title' })).toBeFocused();
  await page.keyboard.type('The long rail');
  await page.keyboard.press('Enter');
  await expect(card(page, 'S001_P001')).toContainText('The long rail');
  await expectNothingWrong(page);
});

test('a shot that is moved by keys keeps its code and the focus, and is announced', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await openBoard(page, path);
  expect(await names(page)).toEqual(['S001_P001', 'S001_P002', 'S001_P003']);
  await link(page, 'S001_P001').focus();
  await page.keyboard.press('Alt+ArrowRight');
  await expect.poll(() => names(page)).toEqual(['S001_P002', 'S001_P001', 'S001_P003']);
  await expect(link(page, 'S001_P001')).toBeFocused();
  await expect(page.getByRole('status').filter({ hasText: 'S001_P001 is shot 2 of 3 in S001.' })).toBeAttached();
  await page.keyboard.press('Alt+ArrowDown');
  await expect.poll(() => names(page)).toEqual(['S001_P002', 'S001_P003', 'S002_P001']);
  await expect(link(page, 'S002_P001')).toBeFocused();
  // Arrows alone go from card to card.
  await page.keyboard.press('ArrowUp');
  await expect(link(page, 'S001_P002')).toBeFocused();
});

test('a card is dragged before another one, and onto a scene', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await openBoard(page, path);
  await card(page, 'S001_P003').dragTo(card(page, 'S001_P001'));
  await expect.poll(() => names(page)).toEqual(['S001_P003', 'S001_P001', 'S001_P002']);
  await card(page, 'S001_P001').dragTo(page.locator('.board-scene').filter({ hasText: 'The stairs' }));
  await expect.poll(() => names(page)).toEqual(['S001_P003', 'S001_P002', 'S002_P001']);
});

test('what happens elsewhere is shown as it happens', async ({ page, darkroom }) => {
  const { page: path, path: api, shots, scenes, post } = await makeProject(darkroom.url);
  await openBoard(page, path);
  await patch(darkroom.url, `${api}/shots/${shots[1]}`, { title: 'Changed elsewhere', status: 'approved' });
  await expect(card(page, 'S001_P002')).toContainText('Changed elsewhere');
  await expect(page.getByRole('combobox', { name: 'Status of S001_P002' })).toHaveValue('approved');
  await post('/shots', { scene: scenes[1], title: 'From elsewhere' });
  await expect(card(page, 'S002_P001')).toContainText('From elsewhere');
});

test('two who change the same title see each other', async ({ page, darkroom }) => {
  const { page: path, path: api, shots } = await makeProject(darkroom.url);
  await openBoard(page, path);
  await page.getByLabel('More for S001_P001').click();
  await card(page, 'S001_P001').getByRole('button', { name: 'Rename' }).click();
  await page.keyboard.type('Mine');
  await patch(darkroom.url, `${api}/shots/${shots[0]}`, { title: 'Theirs' });
  await page.keyboard.press('Enter');
  const conflict = page.getByRole('alertdialog', { name: 'Your change was not saved' });
  await expect(conflict).toContainText('Somebody else changed: title.');
  await expect(conflict.getByRole('row', { name: 'Title Mine Theirs' })).toBeVisible();
  await expectNothingWrong(page);
  await conflict.getByRole('button', { name: 'Overwrite' }).click();
  await expect(card(page, 'S001_P001')).toContainText('Mine');
  await expect(conflict).toBeHidden();
});

test('a filter shows some shots, and what is thrown away comes back', async ({ page, darkroom }) => {
  const { page: path, path: api, shots } = await makeProject(darkroom.url);
  await patch(darkroom.url, `${api}/shots/${shots[2]}`, { status: 'retake' });
  await openBoard(page, path);
  await page.getByRole('searchbox', { name: 'Find shots' }).fill('view 2');
  await expect(cards(page)).toHaveCount(1);
  await expect(page.getByText('1 of 3 shots')).toBeVisible();
  await page.getByRole('link', { name: 'Show all' }).click();
  await page.getByRole('combobox', { name: 'Status', exact: true }).selectOption({ label: 'Retake' });
  await expect(card(page, 'S001_P003')).toBeVisible();
  await expect(cards(page)).toHaveCount(1);
  await page.getByRole('link', { name: 'Show all' }).click();

  await page.getByLabel('More for S001_P002').click();
  await card(page, 'S001_P002').getByRole('button', { name: 'Throw away' }).click();
  await expect(cards(page)).toHaveCount(2);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(cards(page)).toHaveCount(3);
});

test('what a filter shows is in the address', async ({ page, darkroom }) => {
  const { page: path, path: api, shots, scenes, post } = await makeProject(darkroom.url);
  const { id: pier } = await post('/assets', { kind: 'location', name: 'The old pier' });
  const { id: attic } = await post('/assets', { kind: 'location', name: 'The attic' });
  const { id: oil } = await post('/assets', { kind: 'style', name: 'Oil' });
  await patch(darkroom.url, `${api}/scenes/${scenes[0]}`, { location_ref: pier });
  await post('/casts', { shot: shots[0], asset: attic });
  await post('/casts', { shot: shots[1], asset: oil });
  await openBoard(page, path);
  // A shot happens where its scene does, unless it has a place of its own.
  await page.getByRole('combobox', { name: 'Location' }).selectOption({ label: 'The old pier' });
  await expect.poll(() => names(page)).toEqual(['S001_P002', 'S001_P003']);
  await page.getByRole('combobox', { name: 'Style' }).selectOption({ label: 'Oil' });
  await expect.poll(() => names(page)).toEqual(['S001_P002']);
  await expect(page).toHaveURL(`${path}?location=${pier}&style=${oil}`);
  await page.reload();
  await measured(page);
  expect(await names(page)).toEqual(['S001_P002']);
  await expect(page.getByRole('combobox', { name: 'Style' })).toHaveValue(oil);
  await expect(page.getByText('1 of 3 shots')).toBeVisible();
  await expectNothingWrong(page);
  await page.getByRole('link', { name: 'Show all' }).click();
  await expect(cards(page)).toHaveCount(3);
  await expect(page).toHaveURL(path);
});

test('what was thrown away is listed, and restored', async ({ page, darkroom }) => {
  const { page: path, scenes } = await makeProject(darkroom.url);
  await openBoard(page, path);
  await page.getByText('Trash', { exact: true }).click();
  await expect(page.getByText('Nothing was thrown away.')).toBeVisible();
  await page.getByLabel('More for S001_P002').click();
  await card(page, 'S001_P002').getByRole('button', { name: 'Throw away' }).click();
  await page.getByLabel('More for The stairs').click();
  await page.locator(`#scene-${scenes[1]}`).getByRole('button', { name: 'Throw away' }).click();
  const trash = page.getByRole('list', { name: 'In the trash' });
  await expect(trash.getByRole('listitem')).toHaveCount(2);
  await expectNothingWrong(page);
  await trash.getByRole('button', { name: 'Restore S001_P002 Shot 2' }).click();
  await expect(cards(page)).toHaveCount(3);
  await trash.getByRole('button', { name: 'Restore S002 The stairs' }).click();
  await expect(page.getByText('Nothing was thrown away.')).toBeVisible();
  await expect(page.locator(`#scene-${scenes[1]}`)).toBeVisible();
});

test('selected shots are generated, and their cards show it', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await openBoard(page, path);
  await page.getByRole('checkbox', { name: 'Select S001_P001' }).check();
  await page.getByRole('checkbox', { name: 'Select S001_P003' }).check();
  await expect(page.getByText('2 shots selected')).toBeVisible();
  await page.getByRole('button', { name: 'Generate in low quality' }).click();
  for (const name of ['S001_P001', 'S001_P003']) {
    await expect(card(page, name)).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
    await expect(card(page, name).locator('img')).toBeVisible();
    await expect(card(page, name)).toContainText('1 take');
  }
  await expect(card(page, 'S001_P002')).toHaveAttribute('data-state', 'idle');
  await expect(page.getByText('2 shots selected')).toBeHidden();
});

test('of 2,000 shots only those near the window are drawn', async ({ page, darkroom }) => {
  const { page: path, scenes, post } = await makeProject(darkroom.url, { shots: 0 });
  for (let part = 0; part < 4; part++) {
    const shots = Array.from({ length: 500 }, (_, at) => ({ scene: scenes[0], title: `Shot ${part * 500 + at + 1}` }));
    await post('/shots/bulk', { shots });
  }
  await openBoard(page, path);
  await expect(page.locator('.board-count')).toHaveText('2000 shots');
  expect(await cards(page).count()).toBeLessThan(200);
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await expect(card(page, 'S001_P2000')).toBeVisible();
  expect(await cards(page).count()).toBeLessThan(200);
});

for (const colorScheme of ['dark', 'light'] as const) {
  test.describe(`in the ${colorScheme} theme, on a phone`, () => {
    test.use({ colorScheme, viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

    test('nothing is wider than the screen, and axe finds nothing', async ({ page, darkroom }) => {
      const { page: path } = await makeProject(darkroom.url);
      await openBoard(page, path);
      await expectNoSidewaysScroll(page);
      await expectNothingWrong(page);
      await page.getByLabel('More for S001_P001').tap();
      await card(page, 'S001_P001').getByRole('button', { name: 'Move later' }).tap();
      await expect.poll(() => names(page)).toEqual(['S001_P002', 'S001_P001', 'S001_P003']);
      await expectNoSidewaysScroll(page);
    });
  });
}

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the board is read, and a shot is added', async ({ page, darkroom }) => {
    const { page: path } = await makeProject(darkroom.url);
    await page.goto(path);
    await expect(cards(page)).toHaveCount(3);
    const scene = page.locator('.board-scene').filter({ hasText: 'The stairs' });
    await scene.getByText('Add shot').click();
    await scene.getByLabel('Title', { exact: true }).fill('By hand');
    await scene.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(card(page, 'S002_P001')).toContainText('By hand');
  });

  test('shots are found, and what was thrown away is restored', async ({ page, darkroom }) => {
    const { page: path, path: api, shots } = await makeProject(darkroom.url);
    await patch(darkroom.url, `${api}/shots/${shots[2]}`, { status: 'retake' });
    await fetch(`${darkroom.url}${api}/shots/${shots[1]}`, { method: 'DELETE' });
    await page.goto(path);
    await page.getByRole('combobox', { name: 'Status', exact: true }).selectOption({ label: 'Retake' });
    await page.getByRole('button', { name: 'Show', exact: true }).click();
    await expect(page).toHaveURL(/status=retake/);
    expect(await names(page)).toEqual(['S001_P003']);
    await page.getByRole('link', { name: 'Show all' }).click();
    await expect(cards(page)).toHaveCount(2);
    await page.getByText('Trash', { exact: true }).click();
    await page.getByRole('link', { name: 'Show what was thrown away' }).click();
    await page.getByRole('button', { name: 'Restore S001_P002 Shot 2' }).click();
    await expect(cards(page)).toHaveCount(3);
  });
});
