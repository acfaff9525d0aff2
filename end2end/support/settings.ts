// The page of the settings, by the names that assistive technology knows it by.

import { expect, type Page } from '@playwright/test';

export const KEY = 'darkroom.preferences.1';

/** What a browser keeps before a page is opened. */
export async function keep(page: Page, preferences: Record<string, unknown> | string) {
  const text = typeof preferences === 'string' ? preferences : JSON.stringify(preferences);
  await page.addInitScript(([key, text]) => {
    // Once: what the page keeps later stays.
    if (localStorage.getItem('kept-before') === null) {
      localStorage.setItem('kept-before', 'yes');
      localStorage.setItem(key, text);
    }
  }, [KEY, text] as const);
}

export class Settings {
  constructor(readonly page: Page) {}

  /** Opens the page and waits until it is alive. */
  async open() {
    await this.page.goto('/settings');
    await expect(this.page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
    await expect(this.page.locator('fieldset.settings')).toBeEnabled();
  }

  switch(name: 'Connect automatically' | 'Show previews' | 'Debug mode' | 'Log to the console') {
    return this.page.getByRole('checkbox', { name, exact: true });
  }

  time(name: 'First wait' | 'Longest wait' | 'Polling interval') {
    return this.page.getByRole('spinbutton', { name, exact: true });
  }

  choice(name: 'Updates per second' | 'Theme') {
    return this.page.getByRole('combobox', { name, exact: true });
  }

  get reset() {
    return this.page.getByRole('button', { name: 'Reset to defaults', exact: true });
  }

  get log() {
    return this.page.getByRole('region', { name: 'Event log', exact: true });
  }

  get rows() {
    return this.log.locator('tbody tr');
  }

  logButton(name: 'Pause log' | 'Resume log' | 'Clear log' | 'Copy' | 'Download') {
    return this.log.getByRole('button', { name, exact: true });
  }

  get filter() {
    return this.log.getByRole('searchbox', { name: 'Filter', exact: true });
  }

  get only() {
    return this.log.getByRole('combobox', { name: 'Direction or type', exact: true });
  }

  async kept(): Promise<Record<string, unknown>> {
    return this.page.evaluate((key) => JSON.parse(localStorage.getItem(key) ?? '{}'), KEY);
  }
}
