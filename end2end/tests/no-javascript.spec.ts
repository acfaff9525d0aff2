// Without JavaScript: plain pages and plain forms.

import { submit } from '../support/servers.mjs';
import { expect, test } from '../support/test';
import { PLAIN_PICTURE, file } from '../support/workflows';

test.use({ javaScriptEnabled: false });

test('the form is sent, and the page of the task shows its state and its picture', async ({ studio, page }) => {
  await page.goto('/');
  await expect(page.getByText('Without JavaScript: reload the page to see what is new.')).toBeVisible();
  await expect(studio.chip).toBeHidden();
  await studio.fill({ prompt: 'plain paper', side: 64, steps: 2 });
  await studio.generate.click();
  await expect(page).toHaveURL(/\/tasks\/[0-9a-f-]{36}$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Plain paper');
  await expect(async () => {
    await page.reload();
    await expect(studio.tracker).toHaveAttribute('data-state', 'done', { timeout: 500 });
  }).toPass();
  await expect(studio.progress).toHaveAttribute('aria-valuenow', '100');
  await expect(studio.result).toBeVisible();
  // Without scripts nothing can be asked of the element: the file itself must be a picture.
  const picture = await page.request.get((await studio.result.getAttribute('src')) ?? '');
  expect(picture.headers()['content-type']).toBe('image/png');
});

test.describe('while it runs', () => {
  test.use({ speed: 1 });

  test('the page shows how far it is, and Cancel works', async ({ studio, page, darkroom }) => {
    const id = await submit(darkroom, { prompt: 'long enough', steps: 300 });
    await expect(async () => {
      await page.goto(`/tasks/${id}`);
      await expect(studio.status).toContainText(/Sampling image, step \d+ of 300/, { timeout: 500 });
    }).toPass();
    await expect(studio.node('3')).toHaveAttribute('data-state', 'running');
    await expect(page.getByRole('img', { name: /^Result/ })).toHaveCount(0);
    await page.getByRole('button', { name: 'Cancel', exact: true }).first().click();
    await expect(page).toHaveURL(`/tasks/${id}`);
    await expect(async () => {
      await page.reload();
      await expect(studio.tracker).toContainText('Cancelled', { timeout: 500 });
    }).toPass();
  });
});

test.describe('a refused form', () => {
  test.use({ tolerated: /status of 422/ });

  test('is shown again with its values and the reason of the refusal', async ({ studio, page }) => {
    await page.goto('/');
    await studio.fill({ prompt: 'a very special cat', side: 64, steps: 20001 });
    await studio.negative.fill('dogs & "cats"');
    await studio.number('Seed').fill('18446744073709551615');
    await page.getByRole('combobox', { name: 'Scheduler' }).selectOption('karras');
    const [response] = await Promise.all([page.waitForNavigation(), studio.generate.click()]);
    expect(response?.status()).toBe(422);
    await expect(studio.number('Steps')).toHaveAccessibleDescription(/10000/);
    await expect(studio.number('Steps')).toHaveValue('20001');
    await expect(studio.prompt).toHaveValue('a very special cat');
    await expect(studio.negative).toHaveValue('dogs & "cats"');
    await expect(studio.number('Seed')).toHaveValue('18446744073709551615');
    await expect(page.getByRole('combobox', { name: 'Scheduler' })).toHaveValue('karras');
  });

  test('a file that is no workflow is refused with a message', async ({ studio, page }) => {
    await page.goto('/');
    await studio.chooseWorkflow();
    await studio.workflowFile.setInputFiles(file('wrong.json', 'once upon a time'));
    await studio.generate.click();
    await expect(studio.formAlert).toContainText('This file is not JSON');
    await expect(studio.workflowFile).toBeVisible();
  });
});

test('a workflow file is sent', async ({ studio, page }) => {
  await page.goto('/');
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('plain.json', PLAIN_PICTURE));
  await studio.generate.click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('plain');
  await expect(studio.nodes).toHaveCount(3);
});
