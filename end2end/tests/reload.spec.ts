// A reload in the middle of a run: right from the first paint, and never back.

import type { Page } from '@playwright/test';
import { submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';

/** A run of some seconds, on a machine that has other work. */
const LONG = 45_000;

test.setTimeout(120_000);

test.use({ speed: 1 });

type Seen = { percent: number[]; nodes: string[]; empty: boolean };

/** Notes all that the bar and the nodes ever say, from the first paint on. */
async function takeNotes(page: Page) {
  await page.addInitScript(() => {
    const seen = { percent: [] as number[], nodes: [] as string[], empty: false };
    Object.assign(window, { seen });
    const note = () => {
      if (!document.querySelector('footer, .toasts')) return;
      const bar = document.querySelector('[role=progressbar]');
      const percent = Number(bar?.getAttribute('aria-valuenow') ?? -1);
      const nodes = [...document.querySelectorAll<HTMLElement>('[data-node-id]')].map(({ dataset }) => `${dataset.nodeId} ${dataset.state}`).join(', ');
      seen.empty ||= !bar || nodes === '';
      if (percent !== seen.percent.at(-1)) seen.percent.push(percent);
      if (nodes !== seen.nodes.at(-1)) seen.nodes.push(nodes);
    };
    new MutationObserver(note).observe(document, { subtree: true, childList: true, attributes: true });
  });
}

const ORDER = ['waiting', 'running', 'cached', 'done'];

for (const where of ['Studio', 'the page of the task']) {
  test(`${where}: the same at once, no step back, the right end`, async ({ studio, page, darkroom }) => {
    await takeNotes(page);
    const id = await submit(darkroom, { prompt: 'reloaded', steps: 100 });
    await studio.open(where === 'Studio' ? '/' : `/tasks/${id}`);
    for (const least of [10, 30, 50]) {
      await expect.poll(() => studio.percent()).toBeGreaterThan(least);
      const before = await studio.percent();
      await page.reload({ waitUntil: 'commit' });
      await studio.untilConnected();
      const { percent, nodes, empty } = await notes(page);
      expect(percent[0], 'the first that was ever shown').toBeGreaterThanOrEqual(before);
      expect(percent).toEqual([...percent].sort((a, b) => a - b));
      expect(empty, 'bar and nodes were always there').toBe(false);
      expectNoStepBack(nodes);
    }
    await studio.untilDone(LONG);
    const { percent, nodes } = await notes(page);
    expect(percent).toEqual([...percent].sort((a, b) => a - b));
    expect(percent.length).toBeGreaterThan(1);
    expectNoStepBack(nodes);
    await expect(studio.result).toHaveAttribute('src', `/tasks/${id}/outputs/0`);
  });
}

function notes(page: Page): Promise<Seen> {
  return page.evaluate(() => ({ ...(window as unknown as { seen: Seen }).seen }));
}

/** No node went from a later state to an earlier one. */
function expectNoStepBack(all: string[]) {
  const ranks = all.map((nodes) => nodes.split(', ').map((node) => ORDER.indexOf(node.split(' ')[1])));
  for (const [at, now] of ranks.entries()) {
    if (at > 0) expect(now.every((rank, node) => rank >= ranks[at - 1][node]), `${all[at - 1]} → ${all[at]}`).toBe(true);
  }
}
