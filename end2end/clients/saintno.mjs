// @saintno/comfyui-sdk: submits, watches, fetches, cancels.

import assert from 'node:assert/strict';

import { comfyuis, gateway, isPng, load, overTheSocket, picture, slow, until } from './shared.mjs';

const { CallWrapper, ComfyApi, PromptBuilder } = await load('@saintno/comfyui-sdk');
const says = (what) => console.log(`saintno: ${what}`);

const api = new ComfyApi(gateway);
const heard = [];
api.on('all', ({ detail }) => heard.push(detail));
const connected = new Promise((resolve) => api.on('connected', resolve));
await api.init().waitForReady();
await connected;
assert.ok((await api.getNodeDefs('SaveImage')).SaveImage);
assert.ok((await api.getSystemStats()).devices.length > 0);
says('connected');

const events = [];
const run = new CallWrapper(api, new PromptBuilder(picture(), [], ['images']).setOutputNode('images', '3'))
  .onPending(() => events.push('pending'))
  .onStart(() => events.push('start'))
  .onOutput((key) => events.push(`output ${key}`))
  .onFinished(() => events.push('finished'))
  .onFailed((error) => events.push(`failed: ${error}`));
const { images } = await run.run();
assert.equal(events.at(-1), 'finished', events.join(', '));
assert.ok(isPng(await (await api.getImage(images.images[0])).arrayBuffer()));
says(`a run: ${events.join(', ')}`);

const uploaded = await api.uploadImage(await (await api.getImage(images.images[0])).arrayBuffer(), 'client.png');
const inverted = {
  1: { class_type: 'LoadImage', inputs: { image: uploaded.info.name } },
  2: { class_type: 'ImageInvert', inputs: { image: ['1', 0] } },
  3: { class_type: 'SaveImage', inputs: { filename_prefix: 'inverted', images: ['2', 0] } },
};
const again = await new CallWrapper(api, new PromptBuilder(inverted, [], ['images']).setOutputNode('images', '3')).run();
assert.equal(again.images.images.length, 1);
says('an upload is an input');

const previews = [];
api.on('b_preview', ({ detail }) => previews.push(detail));
const sent = await api.queuePrompt(null, picture(overTheSocket));
await until('the picture over the socket', () => heard.some(({ type, data }) => type === 'execution_success' && data.prompt_id === sent.prompt_id));
assert.ok(isPng(await previews.at(-1).arrayBuffer()));
says('a picture over the socket');

const running = [];
for (let at = 0; at < comfyuis; at += 1) running.push((await api.queuePrompt(null, await slow())).prompt_id);
const waiting = await api.queuePrompt(null, await slow());
const all = (check) => running.every((id) => heard.some(({ type, data }) => data.prompt_id === id && check(type, data)));
await until('their start', () => all((type, data) => type === 'executing' && data.node));
const { queue_running, queue_pending } = await api.getQueue();
assert.deepEqual([queue_running.map(([, id]) => id), queue_pending.map(([, id]) => id)], [running, [waiting.prompt_id]]);
await api.manageQueue({ delete: [waiting.prompt_id] });
assert.equal((await api.getQueue()).queue_pending.length, 0);
await api.interrupt();
await until('the interrupt', () => all((type) => type === 'execution_interrupted'));
for (const id of running) {
  const { status } = await until('its history', () => api.getHistory(id));
  assert.deepEqual([status.status_str, status.completed], ['error', false]);
}
says('cancelled');

await assert.rejects(api.queuePrompt(null, { 1: { class_type: 'NoSuchClass', inputs: {} } }), (response) => response.status === 400);
says('refused');
api.destroy();
process.exit(0);
