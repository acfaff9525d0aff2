// The prompts that ComfyUI's own page makes of workflow files in the editor's format: what `proto/editor` is compared with.
//
//   node page-prompts.mjs URL OUT.json FILE.json…
//
// URL is a running ComfyUI. Each file is loaded into its page and asked for its prompt, as "Queue" does. OUT.json maps the name of each file to
// {"prompt": …}, or {"error": …} if the page refuses it. It needs Chromium at /usr/bin/chromium, or at $CHROMIUM.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { chromium } from '@playwright/test';

const [url, out, ...files] = process.argv.slice(2);
if (!url || !out || files.length === 0) {
  console.error('usage: node page-prompts.mjs URL OUT.json FILE.json…');
  process.exit(2);
}

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const context = await browser.newContext();
// It would open the last workflow again.
await context.addInitScript(() => localStorage.clear());
const prompts = {};
for (const file of files) {
  const text = await readFile(file, 'utf8');
  // A new page for each: it remembers subgraphs and group nodes of the file before.
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => globalThis.app?.vueAppReady && globalThis.app.extensionManager?.spinner === false, undefined, { timeout: 120_000 });
  prompts[basename(file, '.json')] = await page.evaluate(async (text) => {
    try {
      await app.loadGraphData(JSON.parse(text));
      // Reroutes and dynamic inputs settle in the next frames.
      for (let frame = 0; frame < 3; frame += 1) await new Promise(requestAnimationFrame);
      // Through text, so that values that JSON does not have are as ComfyUI gets them.
      const { output } = await app.graphToPrompt();
      return { prompt: JSON.parse(JSON.stringify(output)) };
    } catch (error) {
      return { error: String(error) };
    }
  }, text);
  await page.close();
  console.error(`${file}: ${prompts[basename(file, '.json')].error ?? 'ok'}`);
}
await writeFile(out, JSON.stringify(prompts));
await browser.close();
