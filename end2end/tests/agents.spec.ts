// The page of the agents: what each does, what it claims, and to whom it gave its work, as it happens.

import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/layout';
import { expectNothingWrong, makeProject, open } from '../support/production';
import { expect, test } from '../support/test';

const agent = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Agents' }).getByRole('listitem').filter({ has: page.getByRole('heading', { name, exact: true }) });

/** What an agent tells, of a project or of none. */
async function report(url: string, type: string, body: Record<string, unknown>, project?: string) {
  const answer = await fetch(`${url}/api/agents/${type}/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(project ? { ...body, project_id: project } : body),
  });
  expect(answer.ok, await answer.text()).toBe(true);
}

test('agents are shown as they work, and hand on', async ({ page, darkroom }) => {
  const { project, page: path } = await makeProject(darkroom.url);
  await open(page, `${path}/agents`);
  await expect(page.getByRole('heading', { name: 'No agent told anything yet' })).toBeVisible();
  await expectNothingWrong(page);

  await report(darkroom.url, 'Screenwriter', { type: 'agent.assigned', task_id: 'draft', task_description: 'Write the pier' }, project);
  await expect(agent(page, 'Screenwriter')).toContainText('Working');
  await expect(agent(page, 'Screenwriter')).toContainText('Write the pier');

  const progress = { type: 'agent.progress', task_id: 'draft', progress: 40, current_step: 'second page', vram_usage: 6.5 };
  await report(darkroom.url, 'Screenwriter', progress, project);
  await expect(agent(page, 'Screenwriter')).toContainText('40 %');
  await expect(agent(page, 'Screenwriter')).toContainText('second page');
  await expect(agent(page, 'Screenwriter')).toContainText('6.5 GB');
  await expect(page.getByRole('region', { name: 'Graphics memory' })).toContainText('6.5 GB');

  await report(darkroom.url, 'Screenwriter', { type: 'agent.completed', task_id: 'draft', handoff_to: 'Cinematographer' }, project);
  await expect(agent(page, 'Screenwriter')).toContainText('Done');
  await expect(page.getByRole('region', { name: 'Handed on' })).toContainText('ScreenwriterCinematographer');
  await expectNothingWrong(page);
});

test('the agents of all projects are on one page, with those of none', async ({ page, darkroom }) => {
  const { project } = await makeProject(darkroom.url, { title: 'Fog' });
  await report(darkroom.url, 'Editor', { type: 'agent.assigned', task_id: 'cut', task_description: 'Cut it' }, project);
  await report(darkroom.url, 'Caterer', { type: 'agent.assigned', task_id: 'lunch', task_description: 'Soup' });
  await open(page, '/agents');
  await expect(agent(page, 'Editor')).toContainText('Fog');
  await expect(agent(page, 'Caterer')).toContainText('Soup');
  await report(darkroom.url, 'Caterer', { type: 'agent.completed', task_id: 'lunch' });
  await expect(agent(page, 'Caterer')).toContainText('Done');
});

test('fits a small screen', async ({ page, darkroom }) => {
  const { project, page: path } = await makeProject(darkroom.url);
  const long = 'An agent type of a remarkable length that nobody expects';
  await report(darkroom.url, encodeURIComponent(long), { type: 'agent.assigned', task_id: 'x', task_description: 'Y'.repeat(300) }, project);
  await page.setViewportSize({ width: 320, height: 640 });
  await open(page, `${path}/agents`);
  await expect(agent(page, long)).toBeVisible();
  await expectNoSidewaysScroll(page);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the agents can be read', async ({ page, darkroom }) => {
    const { project, page: path } = await makeProject(darkroom.url);
    await report(darkroom.url, 'Editor', { type: 'agent.assigned', task_id: 'cut', task_description: 'Cut the pier' }, project);
    await page.goto(`${darkroom.url}${path}/agents`);
    await expect(agent(page, 'Editor')).toContainText('Cut the pier');
  });
});
