// Compresses the built front end: a .br and a .gz beside each file. Not `cargo leptos --precompress`: what decides how well brotli does on
// WASM is how it codes distances, which only its modes choose ("font" is mostly best, its distances are multiples too), so each is tried.

import { readFile, readdir, writeFile } from 'node:fs/promises';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const SITE = new URL('../target/site/', import.meta.url);
const MODES = [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_TEXT, constants.BROTLI_MODE_FONT];

function brotli(bytes, mode) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
    [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
    [constants.BROTLI_PARAM_MODE]: mode,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params });
}

const files = await readdir(SITE, { recursive: true, withFileTypes: true });
for (const file of files.filter((file) => file.isFile() && !/\.(br|gz)$/.test(file.name))) {
  const path = `${file.parentPath}/${file.name}`;
  const bytes = await readFile(path);
  const smallest = MODES.map((mode) => brotli(bytes, mode)).reduce((best, one) => (one.length < best.length ? one : best));
  await writeFile(`${path}.br`, smallest);
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: constants.Z_BEST_COMPRESSION }));
}
