// Shortens the names by which the main WASM module imports functions of its JavaScript. wasm-bindgen makes them unique with a hash of 16
// digits, `__wbg_append_7cc5bae365027e0d`, which cannot be compressed: 400 of them are 8 KB after brotli, in both files together.

import { readFile, writeFile } from 'node:fs/promises';

const LONG = /__wb(?:g|indgen)_\w*?[0-9a-f]{16}/g;
const IMPORT_SECTION = 2;
const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** "a" to "Z", "aa" and so on. */
function shortName(number) {
  const rest = Math.floor(number / LETTERS.length);
  return (rest > 0 ? shortName(rest - 1) : '') + LETTERS[number % LETTERS.length];
}

/** A number in LEB128: the number, and where it ends. */
function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    value += (bytes[at] & 127) * 2 ** shift;
    if (bytes[at] < 128) return [value, at + 1];
  }
}

function number(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

function text(string) {
  const bytes = Buffer.from(string);
  return Buffer.concat([number(bytes.length), bytes]);
}

/** Where the type of an import ends. */
function endOfType(bytes, at) {
  const kind = bytes[at];
  if (kind === FUNCTION) return readNumber(bytes, at + 1)[1];
  if (kind === GLOBAL) return at + 3;
  if (kind !== TABLE && kind !== MEMORY) throw new Error(`an import of the unknown kind ${kind}`);
  at += kind === TABLE ? 2 : 1;
  const hasMaximum = bytes[at] & 1;
  at = readNumber(bytes, at + 1)[1];
  return hasMaximum ? readNumber(bytes, at)[1] : at;
}

/** The import section with other names. */
function renamed(section, rename) {
  const [count, start] = readNumber(section, 0);
  const parts = [number(count)];
  for (let left = count, at = start; left > 0; left -= 1) {
    const strings = [];
    for (let one = 0; one < 2; one += 1) {
      const [length, from] = readNumber(section, at);
      at = from + length;
      strings.push(section.subarray(from, at).toString());
    }
    const end = endOfType(section, at);
    parts.push(text(strings[0]), text(rename(strings[1])), section.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/** The module with other names of its imports. */
function withNames(wasm, rename) {
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [length, from] = readNumber(wasm, at + 1);
    const section = wasm.subarray(from, from + length);
    const body = wasm[at] === IMPORT_SECTION ? renamed(section, rename) : section;
    parts.push(Buffer.from([wasm[at]]), number(body.length), body);
    at = from + length;
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
