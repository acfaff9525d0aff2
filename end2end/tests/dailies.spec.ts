// The dailies: current takes in order, played at the project's rate, with notes and drawings over them.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open, patch } from '../support/production';
import { expect, test } from '../support/test';

const slider = (page: Page) => page.getByRole('slider', { name: 'Frame' });
const thumb = (page: Page, name: string) => page.getByRole('list', { name: 'Shots' }).getByRole('button', { name: new RegExp(name) });
const review = (page: Page) => page.locator('.dailies-review');

/** A project whose first two shots have a take and a duration. */
async function withTakes(page: Page, url: string) {
  const made = await makeProject(url);
  for (const shot of made.shots.slice(0, 2)) {
    await patch(url, `${made.path}/shots/${shot}`, { version: 1, duration_frames: 24 });
    await open(page, `${made.page}/shots/${shot}`);
    await page.getByRole('button', { name: 'Low', exact: true }).click();
    const take = page.getByRole('list', { name: 'Takes' }).getByRole('listitem').filter({ hasText: 'T001' });
    await expect(take).toHaveAttribute('data-state', 'completed', { timeout: 30_000 });
  }
  return made;
}

test('takes are stepped through, played and looped by keys', async ({ page, darkroom }) => {
  const { page: path } = await withTakes(page, darkroom.url);
  await open(page, `${path}/dailies`);
  await expect(page.getByText('Takes of 2 of 3 shots, 0 approved, at 24 frames a second')).toBeVisible();
  await expect(page.getByRole('img', { name: 'Take 1 of S001 P001' })).toBeVisible();
  await page.keyboard.press('ArrowRight');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'S001 P001, frame 2 of 24');
  await page.keyboard.press('Shift+ArrowRight');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'S001 P002, frame 1 of 24');
  await expect(page.getByRole('img', { name: 'Take 1 of S001 P002' })).toBeVisible();
  await expect(page.getByRole('img', { name: 'Take 1 of S001 P001' })).toBeHidden();
  await expect(thumb(page, 'S001 P002')).toHaveAttribute('aria-current', 'true');

  await page.keyboard.press('l');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeVisible();
  await page.keyboard.press('k');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  // It plays to its end, and stands there.
  await page.keyboard.press('Shift+ArrowRight');
  await expect(page.getByText('S001 P003 has no take yet.')).toBeVisible();
  for (let times = 0; times < 4; times++) await page.keyboard.press('l');
  await expect(slider(page)).toHaveAttribute('aria-valuetext', 'S001 P003, frame 72 of 72');
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await expectNothingWrong(page);
});

test('a take is drawn on, sent back with a note, and approved', async ({ page, darkroom }) => {
  const { page: path, path: api } = await withTakes(page, darkroom.url);
  await open(page, `${path}/dailies`);
  await review(page).getByRole('button', { name: 'Retake' }).click();
  await expect(page.getByText('Say what is to be different')).toBeVisible();
  await expect(page.getByLabel('Note')).toBeFocused();
  await page.keyboard.type('too dark');

  await review(page).getByRole('button', { name: 'Draw', exact: true }).click();
  await review(page).getByRole('button', { name: 'Yellow' }).click();
  const picture = page.locator('.dailies-drawing');
  const box = (await picture.boundingBox())!;
  await page.mouse.move(box.x + box.width * 0.25, box.y + box.height * 0.25);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.75, box.y + box.height * 0.5, { steps: 5 });
  await page.mouse.up();
  await expect(page.getByRole('img', { name: 'A line is drawn over it' })).toBeVisible();

  // What is written of one take stays when another one is shown.
  await thumb(page, 'S001 P002').click();
  await expect(page.getByLabel('Note')).toHaveValue('');
  await thumb(page, 'S001 P001').click();
  await expect(page.getByLabel('Note')).toHaveValue('too dark');

  await review(page).getByRole('button', { name: 'Retake' }).click();
  await expect(review(page)).toContainText('Retake wanted');
  const takes = await (await fetch(`${darkroom.url}${api}/takes?review=retake`)).json();
  expect(takes.items).toHaveLength(1);
  expect(takes.items[0].note).toBe('too dark');
  expect(takes.items[0].drawing[0].color).toBe('yellow');
  const [x, y] = takes.items[0].drawing[0].points[0];
  expect(Math.abs(x - 2500)).toBeLessThan(100);
  expect(Math.abs(y - 2500)).toBeLessThan(100);

  await thumb(page, 'S001 P002').click();
  await review(page).getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText(/1 approved/)).toBeVisible();
  await page.reload();
  await expect(page.getByRole('img', { name: 'A line is drawn over it' })).toBeVisible();
});

test('without a shot, the page leads to the board', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url, { shots: 0 });
  await open(page, `${path}/dailies`);
  await expect(page.getByRole('heading', { name: 'No shot yet' })).toBeVisible();
  await page.getByRole('link', { name: 'Plan shots on the board' }).click();
  await expect(page).toHaveURL(new RegExp(`${path}$`));
});

test('fits a small screen', async ({ page, darkroom }) => {
  const { page: path } = await makeProject(darkroom.url);
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${path}/dailies`);
  await expect(page.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test('a link shows the dailies to others, until it is ended', async ({ page, darkroom, browser }) => {
  const { page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/dailies`);
  await page.getByText('Share a link').click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('The link, shown only now').inputValue();
  expect(link).toMatch(new RegExp(`^${darkroom.url}/dailies/[\\w-]{43}$`));
  const other = await (await browser.newContext({ javaScriptEnabled: false })).newPage();
  await other.goto(link);
  await expect(other.getByRole('heading', { name: 'Dailies of The Lighthouse' })).toBeVisible();
  await expect(other.getByRole('listitem')).toHaveCount(3);
  // Without JavaScript it is a list, and nothing that does nothing.
  await expect(other.getByRole('button')).toHaveCount(0);
  await page.getByRole('button', { name: 'End the link' }).click();
  await expect(page.getByRole('button', { name: 'Make a link' })).toBeVisible();
  expect((await other.goto(link))?.status()).toBe(404);
  await other.context().close();
});

test('whoever has the link plays the dailies as those who made it', async ({ page, darkroom, visitor }) => {
  const { page: path, project } = await withTakes(page, darkroom.url);
  await open(page, `${path}/dailies`);
  await page.getByText('Share a link').click();
  await page.getByRole('button', { name: 'Make a link' }).click();
  const link = await page.getByLabel('The link, shown only now').inputValue();
  const { page: other } = await visitor();
  await other.goto(link);
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P001, frame 1 of 24');
  const player = other.getByRole('region', { name: 'Player' });
  await expect(player.getByRole('img', { name: 'Take 1 of S001 P001' })).toBeVisible();
  await other.keyboard.press('ArrowRight');
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P001, frame 2 of 24');
  await other.keyboard.press('Shift+ArrowRight');
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P002, frame 1 of 24');
  await expect(player.getByRole('img', { name: 'Take 1 of S001 P002' })).toBeVisible();
  await expect(player.getByRole('img', { name: 'Take 1 of S001 P001' })).toBeHidden();
  await slider(other).fill('30');
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P002, frame 7 of 24');
  await slider(other).blur();
  // It plays to its end, and stands there; at the end it begins anew.
  await other.keyboard.press('Space');
  await expect(player.getByRole('button', { name: 'Pause' })).toBeVisible();
  await other.keyboard.press('k');
  await expect(player.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  for (let times = 0; times < 4; times++) await other.keyboard.press('l');
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P003, frame 72 of 72');
  await expect(player).toContainText('No take yet');
  await expect(player.getByRole('button', { name: 'Play', exact: true })).toBeVisible();
  await other.getByRole('button', { name: 'Show S001 P002 in the player' }).click();
  await expect(slider(other)).toHaveAttribute('aria-valuetext', 'S001 P002, frame 1 of 24');
  await expectNothingWrong(other);
  await other.setViewportSize({ width: 320, height: 640 });
  await expectNoSidewaysScroll(other);
  expect(await other.content()).not.toContain(project);
});
