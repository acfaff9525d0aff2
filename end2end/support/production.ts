// Productions over the API: projects, scenes and shots for tests.

import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';

const RULES = ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'];

async function post(url: string, path: string, body: unknown, status = 201) {
  const answer = await fetch(`${url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  expect(answer.status, await answer.clone().text()).toBe(status);
  return answer.json();
}

/** A project with two chapters, two scenes in the first one, and so many shots in its first scene. */
export async function makeProject(url: string, { title = 'The Lighthouse', shots = 3 } = {}) {
  const project = (await post(url, '/api/projects', { title })).id as string;
  const path = `/api/projects/${project}`;
  const chapter = (await post(url, `${path}/chapters`, { title: 'Arrival' })).id as string;
  await post(url, `${path}/chapters`, { title: 'Departure' });
  const scenes: string[] = [];
  for (const scene of ['The pier', 'The stairs']) scenes.push((await post(url, `${path}/scenes`, { chapter, title: scene })).id);
  const made: string[] = [];
  for (let number = 1; number <= shots; number++) {
    const body = { scene: scenes[0], title: `Shot ${number}`, base_prompt: `Anna at the rail, view ${number}` };
    made.push((await post(url, `${path}/shots`, body)).id);
  }
  return { project, path, chapter, scenes, shots: made, page: `/projects/${project}`, post: (to: string, body: unknown, status?: number) => post(url, `${path}${to}`, body, status) };
}

/** Changes an object from elsewhere. */
export async function patch(url: string, path: string, body: unknown) {
  const { version } = await (await fetch(`${url}${path}`)).json();
  const answer = await fetch(`${url}${path}`, { method: 'PATCH', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ version, ...(body as object) }) });
  expect(answer.status, await answer.clone().text()).toBe(200);
}

/** Opens a page of a production, and waits until it is alive. */
export async function open(page: Page, path: string) {
  await page.goto(path);
  await expect(page.getByRole('button', { name: /^Connected/ })).toBeVisible();
}

export async function expectNothingWrong(page: Page) {
  const { violations, passes } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  expect(violations.map(({ id, nodes }) => ({ id, nodes: nodes.map((node) => `${node.target}: ${node.failureSummary}`) }))).toEqual([]);
  // It has looked: a page that axe cannot read has no violations either.
  expect(passes.length).toBeGreaterThan(10);
}
