// Measurements beside a peer. Run it with `make bench`; it takes about a minute and a half.
//
// One run of STEPS sampling steps at the demo engine is watched by many WebSocket clients at once: first through Darkroom, then through a
// fan-out server written with Node's `ws` (measure/relay.mjs), which passes each frame on as it comes. Engine, server and watchers are
// processes of their own; of the server alone the CPU time is taken (user and system, /proc/PID/stat).
//
// * "Changes delivered per CPU second": events that the engine sent during the run, times the watchers that were kept up to date with them,
//   by the server's CPU seconds. Both are given the same events and have the same watchers. Darkroom may put changes that fall into
//   one frame of a screen together, where the newest says all; the peer passes on every one. Darkroom does more for its time: it keeps the
//   task, estimates the time left, and writes it to disk. Previews are sent by both. The run with one watcher comes first and warms both up.
// * "Bytes sent to one watcher per run": payload of all frames but previews, from the submission to the end. The peer is what the engine
//   sends to its own client.

import { fork } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { Watchers } from './measure/watchers.mjs';
import { startDarkroom, startEngine, stateOf, submit, untilReady, withFolder } from './support/servers.mjs';

const STEPS = 500;
const SIDE = 64;
/** At 64×64 a step takes 60 ms at speed 1: this makes about 50 steps a second. */
const SPEED = 3;
const WATCHERS = [1, 200];
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** After the end of a run, the last frames are still on their way. */
const SETTLE_MS = 500;

let seed = 1;

async function cpuSeconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  // The name in parentheses may hold spaces; user and system time are the 12th and 13th field after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Watches one run; gives back what one watcher got and the CPU time it took the server. */
async function watched({ url, speaks, pid, run }, count) {
  const watchers = await Watchers.open(url, count, speaks);
  await pause(SETTLE_MS);
  watchers.reset();
  const before = await cpuSeconds(pid);
  await run();
  await pause(SETTLE_MS);
  const cpu = (await cpuSeconds(pid)) - before;
  const each = watchers.each();
  watchers.close();
  return { ...each, cpu };
}

function throughDarkroom(darkroom, engine) {
  const run = async () => {
    const id = await submit(darkroom, { width: SIDE, height: SIDE, steps: STEPS, seed: (seed += 1) });
    // The engine is asked, so that asking costs Darkroom nothing.
    for (let busy = true; busy; ) {
      await pause(100);
      const queue = await (await fetch(`${engine.url}/queue`)).json();
      busy = queue.queue_running.length + queue.queue_pending.length > 0;
    }
    const state = await stateOf(darkroom, id);
    if (state !== 'done') throw new Error(`after the run the task is ${state}`);
  };
  return { url: `${darkroom.url.replace('http', 'ws')}/ws`, speaks: 'darkroom', pid: darkroom.pid, run };
}

async function throughRelay(engine) {
  const relay = fork(fileURLToPath(new URL('measure/relay.mjs', import.meta.url)), [engine.url]);
  const [{ url }] = await once(relay, 'message');
  const run = async () => {
    relay.send({ prompt: prompt((seed += 1)) });
    await once(relay, 'message');
  };
  return { url, speaks: 'comfyui', pid: relay.pid, run, end: () => relay.disconnect() };
}

/** ComfyUI's default text-to-image graph, as Darkroom sends it. */
function prompt(seed) {
  const sampler = { seed, steps: STEPS, cfg: 7, sampler_name: 'euler', scheduler: 'normal', denoise: 1 };
  const links = { model: ['4', 0], positive: ['6', 0], negative: ['7', 0], latent_image: ['5', 0] };
  return {
    3: { class_type: 'KSampler', inputs: { ...sampler, ...links } },
    4: { class_type: 'CheckpointLoaderSimple', inputs: { ckpt_name: 'demo-safelight.safetensors' } },
    5: { class_type: 'EmptyLatentImage', inputs: { width: SIDE, height: SIDE, batch_size: 1 } },
    6: { class_type: 'CLIPTextEncode', inputs: { text: 'a lighthouse at dusk', clip: ['4', 1] } },
    7: { class_type: 'CLIPTextEncode', inputs: { text: '', clip: ['4', 1] } },
    8: { class_type: 'VAEDecode', inputs: { samples: ['3', 0], vae: ['4', 2] } },
    9: { class_type: 'SaveImage', inputs: { filename_prefix: 'bench', images: ['8', 0] } },
  };
}

const line = (name, ours, peer, digits) => {
  const [left, right] = [ours, peer].map((value) => value.toFixed(digits));
  console.log(`${name}: ours=${left} peer=${right} ratio=${(ours / peer).toFixed(2)}`);
};

await withFolder(async (folder) => {
  const engine = await startEngine({ folder, speed: SPEED });
  const darkroom = await startDarkroom({ folder, comfyui: [engine.url] });
  await untilReady(darkroom);
  const relay = await throughRelay(engine);
  const lines = [];
  for (const count of WATCHERS) {
    const ours = await watched(throughDarkroom(darkroom, engine), count);
    const peer = await watched(relay, count);
    // What the relay got is what the engine sent: one frame for one event.
    const delivered = peer.frames * count;
    console.log(`${count} watching ${peer.frames} events: frames to each, and CPU seconds`);
    console.log(`  ours ${ours.frames.toFixed(0)} ${ours.cpu.toFixed(2)}   peer ${peer.frames.toFixed(0)} ${peer.cpu.toFixed(2)}`);
    lines.push([`watchers=${count} changes delivered per CPU second`, delivered / ours.cpu, delivered / peer.cpu, 0]);
    if (count === 1) lines.push(['bytes sent to one watcher per run (KB)', ours.bytes / 1024, peer.bytes / 1024, 1]);
  }
  for (const [name, ours, peer, digits] of lines) line(name, ours, peer, digits);
  relay.end();
  await darkroom.end();
  await engine.end();
});
