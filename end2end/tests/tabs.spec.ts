// Many tabs, and a server that is killed again and again: all end with the same, right state.

import type { Page } from '@playwright/test';
import { executions, startDarkroom, startEngine, submit, type Server } from '../support/servers.mjs';
import { Studio } from '../support/studio';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';

const KILLS = 10;

test.use({
  tolerated: SERVER_WENT_AWAY,
  engine: async ({ folder }, use) => {
    const engine = await startEngine({ folder, speed: 2, faults: true });
    await use(engine);
    await engine.end();
  },
});

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

/** Counts the toasts that come from now on. */
async function countToasts(page: Page) {
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) addedNodes.forEach((node) => node instanceof HTMLElement && told.push(node.innerText));
    }).observe(document.querySelector('.toasts')!, { childList: true });
  });
}

const told = (page: Page) => page.evaluate(() => (window as unknown as { told: string[] }).told);

test(`the server is killed ${KILLS} times under three tabs: one looked at, one hidden, one throttled`, async ({ studio, page, context, folder, engine, darkroom }) => {
  test.setTimeout(180_000);
  const [hidden, slow] = [new Studio(await context.newPage()), new Studio(await context.newPage())];
  const all = [studio, hidden, slow];
  for (const tab of all) {
    await tab.open();
    await tab.mark();
    await countToasts(tab.page);
  }
  await hide(hidden.page);
  const throttle = await context.newCDPSession(slow.page);
  await throttle.send('Emulation.setCPUThrottlingRate', { rate: 6 });
  await throttle.send('Network.enable');
  await throttle.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 50_000, uploadThroughput: 50_000 });
  await page.bringToFront();

  let server: Server = darkroom;
  const ids: string[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    ids.push(await submit(server, { prompt: `task ${kill}`, steps: 8, seed: kill }));
    // Each time at another moment: as soon as the task is kept, or when some of it was seen.
    if (kill % 2 === 1) await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    await server.end('SIGKILL');
    server = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    if (kill % 3 === 2) await studio.untilConnected();
  }

  const newest = [...ids].reverse();
  for (const tab of all) {
    await expect(tab.chip).toHaveAccessibleName(/^Connected/, { timeout: 60_000 });
    await expect.poll(() => tab.page.locator('.take[data-state=done]').count(), { timeout: 60_000 }).toBe(KILLS);
    expect(await tab.isMarked(), 'it was never reloaded').toBe(true);
    expect(await tab.page.locator('.take').evaluateAll((takes) => takes.map((take) => take.getAttribute('href')))).toEqual(newest.map((id) => `/tasks/${id}`));
  }
  // As the server draws it, for somebody who comes only now.
  const fresh = new Studio(await context.newPage());
  await fresh.open();
  await fresh.untilPicture();
  for (const tab of all) await expect.poll(() => shown(tab.page)).toEqual(await shown(fresh.page));

  // Nothing twice: neither made, nor told.
  expect((await executions(engine)).sort()).toEqual([...ids].sort());
  for (const tab of all) {
    const ends = (await told(tab.page)).map((text) => /Task \d+ is done/.exec(text)?.[0]).filter((end) => end !== undefined);
    expect(ends.sort()).toEqual([...new Set(ends)].sort());
    expect(ends).toContain(`Task ${KILLS - 1} is done`);
    await expect(tab.status.or(tab.page.getByRole('link', { name: /^Queue/ }).first())).not.toContainText(/running|waiting/);
  }
  await server.end();
});
