// What the gateway adds to the ComfyUI that it stands before: both are asked the same in turns, in one run. And the Comfy API v2 beside comfy-api-proxy, before
// the same ComfyUI. Part of `make bench`. The ComfyUI is the demo engine, which paints small pictures without waiting.
//
// * first event: from the submission to `execution_start` on the client's socket, and for v2 to the first event of the job that says it runs or ended.
// * frames per CPU second: one run says 500 messages a second to all sockets, as ComfyUI does for a prompt without a client; CPU time is that of the whole process.
// * bytes: of the messages of one run of 20 steps with previews, on one socket.
// * v2 streams: eight programs follow a job (as many as comfy-api-proxy allows), which says 500 messages a second; CPU time for each event that they got. And
//   the same with a hundred at Darkroom.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { order, startDarkroom, startEngine, untilReady, withFolder } from './support/servers.mjs';

const RUNS = Number(process.env.GATEWAY_RUNS ?? 200);
const SOCKETS = 100;
const STREAMS = 8;
const MANY_STREAMS = 100;
const FLOOD = { events_per_second: 500, seconds: Number(process.env.GATEWAY_SECONDS ?? 10) };
const PYTHON = process.env.BENCH_PYTHON ?? fileURLToPath(new URL('../target/bench-python/bin/python', import.meta.url));
/** Of Linux. */
const TICKS_PER_SECOND = 100;

let seed = 1;

function workflow(steps, size = 64) {
  return {
    3: { class_type: 'KSampler', inputs: { seed: seed++, steps, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1, model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] } },
    4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'demo-safelight.safetensors' } },
    5: { class_type: 'EmptyLatentImage', inputs: { width: size, height: size, batch_size: 1 } },
    6: { class_type: 'CLIPTextEncode', inputs: { text: 'a lighthouse at dusk', clip: ['4', 1] } },
    7: { class_type: 'CLIPTextEncode', inputs: { text: '', clip: ['4', 1] } },
    8: { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    9: { class_type: 'SaveImage', inputs: { images: ['8', 0], filename_prefix: 'bench' } },
  };
}

/** User and system time of a process so far, seconds. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(')').at(-1).trim().split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const sorted = (values) => values.toSorted((a, b) => a - b);
const share = (values, part) => sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))];

function line(name, ours, peer, digits) {
  console.log(`${name}: ours=${ours.toFixed(digits)} peer=${peer.toFixed(digits)} ratio=${(ours / peer).toFixed(3)}`);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A client of ComfyUI, at a ComfyUI or at the gateway. */
class ComfyClient {
  constructor(url, socket, clientId) {
    Object.assign(this, { url, socket, clientId, frames: 0, bytes: 0, waiting: [] });
    socket.on('message', (data, isBinary) => {
      this.frames += 1;
      this.bytes += data.length;
      if (isBinary || this.waiting.length === 0) return;
      const message = JSON.parse(data);
      this.waiting = this.waiting.filter(({ is, resolve }) => !is(message) || resolve(performance.now()));
    });
  }

  static async open(url, clientId) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/ws?clientId=${clientId}`, { perMessageDeflate: false });
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return new ComfyClient(url, socket, clientId);
  }

  /** When such a message came. */
  until(is) {
    return new Promise((resolve) => this.waiting.push({ is, resolve: (at) => void resolve(at) }));
  }

  async submit(prompt, { named = true, ...more } = {}) {
    const body = { prompt, ...(named ? { client_id: this.clientId } : {}), ...more };
    const response = await fetch(`${this.url}/prompt`, { method: 'POST', body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${this.url} refuses with ${response.status}: ${await response.text()}`);
    return (await response.json()).prompt_id;
  }

  /** Runs a workflow; milliseconds until it began. */
  async run(prompt, more) {
    const begun = this.until(({ type }) => type === 'execution_start');
    const ended = this.until(({ type, data }) => type === 'executing' && data.node === null);
    const from = performance.now();
    await this.submit(prompt, more);
    const at = await begun;
    await ended;
    return at - from;
  }

  close() {
    this.socket.terminate();
  }
}

/** The queue is empty when nothing of a run without a client is left to say. */
async function untilIdle(url) {
  for (;;) {
    const { exec_info } = await (await fetch(`${url}/prompt`)).json();
    if (exec_info.queue_remaining === 0) return;
    await pause(20);
  }
}

async function firstEvents(engine, gateway) {
  const [direct, through] = [await ComfyClient.open(engine.url, 'direct'), await ComfyClient.open(gateway.clients, 'through')];
  const times = { direct: [], through: [] };
  for (let run = -10; run < RUNS; run++) {
    const [own, theirs] = [await through.run(workflow(1)), await direct.run(workflow(1))];
    // The first ones warm up.
    if (run < 0) continue;
    times.through.push(own);
    times.direct.push(theirs);
  }
  for (const [name, part] of [['p50', 0.5], ['p99', 0.99]]) {
    line(`gateway: from a submission to its first event, ${name} in ms, peer the ComfyUI itself`, share(times.through, part), share(times.direct, part), 2);
  }
  console.log(`  the gateway adds ${(share(times.through, 0.5) - share(times.direct, 0.5)).toFixed(2)} ms at p50, ${(share(times.through, 0.99) - share(times.direct, 0.99)).toFixed(2)} ms at p99, over ${RUNS} runs`);

  const counted = [];
  for (const client of [through, direct]) {
    Object.assign(client, { frames: 0, bytes: 0 });
    await client.run(workflow(20, 256), { extra_data: { preview_method: 'auto' } });
    await pause(200);
    counted.push(client.bytes);
    console.log(`  a run of 20 steps at ${client.clientId}: ${client.bytes} bytes in ${client.frames} messages`);
    client.close();
  }
  line('gateway: bytes to the client of a run of 20 steps, peer the ComfyUI itself', counted[0], counted[1], 0);
}

/** Frames that all sockets got, per second of the process that sent them. */
async function fanOut(engine, url, pid) {
  const clients = await Promise.all(Array.from({ length: SOCKETS }, (_, number) => ComfyClient.open(url, `watcher-${number}`)));
  await order(engine, { kind: 'flood', ...FLOOD }, 1);
  const before = cpu(pid);
  const ended = clients[0].until(({ type, data }) => type === 'status' && data.status.exec_info.queue_remaining === 0);
  await pause(100);
  for (const client of clients) client.frames = 0;
  await clients[0].submit(workflow(1), { named: false });
  await ended;
  await untilIdle(url);
  await pause(500);
  const [frames, seconds] = [clients.reduce((sum, { frames }) => sum + frames, 0), cpu(pid) - before];
  console.log(`  ${frames} frames to ${SOCKETS} sockets of ${url} in ${seconds.toFixed(2)} CPU seconds`);
  for (const client of clients) client.close();
  return frames / seconds;
}

/** Calls back for each event of a job, to its end. */
async function follow(url, id, on) {
  const response = await fetch(`${url}/api/v2/jobs/${id}/events`, { headers: { accept: 'text/event-stream' } });
  if (!response.ok) throw new Error(`${url} refuses with ${response.status}: ${await response.text()}`);
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    const events = text.split(/\r?\n\r?\n/);
    text = events.pop();
    for (const event of events) {
      const [name, data] = ['event', 'data'].map((field) => event.match(new RegExp(`^${field}: ?(.*)$`, 'm'))?.[1]);
      if (name) on(name, JSON.parse(data));
    }
  }
}

async function submitJob(url, prompt) {
  const response = await fetch(`${url}/api/v2/jobs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ workflow: prompt }) });
  if (response.status !== 201) throw new Error(`${url} refuses with ${response.status}: ${await response.text()}`);
  return (await response.json()).id;
}

async function firstOfJob(url) {
  const from = performance.now();
  const id = await submitJob(url, workflow(1));
  let first;
  await follow(url, id, (name, { status }) => {
    if (first === undefined && (name !== 'status' || status !== 'queued')) first = performance.now() - from;
  });
  return first;
}

/** Events that so many programs got of one job, per CPU second. */
async function streamRate(engine, { url, pid }, streams) {
  await order(engine, { kind: 'flood', ...FLOOD }, 1);
  const before = cpu(pid);
  const id = await submitJob(url, workflow(1));
  let [events, ended] = [0, 0];
  const each = (name, { status }) => {
    events += 1;
    if (name === 'status' && status === 'succeeded') ended += 1;
  };
  await Promise.all(Array.from({ length: streams }, () => follow(url, id, each)));
  const seconds = cpu(pid) - before;
  console.log(`  v2 at ${url}: ${events} events to ${streams}, of which ${ended} saw the end, in ${seconds.toFixed(2)} CPU seconds`);
  return events / seconds;
}

async function startProxy(engine) {
  const port = await freePort();
  const child = spawn(PYTHON, ['-m', 'comfy_api_proxy.cli', '--comfyui', engine.url, '--port', String(port)], { stdio: 'ignore' });
  process.on('exit', () => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/api/v2/health`).catch(() => undefined);
    if (answer?.ok) return { url, pid: child.pid, end: () => child.kill('SIGKILL') };
    if (tries > 200 || child.exitCode !== null) throw new Error(`comfy-api-proxy does not start (${PYTHON})`);
    await pause(50);
  }
}

async function v2(engine, darkroom) {
  const proxy = await startProxy(engine);
  try {
    const times = { ours: [], theirs: [] };
    for (let run = -5; run < Math.ceil(RUNS / 4); run++) {
      const [ours, theirs] = [await firstOfJob(darkroom.url), await firstOfJob(proxy.url)];
      if (run < 0) continue;
      times.ours.push(ours);
      times.theirs.push(theirs);
    }
    for (const [name, part] of [['p50', 0.5], ['p99', 0.99]]) {
      line(`v2: from a submission to the first event of its run, ${name} in ms, peer comfy-api-proxy`, share(times.ours, part), share(times.theirs, part), 2);
    }
    const [few, many, theirs] = [await streamRate(engine, darkroom, STREAMS), await streamRate(engine, darkroom, MANY_STREAMS), await streamRate(engine, proxy, STREAMS)];
    line(`v2: events told to ${STREAMS} programs per CPU second, peer comfy-api-proxy`, few, theirs, 0);
    line(`v2: events told to ${MANY_STREAMS} programs per CPU second, peer comfy-api-proxy and the ${STREAMS} that it allows`, many, theirs, 0);
  } finally {
    proxy.end();
  }
}

await withFolder(async (folder) => {
  const engine = await startEngine({ folder, faults: true });
  const port = await freePort();
  const darkroom = await startDarkroom({ folder, comfyui: [engine.url], more: ['--gateway', `127.0.0.1:${port}`] });
  darkroom.clients = `http://127.0.0.1:${port}`;
  await untilReady(darkroom);
  await firstEvents(engine, darkroom);
  const [ours, theirs] = [await fanOut(engine, darkroom.clients, darkroom.pid), await fanOut(engine, engine.url, engine.pid)];
  line(`gateway: frames to ${SOCKETS} sockets per CPU second, peer the ComfyUI itself`, ours, theirs, 0);
  await v2(engine, darkroom);
  await darkroom.end();
  await engine.end();
});
