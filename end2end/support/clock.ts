// The page's own clock, moved by a test: what a page does after a second is then no question of how fast the machine is.

import type { Page } from '@playwright/test';

/** Shorter than the time between two polls, so that there is at most one in it. Milliseconds. */
const STEP = 500;

/**
 * Stops the page's clock a moment from now: no timer fires and no frame is drawn but by `page.clock.runFor`, until `page.clock.resume`. Messages
 * and answers come all the same. Needs `page.clock.install` before the page is opened.
 */
export async function stopClock(page: Page) {
  for (let ahead = 250; ; ahead *= 2) {
    const now = await page.evaluate(() => Date.now());
    try {
      return await page.clock.pauseAt(now + ahead);
    } catch (error) {
      // On a busy machine the moment was over before it was named.
      if (ahead > 60_000 || !String(error).includes('past')) throw error;
    }
  }
}

/** Notes when the page asks for news, by its own clock. Call it before the page is opened. */
export async function notePolls(page: Page) {
  await page.addInitScript(() => {
    const polls: number[] = [];
    const answers: Promise<unknown>[] = [];
    const { fetch } = window;
    Object.assign(window, {
      polls,
      answers,
      fetch: (what: RequestInfo | URL, how?: RequestInit) => {
        const url = what instanceof Request ? what.url : String(what);
        const answer = fetch(what, how);
        if (url.endsWith('/api/fn/news')) {
          polls.push(performance.now());
          answers.push(answer.then((response) => response.clone().arrayBuffer()).catch(() => null));
        }
        return answer;
      },
    });
  });
}

/**
 * The times between the questions for news that the page asks while its clock, which must stand, goes on for that long. In milliseconds. The clock
 * waits for each answer: the page asks no second time before.
 */
export async function pausesBetweenPolls(page: Page, ms: number): Promise<number[]> {
  await page.evaluate(() => ((window as unknown as { polls: number[] }).polls.length = 0));
  for (let gone = 0; gone < ms; gone += STEP) {
    await page.clock.runFor(STEP);
    await page.evaluate(() => Promise.all((window as unknown as { answers: Promise<unknown>[] }).answers));
  }
  const polls = await page.evaluate(() => (window as unknown as { polls: number[] }).polls);
  return polls.slice(1).map((at, index) => at - polls[index]);
}
