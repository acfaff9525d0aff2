// Runs a command beside a PostgreSQL of its own, in which tests make their databases: `node postgres.mjs COMMAND …` sets DARKROOM_TEST_POSTGRES.

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { postgresCommand } from './support/postgres.mjs';

const [command, ...args] = process.argv.slice(2);
if (command === undefined) {
  console.error('node postgres.mjs COMMAND …');
  process.exit(2);
}

const freePort = () =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

function run([program, list]) {
  execFileSync(program, list, { stdio: ['ignore', 'ignore', 'inherit'] });
}

const folder = mkdtempSync(join(tmpdir(), 'darkroom-postgres-'));
const data = join(folder, 'data');
chmodSync(folder, 0o755);
mkdirSync(data);
if (process.getuid() === 0) run(['chown', ['postgres:', data]]);
run(postgresCommand('initdb', ['--auth=trust', '--username=darkroom', '--no-sync', '-D', data]));
const port = await freePort();
// Several tests at a time, with several Darkrooms each.
const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=300', 'fsync=off'];
const [program, list] = postgresCommand('postgres', ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])]);
const server = spawn(program, list, { stdio: 'ignore' });
const ready = () => spawnSync(...postgresCommand('pg_isready', ['-h', '127.0.0.1', '-p', String(port)]), { stdio: 'ignore' }).status === 0;
while (!ready()) {
  if (server.exitCode !== null) throw new Error('PostgreSQL does not start');
  await sleep(50);
}
const env = { ...process.env, DARKROOM_TEST_POSTGRES: `postgres://darkroom@127.0.0.1:${port}/postgres` };
const { status } = spawnSync(command, args, { stdio: 'inherit', env });
server.kill('SIGQUIT');
await new Promise((done) => server.once('exit', done));
rmSync(folder, { recursive: true, force: true });
process.exit(status ?? 1);
