// The page to paint a part of a picture new: what people do there, and what is on the canvas.

import { expect, type CDPSession, type Page } from '@playwright/test';
import { RGB, png } from './png';

/** A PNG of coloured squares. With another blue it is another picture. */
export function picture(width: number, height: number, blue = 120): Buffer {
  return png(width, height, RGB, (y) => {
    const line = Buffer.alloc(width * 3);
    for (let x = 0; x < width; x += 1) {
      const square = (x >> 5) + (y >> 5);
      line.set([(square * 37) % 256, (square * 91) % 256, blue], x * 3);
    }
    return line;
  });
}

export class Inpaint {
  constructor(readonly page: Page) {}

  get window() {
    return this.page.getByRole('application', { name: 'Mask over the picture' });
  }

  get covered() {
    return this.page.locator('#mask-covered');
  }

  tool(name: string) {
    return this.page.getByRole('button', { name, exact: true });
  }

  slider(name: string) {
    return this.page.getByRole('slider', { name, exact: true });
  }

  /** Chooses a picture, and waits until it can be painted on. */
  async choose(width: number, height: number) {
    await this.page.getByLabel('Choose a picture').setInputFiles({ name: 'picture.png', mimeType: 'image/png', buffer: picture(width, height) });
    await expect(this.covered).toHaveText('Nothing is painted yet');
    await expect.poll(() => this.page.locator('#mask-picture').evaluate((image) => (image as HTMLImageElement).naturalWidth)).toBe(width);
  }

  /** Sets a slider, as dragging it does. */
  async set(name: string, value: number) {
    await this.slider(name).fill(String(value));
  }

  /** A place of the window in the page, from 0 to 1 of its sides. */
  async at(x: number, y: number) {
    const box = await this.window.boundingBox();
    if (!box) throw new Error('the window is not on the page');
    return { x: Math.round(box.x + x * box.width), y: Math.round(box.y + y * box.height) };
  }

  /** Draws from one place to another with the mouse. */
  async drag(from: [number, number], to: [number, number]) {
    const [start, end] = [await this.at(...from), await this.at(...to)];
    await this.page.mouse.move(start.x, start.y);
    await this.page.mouse.down();
    await this.page.mouse.move(end.x, end.y, { steps: 8 });
    await this.page.mouse.up();
  }

  /** The alpha of every pixel of the canvas over the picture, once all is drawn. */
  async seen(): Promise<number[]> {
    const read = () =>
      this.page.locator('#mask-overlay').evaluate((element) => {
        const canvas = element as HTMLCanvasElement;
        const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return Array.from({ length: data.length / 4 }, (_, at) => data[at * 4 + 3]);
      });
    let before: string;
    let now = '';
    let values: number[];
    do {
      before = now;
      await this.page.evaluate(() => new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), 50)));
      values = await read();
      now = values.join();
    } while (now !== before);
    return values;
  }

  /** Whether the browser has stored a mask. */
  async draft(): Promise<boolean> {
    return this.page.evaluate(() => Boolean(localStorage.getItem('darkroom:masks')));
  }

  async paintedPixels() {
    return (await this.seen()).filter((alpha) => alpha > 0).length;
  }
}

/** The grey values of a picture that Darkroom has. */
export async function stored(page: Page, id: string): Promise<{ width: number; height: number; values: number[] }> {
  return page.evaluate(async (id) => {
    const bitmap = await createImageBitmap(await (await fetch(`/api/pictures/${id}`)).blob());
    const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
    const context = canvas.getContext('2d');
    context?.drawImage(bitmap, 0, 0);
    const data = context?.getImageData(0, 0, bitmap.width, bitmap.height).data ?? new Uint8ClampedArray();
    return { width: bitmap.width, height: bitmap.height, values: Array.from({ length: data.length / 4 }, (_, at) => data[at * 4]) };
  }, id);
}

/** The ids of the pictures that the page sends from now on. */
export function sentPictures(page: Page): string[] {
  const ids: string[] = [];
  page.on('response', async (response) => {
    if (response.url().endsWith('/api/pictures') && response.ok()) ids.push((await response.json()).id);
  });
  return ids;
}

export async function touch(session: CDPSession, type: 'touchStart' | 'touchMove' | 'touchEnd', points: { x: number; y: number }[]) {
  await session.send('Input.dispatchTouchEvent', { type, touchPoints: points.map((point, id) => ({ ...point, id })) });
}
