// What people do and see, by the names that assistive technology knows it by.

import { expect, type Locator, type Page } from '@playwright/test';

export class Studio {
  constructor(readonly page: Page) {}

  get prompt() {
    return this.page.getByRole('textbox', { name: 'Prompt', exact: true });
  }

  get negative() {
    return this.page.getByRole('textbox', { name: 'Negative prompt', exact: true });
  }

  get checkpoint() {
    return this.page.getByRole('combobox', { name: 'Checkpoint', exact: true });
  }

  get generate() {
    return this.page.getByRole('button', { name: 'Generate', exact: true });
  }

  get workflowFile() {
    return this.page.getByLabel('Workflow file', { exact: true });
  }

  /** The alert of the form: what is wrong and belongs to no field. */
  get formAlert() {
    return this.page.getByRole('region', { name: 'New task' }).getByRole('alert');
  }

  get chip() {
    return this.page.locator('button.chip');
  }

  get progress() {
    return this.page.getByRole('progressbar', { name: 'Task progress' });
  }

  get tracker() {
    return this.page.getByRole('region', { name: 'Progress' });
  }

  get errorCard() {
    return this.page.getByRole('region', { name: 'Error' });
  }

  get status() {
    return this.page.getByRole('region', { name: 'Status' });
  }

  get stage() {
    return this.page.getByRole('region', { name: 'Picture' });
  }

  get preview() {
    return this.stage.locator('img.preview');
  }

  get result() {
    return this.page.getByRole('img', { name: /^Result/ });
  }

  get nodes() {
    return this.page.getByRole('list', { name: 'Nodes', exact: true }).getByRole('listitem');
  }

  get toasts() {
    return this.page.getByRole('region', { name: 'Notifications' });
  }

  number(name: 'Width' | 'Height' | 'Batch' | 'Steps' | 'Guidance' | 'Seed') {
    return this.page.getByRole('spinbutton', { name, exact: true });
  }

  node(id: string): Locator {
    return this.page.locator(`[data-node-id="${id}"]`);
  }

  /** Opens a page and waits until it is alive. */
  async open(path = '/') {
    await this.page.goto(path);
    await this.untilConnected();
  }

  async untilConnected(timeout?: number) {
    await expect(this.chip).toHaveAccessibleName(/^Connected/, { timeout });
  }

  async fill({ prompt = 'a lighthouse at dusk', side = 256, steps = 20 } = {}) {
    await this.prompt.fill(prompt);
    await this.number('Width').fill(String(side));
    await this.number('Height').fill(String(side));
    await this.number('Steps').fill(String(steps));
  }

  /** The half of the form that takes a file. */
  async chooseWorkflow() {
    await this.page.getByText('Workflow', { exact: true }).click();
    await expect(this.workflowFile).toBeVisible();
  }

  async percent(): Promise<number> {
    return Number(await this.progress.getAttribute('aria-valuenow'));
  }

  /** Waits for the picture itself: the file has come and can be decoded. */
  async untilPicture() {
    await expect(this.result).toBeVisible();
    await expect.poll(() => naturalWidth(this.result)).toBeGreaterThan(0);
  }

  /** `timeout` in milliseconds, for runs of several seconds on a machine that has other work. */
  async untilDone(timeout = 40_000) {
    await expect(this.progress).toHaveAttribute('aria-valuenow', '100', { timeout });
    await this.untilPicture();
  }

  /** Loaded once: a reload would lose the mark. */
  async mark() {
    await this.page.evaluate(() => Object.assign(window, { marked: true }));
  }

  async isMarked(): Promise<boolean> {
    return this.page.evaluate(() => 'marked' in window);
  }
}

export function naturalWidth(image: Locator): Promise<number> {
  return image.evaluate((element) => (element as HTMLImageElement).naturalWidth);
}
