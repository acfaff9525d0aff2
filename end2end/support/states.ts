// Brings the page's connection into each state that people can see.

import { expect, type Page } from '@playwright/test';
import type { Studio } from './studio';

export const STATES = ['Connecting', 'Connected', 'Reconnecting', 'Polling', 'Suspended', 'Disconnected', 'Failed'] as const;
export type State = (typeof STATES)[number];

/** What a browser says of WebSockets that are closed by a test. */
export const CLOSED_BY_TEST = /WebSocket connection to .* failed/;

/** Opens `path` so that the chip says `state`, and goes on saying it for some seconds at least. */
export async function openIn(studio: Studio, state: State, path = '/') {
  const { page } = studio;
  // The longest waits, so that a state stands still; for polling, which comes after five failures, the shortest.
  await page.addInitScript((jitter) => (Math.random = () => jitter), state === 'Polling' ? 0 : 0.999);
  await route(page, state);
  await page.goto(path);
  await expect(studio.chip).toHaveAccessibleName(state === 'Reconnecting' ? /^Reconnecting attempt 4/ : new RegExp(`^${state === 'Disconnected' ? 'Connected' : state}`));
  if (state === 'Disconnected') {
    // As a browser says it to a page that is put away.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await expect(studio.chip).toHaveAccessibleName(/^Disconnected/);
  }
}

async function route(page: Page, state: State) {
  if (state === 'Connected' || state === 'Disconnected') return;
  await page.routeWebSocket('**/ws', (socket) => {
    switch (state) {
      case 'Connecting':
        return;
      case 'Suspended':
        return socket.close({ code: 1012, reason: 'Darkroom is restarting' });
      case 'Failed':
        return socket.close({ code: 4000, reason: 'This page and Darkroom are of different versions. Reload it.' });
      default:
        return socket.close();
    }
  });
}
