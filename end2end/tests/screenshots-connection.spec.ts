// Pictures of every state of the connection, to look at: SHOTS=shots npx playwright test screenshots-connection

import { join } from 'node:path';
import { settled } from '../support/layout';
import { submit } from '../support/servers.mjs';
import { CLOSED_BY_TEST, STATES, openIn } from '../support/states';
import { expect, test } from '../support/test';

const folder = process.env.SHOTS;
const SIZES = { wide: { width: 1440, height: 900 }, narrow: { width: 320, height: 640 } };

test.skip(!folder, 'set SHOTS to a folder to have pictures taken');
test.use({ tolerated: CLOSED_BY_TEST, speed: 0.5 });

for (const colorScheme of ['dark', 'light'] as const) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const state of STATES) {
      test(`${state}, ${colorScheme}, ${size}`, async ({ studio, page, darkroom }) => {
        await page.setViewportSize(viewport);
        await page.emulateMedia({ colorScheme });
        await submit(darkroom, { prompt: 'a lighthouse at dusk, film grain', width: 512, height: 512, steps: 200 });
        await openIn(studio, state);
        const shoot = async (name: string) => {
          await settled(page);
          await page.screenshot({ path: join(folder ?? '', `${state.toLowerCase()}-${name}-${colorScheme}-${size}.png`) });
        };
        await shoot('closed');
        await studio.chip.click();
        await expect(page.getByRole('region', { name: 'Connection' })).toBeVisible();
        await shoot('panel');
      });
    }
  }
}
