// Any workflow file: chosen, dropped, and refused where it is wrong.

import { expect, test } from '../support/test';
import type { Studio } from '../support/studio';
import { EDITOR_FORMAT, FAILS_WHEN_RUN, MISSING_MODEL, PLAIN_PICTURE, UNKNOWN_NODE, file } from '../support/workflows';

/** A file held over the page, as the browser tells it. */
async function held({ page }: Studio, name: string, content: unknown) {
  return page.evaluateHandle(
    ([name, text]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([text], name, { type: 'application/json' }));
      return transfer;
    },
    [name, JSON.stringify(content)],
  );
}

test('a file dropped on the page is loaded and runs', async ({ studio, page }) => {
  await studio.open();
  const dataTransfer = await held(studio, 'plain.json', PLAIN_PICTURE);
  await page.dispatchEvent('main', 'dragover', { dataTransfer });
  await expect(page.getByText('Drop the file to load it')).toBeVisible();
  await page.dispatchEvent('main', 'drop', { dataTransfer });
  await expect(page.getByText('Drop the file to load it')).toBeHidden();
  await expect(page.getByText('plain.json')).toBeVisible();
  await page.getByText('3 nodes').click();
  await expect(page.getByRole('list', { name: 'Nodes in this file' })).toContainText('Plain sheet');
  await studio.generate.click();
  await studio.untilDone();
  await expect(studio.node('1')).toContainText('Plain sheet');
  await expect(studio.toasts).toContainText('plain is done');
});

test('a form that is sent while its file is being read goes when it is read', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  let read = () => {};
  const wait = new Promise<void>((resolve) => (read = resolve));
  await page.route('**/api/fn/open', async (route) => {
    await wait;
    await route.continue();
  });
  await studio.workflowFile.setInputFiles(file('slow.json', PLAIN_PICTURE));
  await studio.generate.click();
  await expect(page.getByRole('alert')).toBeHidden();
  read();
  await studio.untilDone();
  await expect(studio.toasts).toContainText('slow is done');
});

test('a file chosen in the form runs', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('chosen.json', PLAIN_PICTURE));
  await expect(page.getByText('3 nodes')).toBeVisible();
  await studio.generate.click();
  await studio.untilDone();
});

test('a chosen file can be removed', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('chosen.json', PLAIN_PICTURE));
  await page.getByRole('button', { name: 'Remove file' }).click();
  await expect(page.getByText('chosen.json')).toBeHidden();
  await studio.generate.click();
  await expect(studio.formAlert).toContainText('Choose a workflow file first.');
});

const UNREADABLE = [
  { what: 'a text', content: 'once upon a time', says: 'This file is not JSON' },
  { what: "the editor's format", content: EDITOR_FORMAT, says: "workflow in the editor's format" },
  { what: 'other JSON', content: { hello: { world: 1 } }, says: 'it has "hello", and no nodes' },
  { what: 'nothing at all', content: {}, says: 'This workflow has no nodes.' },
];

for (const { what, content, says } of UNREADABLE) {
  test(`${what} in place of a workflow is reported as soon as it is chosen`, async ({ studio, page }) => {
    await studio.open();
    await studio.prompt.fill('kept');
    await studio.chooseWorkflow();
    await studio.workflowFile.setInputFiles(file('wrong.json', content));
    await expect(page.getByRole('alert').filter({ hasText: 'wrong.json' })).toContainText(says);
    await studio.generate.click();
    await expect(studio.formAlert.first()).toContainText(says);
    await page.getByText('From text', { exact: true }).click();
    await expect(studio.prompt).toHaveValue('kept');
  });
}

test('a node ComfyUI does not know is named', async ({ studio }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('unknown.json', UNKNOWN_NODE));
  await studio.generate.click();
  await expect(studio.formAlert).toContainText('DreamWeaver');
  await expect(studio.formAlert).toContainText('node 2');
  await expect(studio.generate).toBeEnabled();
});

test('a model that is missing is named with its node and input', async ({ studio, page }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('missing.json', MISSING_MODEL));
  await studio.generate.click();
  await expect(studio.formAlert).toContainText('Old favourite (node 11), ckpt_name: ');
  await expect(studio.formAlert).toContainText('gone.safetensors');
  await expect(page.getByText('missing.json')).toBeVisible();
});

test('a node that fails while it runs is shown with the reason', async ({ studio, page, visitor }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await studio.workflowFile.setInputFiles(file('wide.json', FAILS_WHEN_RUN));
  await studio.generate.click();

  await expect(studio.errorCard.getByRole('heading')).toHaveText('Far too wide failed');
  await expect(studio.errorCard).toContainText('the demo engine paints at most 4096 pixels a side, not 8192');
  await expect(studio.errorCard).toContainText('node 1 · EmptyImage · MemoryError');
  await expect(studio.node('1')).toHaveAttribute('data-state', 'failed');
  await expect(studio.node('3')).toHaveAttribute('data-state', 'waiting');
  const toast = studio.toasts.getByRole('alert');
  await expect(toast).toContainText('wide failed');
  await expect(toast).toContainText('4096 pixels');

  const traceback = studio.errorCard.locator('pre');
  await expect(traceback).toBeHidden();
  await page.getByText('Show traceback').click();
  await expect(traceback).toContainText('nodes.py');

  const other = await visitor();
  await other.open();
  await expect(other.errorCard.getByRole('heading')).toHaveText('Far too wide failed');
});
