// The fixtures: an engine and a Darkroom of its own for each test, and pages on which no error goes unseen.

import { test as base, type BrowserContext, type BrowserContextOptions } from '@playwright/test';
import { startDarkroom, startEngine, untilReady, withFolder, type Server } from './servers.mjs';
import { Studio } from './studio';

export { expect } from '@playwright/test';

export type TestOptions = {
  /** Of the engine: 1 takes 12 s for 20 steps at 512×512. By default it does not wait at all. */
  speed: number;
  /** Whether the engine takes orders for faults and for stops at a step. */
  faults: boolean;
  /** Errors on the console that belong to what the test does. */
  tolerated: RegExp | undefined;
};

type Fixtures = {
  folder: string;
  engine: Server;
  darkroom: Server;
  errors: string[];
  studio: Studio;
  /** Somebody else, with a browser of their own. */
  visitor: (options?: BrowserContextOptions) => Promise<Studio>;
};

export const test = base.extend<TestOptions & Fixtures>({
  speed: [1e9, { option: true }],
  faults: [false, { option: true }],
  tolerated: [undefined, { option: true }],

  folder: async ({}, use) => {
    await withFolder(use);
  },

  engine: async ({ folder, speed, faults }, use) => {
    const engine = await startEngine({ folder, speed, faults });
    await use(engine);
    await engine.end();
  },

  darkroom: async ({ folder, engine }, use) => {
    const darkroom = await startDarkroom({ folder, comfyui: [engine.url] });
    await untilReady(darkroom);
    await use(darkroom);
    await darkroom.end();
  },

  baseURL: async ({ darkroom }, use) => {
    await use(darkroom.url);
  },

  // A hydration mismatch, a panic, a broken link: each says so on the console, and fails the test.
  errors: async ({ tolerated }, use) => {
    const errors: string[] = [];
    await use(errors);
    const unexpected = errors.filter((error) => !tolerated?.test(error));
    if (unexpected.length > 0) throw new Error(`errors on the page:\n${unexpected.join('\n')}`);
  },

  context: async ({ context, errors }, use) => {
    watch(context, errors);
    await use(context);
  },

  studio: async ({ page }, use) => {
    await use(new Studio(page));
  },

  visitor: async ({ browser, baseURL, errors, contextOptions }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, baseURL, ...options });
      contexts.push(context);
      watch(context, errors);
      return new Studio(await context.newPage());
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
});

/** What a browser says of a page whose server goes away, also in the middle of an answer. */
export const SERVER_WENT_AWAY =
  /WebSocket connection to .* failed|WebSocket is already in CLOSING or CLOSED|net::ERR_(CONNECTION_REFUSED|CONNECTION_RESET|CONNECTION_CLOSED|EMPTY_RESPONSE|SOCKET_NOT_CONNECTED|CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED_ENCODING)|TypeError: Failed to fetch/;

/** Collects what goes wrong on the pages of `context`. */
export function watch(context: BrowserContext, errors: string[]) {
  context.on('weberror', (error) => errors.push(`uncaught: ${error.error().stack ?? error.error()}`));
  context.on('console', (message) => {
    if (message.type() === 'error') errors.push(`console: ${message.text()} (${message.location().url})`);
  });
}
