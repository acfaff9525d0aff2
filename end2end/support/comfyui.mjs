// The ComfyUIs behind the Darkroom that clients are tried with: the demo engine, or with COMFYUI=http://… a real one. Several: addresses with commas between
// them, or ENGINES=2. Nothing that runs here needs a model.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawn } from 'node:child_process';

import { startEngine } from './servers.mjs';

const READY_WITHIN_MS = 60_000;
const ENDS_WITHIN_MS = 300_000;

/** Their addresses, and the path of a workflow that takes long enough there to be cancelled. A real ComfyUI goes on when they `end` here. */
export async function startComfyuis({ folder }) {
  const slow = join(folder, 'slow.json');
  const real = process.env.COMFYUI?.split(',');
  await writeFile(slow, JSON.stringify(real ? blurs(200) : steps(2_000)));
  if (real) return { urls: real, slow, end: async () => {} };
  const names = Array.from({ length: Number(process.env.ENGINES ?? 1) }, (_, at) => `engine-${at}`);
  const engines = await Promise.all(names.map((name) => startEngine({ folder, name, speed: 20 })));
  return { urls: engines.map(({ url }) => url), slow, end: () => Promise.all(engines.map((engine) => engine.end())) };
}

/** Waits until all ComfyUIs of a Darkroom take tasks. */
export async function untilReady(darkroom) {
  const until = Date.now() + READY_WITHIN_MS;
  while (Date.now() < until) {
    const { backends } = await (await fetch(`${darkroom.url}/api/backends`)).json();
    if (backends.every(({ ready }) => ready)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Darkroom did not become ready:\n${darkroom.log.join('')}`);
}

/** Runs a program to its end, which is awaited for some minutes; whether it succeeded. */
export async function succeeds(program, args, env) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, ...env }, timeout: ENDS_WITHIN_MS });
  const [code, signal] = await new Promise((ended) => child.once('exit', (...how) => ended(how)));
  if (signal) console.error(`${args[0]}: did not end in time`);
  return code === 0;
}

/** The demo engine waits in its sampler only. */
function steps(count) {
  return {
    1: node('CheckpointLoaderSimple', { ckpt_name: 'demo-safelight.safetensors' }),
    2: node('CLIPTextEncode', { text: 'a lighthouse at dusk', clip: ['1', 1] }),
    3: node('EmptyLatentImage', { width: 512, height: 512, batch_size: 1 }),
    4: node('KSampler', {
      model: ['1', 0], positive: ['2', 0], negative: ['2', 0], latent_image: ['3', 0],
      seed: 7, steps: count, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1,
    }),
    5: node('VAEDecode', { samples: ['4', 0], vae: ['1', 2] }),
    6: node('SaveImage', { filename_prefix: 'slow', images: ['5', 0] }),
  };
}

/** ComfyUI is interrupted between two nodes: many, none of which takes long. */
function blurs(count) {
  const chain = Array.from({ length: count }, (_, at) => [at + 2, node('ImageBlur', { image: [String(at + 1), 0], blur_radius: 15, sigma: 5 })]);
  const first = node('EmptyImage', { width: 768, height: 768, batch_size: 1, color: 255 });
  return { 1: first, ...Object.fromEntries(chain), [count + 2]: node('SaveImage', { filename_prefix: 'slow', images: [String(count + 1), 0] }) };
}

function node(class_type, inputs) {
  return { class_type, inputs };
}
