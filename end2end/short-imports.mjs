// Shortens the names by which the main WASM module imports functions of its JavaScript. wasm-bindgen makes them unique with a hash of 16
// digits, `__wbg_append_7cc5bae365027e0d`, which cannot be compressed: 400 of them are 8 KB after brotli, in both files together.

import { readFile, writeFile } from 'node:fs/promises';
import { HEADER, importsOf, sections, writeNumber, writeSection, writeText } from './wasm-sections.mjs';

const LONG = /__wb(?:g|indgen)_\w*?[0-9a-f]{16}/g;
const IMPORT_SECTION = 2;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** "a" to "Z", "aa" and so on. */
function shortName(number) {
  const rest = Math.floor(number / LETTERS.length);
  return (rest > 0 ? shortName(rest - 1) : '') + LETTERS[number % LETTERS.length];
}

/** The import section with other names. */
function renamed(section, rename) {
  const imports = importsOf(section).flatMap(({ from, name, type }) => [writeText(from), writeText(rename(name)), type]);
  return Buffer.concat([writeNumber(imports.length / 3), ...imports]);
}

/** The module with other names of its imports. */
function withNames(wasm, rename) {
  const parts = [wasm.subarray(0, HEADER)];
  for (const { id, section } of sections(wasm)) {
    const body = id === IMPORT_SECTION ? renamed(section, rename) : section;
    parts.push(writeSection(id, body));
  }
  return Buffer.concat(parts);
}

/**
 * Renames in both files. `known`: a file that has the names of the last build, for when cargo-leptos has left one of the two in place.
 */
export async function shortenImports(wasmFile, jsFile, known) {
  const [wasm, js] = [await readFile(wasmFile), await readFile(jsFile, 'utf8')];
  const found = [...new Set(js.match(LONG) ?? [])].sort();
  const names = found.length > 0 ? Object.fromEntries(found.map((name, at) => [name, shortName(at)])) : JSON.parse(await readFile(known, 'utf8').catch(() => '{}'));
  const rename = (name) => {
    if (!name.match(LONG)) return name;
    if (!names[name]) throw new Error(`${jsFile} does not have ${name}: remove target/site and build once more`);
    return names[name];
  };
  await writeFile(wasmFile, withNames(wasm, rename));
  await writeFile(jsFile, js.replace(LONG, rename));
  await writeFile(known, JSON.stringify(names));
}
