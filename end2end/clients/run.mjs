// Runs the drivers of this folder against the gateway of a Darkroom with the demo engine, or with COMFYUI=http://… a real ComfyUI (several of them: see
// support/comfyui.mjs). Arguments: the Python environment that has comfy-cli, and the folder that the packages of npm are installed in.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startComfyuis, succeeds, untilReady } from '../support/comfyui.mjs';
import { freePort } from '../support/free-port.mjs';
import { startDarkroom, withFolder } from '../support/servers.mjs';

const [environment, installed] = process.argv.slice(2).map((path) => resolve(path));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const isGood = await withFolder(async (folder) => {
  const comfyuis = await startComfyuis({ folder });
  const addr = `127.0.0.1:${await freePort()}`;
  const darkroom = await startDarkroom({ folder, comfyui: comfyuis.urls, more: ['--gateway', addr] });
  await untilReady(darkroom);
  // What a client keeps at home is kept here.
  const env = { GATEWAY: `http://${addr}`, SLOW_WORKFLOW: comfyuis.slow, COMFYUIS: comfyuis.urls.length, HOME: folder };
  const results = [];
  for (const [driver, ...args] of [['saintno.mjs', installed], ['stable-canvas.mjs', installed], ['comfy-cli.mjs', environment]]) {
    results.push(await succeeds('node', [here(driver), ...args], env));
  }
  await Promise.all([darkroom.end(), comfyuis.end()]);
  return results.every(Boolean);
});
process.exit(isGood ? 0 : 1);
