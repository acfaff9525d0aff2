// Starts the release binary, as Darkroom or as the demo engine, and ends it. Shared by the tests and the measuring scripts.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const BINARY = process.env.DARKROOM_BIN ?? fileURLToPath(new URL('../../target/release/darkroom', import.meta.url));

const FIRST_LINE_WITHIN_MS = 20_000;
const READY_WITHIN_MS = 20_000;

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** A process of the binary, listening at `url`. */
export class Server {
  constructor(child, url, log) {
    this.child = child;
    this.url = url;
    this.log = log;
    /** What a program sends with each request. */
    this.headers = {};
  }

  get pid() {
    return this.child.pid;
  }

  /** Where it listens, as `--addr` takes it. */
  get addr() {
    return new URL(this.url).host;
  }

  /** Sends a signal and waits until the process is gone. */
  async end(signal = 'SIGKILL') {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill(signal);
    await gone;
  }
}

/** The demo engine by itself: a stand-in that speaks ComfyUI's API. With `faults` it does wrong what it is told to, see `order`. */
export function startEngine({ folder, speed = 1e9, addr = '127.0.0.1:0', name = 'engine', faults = false }) {
  const args = ['demo-comfyui', '--addr', addr, '--speed', String(speed), '--data', join(folder, name), ...(faults ? ['--faults'] : [])];
  return start(args, folder, /speaks ComfyUI's API at (http:\S+)/);
}

/** Tells a demo engine what to do wrong (`src/demo/faults/order.rs`): so many times, or until it is told otherwise. */
export async function order(engine, fault, times = 0) {
  const response = await fetch(`${engine.url}/_demo/faults`, { method: 'POST', body: JSON.stringify({ fault, times }) });
  if (!response.ok) throw new Error(`refused with ${response.status}: ${await response.text()}`);
}

/** Lets a demo engine stop behind each of these steps of its sampler, whatever the machine's speed, until `release`. Order it before the run. */
export async function holdAtSteps(engine, steps) {
  for (const step of steps) await order(engine, { kind: 'hold', at: 'step', node: 'KSampler', step }, 1);
}

/** Waits until a demo engine stands where it was ordered to, and lets it go on. */
export async function release(engine) {
  // A release before that would be lost. The engine waits for it itself, for a while.
  const held = await fetch(`${engine.url}/_demo/held`);
  if (!held.ok) throw new Error(`it is not held: ${held.status}`);
  await order(engine, { kind: 'release' }, 1);
}

/** What really ran at a demo engine that was started with faults: the ids of the prompts, one for each execution. */
export async function executions(engine) {
  const log = await (await fetch(`${engine.url}/_demo/log`)).json();
  return log.map((execution) => execution.prompt_id);
}

/** Darkroom. Without any url in `comfyui` it runs its embedded demo engine; with a `token` everybody needs that; with `demoProduction` it has a production. `more`: other arguments. */
export async function startDarkroom({ folder, comfyui = [], addr = '127.0.0.1:0', token = undefined, demoProduction = false, more = [] }) {
  const args = ['serve', '--addr', addr, '--data', join(folder, 'darkroom'), ...comfyui.flatMap((url) => ['--comfyui', url])];
  args.push('--demo-production', String(demoProduction), ...more);
  if (token) args.push('--token', token);
  const darkroom = await start(args, folder, /Darkroom is at (http:\S+)/);
  if (token) darkroom.headers = { authorization: `Bearer ${token}` };
  return darkroom;
}

/** Waits until Darkroom knows what its ComfyUI offers: from then on, all of the form can be used. */
export async function untilReady(darkroom) {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until) {
    const html = await (await fetch(darkroom.url, { headers: darkroom.headers })).text();
    if (html.includes('<option value="demo-safelight.safetensors"')) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Darkroom did not become ready:\n${darkroom.log.join('')}`);
}

/** Hands in a task from outside of any page, as the plain form does; gives back its id. */
export async function submit(darkroom, recipe = {}) {
  const defaults = {
    kind: 'text',
    prompt: 'a lighthouse at dusk',
    negative: '',
    checkpoint: 'demo-safelight.safetensors',
    width: 256,
    height: 256,
    batch: 1,
    steps: 20,
    cfg: 7.0,
    sampler: 'euler',
    scheduler: 'normal',
    seed: 42,
  };
  const body = new FormData();
  for (const [name, value] of Object.entries({ ...defaults, ...recipe })) body.set(name, String(value));
  const response = await fetch(darkroom.url, { method: 'POST', body, redirect: 'manual', headers: darkroom.headers });
  const id = /^\/tasks\/(.+)$/.exec(response.headers.get('location') ?? '')?.[1];
  if (!id) throw new Error(`refused with ${response.status}: ${await response.text()}`);
  return id;
}

/** The state of a task in a word, from its page: waiting, running, done, failed or cancelled. */
export async function stateOf(darkroom, id) {
  const html = await (await fetch(`${darkroom.url}/tasks/${id}`, { headers: darkroom.headers })).text();
  const tracker = /<section [^>]*aria-label="(?:Progress|Error)"[^>]*>/.exec(html)?.[0] ?? '';
  return tracker.includes('"Error"') ? 'failed' : /data-state="(\w+)"/.exec(tracker)?.[1];
}

/** A folder that is gone when `use` has ended. */
export async function withFolder(use) {
  const folder = await mkdtemp(join(tmpdir(), 'darkroom-end2end-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function start(args, folder, ready) {
  // Run where no settings file lies, and without settings of the person who runs the tests.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('DARKROOM_')));
  const child = spawn(BINARY, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const log = [];
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${BINARY} ${args.join(' ')}: ${why}\n${log.join('')}`));
    const timer = setTimeout(() => fail('it did not say where it listens'), FIRST_LINE_WITHIN_MS);
    const read = (chunk) => {
      log.push(chunk.toString());
      const found = ready.exec(log.join(''));
      if (found) {
        clearTimeout(timer);
        resolve(found[1]);
      }
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`it ended with ${code}`));
  });
  return new Server(child, url, log);
}
