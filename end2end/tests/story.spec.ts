// A client that was written to STORY-009 runs against /ws/story: through a dropped network, a restart and a reload.

import type { Page } from '@playwright/test';
import { startProxy, type Proxy } from '../support/proxy.mjs';
import { startDarkroom, untilReady, type Server } from '../support/servers.mjs';
import { StoryClient, type StoryEvent } from '../support/story-client';
import { SERVER_WENT_AWAY, expect, test as base } from '../support/test';

type Known = { story: StoryClient };

const test = base.extend<{ between: Proxy }>({
  between: async ({ darkroom }, use) => {
    const proxy = await startProxy(darkroom);
    await use(proxy);
    await proxy.end();
  },
});

test.use({ tolerated: new RegExp(`${SERVER_WENT_AWAY.source}|WebSocket connection to`) });

async function post(server: Server, path: string, body: unknown) {
  const answer = await fetch(server.url + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect(answer.ok, `${path}: ${answer.status}`).toBe(true);
  return (await answer.json()) as { id: string; node_id: string };
}

/** A project with a shot and a node. */
async function film(server: Server) {
  const project = await post(server, '/api/projects', { title: 'Story' });
  const at = `/api/projects/${project.id}`;
  const chapter = await post(server, `${at}/chapters`, { title: 'Arrival' });
  const scene = await post(server, `${at}/scenes`, { chapter: chapter.id, title: 'The pier' });
  const shot = await post(server, `${at}/shots`, { scene: scene.id, base_prompt: 'Anna at the rail' });
  await post(server, `${at}/nodes`, { node_id: 'node-1', shot: shot.id });
  return { id: project.id, at, scene: scene.id };
}

/** Opens a page without scripts of its own, and starts the client in it. */
async function start(page: Page, between: Proxy) {
  await page.goto(`${between.url}/api/docs`);
  await page.evaluate(`globalThis.StoryClient = ${StoryClient.toString()}`);
  await page.evaluate(() => {
    const { StoryClient: Client } = globalThis as unknown as { StoryClient: typeof StoryClient };
    const story = new Client(location.origin.replace('http', 'ws') + '/ws/story');
    Object.assign(globalThis, { story });
    story.connect();
  });
}

const messages = (page: Page) => page.evaluate(() => (globalThis as unknown as Known).story.messages);
const types = async (page: Page) => (await messages(page)).map((message) => message.type);
const status = (page: Page) => page.evaluate(() => (globalThis as unknown as Known).story.status);
const node = (page: Page) => page.evaluate(() => (globalThis as unknown as Known).story.nodes['node-1']);
const titles = (all: StoryEvent[]) => all.flatMap((message) => (message.type === 'shot.changed' ? [(message.shot as { title: string }).title] : []));

test('it generates, and its sessions go on after a dropped network, a restart and a reload', async ({ page, between, darkroom, folder, engine }) => {
  const project = await film(darkroom);
  await start(page, between);
  await page.evaluate((id) => (globalThis as unknown as Known).story.subscribe(id), project.id);
  await expect.poll(() => types(page)).toContain('session.init');
  // Queued before there was a connection, or sent on it: after the session in either case.
  const first = await page.evaluate(() => (globalThis as unknown as Known).story.sent.map((text) => (JSON.parse(text) as StoryEvent).type));
  expect(first.slice(0, 2)).toEqual(['session.init', 'subscribe']);

  await page.evaluate(() => (globalThis as unknown as Known).story.startGeneration('node-1', { quality: 'low', steps: 4 }));
  await expect.poll(async () => (await node(page))?.status).toBe('completed');
  expect((await node(page)).output_path).toMatch(/^03_Renders\/S001\/P001\/S001_P001_T001\./);
  expect(await types(page)).toEqual(expect.arrayContaining(['generation.started', 'prompt.composite', 'node.state_changed', 'generation.completed']));

  // The network is gone, and what happens meanwhile is told afterwards.
  const shots = async (server: Server, ...names: string[]) => {
    for (const title of names) await post(server, `${project.at}/shots`, { scene: project.scene, title });
  };
  between.cut();
  await shots(darkroom, 'missed 1', 'missed 2');
  await expect.poll(() => types(page)).toContain('session.restored');
  await expect.poll(async () => titles(await messages(page))).toEqual(expect.arrayContaining(['missed 1', 'missed 2']));

  // A restart, while the client has something to say.
  await darkroom.end('SIGKILL');
  await expect.poll(() => status(page)).toBe('reconnecting');
  await page.evaluate(() => (globalThis as unknown as Known).story.startGeneration('node-1', { quality: 'low', steps: 3 }));
  const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
  await untilReady(again);
  await expect.poll(async () => (await messages(page)).filter((message) => message.type === 'session.restored').length, { timeout: 40_000 }).toBeGreaterThanOrEqual(2);
  // Two takes; what had arrived shortly before the connection broke may come twice.
  const completed = async () => (await messages(page)).filter((message) => message.type === 'generation.completed');
  await expect.poll(async () => new Set((await completed()).map((message) => message.task_id)).size).toBe(2);

  // A reload: the browser has the session, and the server its place.
  await page.goto('about:blank');
  // Until then the old page still gets what happens.
  await expect.poll(() => between.openSockets).toBe(0);
  await shots(again, 'missed 3');
  await start(page, between);
  await expect.poll(async () => titles(await messages(page))).toContain('missed 3');
  const restored = (await messages(page)).find((message) => message.type === 'session.restored');
  expect(restored).toMatchObject({ reconnect: true, subscriptions: [project.id] });
  expect(await status(page)).toBe('connected');
  await again.end();
});
