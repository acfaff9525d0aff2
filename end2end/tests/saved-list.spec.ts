// The list of saved workflows after a reconnect.

import { startDarkroom, untilReady } from '../support/servers.mjs';
import { SERVER_WENT_AWAY, expect, test } from '../support/test';
import { PLAIN_PICTURE } from '../support/workflows';

test.use({ tolerated: SERVER_WENT_AWAY });

test('what was saved elsewhere is listed when the page is connected again', async ({ studio, page, folder, engine, darkroom }) => {
  await studio.open();
  await studio.chooseWorkflow();
  await page.waitForLoadState('networkidle');
  const saved = await fetch(`${darkroom.url}/api/workflows`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'From elsewhere', workflow: PLAIN_PICTURE }),
  });
  expect(saved.status, await saved.text()).toBe(201);
  const entry = page.getByRole('button', { name: /^From elsewhere/ });
  await expect(entry).toBeHidden();
  await darkroom.end('SIGKILL');
  await expect(studio.chip).not.toHaveAccessibleName(/^Connected/);
  const again = await startDarkroom({ folder, comfyui: [engine.url], addr: darkroom.addr });
  await untilReady(again);
  await studio.untilConnected();
  await expect(entry).toBeVisible();
  await again.end();
});
