// comfy-cli: `comfy run` to the end, `comfy jobs ls`, `status`, `watch` and `cancel`. The first argument: the Python environment that it is installed in.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { gateway, isPng, picture, slow, until } from './shared.mjs';

const { hostname, port } = new URL(gateway);
const home = process.env.HOME;
const says = (what) => console.log(`comfy-cli: ${what}`);

/** Runs a command; what it says about its end, as one object on its last line, and its exit code. */
function comfy(...args) {
  const options = { env: { ...process.env, DO_NOT_TRACK: '1' }, cwd: home };
  return new Promise((resolve, reject) => {
    const all = ['--skip-prompt', '--json', ...args, '--host', hostname, '--port', port];
    execFile(join(process.argv[2], 'bin/comfy'), all, options, (error, stdout, stderr) => {
      const last = stdout.trim().split('\n').at(-1);
      try {
        resolve({ ...JSON.parse(last), code: error?.code ?? 0 });
      } catch {
        reject(new Error(`comfy ${all.join(' ')}: ${error}\n${stdout}\n${stderr}`));
      }
    });
  });
}

async function file(name, workflow) {
  const path = join(home, name);
  await writeFile(path, JSON.stringify(workflow));
  return path;
}

const run = await comfy('run', '--workflow', await file('picture.json', picture()), '--wait');
assert.equal(run.ok, true, JSON.stringify(run));
const [url] = run.data.outputs;
assert.ok(isPng(await (await fetch(url)).arrayBuffer()), url);
says(`a run: ${url}`);

const path = await file('slow.json', await slow());
const submitted = await comfy('run', '--workflow', path, '--no-watch');
const id = submitted.data.prompt_id;
assert.ok(id, JSON.stringify(submitted));
await until('its start', async () => (await comfy('jobs', 'status', id)).data?.status === 'running');
const { data: list } = await comfy('jobs', 'ls');
assert.ok(JSON.stringify(list).includes(id));
const watched = comfy('jobs', 'watch', id);
const cancelled = await comfy('jobs', 'cancel', id);
assert.equal(cancelled.ok, true, JSON.stringify(cancelled));
const { code, error } = await watched;
assert.deepEqual([code, error.code], [130, 'cancelled']);
says('cancelled, as one that watched it heard');

const refused = await comfy('run', '--workflow', await file('unknown.json', { 1: { class_type: 'NoSuchClass', inputs: {} } }), '--wait');
assert.equal(refused.ok, false);
says(`refused: ${refused.error.code}`);
