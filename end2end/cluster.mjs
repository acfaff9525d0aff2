// `make cluster`: three Darkrooms with one PostgreSQL, HAProxy before them, and two demo engines, all on this machine, until Ctrl-C. What they have stays in
// target/cluster, and is there when they are started again.
//
// CLUSTER_PORT: where HAProxy listens, 3000; the others get the ports after it. CLUSTER_DIR: another folder. DARKROOM_BIN: another binary.

import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { postgresCommand } from './support/postgres.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const binary = resolve(process.env.DARKROOM_BIN ?? join(root, 'target/release/darkroom'));
const folder = resolve(process.env.CLUSTER_DIR ?? join(root, 'target/cluster'));
const HAPROXY = '/usr/sbin/haproxy';
const READY_WITHIN_MS = 60_000;
const END_WITHIN_MS = 15_000;
// Shorter than usual, so that there is little to wait for, and a restart that comes later, so that another Darkroom takes over.
const LEASE_S = 3;
const RESTART_AFTER_MS = 6_000;
// Lines of a log that are shown when a process cannot start.
const LAST_LINES = 15;

/** Everything that runs, in the order in which it was started. */
const running = [];
let isStopping = false;

function fail(message) {
  console.error(message);
  void stop(1);
}

function port() {
  const number = Number(process.env.CLUSTER_PORT ?? 3000);
  if (Number.isInteger(number) && number > 0 && number < 65_000) return number;
  console.error(`CLUSTER_PORT=${process.env.CLUSTER_PORT}: it must be a number from 1 to 64999`);
  process.exit(2);
}

const first = port();
const ports = { balancer: first, darkrooms: [first + 1, first + 2, first + 3], engines: [first + 11, first + 12], postgres: first + 21 };
const at = (number) => `127.0.0.1:${number}`;

/** Ends with a message if somebody listens there already. */
async function mustBeFree(number) {
  const server = createServer();
  const error = await new Promise((done) => server.once('error', done).listen(number, '127.0.0.1', () => done(undefined)));
  if (error) {
    console.error(`${at(number)} cannot be used (${error.code}). Is a cluster running already? Choose other ports: make cluster CLUSTER_PORT=4000`);
    process.exit(2);
  }
  await new Promise((done) => server.close(done));
}

class Member {
  constructor({ name, command, args, env = {}, end = 'SIGTERM', restarts = false }) {
    Object.assign(this, { name, command, args, env, end, restarts });
    this.log = join(folder, `${name}.log`);
    running.push(this);
    this.start();
  }

  start() {
    const log = openSync(this.log, 'a');
    // Out of reach of the terminal's Ctrl-C: they are ended in order.
    const stdio = ['ignore', log, this.restarts ? 'pipe' : log];
    this.child = spawn(this.command, this.args, { detached: true, stdio, cwd: folder, env: { ...process.env, ...this.env } });
    closeSync(log);
    this.lastLines = [];
    if (this.restarts) this.readLog();
    this.child.once('error', (error) => fail(`${this.name} cannot be started: ${error.message}`));
    this.child.once('exit', (code, signal) => void this.exited(code ?? signal));
  }

  /** Who is the owner is in the log. */
  readLog() {
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      writeFileSync(this.log, `${line}\n`, { flag: 'a' });
      this.lastLines = [...this.lastLines, line].slice(-LAST_LINES);
      if (line.includes('this Darkroom is the owner')) console.log(`${this.name} is the owner now: it decides and writes`);
    });
  }

  async exited(how) {
    if (isStopping) return;
    if (!this.restarts || !this.wasReady) {
      fail(`${this.name} ended (${how}); its log is ${this.log}\n${this.lastLines.join('\n')}`);
      return;
    }
    console.log(`${this.name} ended (${how}), and is started again in ${RESTART_AFTER_MS / 1_000} s`);
    await sleep(RESTART_AFTER_MS);
    if (isStopping) return;
    this.start();
    console.log(`${this.name} has the process id ${this.child.pid}`);
  }

  async stop() {
    const { child } = this;
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill(this.end);
    // One that was stopped with SIGSTOP.
    child.kill('SIGCONT');
    const timer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    await gone;
    clearTimeout(timer);
  }
}

/** The last that was started ends first: nobody loses what it still needs. Darkrooms end together, so that none takes over. */
async function stop(code) {
  if (isStopping) return;
  isStopping = true;
  console.log('stopping …');
  const darkrooms = running.filter((member) => member.restarts);
  const others = running.filter((member) => !member.restarts).reverse();
  for (const member of others.splice(0, 1)) await member.stop();
  await Promise.all(darkrooms.map((member) => member.stop()));
  for (const member of others) await member.stop();
  process.exit(code);
}

async function until(what, check) {
  const late = Date.now() + READY_WITHIN_MS;
  while (!(await check())) {
    if (isStopping) return;
    if (Date.now() > late) throw new Error(`${what} is not ready after ${READY_WITHIN_MS / 1_000} s; the logs are in ${folder}`);
    await sleep(50);
  }
}

const answers = async (url) => {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
};

async function startPostgres() {
  const data = join(folder, 'postgres');
  const asPostgres = (name, args) => {
    const [program, all] = postgresCommand(name, args);
    execFileSync(program, all, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  if (!existsSync(join(data, 'PG_VERSION'))) {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    if (process.getuid() === 0) execFileSync('chown', ['postgres:', data]);
    try {
      asPostgres('initdb', ['--auth=trust', '--username=darkroom', '-D', data]);
    } catch (error) {
      const hint = process.getuid() === 0 ? '\nIts user postgres must be able to enter that folder: choose another with CLUSTER_DIR=/var/tmp/darkroom-cluster' : '';
      throw new Error(`no database can be made in ${data}: ${String(error.stderr).trim()}${hint}`);
    }
  }
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories='].flatMap((one) => ['-c', one]);
  const [command, args] = postgresCommand('postgres', ['-D', data, '-p', String(ports.postgres), ...settings]);
  // SIGINT is its fast shutdown: it does not wait for clients.
  new Member({ name: 'postgresql', command, args, end: 'SIGINT' });
  await until('PostgreSQL', () => {
    try {
      execFileSync(postgresProgram('pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(ports.postgres)]);
      return true;
    } catch {
      return false;
    }
  });
}

/** The same on each Darkroom, made once. */
function secret(name, text) {
  const file = join(folder, name);
  if (!existsSync(file)) writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

function startDarkroom(number, url, engines) {
  const name = `darkroom${number + 1}`;
  const home = join(folder, name);
  mkdirSync(home, { recursive: true });
  const settings = `[store]
url = ${JSON.stringify(url)}
lease_s = ${LEASE_S}
key_file = ${JSON.stringify(secret('secret-key', randomBytes(32).toString('base64')))}
[webhooks]
secret_file = ${JSON.stringify(secret('webhook-secret', `whsec_${randomBytes(32).toString('base64')}`))}
[media]
folder = ${JSON.stringify(join(folder, 'media'))}
${engines.map((engine, at) => `[[comfyui.backend]]\nname = "engine ${at + 1}"\nurl = "${engine}"\n`).join('')}`;
  const file = join(home, 'settings.toml');
  writeFileSync(file, settings);
  const args = ['serve', '--addr', at(ports.darkrooms[number]), '--config', file, '--data', join(home, 'data')];
  return new Member({ name, command: binary, args, restarts: true });
}

async function main() {
  if (!existsSync(binary)) throw new Error(`there is no ${binary}: run \`make cluster\`, which builds it`);
  if (!existsSync(HAPROXY)) throw new Error("HAProxy is not installed: run `make setup-cluster` (Debian's package haproxy)");
  for (const number of [ports.balancer, ...ports.darkrooms, ...ports.engines, ports.postgres]) await mustBeFree(number);
  mkdirSync(folder, { recursive: true });
  mkdirSync(join(folder, 'media'), { recursive: true });
  await startPostgres();
  const url = `postgres://darkroom:darkroom@${at(ports.postgres)}/postgres?sslmode=disable`;
  const engines = ports.engines.map((number) => `http://${at(number)}`);
  ports.engines.forEach((number, nth) => {
    const name = `engine${nth + 1}`;
    new Member({ name, command: binary, args: ['demo-comfyui', '--addr', at(number), '--data', join(folder, name)] });
  });
  for (const engine of engines) await until('a demo engine', () => answers(`${engine}/system_stats`));
  const darkrooms = [];
  for (const [number, its] of ports.darkrooms.entries()) {
    darkrooms.push(startDarkroom(number, url, engines));
    await until(`darkroom${number + 1}`, () => answers(`http://${at(its)}/healthz`));
    darkrooms[number].wasReady = true;
  }
  const env = { BALANCER: at(ports.balancer), ...Object.fromEntries(ports.darkrooms.map((its, nth) => [`DARKROOM_${nth + 1}`, at(its)])) };
  new Member({ name: 'haproxy', command: HAPROXY, args: ['-db', '-f', join(root, 'end2end/haproxy.cfg')], env });
  await until('the cluster', () => answers(`http://${at(ports.balancer)}/readyz`));
  if (isStopping) return;
  console.log(`
open           http://${at(ports.balancer)}    (HAProxy)
Darkrooms      ${darkrooms.map((darkroom, nth) => `http://${at(ports.darkrooms[nth])} process ${darkroom.child.pid}`).join('\n               ')}
demo engines   ${engines.join('\n               ')}
PostgreSQL     ${url}
files, logs    ${folder}

Kill one and see what happens: kill -9 ${darkrooms[0].child.pid}. It is started again. Ctrl-C ends all.
`);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (isStopping && signal === 'SIGINT') {
      // Asked twice.
      for (const member of running) member.child.kill('SIGKILL');
      process.exit(130);
    }
    void stop(0);
  });
}
main().catch((error) => fail(`the cluster cannot be started: ${error.message}`));
