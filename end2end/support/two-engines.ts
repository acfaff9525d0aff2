// The fixtures of `test.ts`, with a second engine beside the first. A ComfyUI that is away is lost after two seconds.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startDarkroom, startEngine, untilReady, type Server } from './servers.mjs';
import { test as base } from './test';

export const test = base.extend<{ second: Server }>({
  engine: async ({ folder, speed }, use) => {
    const engine = await startEngine({ folder, speed, faults: true });
    await use(engine);
    await engine.end();
  },

  second: async ({ folder, speed }, use) => {
    const engine = await startEngine({ folder, speed, name: 'second', faults: true });
    await use(engine);
    await engine.end();
  },

  darkroom: async ({ folder, engine, second }, use) => {
    await writeFile(join(folder, 'Leptos.toml'), '[comfyui]\nlost_after_s = 2\n');
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url, second.url] });
    await untilReady(darkroom);
    await use(darkroom);
    await darkroom.end();
  },
});
