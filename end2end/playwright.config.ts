import { defineConfig } from '@playwright/test';
import type { TestOptions } from './support/test';

export default defineConfig<TestOptions>({
  testDir: 'tests',
  // Hours of a page, thousands of events, slow networks: `make test-long`.
  ...(process.env.LONG ? { grep: /@long/ } : { grepInvert: /@long/ }),
  outputDir: '../target/end2end',
  fullyParallel: true,
  // Each test starts a Darkroom, an engine and a browser context of its own: more of them at once measure the machine.
  workers: 2,
  forbidOnly: Boolean(process.env.CI),
  // Real processes on a shared machine: a second try is reported as flaky, not hidden.
  retries: process.env.CI ? 1 : 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  use: {
    browserName: 'chromium',
    viewport: { width: 1440, height: 900 },
    colorScheme: 'dark',
    trace: 'retain-on-failure',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-background-networking'],
    },
  },
});
