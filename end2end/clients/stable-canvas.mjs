// @stable-canvas/comfyui-client: submits, watches, polls, fetches, cancels.

import assert from 'node:assert/strict';

import WebSocket from 'ws';

import { comfyuis, gateway, isPng, load, overTheSocket, picture, slow, until } from './shared.mjs';

const { Client, Workflow, WorkflowInterruptedError } = await load('@stable-canvas/comfyui-client');
const says = (what) => console.log(`stable-canvas: ${what}`);

/** A workflow as its class has it. */
function workflow(prompt) {
  const made = new Workflow();
  made._workflow.prompt = prompt;
  return made;
}

const client = new Client({ api_host: new URL(gateway).host, WebSocket });
await client.connect();
const events = [];
for (const kind of ['status', 'execution_start', 'executing', 'executed', 'execution_success']) client.on(kind, () => events.push(kind));
assert.ok((await client.getSamplers()).includes('euler'));
says('connected');

const run = await workflow(picture()).invoke(client);
assert.equal(run.images.length, 1, JSON.stringify(run));
assert.ok(isPng(await (await fetch(run.images[0].data)).arrayBuffer()));
says(`a run: ${events.join(', ')}`);

const polled = await workflow(picture()).invoke_polling(client, { polling_ms: 100 });
assert.equal(polled.images.filter(({ type }) => type === 'url').length, 1);
says('a run that was polled');

const sent = await workflow(picture(overTheSocket)).invoke(client);
assert.ok(isPng(sent.images.at(-1).data), JSON.stringify(sent));
says('a picture over the socket');

const running = [];
for (let at = 0; at < comfyuis; at += 1) {
  const one = workflow(await slow()).instance(client);
  await one.enqueue();
  running.push({ one, ended: assert.rejects(one.wait(), WorkflowInterruptedError) });
}
const waiting = workflow(await slow()).instance(client);
await waiting.enqueue();
for (const { one } of running) await until('its start', async () => (await one.query()).running);
assert.equal((await waiting.query()).pending, true);
await waiting.interrupt();
await until('that it is gone', async () => (await waiting.query()).done);
for (const { one, ended } of running) {
  await one.interrupt();
  await ended;
  assert.equal((await one.query()).done, true);
}
says('cancelled');

await assert.rejects(client.queuePrompt(0, { prompt: { 1: { class_type: 'NoSuchClass', inputs: {} } } }), { name: 'HttpError', status: 400 });
says('refused');
client.close();
process.exit(0);
