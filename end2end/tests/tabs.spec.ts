// Many tabs, and a server that is killed again and again: all end with the same, right state.

import type { BrowserContext, Page } from '@playwright/test';
import { executions, startDarkroom, stateOf, submit, type Server } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { withTabs } from '../support/tabs';
import { SERVER_WENT_AWAY, expect, test, watch } from '../support/test';
import { recordToasts, toastTexts } from '../support/toasts';

const KILLS = 10;

test.use({ tolerated: SERVER_WENT_AWAY, speed: 2, faults: true });

/** What a page shows of every task: where it stands, its nodes and its results. */
function shown(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const text = (selector: string) => [...document.querySelectorAll(selector)].map((element) => element.textContent?.trim() ?? '');
    const takes = [...document.querySelectorAll('.take')].map((take) => `${take.getAttribute('href')} ${(take as HTMLElement).dataset.state}`);
    const nodes = [...document.querySelectorAll<HTMLElement>('[data-node-id]')].map(({ dataset }) => `${dataset.nodeId} ${dataset.state}`);
    const pictures = [...document.querySelectorAll('.stage img')].map((picture) => picture.getAttribute('src') ?? '');
    return [...takes, ...nodes, ...pictures, ...text('.tracker-number'), ...text('.tracker-words')];
  });
}

/** A tab in a window of its own, so that it can be seen beside others. */
async function newWindow(context: BrowserContext): Promise<Page> {
  const session = await context.browser()!.newBrowserCDPSession();
  const [page] = await Promise.all([context.waitForEvent('page'), session.send('Target.createTarget', { url: 'about:blank', newWindow: true })]);
  return page;
}

/** As on an old telephone in a train. */
async function throttle(page: Page) {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 50_000, uploadThroughput: 50_000 });
}

test(`the server is killed ${KILLS} times under three tabs: one looked at, one hidden, one throttled`, { tag: '@long' }, async ({ folder, engine, darkroom, errors }) => {
  test.setTimeout(240_000);
  await withTabs(async (context) => {
    watch(context, errors);
    const hidden = new Studio(await context.newPage());
    const looked = new Studio(await context.newPage());
    const slow = new Studio(await newWindow(context));
    const all = [looked, hidden, slow];
    for (const tab of all) {
      await tab.open(darkroom.url);
      await tab.mark();
      await recordToasts(tab.page);
    }
    await looked.page.bringToFront();
    expect(await Promise.all(all.map((tab) => tab.page.evaluate(() => document.visibilityState)))).toEqual(['visible', 'hidden', 'visible']);
    await throttle(slow.page);

    let server: Server = darkroom;
    const ids: string[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const id = await submit(server, { prompt: `task ${kill}`, steps: 16, seed: kill });
      ids.push(id);
      // Each time at another moment: as soon as the task is kept, or when it runs.
      const current = server;
      if (kill % 2 === 1) await expect.poll(() => stateOf(current, id), { intervals: [100] }).toBe('running');
      await server.end('SIGKILL');
      server = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
      if (kill % 3 === 2) await looked.untilConnected(60_000);
    }

    const newest = [...ids].reverse();
    for (const tab of all) {
      await expect(tab.chip).toHaveAccessibleName(/^Connected/, { timeout: 60_000 });
      await expect.poll(() => tab.page.locator('.take[data-state=done]').count(), { timeout: 60_000 }).toBe(KILLS);
      expect(await tab.isMarked(), 'it was never reloaded').toBe(true);
      expect(await tab.page.locator('.take').evaluateAll((takes) => takes.map((take) => take.getAttribute('href')))).toEqual(newest.map((id) => `/tasks/${id}`));
    }
    // As the server draws it, for somebody who comes only now.
    const fresh = new Studio(await newWindow(context));
    await fresh.open(darkroom.url);
    await fresh.untilPicture();
    for (const tab of all) await expect.poll(() => shown(tab.page)).toEqual(await shown(fresh.page));

    // Nothing twice: neither made, nor announced.
    expect((await executions(engine)).sort()).toEqual([...ids].sort());
    for (const tab of all) {
      // Several ends are one message, with their number and the last of them.
      const messages = (await toastTexts(tab.page)).filter((text) => /Task \d+ is done/.test(text));
      const ends = messages.map((text) => Number(/(\d+) tasks are done/.exec(text)?.[1] ?? 1));
      expect(ends.reduce((sum, some) => sum + some, 0), JSON.stringify(messages)).toBeLessThanOrEqual(KILLS);
      expect(messages.at(-1)).toContain(`Task ${KILLS - 1} is done`);
      await expect(tab.status).toHaveAttribute('data-says', 'nothing');
    }
    await server.end();
  });
});
