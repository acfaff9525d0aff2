// Makes the built front end small: short names of imports, small chunks merged, wasm-opt over each WASM file, functions that are alike next to each other, then a .br and a .gz beside every file.
//
// Neither is left to cargo-leptos. It keeps wasm-opt's arguments in a set, so they come in another order with every build, and the order of
// the passes decides about 6 KB of what is left after brotli. And its `--precompress` does not choose brotli's mode, which decides how
// distances are coded ("font" is mostly best for WASM: its distances are multiples too), so each mode is tried.

import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { mergeChunks } from './merge-chunks.mjs';
import { orderFunctions } from './order-functions.mjs';
import { shortenImports } from './short-imports.mjs';

const SITE = new URL('../target/site/', import.meta.url);
/** Digests of the files that wasm-opt has written: cargo-leptos leaves them in place when nothing has changed. */
const OPTIMIZED = new URL('../target/optimized-wasm.json', import.meta.url);
/** The names of imports in the last build. */
const SHORT_NAMES = new URL('../target/short-imports.json', import.meta.url);
const MODES = [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_TEXT, constants.BROTLI_MODE_FONT];

// Each was measured by what is left after brotli. Without inlining the code repeats itself, which is what brotli likes; hints of alignment
// and two of the passes only make it more various.
const WASM_OPT = [
  '--duplicate-function-elimination',
  '--dae-optimizing',
  '-O2',
  '--dealign',
  '--skip-pass=simplify-locals',
  '--skip-pass=code-pushing',
  '--strip-producers',
  '--strip-target-features',
  '--enable-bulk-memory',
  '--enable-nontrapping-float-to-int',
  '--always-inline-max-function-size=0',
  '--flexible-inline-max-function-size=0',
  '--one-caller-inline-max-function-size=0',
];

function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

function brotli(bytes, mode) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_MODE]: mode,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}

const before = new Set(JSON.parse(await readFile(OPTIMIZED, 'utf8').catch(() => '[]')));
const main = new URL('pkg/darkroom.wasm', SITE);
if (!before.has(digest(await readFile(main)))) await shortenImports(main, new URL('pkg/darkroom.js', SITE), SHORT_NAMES);
await mergeChunks(new URL('pkg/', SITE));
const optimized = [];
const wasmOpt = fileURLToPath(new URL('node_modules/.bin/wasm-opt', import.meta.url));
const files = await readdir(SITE, { recursive: true, withFileTypes: true });
for (const file of files.filter((file) => file.isFile() && !/\.(br|gz)$/.test(file.name))) {
  const path = `${file.parentPath}/${file.name}`;
  if (file.name.endsWith('.wasm')) {
    if (!before.has(digest(await readFile(path)))) {
      execFileSync(wasmOpt, [path, ...WASM_OPT, '-o', path], { stdio: 'inherit' });
      await orderFunctions(wasmOpt, path);
    }
    optimized.push(digest(await readFile(path)));
  }
  const bytes = await readFile(path);
  const smallest = MODES.map((mode) => brotli(bytes, mode)).reduce((best, one) => (one.length < best.length ? one : best));
  await writeFile(`${path}.br`, smallest);
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
await writeFile(OPTIMIZED, JSON.stringify(optimized));
