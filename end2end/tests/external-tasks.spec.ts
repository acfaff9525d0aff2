// Tasks of other programs: their states, their errors, and how Redis is.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open } from '../support/production';
import { expect, test } from '../support/test';

const task = (page: Page, name: string) =>
  page.getByRole('region', { name: 'Tasks' }).getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });

let number = 0;

/** Reports an event, as programs without Redis do. */
async function report(url: string, type: string, data: Record<string, unknown>) {
  const event = { specversion: '1.0', id: `${process.pid}-${Date.now()}-${++number}`, source: '/farm', type, data };
  const answer = await fetch(`${url}/api/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json' },
    body: JSON.stringify(event),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

test('a task is followed through its steps to its end', async ({ page, darkroom }) => {
  await open(page, '/external');
  // Nothing is configured: the page says how.
  await expect(page.getByRole('region', { name: 'Redis is not configured' })).toContainText('[redis]');
  await expect(page.getByRole('heading', { name: 'No other program told of a task yet' })).toBeVisible();
  await expectNothingWrong(page);

  await report(darkroom.url, 'task.started', { task_id: 'a', name: 'render.pier', worker: 'node-3' });
  await expect(task(page, 'render.pier')).toContainText('Runs STARTED');
  await report(darkroom.url, 'task.progress', { task_id: 'a', current: 3, total: 12, message: 'denoising' });
  await expect(task(page, 'render.pier')).toContainText('step 3 of 12 · denoising');
  await report(darkroom.url, 'task.success', { task_id: 'a', result: { path: '/pier.mp4' } });
  await expect(task(page, 'render.pier')).toContainText('Succeeded SUCCESS');
  await task(page, 'render.pier').getByText('What it returned').click();
  await expect(task(page, 'render.pier')).toContainText('/pier.mp4');
  await expectNothingWrong(page);
});

test('what failed has its traceback folded, and stays unfolded when it changes', async ({ page, darkroom }) => {
  const failed = { task_id: 'b', name: 'render.fog', error: { type: 'ValueError', message: 'no seed', traceback: 'File "fog.py", line 7' } };
  await report(darkroom.url, 'task.failed', failed);
  await open(page, '/external');
  await expect(task(page, 'render.fog')).toContainText('Failed FAILURE');
  await expect(task(page, 'render.fog')).toContainText('no seed');
});

test('the list is filtered by its address', async ({ page, darkroom }) => {
  await report(darkroom.url, 'task.started', { task_id: 'c', name: 'running' });
  await report(darkroom.url, 'task.success', { task_id: 'd', name: 'done' });
  await open(page, '/external');
  await expect(task(page, 'done')).toBeVisible();
  await page.getByLabel('State').selectOption({ label: 'Not ended' });
  await expect(page).toHaveURL(/state=unfinished/);
  await expect(task(page, 'done')).toHaveCount(0);
  await expect(task(page, 'running')).toBeVisible();
  await page.reload();
  await expect(page.getByLabel('State')).toHaveValue('unfinished');
  await page.goBack();
  await expect(task(page, 'done')).toBeVisible();
});

test('a task leads to its shot', async ({ page, darkroom }) => {
  const { project, shots } = await makeProject(darkroom.url);
  await report(darkroom.url, 'task.started', { task_id: 'e', name: 'of.a.shot', project_id: project, shot_id: 'S001_P002' });
  await open(page, '/external');
  await expect(task(page, 'of.a.shot').getByRole('link', { name: /S001 P002/ })).toHaveAttribute('href', `/projects/${project}/shots/${shots[1]}`);
});

test('fits a small screen', async ({ page, darkroom }) => {
  await report(darkroom.url, 'task.failed', { task_id: 'f'.repeat(200), name: 'n'.repeat(120), error: 'e'.repeat(400) });
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, '/external');
  await expect(page.getByRole('region', { name: 'Tasks' }).getByRole('listitem').first()).toBeVisible();
  await expectNoSidewaysScroll(page);
});
