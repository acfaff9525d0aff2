// What the drivers of this folder share. GATEWAY: the address of the gateway; COMFYUIS: how many there are behind it; SLOW_WORKFLOW: a file; the first
// argument: where npm's packages are installed.

import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

export const gateway = process.env.GATEWAY;
/** So many prompts run at a time. */
export const comfyuis = Number(process.env.COMFYUIS);

const NOTICED_WITHIN_MS = 60_000;

/** A package of the folder that the first argument names. */
export async function load(name) {
  const require = createRequire(`${process.argv[2]}/`);
  const found = await import(pathToFileURL(require.resolve(name)).href);
  // A CommonJS package is its default export.
  return { ...found.default, ...found };
}

/** Another picture each time, so that nothing of it is cached. The result is saved, or sent over the socket. */
export function picture(output = { class_type: 'SaveImage', inputs: { filename_prefix: 'client', images: ['2', 0] } }) {
  return fresh({
    1: { class_type: 'EmptyImage', inputs: { width: 64, height: 64, batch_size: 1, color: 0 } },
    2: { class_type: 'ImageBlur', inputs: { image: ['1', 0], blur_radius: 2, sigma: 1 } },
    3: output,
  });
}

export const overTheSocket = { class_type: 'SaveImageWebsocket', inputs: { images: ['2', 0] } };

export async function slow() {
  return fresh(JSON.parse(await readFile(process.env.SLOW_WORKFLOW, 'utf8')));
}

function fresh(workflow) {
  for (const { inputs } of Object.values(workflow)) {
    for (const name of ['color', 'seed']) if (name in inputs) inputs[name] = Math.floor(Math.random() * 0xffffff);
  }
  return workflow;
}

export function isPng(bytes) {
  return Buffer.from(bytes).subarray(1, 4).toString() === 'PNG';
}

/** Waits until `check` gives something, and gives it back. */
export async function until(what, check) {
  const end = Date.now() + NOTICED_WITHIN_MS;
  while (Date.now() < end) {
    const found = await check();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not noticed: ${what}`);
}
