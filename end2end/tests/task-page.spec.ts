// The page of a task: its graph, its timeline, its inputs, its files, and the request that makes it again.

import AxeBuilder from '@axe-core/playwright';
import { execFileSync } from 'node:child_process';
import { expectNoSidewaysScroll } from '../support/layout';
import { holdAtSteps, release, stateOf, submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';

test.describe('while it runs', () => {
  test.use({ speed: 3, faults: true });

  test('the nodes of the graph light up, and the timeline grows', async ({ studio, page, engine, darkroom }) => {
    await holdAtSteps(engine, [3]);
    const id = await submit(darkroom, { prompt: 'seen as a graph', steps: 6 });
    await studio.open(`/tasks/${id}`);
    const graph = page.getByRole('group', { name: /7 nodes/ });
    const node = (number: number) => graph.locator(`[data-graph-node="${number}"]`);
    await expect(node(3)).toHaveAttribute('data-state', 'running');
    await expect(node(3)).toHaveAccessibleName(/, running, Step 3 of 6/);
    await expect(node(9)).toHaveAttribute('data-state', 'waiting');
    const timeline = page.getByRole('list', { name: 'Nodes in the order in which they started' });
    await expect(timeline).toContainText('Sample');
    await release(engine);
    await expect(node(9)).toHaveAttribute('data-state', 'done');
    await expect(timeline.getByRole('listitem')).toHaveCount(7);
    await expect(timeline.locator('[data-state="running"]')).toHaveCount(0);
    // Of the second run of the same workflow it is known what is usual.
    const again = await submit(darkroom, { prompt: 'another of them', steps: 6, seed: 7 });
    await expect.poll(() => stateOf(darkroom, again)).toBe('done');
    await page.goto(`/tasks/${again}`);
    await expect(timeline).toContainText('usually');
  });
});

test('the arrow keys go along the links, and the size can be changed', async ({ studio, page, darkroom }) => {
  const id = await submit(darkroom, { side: 64, steps: 1 });
  await studio.open(`/tasks/${id}`);
  const nodes = page.locator('[data-graph-node]');
  await expect(nodes).toHaveCount(7);
  expect(await nodes.evaluateAll((all) => all.filter((node) => node.getAttribute('tabindex') === '0').length)).toBe(1);
  await page.locator('[data-graph-node="3"]').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-graph-node="8"]')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('[data-graph-node="9"]')).toBeFocused();
  const width = () => page.locator('svg.graph').evaluate((graph) => graph.getBoundingClientRect().width);
  const fit = await width();
  await page.getByRole('button', { name: 'Larger' }).click();
  await page.getByRole('button', { name: 'Larger' }).click();
  expect(await width()).toBeGreaterThan(fit);
  await page.getByRole('button', { name: 'As wide as the page' }).click();
  expect(await width()).toBe(fit);
});

test('the request that is copied makes the same task again', async ({ studio, page, context, darkroom }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const id = await submit(darkroom, { prompt: `it's "quoted" $HOME`, side: 64, steps: 1 });
  await studio.open(`/tasks/${id}`);
  await page.getByRole('button', { name: 'Copy as curl' }).click();
  await expect(studio.toasts).toContainText('Copied');
  const command = await page.evaluate(() => navigator.clipboard.readText());
  expect(command).not.toContain('Authorization');
  const answer = JSON.parse(execFileSync('sh', ['-c', command], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  const workflow = async (task: string) => (await fetch(`${darkroom.url}/api/tasks/${task}/workflow`)).json();
  expect(await workflow(answer.taskId)).toEqual(await workflow(id));
});

test('the workflow is downloaded in both formats', async ({ studio, page, darkroom }) => {
  const id = await submit(darkroom, { prompt: 'a file of it', side: 64, steps: 1 });
  await studio.open(`/tasks/${id}`);
  for (const [name, file] of [['API format', /\(API\)\.json$/], ['Editor format', /^A file of it\.json$/]] as const) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name }).click()]);
    expect(download.suggestedFilename()).toMatch(file);
  }
});

for (const width of [320, 390, 1440]) {
  test(`at ${width} px it fits, and axe finds nothing`, async ({ studio, page, darkroom }, info) => {
    await page.setViewportSize({ width, height: 900 });
    const id = await submit(darkroom, { prompt: 'looked at', side: 256, steps: 2 });
    await expect.poll(() => stateOf(darkroom, id)).toBe('done');
    await studio.open(`/tasks/${id}`);
    await expect(page.locator('[data-graph-node]')).toHaveCount(7);
    await expectNoSidewaysScroll(page);
    await page.screenshot({ path: info.outputPath(`task-${width}.png`), fullPage: true });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id: rule, nodes }) => `${rule}: ${nodes[0]?.target}`)).toEqual([]);
  });
}
