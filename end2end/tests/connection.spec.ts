// Connections that break, and come back by themselves.

import { notePolls, pausesBetweenPolls, stopClock } from '../support/clock';
import { startDarkroom, startEngine, submit } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';
import { recordToasts, toastTexts } from '../support/toasts';
import { PLAIN_PICTURE, file } from '../support/workflows';

test.describe('without a ComfyUI', () => {
  test('a task waits with a plain reason, and runs when ComfyUI is reachable again', async ({ studio, folder, engine, darkroom }) => {
    await studio.open();
    await studio.fill({ prompt: 'patience', side: 64, steps: 2 });
    await engine.end();
    await expect(studio.chip).toHaveAccessibleName(/no backend reachable/);
    await expect(studio.status).toContainText('No ComfyUI can be reached.');
    await studio.generate.click();

    const kept = 'No ComfyUI can be reached; this task is kept and will be sent when one is back';
    await expect(studio.tracker).toContainText(kept);
    await expect(studio.stage).toContainText(kept);
    await expect(studio.tracker).toHaveAttribute('data-state', 'waiting');
    // Nothing pretends to be at work, and the form is free for more.
    await expect(studio.progress).toHaveAttribute('aria-valuenow', '0');
    await expect(studio.generate).toHaveAttribute('aria-disabled', 'false');
    expect(await (await fetch(darkroom.url)).text()).toContain(kept);

    const again = await startEngine({ folder, addr: engine.addr });
    await studio.untilDone();
    await expect(studio.chip).toHaveAccessibleName(/1 backend/);
    await expect(studio.status).not.toContainText('No ComfyUI can be reached.');
    await again.end();
  });

});

test.describe('with a ComfyUI that ends in the middle of a run', () => {
  test.use({ speed: 1 });

  test('the task is sent again when ComfyUI is reachable again, and shows that', async ({ studio, page, folder, engine, darkroom }) => {
    const id = await submit(darkroom, { prompt: 'second try', steps: 60 });
    await studio.open(`/tasks/${id}`);
    await expect.poll(() => studio.percent()).toBeGreaterThan(10);
    await engine.end();
    await expect(studio.chip).toHaveAccessibleName(/no backend reachable/);

    const again = await startEngine({ folder, addr: engine.addr, speed: 3 });
    const facts = page.getByRole('region', { name: 'Facts' });
    await expect(facts).toContainText('Attempt2', { timeout: 30_000 });
    await studio.untilDone();
    await expect(studio.toasts).toContainText('Second try is done');
    await again.end();
  });
});

test.describe('with a ComfyUI that was never there', () => {
  // Only its address: the engine itself is started later.
  test.use({
    darkroom: async ({ folder, engine }, use) => {
      await engine.end();
      const darkroom = await startDarkroom({ folder, comfyui: [engine.url] });
      await use(darkroom);
      await darkroom.end();
    },
  });

  test('a workflow is kept all the same, and the checkpoints are listed when it comes', async ({ studio, page, folder, engine }) => {
    await studio.open();
    await expect(page.getByText('What you send is kept, and made when one is back.')).toBeVisible();
    await expect(page.getByText('The checkpoints are listed when a ComfyUI has been reached.')).toBeVisible();
    await studio.chooseWorkflow();
    await studio.workflowFile.setInputFiles(file('early.json', PLAIN_PICTURE));
    await studio.generate.click();
    await expect(studio.tracker).toContainText('this task is kept');

    const late = await startEngine({ folder, addr: engine.addr });
    await studio.untilDone();
    await page.getByText('From text', { exact: true }).click();
    await expect(studio.checkpoint).toHaveValue('demo-safelight.safetensors');
    await late.end();
  });
});

test.describe('a Darkroom that ends in the middle of a run', () => {
  test.use({ speed: 1, tolerated: SERVER_WENT_AWAY });

  test('killed: the page reconnects and the picture arrives, without a reload', async ({ studio, folder, engine, darkroom }) => {
    await studio.open();
    await studio.mark();
    await studio.fill({ prompt: 'survivor', side: 256, steps: 40 });
    await studio.generate.click();
    await expect.poll(() => studio.percent()).toBeGreaterThan(10);

    await darkroom.end('SIGKILL');
    await expect(studio.chip).toHaveAccessibleName(/^Reconnecting attempt \d+/);
    await expect(studio.status).toContainText('Live updates are off.');
    await expect(studio.tracker).toContainText('waiting for news');
    await expect(studio.toasts).toContainText('Connection lost');

    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await studio.untilConnected();
    await expect(studio.toasts).toContainText('Darkroom was restarted, and nothing is lost.');
    await expect(studio.status).not.toContainText('Live updates are off.');
    await studio.untilDone();
    expect(await studio.isMarked()).toBe(true);
    // Picked up where it was, not sent a second time.
    await expect(studio.page.getByRole('navigation', { name: 'Takes' }).getByRole('link')).toHaveCount(1);
    await again.end();
  });

  test('after SIGTERM the page waits, and is live again after the restart', async ({ studio, folder, engine, darkroom }) => {
    await studio.open();
    await studio.mark();
    const id = await submit(darkroom, { prompt: 'interval', steps: 40 });
    await expect.poll(() => studio.percent()).toBeGreaterThan(10);

    const ended = darkroom.end('SIGTERM');
    await expect(studio.chip).toHaveAccessibleName(/^Suspended/);
    await expect(studio.status).toContainText('Darkroom is restarting…');
    await ended;
    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await studio.untilConnected();
    await studio.untilDone();
    await expect(studio.result).toHaveAttribute('src', `/tasks/${id}/outputs/0`);
    expect(await studio.isMarked()).toBe(true);
    await again.end();
  });

  test('the panel counts down, and "Retry now" tries at once', async ({ studio, page, folder, engine, darkroom }) => {
    await page.clock.install();
    await page.addInitScript(() => (Math.random = () => 0.999));
    await studio.open();
    await darkroom.end('SIGKILL');
    await expect(studio.chip).toHaveAccessibleName(/^Reconnecting attempt [34]/);
    await studio.chip.click();
    // No wait comes to its end: only the button can explain a connection.
    await stopClock(page);
    const panel = page.getByRole('region', { name: 'Connection' });
    await expect(panel.getByRole('heading', { name: 'Reconnecting to Darkroom' })).toBeVisible();
    await expect(panel.getByRole('img', { name: /^Next try in \d+ s$/ })).toBeVisible();

    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await panel.getByRole('button', { name: 'Retry now' }).click();
    await expect(panel.getByRole('heading', { name: 'Connected to Darkroom' })).toBeVisible();
    await again.end();
  });

  test('says that it is live again', async ({ studio, folder, engine, darkroom }) => {
    await studio.open();
    await darkroom.end('SIGKILL');
    await expect(studio.toasts).toContainText('Connection lost');
    const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
    await studio.untilConnected();
    await expect(studio.toasts).toContainText('Live again');
    await again.end();
  });
});

test.describe('while nobody answers', () => {
  test.use({ tolerated: /WebSocket connection to .* failed|net::ERR_CONNECTION_REFUSED/ });

  test('the page does not take itself for connected, and announces the loss once', async ({ studio, page, darkroom }) => {
    await studio.open();
    await recordToasts(page);
    await page.evaluate(() => {
      const chip = document.querySelector('.chip-word');
      if (!chip) throw new Error('the page has no chip');
      const words: string[] = [];
      Object.assign(window, { words });
      new MutationObserver(() => words.push(chip.textContent ?? '')).observe(chip, { subtree: true, childList: true, characterData: true });
    });
    await darkroom.end('SIGKILL');
    await expect(studio.chip).toHaveAccessibleName(/^Polling/, { timeout: 30_000 });
    const words = await page.evaluate(() => (window as unknown as { words: string[] }).words);
    expect(words).toContain('Reconnecting');
    expect(words).not.toContain('Connected');
    expect((await toastTexts(page)).filter((text) => text.includes('Connection lost'))).toHaveLength(1);
  });
});

test.describe('where no WebSocket gets through', () => {
  test.use({ speed: 1, tolerated: SERVER_WENT_AWAY });

  test.beforeEach(async ({ page, studio }) => {
    await page.clock.install();
    await notePolls(page);
    // The shortest waits there are: polling begins after five failures.
    await page.addInitScript(() => (Math.random = () => 0));
    await page.routeWebSocket('**/ws', (socket) => socket.close());
    await page.goto('/');
    await expect(studio.chip).toHaveAccessibleName(/^Polling/);
  });

  test('the page polls, shows that, and shows the run to its end', async ({ studio, darkroom }) => {
    await expect(studio.status).toContainText('live updates are off.');
    await submit(darkroom, { prompt: 'seen by asking', steps: 50 });
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await studio.untilDone();
    await expect(studio.toasts).toContainText('Seen by asking is done');
  });

  test('while something runs, it is asked every second', async ({ studio, page, darkroom }) => {
    await submit(darkroom, { steps: 1000 });
    await expect(studio.tracker).toHaveAttribute('data-state', 'running');
    await stopClock(page);
    const pauses = await pausesBetweenPolls(page, 5_000);
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    // A timer is set for the millisecond after.
    for (const pause of pauses) expect([1_000, 1_001, 1_002]).toContain(pause);
  });
});

test('the panel shows the round trip and every backend', async ({ studio, page, engine }) => {
  await studio.open();
  await studio.chip.click();
  const panel = page.getByRole('region', { name: 'Connection' });
  await expect(panel.getByRole('heading', { name: 'Connected to Darkroom' })).toBeVisible();
  await expect(panel).toContainText(/Round trip\s*\d+ ms, (quick|good|slow|very slow|uneven)/);
  const backend = panel.getByRole('list', { name: 'ComfyUI backends' }).getByRole('listitem');
  await expect(backend).toHaveCount(1);
  await expect(backend).toContainText(engine.addr);
  await expect(backend).toContainText('Connected');
  await expect(panel.getByRole('button', { name: 'Retry now' })).toHaveCount(0);
});
