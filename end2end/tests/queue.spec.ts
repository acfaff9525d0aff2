// The queue: its order, by keyboard and by hand; holding back, taking away; what it says.

import AxeBuilder from '@axe-core/playwright';
import type { Locator, Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { stateOf, submit, type Server } from '../support/servers.mjs';
import { expect, test } from '../support/test';

// One task takes minutes: what waits behind it stays where it is.
test.use({ speed: 1 });

class Queue {
  constructor(readonly page: Page) {}

  get list() {
    return this.page.getByRole('list', { name: 'Tasks in the queue' });
  }

  get waiting() {
    return this.list.locator('[data-task-id][data-state=waiting]');
  }

  row(id: string): Locator {
    return this.list.locator(`[data-task-id="${id}"]`);
  }

  button(id: string, name: string): Locator {
    return this.row(id).getByRole('button', { name, exact: true });
  }

  /** The ids of what waits, in order. */
  async order(): Promise<(string | null)[]> {
    return this.waiting.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-task-id')));
  }

  async expectOrder(...ids: string[]) {
    await expect.poll(() => this.order()).toEqual(ids);
  }
}

/** One runs, one may be at the ComfyUI already, and `waiting` more are in line; their ids, next first. */
async function fill(page: Page, darkroom: Server, waiting: number): Promise<{ queue: Queue; running: string; sent: string; line: string[] }> {
  const running = await submit(darkroom, { prompt: 'in the way', steps: 2000 });
  await expect.poll(() => stateOf(darkroom, running)).toBe('running');
  // The ComfyUI takes a second prompt to have it ready.
  const ids = [];
  for (let number = 0; number <= waiting; number += 1) ids.push(await submit(darkroom, { prompt: `study ${number}`, steps: 2000, seed: number }));
  const queue = new Queue(page);
  await page.goto('/queue');
  await expect(page.locator('button.chip')).toHaveAccessibleName(/^Connected/);
  await expect(page.getByRole('heading', { name: 'Queue', level: 1 })).toBeVisible();
  await queue.expectOrder(...ids.slice(1));
  return { queue, running, sent: ids[0] ?? '', line: ids.slice(1) };
}

test('rows show running, sent and waiting tasks', async ({ page, darkroom }) => {
  const { queue, running, line } = await fill(page, darkroom, 3);
  await expect(queue.row(running)).toHaveAttribute('data-state', 'running');
  await expect(queue.list.locator('[data-state=queued]')).toHaveCount(1);
  await expect(queue.row(line[2] ?? '')).toContainText('Waiting 3');
  await expect(queue.row(line[0] ?? '')).toContainText('text to image · 256 × 256');
  await expect(page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: /^Queue/ })).toContainText('5');
  await expect(page.getByRole('region', { name: 'Status' })).toContainText('1 running, 4 waiting');
});

test('the order is changed with the keyboard, and the focus stays on the moved row', async ({ page, darkroom }) => {
  const { queue, line } = await fill(page, darkroom, 3);
  const [first = '', second = '', third = ''] = line;
  await queue.button(third, 'Move up').focus();
  await page.keyboard.press('Enter');
  await queue.expectOrder(first, third, second);
  await expect(queue.button(third, 'Move up')).toBeFocused();
  await expect(page.getByRole('status', { name: 'Queue' })).toHaveText('Study 3 is now number 2 in the queue');
  await page.keyboard.press('Enter');
  await queue.expectOrder(third, first, second);
  await expect(queue.button(third, 'Move up')).toBeFocused();
  await expect(queue.button(third, 'Move up')).toHaveAttribute('aria-disabled', 'true');
  await page.keyboard.press('Alt+ArrowDown');
  await queue.expectOrder(first, third, second);
  await queue.button(second, 'Move to the top').press('Enter');
  await queue.expectOrder(second, first, third);
  await queue.button(second, 'Move down').press('Enter');
  await queue.expectOrder(first, second, third);
  await page.reload();
  await queue.expectOrder(first, second, third);
});

/** Whether the upper edge of the row has the colour of the line that shows where a dragged row goes, as painted. */
async function lineIsSeen(page: Page, row: Locator): Promise<boolean> {
  const box = await row.boundingBox();
  if (!box) throw new Error('it is not on the screen');
  const line = await page.screenshot({ clip: { x: box.x + box.width / 2, y: box.y - 1, width: 1, height: 1 } });
  return page.evaluate(async (png) => {
    const bytes = Uint8Array.from(atob(png), (letter) => letter.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const paint = (draw: (canvas: OffscreenCanvasRenderingContext2D) => void) => {
      const canvas = new OffscreenCanvas(1, 1).getContext('2d')!;
      draw(canvas);
      return canvas.getImageData(0, 0, 1, 1).data.join();
    };
    const accent = getComputedStyle(document.querySelector('[data-drop]')!, '::after').backgroundColor;
    const expected = paint((canvas) => {
      canvas.fillStyle = accent;
      canvas.fillRect(0, 0, 1, 1);
    });
    return paint((canvas) => canvas.drawImage(picture, 0, 0)) === expected;
  }, line.toString('base64'));
}

test('a row is dragged to another place, and Esc puts it back', async ({ page, darkroom }) => {
  const { queue, line } = await fill(page, darkroom, 4);
  const [a = '', b = '', c = '', d = ''] = line;
  const middle = async (locator: Locator) => {
    const box = await locator.boundingBox();
    if (!box) throw new Error('it is not on the screen');
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  };
  const take = async (id: string, onto: string) => {
    const grip = await middle(queue.row(id).locator('[data-grip]'));
    await page.mouse.move(grip.x, grip.y);
    await page.mouse.down();
    const { y } = await middle(queue.row(onto));
    await page.mouse.move(grip.x, (grip.y + y) / 2, { steps: 4 });
    await page.mouse.move(grip.x, y, { steps: 4 });
  };
  await take(d, b);
  await expect(queue.row(b)).toHaveAttribute('data-drop', 'before');
  expect(await lineIsSeen(page, queue.row(b))).toBe(true);
  await page.mouse.up();
  await queue.expectOrder(a, d, b, c);
  await take(a, b);
  await expect(queue.row(b)).toHaveAttribute('data-drop', 'after');
  await page.mouse.up();
  await queue.expectOrder(d, b, a, c);
  await take(c, d);
  await page.keyboard.press('Escape');
  await page.mouse.up();
  await expect(queue.list.locator('[data-drop], [data-held]')).toHaveCount(0);
  await queue.expectOrder(d, b, a, c);
});

test('a priority goes before all lower ones', async ({ page, darkroom }) => {
  const { queue, sent, line } = await fill(page, darkroom, 3);
  const [first = '', second = '', third = ''] = line;
  const priority = (id: string) => queue.row(id).getByRole('combobox', { name: 'Priority' });
  // It goes before the one that lies in ComfyUI's queue too: that comes back.
  await priority(third).selectOption('High');
  await queue.expectOrder(sent, first, second);
  await expect(queue.row(third)).toHaveAttribute('data-state', 'queued');
  await priority(second).selectOption('High');
  await queue.expectOrder(second, sent, first);
  await expect(priority(second)).toHaveValue('1');
  await priority(sent).selectOption('Low');
  await queue.expectOrder(second, first, sent);
});

test('one task is paused and resumed', async ({ page, darkroom }) => {
  const { queue, line } = await fill(page, darkroom, 2);
  const [first = '', second = ''] = line;
  await queue.button(first, 'Pause').press('Enter');
  await expect(queue.row(first)).toHaveAttribute('data-state', 'paused');
  await expect(queue.button(first, 'Resume')).toBeFocused();
  await queue.expectOrder(second);
  await queue.button(first, 'Resume').press('Enter');
  await queue.expectOrder(first, second);
});

test('on its own page a task is moved to the top, paused and resumed', async ({ page, darkroom, studio }) => {
  const { line } = await fill(page, darkroom, 3);
  await studio.open(`/tasks/${line[2]}`);
  const button = (name: string) => studio.tracker.getByRole('button', { name, exact: true });
  await expect(studio.tracker).toContainText('Number 3 in the queue');
  await button('Move to the top').click();
  await expect(studio.tracker).toContainText('Next in the queue');
  await expect(button('Move to the top')).toHaveCount(0);
  await button('Pause').press('Enter');
  await expect(studio.tracker).toContainText('Paused');
  await expect(button('Resume')).toBeFocused();
  await button('Resume').press('Enter');
  await expect(studio.tracker).toContainText('Next in the queue');
  await expect(button('Pause')).toBeVisible();
});

test('the whole queue is paused, shows that on every page, and is resumed', async ({ page, darkroom, visitor }) => {
  const { queue } = await fill(page, darkroom, 1);
  await page.getByRole('button', { name: 'Pause queue' }).click();
  await expect(page.getByText('The queue is paused: nothing is sent to ComfyUI.')).toBeVisible();
  const other = await visitor();
  await other.open('/queue');
  await expect(other.page.getByRole('button', { name: 'Resume queue' })).toBeVisible();
  await expect(queue.waiting.first()).toContainText('–');
  await page.getByRole('button', { name: 'Resume queue' }).click();
  await expect(other.page.getByRole('button', { name: 'Pause queue' })).toBeVisible();
});

test('clearing asks first, shows how many, and does not stop running tasks', async ({ page, darkroom }) => {
  const { queue, running, sent } = await fill(page, darkroom, 3);
  await page.getByRole('button', { name: 'Clear waiting' }).click();
  // With the one that lies in ComfyUI's queue.
  const dialog = page.getByRole('dialog', { name: 'Cancel all 4 tasks that wait?' });
  await expect(dialog).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(queue.waiting).toHaveCount(3);
  await page.getByRole('button', { name: 'Clear waiting' }).click();
  await dialog.getByRole('button', { name: 'Cancel 4 tasks' }).click();
  await expect(queue.waiting).toHaveCount(0);
  await expect(queue.row(sent)).toHaveCount(0);
  await expect(queue.row(running)).toHaveAttribute('data-state', 'running');
  await expect(page.getByRole('button', { name: 'Clear waiting' })).toHaveAttribute('aria-disabled', 'true');
});

test('one is cancelled, and the focus goes to the one that takes its place', async ({ page, darkroom }) => {
  const { queue, line } = await fill(page, darkroom, 3);
  const [first = '', second = '', third = ''] = line;
  await queue.button(second, 'Cancel').focus();
  await page.keyboard.press('Enter');
  await queue.expectOrder(first, third);
  await expect(queue.button(third, 'Cancel')).toBeFocused();
  expect(await stateOf(darkroom, second)).toBe('cancelled');
});

test('a late command shows why it was not carried out', async ({ page, darkroom, studio }) => {
  const { queue, line } = await fill(page, darkroom, 2);
  // While the answer is on its way, the task is cancelled by somebody else.
  await page.route('**/api/fn/order', async (route) => {
    await fetch(`${darkroom.url}/tasks/${line[1]}/cancel`, { method: 'POST', redirect: 'manual' });
    await route.continue();
  });
  await queue.button(line[1] ?? '', 'Move up').click();
  await expect(studio.toasts.getByRole('alert')).toContainText('Not moved');
  await expect(studio.toasts.getByRole('alert')).toContainText('This task is over.');
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the queue is shown, and one can be cancelled', async ({ page, darkroom }) => {
    const running = await submit(darkroom, { prompt: 'in the way', steps: 2000 });
    await expect.poll(() => stateOf(darkroom, running)).toBe('running');
    await page.goto('/queue');
    const queue = new Queue(page);
    await expect(queue.row(running)).toContainText('Running');
    await expect(page.getByRole('button', { name: 'Pause queue' })).toBeHidden();
    await queue.button(running, 'Cancel').click();
    await expect.poll(() => stateOf(darkroom, running)).toBe('cancelled');
  });
});

for (const colorScheme of ['dark', 'light'] as const) {
  for (const viewport of [{ width: 1440, height: 900 }, { width: 1000, height: 800 }, { width: 320, height: 640 }]) {
    test.describe(`${colorScheme}, ${viewport.width} px`, () => {
      test.use({ colorScheme, viewport });

      test('axe finds nothing, and nothing is wider than the screen', async ({ page, darkroom }) => {
        await fill(page, darkroom, 2);
        await page.getByRole('button', { name: 'Pause queue' }).click();
        await expect(page.getByRole('button', { name: 'Resume queue' })).toBeVisible();
        await expectNoSidewaysScroll(page);
        const look = async () => (await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']).analyze()).violations;
        expect(await look()).toEqual([]);
        await page.getByRole('button', { name: 'Clear waiting' }).click();
        await expect(page.getByRole('dialog')).toBeVisible();
        expect(await look()).toEqual([]);
      });
    });
  }
}

test.describe('with a finger', () => {
  test.use({ viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true });

  test('everything is large enough to be touched', async ({ page, darkroom }) => {
    await fill(page, darkroom, 2);
    const small = await page.locator('.queue button, .queue select, .nav a, .chip').evaluateAll((all) =>
      all
        .filter((element) => element.checkVisibility())
        .map((element) => ({ name: element.ariaLabel ?? element.textContent, box: element.getBoundingClientRect() }))
        .filter(({ name, box }) => box.height < 44 || (box.width < 44 && name !== null))
        .map(({ name, box }) => `${name} ${box.width} × ${box.height}`),
    );
    expect(small).toEqual([]);
    await expectNoSidewaysScroll(page);
  });
});
