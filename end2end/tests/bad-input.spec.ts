// What is refused says why, at its place, and nothing that was typed is lost.

import { expect, test } from '../support/test';
import type { Studio } from '../support/studio';

const TYPED = { prompt: 'a very special cat', negative: 'dogs', seed: '18446744073709551615' };

async function fillAll(studio: Studio) {
  await studio.fill({ prompt: TYPED.prompt, side: 64, steps: 2 });
  await studio.negative.fill(TYPED.negative);
  await studio.number('Seed').fill(TYPED.seed);
}

async function expectKept(studio: Studio) {
  await expect(studio.prompt).toHaveValue(TYPED.prompt);
  await expect(studio.negative).toHaveValue(TYPED.negative);
  await expect(studio.number('Seed')).toHaveValue(TYPED.seed);
  await expect(studio.number('Width')).toHaveValue('64');
}

test('an empty prompt', async ({ studio }) => {
  await studio.open();
  await fillAll(studio);
  await studio.prompt.fill('   ');
  await studio.generate.click();
  await expect(studio.prompt).toHaveAccessibleDescription('Write a prompt: what should the picture show?');
  await expect(studio.prompt).toHaveAttribute('aria-invalid', 'true');
  await expect(studio.prompt).toBeFocused();
  await expect(studio.number('Seed')).toHaveValue(TYPED.seed);

  // What is put right is no longer complained about, and the form can be sent.
  await studio.prompt.fill(TYPED.prompt);
  await expect(studio.prompt).not.toHaveAttribute('aria-invalid', 'true');
  await studio.generate.click();
  await studio.untilDone();
});

test("a value outside of the node's range", async ({ studio }) => {
  await studio.open();
  await fillAll(studio);
  await studio.number('Steps').fill('20001');
  await studio.generate.click();
  await expect(studio.number('Steps')).toHaveAccessibleDescription(/10000/);
  await expect(studio.number('Steps')).toHaveAttribute('aria-invalid', 'true');
  await expect(studio.number('Steps')).toBeFocused();
  await expect(studio.number('Steps')).toHaveValue('20001');
  await expectKept(studio);
  await studio.number('Steps').fill('2');
  await studio.generate.click();
  await studio.untilDone();
});

test('what is no number', async ({ studio }) => {
  await studio.open();
  await fillAll(studio);
  await studio.number('Steps').fill('');
  await studio.number('Height').fill('-64');
  await studio.generate.click();
  await expect(studio.number('Steps')).toHaveAccessibleDescription('This must be a whole number.');
  await expect(studio.number('Height')).toHaveAccessibleDescription('This must be a whole number of pixels.');
  await expect(studio.number('Height')).toBeFocused();
  await expect(studio.number('Height')).toHaveValue('-64');
  await expectKept(studio);
});

test('two values out of range are both reported at their fields', async ({ studio }) => {
  await studio.open();
  await fillAll(studio);
  await studio.number('Steps').fill('20001');
  await studio.number('Batch').fill('5000');
  await studio.generate.click();
  await expect(studio.number('Steps')).toHaveAccessibleDescription(/10000/);
  await expect(studio.number('Batch')).toHaveAccessibleDescription(/4096/);
  await expectKept(studio);
});

test('a prompt in any script and with any sign arrives as it was typed', async ({ studio, page }) => {
  const prompt = '  猫と海 — "قطة" </script><img src=x onerror=alert(1)> & 🐈‍⬛\n\nsecond line\\n  ';
  await studio.open();
  await studio.fill({ prompt, side: 64, steps: 1 });
  await studio.generate.click();
  await studio.untilDone();
  await page.getByRole('link', { name: 'Task page' }).click();
  await expect(page.locator('[data-field=prompt] dd')).toHaveText(prompt, { useInnerText: false });
  expect(await page.locator('[data-field=prompt] dd').textContent()).toBe(prompt);
  await page.reload();
  await studio.untilConnected();
  expect(await page.locator('[data-field=prompt] dd').textContent()).toBe(prompt);
});
