// The toasts that a page has shown, also those that are gone.

import type { Page } from '@playwright/test';

/** Records the text of each toast from now on. */
export async function recordToasts(page: Page) {
  await page.evaluate(() => {
    const toasts = document.querySelector('.toasts');
    if (!toasts) throw new Error('the page has no region for toasts');
    const toastTexts: string[] = [];
    Object.assign(window, { toastTexts });
    new MutationObserver((changes) => {
      for (const { addedNodes } of changes) addedNodes.forEach((node) => node instanceof HTMLElement && toastTexts.push(node.innerText));
    }).observe(toasts, { childList: true });
  });
}

/** The texts recorded so far. */
export function toastTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => (window as unknown as { toastTexts: string[] }).toastTexts);
}
