// A real Redis and a real Celery worker, whose tasks are those of the integration tests (`tests/support/celery`). `make setup-test` installs them.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from '@playwright/test';
import { freePort } from './free-port.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CELERY = join(ROOT, 'target/celery-python/bin/celery');

async function kill(child: ChildProcess | undefined) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** A Redis on a port that stays the same when it is started again. */
export class RedisServer {
  private child?: ChildProcess;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(folder: string) {
    const redis = new RedisServer(folder, await freePort());
    await redis.restart();
    return redis;
  }

  get url() {
    return `redis://127.0.0.1:${this.port}/0`;
  }

  /** Starts it (again), with what it saved. */
  async restart() {
    const args = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', this.folder];
    this.child = spawn('redis-server', args, { stdio: 'ignore' });
    await expect.poll(() => this.tries('PING'), { message: 'redis-server runs: see `make setup-test`', timeout: 60_000 }).toBe('PONG');
  }

  /** The answer to a command. */
  run(...words: string[]) {
    return execFileSync('redis-cli', ['-p', String(this.port), ...words], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
  }

  private tries(...words: string[]) {
    try {
      return this.run(...words);
    } catch {
      return '';
    }
  }

  end() {
    return kill(this.child);
  }

  /** Sends a task, as Celery's own programs do. */
  send(name: string, id: string, args: unknown[] = []) {
    const body = JSON.stringify([args, {}, { callbacks: null, errbacks: null, chain: null, chord: null }]);
    const message = {
      body: Buffer.from(body).toString('base64'),
      'content-encoding': 'utf-8',
      'content-type': 'application/json',
      headers: { lang: 'py', task: name, id, retries: 0, argsrepr: JSON.stringify(args), kwargsrepr: '{}' },
      properties: {
        delivery_info: { exchange: '', routing_key: 'celery' },
        body_encoding: 'base64',
        delivery_tag: id,
        delivery_mode: 2,
        priority: 0,
      },
    };
    this.run('LPUSH', 'celery', JSON.stringify(message));
  }
}

/** A worker with two processes that sends events. */
export class CeleryWorker {
  private constructor(
    private readonly child: ChildProcess,
    private readonly gate: string,
    private readonly log: string,
  ) {}

  static async start(redis: RedisServer, folder: string) {
    if (!existsSync(CELERY)) throw new Error('Celery is not installed: run `make setup-test`, which installs it into target/celery-python');
    const [gate, log] = [join(folder, 'gate'), join(folder, 'celery.log')];
    const env = { ...process.env, REDIS_URL: redis.url, GATE: gate, PYTHONDONTWRITEBYTECODE: '1' };
    const args = ['-A', 'tasks', 'worker', '-E', '-c', '2', '-n', 'gpu@test', '--loglevel', 'WARNING'];
    const stderr = openSync(log, 'w');
    // It subscribes to commands as to a pattern, besides those of others.
    const before = Number(redis.run('PUBSUB', 'NUMPAT'));
    const child = spawn(CELERY, args, { cwd: join(ROOT, 'tests/support/celery'), env, stdio: ['ignore', 'ignore', stderr] });
    const worker = new CeleryWorker(child, gate, log);
    const patterns = () => (child.exitCode === null ? Number(redis.run('PUBSUB', 'NUMPAT')) : `it ended: ${worker.said()}`);
    await expect.poll(patterns, { message: 'the worker takes commands', timeout: 90_000 }).toBeGreaterThan(before);
    return worker;
  }

  private said() {
    return readFileSync(this.log, 'utf8');
  }

  /** Tasks that wait go on. */
  openGate() {
    writeFileSync(this.gate, '');
  }

  closeGate() {
    rmSync(this.gate, { force: true });
  }

  /** `kill -9` of the worker and its processes: nobody says anything about their tasks. */
  async killAll() {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const children = execFileSync('ps', ['-o', 'pid=', '--ppid', String(this.child.pid)], { encoding: 'utf8' }).split(/\s+/).filter(Boolean);
    await kill(this.child);
    for (const id of children) {
      try {
        process.kill(Number(id), 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
  }
}
