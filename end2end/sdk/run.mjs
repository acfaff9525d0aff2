// Runs the scripts of this folder against a Darkroom with the demo engine, or with COMFYUI=http://… a real ComfyUI (several of them: see
// support/comfyui.mjs). Arguments: the Python that has comfy-sdk, and the folder that @comfyorg/sdk is installed in.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startComfyuis, succeeds, untilReady } from '../support/comfyui.mjs';
import { startDarkroom, withFolder } from '../support/servers.mjs';

const [python, installed] = process.argv.slice(2).map((path) => resolve(path));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const isGood = await withFolder(async (folder) => {
  const comfyuis = await startComfyuis({ folder });
  const darkroom = await startDarkroom({ folder, comfyui: comfyuis.urls });
  await untilReady(darkroom);
  const env = { COMFY_BASE_URL: darkroom.url, SLOW_WORKFLOW: comfyuis.slow };
  const results = [await succeeds(python, [here('python_sdk.py')], env), await succeeds('node', [here('typescript-sdk.mjs'), installed], env)];
  await Promise.all([darkroom.end(), comfyuis.end()]);
  return results.every(Boolean);
});
process.exit(isGood ? 0 : 1);
