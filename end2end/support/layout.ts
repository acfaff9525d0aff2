// How a page is laid out, and whether it stays so.

import { expect, type Page } from '@playwright/test';

/** Counts every layout shift from the first paint on. Call it before the page is opened. */
export async function watchShifts(page: Page) {
  await page.addInitScript(() => {
    const shifts: number[] = [];
    Object.assign(window, { shifts });
    const add = (entry: PerformanceEntry) => {
      const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
      if (!hadRecentInput) shifts.push(value);
    };
    new PerformanceObserver((list) => list.getEntries().forEach(add)).observe({ type: 'layout-shift', buffered: true });
  });
}

/** The sum of all shifts so far: never less than the cumulative layout shift, which is the worst five seconds of them. */
export async function shifted(page: Page): Promise<number> {
  return page.evaluate(() => (window as unknown as { shifts: number[] }).shifts.reduce((sum, shift) => sum + shift, 0));
}

export async function expectNoSidewaysScroll(page: Page) {
  const { content, screen } = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return { content: scrollWidth, screen: clientWidth };
  });
  expect(content, 'the page is wider than the screen').toBeLessThanOrEqual(screen);
}

/** Waits until what moves or fades has arrived; what goes on for ever does not count. */
export async function settled(page: Page) {
  await page.evaluate(() => {
    const ending = document.getAnimations().filter(({ effect }) => Number(effect?.getComputedTiming().activeDuration) < 5_000);
    return Promise.allSettled(ending.map(({ finished }) => finished)).then(() => {});
  });
}
