// Draws the icons of the installed app from public/favicon.svg, with Chromium. Run it when that file changes: `node end2end/icons.mjs`.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const PUBLIC = new URL('../public/', import.meta.url);
const BACKGROUND = '#161312';
/** Of a maskable icon only the middle, a circle of 80 %, is sure to be seen: the drawing is made smaller, on a plain ground. */
const SAFE = 0.78;
const ICONS = [
  { file: 'icon-192.png', side: 192, share: 1 },
  { file: 'icon-512.png', side: 512, share: 1 },
  { file: 'icon-maskable.png', side: 512, share: SAFE, ground: BACKGROUND },
];

const svg = await readFile(new URL('favicon.svg', PUBLIC), 'utf8');
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
for (const { file, side, share, ground = 'transparent' } of ICONS) {
  const page = await browser.newPage({ viewport: { width: side, height: side } });
  const margin = (side * (1 - share)) / 2;
  await page.setContent(
    `<body style="margin:0;background:${ground}"><img style="display:block;padding:${margin}px;width:${side - 2 * margin}px"
      src="data:image/svg+xml,${encodeURIComponent(svg)}"></body>`,
  );
  await page.locator('img').evaluate((image) => image.decode());
  await page.screenshot({ path: fileURLToPath(new URL(file, PUBLIC)), omitBackground: true });
  await page.close();
}
await browser.close();
