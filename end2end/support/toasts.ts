// The toasts that a page has shown, also those that are gone.

import type { Page } from '@playwright/test';

/** Records the text of each toast from now on. One that grows has its last text. */
export async function recordToasts(page: Page) {
  await page.evaluate(() => {
    const toasts = document.querySelector('.toasts');
    if (!toasts) throw new Error('the page has no region for toasts');
    const toastTexts = new Map<Element, string>();
    Object.assign(window, { toastTexts });
    new MutationObserver(() => {
      for (const toast of toasts.children) toastTexts.set(toast, (toast as HTMLElement).innerText);
    }).observe(toasts, { childList: true, characterData: true, subtree: true });
  });
}

/** The texts recorded so far, one of each toast. */
export function toastTexts(page: Page): Promise<string[]> {
  return page.evaluate(() => [...(window as unknown as { toastTexts: Map<Element, string> }).toastTexts.values()]);
}
