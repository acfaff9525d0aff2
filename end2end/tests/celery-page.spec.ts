// A real Celery worker, as the page of external tasks tells of it: it renders, fails, retries, is revoked and killed, while Redis and Darkroom are restarted.

import { CeleryWorker, RedisServer } from '../support/celery';
import { expectNothingWrong, open } from '../support/production';
import { startDarkroom, type Server } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, test as base, expect } from '../support/test';

type Fixtures = { redis: RedisServer; worker: CeleryWorker };

const test = base.extend<Fixtures>({
  redis: async ({ folder }, use) => {
    const redis = await RedisServer.start(folder);
    await use(redis);
    await redis.end();
  },
  worker: async ({ redis, folder }, use) => {
    const worker = await CeleryWorker.start(redis, folder);
    await use(worker);
    await worker.killAll();
  },
  darkroom: async ({ folder, engine, redis }, use) => {
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url], more: ['--redis', redis.url] });
    await use(darkroom);
    await darkroom.end();
  },
});

test.use({ tolerated: SERVER_WENT_AWAY });

test('a worker is followed through all that happens to it', { tag: '@long' }, async ({ page, darkroom, engine, folder, redis, worker }) => {
  test.setTimeout(300_000);
  const slow = { timeout: 60_000 };
  const task = (id: string) => page.getByRole('region', { name: 'Tasks' }).getByRole('listitem').filter({ has: page.getByText(id, { exact: true }) });
  const workers = page.getByRole('region', { name: /Workers/ });
  await open(page, '/external');
  await expect(page.getByRole('region', { name: 'Redis is connected' })).toBeVisible(slow);
  await expect(workers).toContainText('gpu@test', slow);
  await expect(workers).toContainText('Seen', slow);

  await test.step('it renders, with progress', async () => {
    redis.send('tasks.render', 'first', ['S001_P001']);
    await expect(task('first')).toContainText('Runs PROGRESS', slow);
    await expect(task('first')).toContainText('step 1 of 3 · frame 1');
    await expect(task('first').getByRole('heading', { name: 'tasks.render' })).toBeVisible();
    await expect(task('first')).toContainText('gpu@test');
  });

  await test.step('it fails, with a traceback', async () => {
    redis.send('tasks.boom', 'boom');
    await expect(task('boom')).toContainText('Failed FAILURE', slow);
    await expect(task('boom')).toContainText('no frames');
    await task('boom').getByText('Traceback', { exact: true }).click();
    await expect(task('boom')).toContainText('raise ValueError("no frames", 7)');
  });

  await test.step('it retries, and succeeds', async () => {
    redis.send('tasks.flaky', 'flaky');
    await expect(task('flaky')).toContainText('Succeeded SUCCESS', slow);
    await expect(task('flaky')).toContainText('attempt 3');
  });

  await test.step('a task is revoked from the page', async () => {
    redis.send('tasks.percent', 'percent');
    await expect(task('percent')).toContainText('90 %', slow);
    await expect(task('percent')).toContainText('DENOISING');
    await task('percent').getByRole('button', { name: 'Revoke tasks.percent' }).click();
    await page.getByRole('dialog', { name: /^Revoke/ }).getByRole('button', { name: 'Stop it' }).click();
    await expect(task('percent')).toContainText('Revoked REVOKED', slow);
    await expect(task('percent').getByRole('button', { name: /^Revoke/ })).toHaveCount(0);
    await expectNothingWrong(page);
  });

  let again: Server | undefined;
  try {
    await test.step('Redis and Darkroom are restarted, and the end that nobody heard is known', async () => {
      await darkroom.end();
      worker.openGate();
      await expect.poll(() => redis.run('GET', 'celery-task-meta-first'), slow).toContain('SUCCESS');
      redis.run('SAVE');
      await redis.end();
      await redis.restart();
      again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr, more: ['--redis', redis.url] });
      // The page that was open all the time, and the same page opened anew.
      for (const opened of ['kept', 'reloaded']) {
        if (opened === 'reloaded') await page.reload();
        await expect(page.getByRole('button', { name: /^Connected/ })).toBeVisible(slow);
        await expect(task('first')).toContainText('Succeeded SUCCESS', slow);
        await expect(task('boom')).toContainText('Failed FAILURE');
        await expect(task('flaky')).toContainText('Succeeded SUCCESS');
        await expect(task('percent')).toContainText('Revoked REVOKED');
        await expect(page.getByRole('region', { name: 'Redis is connected' })).toBeVisible(slow);
      }
    });

    await test.step('Redis alone is restarted: the page says so meanwhile', async () => {
      redis.run('SAVE');
      await redis.end();
      await expect(page.getByRole('region', { name: /Redis is away/ })).toBeVisible(slow);
      await redis.restart();
      await expect(page.getByRole('region', { name: 'Redis is connected' })).toBeVisible(slow);
    });

    await test.step('a worker that is killed is not seen any more, which is not a failure', async () => {
      worker.closeGate();
      redis.send('tasks.render', 'second', ['S001_P002']);
      await expect(task('second')).toContainText('step 1 of 3', slow);
      await worker.killAll();
      await expect(task('second')).toContainText('Worker not seen PROGRESS', { timeout: 120_000 });
      await expect(workers).toContainText('Not seen any more');
      await page.getByLabel('State').selectOption({ label: 'Worker not seen' });
      await expect(task('second')).toBeVisible();
      await expect(task('first')).toHaveCount(0);
    });
  } finally {
    await again?.end();
  }
});
