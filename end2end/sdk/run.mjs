// Runs the scripts of this folder against a Darkroom with the demo engine. Arguments: the Python that has comfy-sdk, and the folder that @comfyorg/sdk is
// installed in.
import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startDarkroom, startEngine, untilReady, withFolder } from '../support/servers.mjs';

const [python, installed] = process.argv.slice(2).map((path) => resolve(path));
const here = (name) => fileURLToPath(new URL(name, import.meta.url));

const failed = await withFolder(async (folder) => {
  const engine = await startEngine({ folder, speed: 20 });
  const darkroom = await startDarkroom({ folder, comfyui: [engine.url] });
  await untilReady(darkroom);
  let failed = false;
  for (const [program, ...args] of [[python, here('python_sdk.py')], ['node', here('typescript-sdk.mjs'), installed]]) {
    const child = spawn(program, args, { stdio: 'inherit', env: { ...process.env, COMFY_BASE_URL: darkroom.url } });
    const code = await new Promise((ended) => child.once('exit', ended));
    failed ||= code !== 0;
  }
  await Promise.all([darkroom.end(), engine.end()]);
  return failed;
});
process.exit(failed ? 1 : 0);
