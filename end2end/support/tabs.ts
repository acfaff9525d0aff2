// A browser with tabs as people have them: the one in front can be seen, the others are hidden. Playwright itself keeps every page in front.

import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type BrowserContext } from '@playwright/test';

const ARGUMENTS = ['--headless=new', '--no-sandbox', '--remote-debugging-port=0', '--no-first-run', '--disable-background-networking'];

/** Starts Chromium with one window, hands over its tabs, and ends it. */
export async function withTabs(use: (tabs: BrowserContext) => Promise<void>) {
  const profile = await mkdtemp(join(tmpdir(), 'darkroom-tabs-'));
  const child = spawn(process.env.CHROMIUM ?? '/usr/bin/chromium', [...ARGUMENTS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const gone = new Promise((resolve) => child.once('exit', resolve));
  try {
    const browser = await chromium.connectOverCDP(await address(child), { noDefaults: true } as object);
    await use(browser.contexts()[0]);
    await browser.close();
  } finally {
    child.kill('SIGKILL');
    await gone;
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

function address(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let log = '';
    child.stderr?.on('data', (chunk) => {
      log += chunk;
      const found = /DevTools listening on (ws:\S+)/.exec(log);
      if (found) resolve(found[1]);
    });
    child.once('exit', (code) => reject(new Error(`chromium ended with ${code}:\n${log}`)));
  });
}
