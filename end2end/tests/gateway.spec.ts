// A page that uses the gateway as ComfyUI's own page does: by its socket, over a kill of Darkroom or of ComfyUI, and a reload of its own.

import type { Page } from '@playwright/test';
import { freePort } from '../support/free-port.mjs';
import { holdAtSteps, release, startDarkroom, startEngine, untilReady } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test as base } from '../support/test';
import { WITH_A_FORM } from '../support/workflows';

const test = base.extend<{ gateway: string }>({
  gateway: async ({}, use) => use(`127.0.0.1:${await freePort()}`),

  darkroom: async ({ folder, engine, gateway }, use) => {
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url], more: ['--gateway', gateway] });
    await untilReady(darkroom);
    await use(darkroom);
    await darkroom.end();
  },
});

test.setTimeout(120_000);
// A page of JSON: the browser asks for an icon of its own accord, and the demo engine has none.
test.use({ faults: true, tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|favicon`) });

/** Opens a page of the gateway with a client in it that keeps a socket open, and opens another when that is lost. */
async function openClient(page: Page, gateway: string) {
  await page.goto(`http://${gateway}/queue`);
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const open = () => {
      const socket = new WebSocket(`ws://${location.host}/ws?clientId=a-page`);
      socket.binaryType = 'arraybuffer';
      socket.onopen = () => socket.send(JSON.stringify({ type: 'feature_flags', data: { supports_preview_metadata: true } }));
      socket.onclose = () => setTimeout(open, 100);
      socket.onmessage = ({ data }) => {
        if (typeof data !== 'string') return heard.push(`binary:${new DataView(data).getUint32(0)}`);
        const message = JSON.parse(data);
        heard.push(message.type === 'executing' ? `executing:${message.data.node}` : message.type);
      };
    };
    open();
  });
}

const heard = (page: Page) => page.evaluate(() => (window as unknown as { heard: string[] }).heard);

/** How often each of these was heard. */
async function counts(page: Page, ...kinds: string[]) {
  const all = await heard(page);
  return kinds.map((kind) => all.filter((one) => one === kind).length);
}

/** Hands in a prompt of twenty steps; its id. */
function submit(page: Page) {
  const sampler = { ...WITH_A_FORM[3], inputs: { ...WITH_A_FORM[3].inputs, steps: 20 } };
  return page.evaluate(async (prompt) => {
    const response = await fetch('/prompt', { method: 'POST', body: JSON.stringify({ prompt, client_id: 'a-page' }) });
    return (await response.json()).prompt_id as string;
  }, { ...WITH_A_FORM, 3: sampler });
}

/** The type of the picture that the history names. */
function picture(page: Page, id: string) {
  return page.evaluate(async (id) => {
    const history = await (await fetch(`/history/${id}`)).json();
    return (await fetch(`/view?${new URLSearchParams(history[id].outputs[9].images[0])}`)).headers.get('content-type');
  }, id);
}

test('Darkroom is killed in the middle of a run: the socket that comes back hears the rest, once', async ({ page, folder, engine, darkroom, gateway }) => {
  await holdAtSteps(engine, [3]);
  await openClient(page, gateway);
  const id = await submit(page);
  await expect.poll(() => counts(page, 'executing:3', 'binary:4').then(([node, preview]) => node === 1 && preview > 0)).toBe(true);
  await darkroom.end('SIGKILL');
  const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr, more: ['--gateway', gateway] });
  await release(engine);
  await expect.poll(() => counts(page, 'executing:null'), { timeout: 60_000 }).toEqual([1]);
  expect(await counts(page, 'execution_success', 'execution_error', 'feature_flags')).toEqual([1, 0, 2]);
  expect(await picture(page, id)).toBe('image/png');
  await again.end();
});

test('ComfyUI is killed in the middle of a run: it begins again, and ends with the picture', async ({ page, folder, engine, darkroom, gateway }) => {
  expect(darkroom.url).toBeTruthy();
  await holdAtSteps(engine, [3]);
  await openClient(page, gateway);
  const id = await submit(page);
  await expect.poll(() => counts(page, 'executing:3')).toEqual([1]);
  await engine.end('SIGKILL');
  const again = await startEngine({ folder, addr: engine.addr });
  await expect.poll(() => counts(page, 'executing:null'), { timeout: 60_000 }).toEqual([1]);
  expect(await counts(page, 'execution_start', 'execution_success', 'execution_error')).toEqual([2, 1, 0]);
  expect(await picture(page, id)).toBe('image/png');
  await again.end();
});

test('a reload in the middle of a run: progress and preview are there again', async ({ page, engine, darkroom, gateway }) => {
  expect(darkroom.url).toBeTruthy();
  await holdAtSteps(engine, [3]);
  await openClient(page, gateway);
  const id = await submit(page);
  await expect.poll(() => counts(page, 'binary:4').then(([previews]) => previews)).toBeGreaterThan(0);
  await openClient(page, gateway);
  const now = ['status', 'execution_start', 'progress_state', 'executing:3', 'feature_flags', 'binary:4'];
  await expect.poll(() => heard(page)).toEqual(now);
  await release(engine);
  await expect.poll(() => counts(page, 'execution_success', 'executing:null')).toEqual([1, 1]);
  expect(await picture(page, id)).toBe('image/png');
});
