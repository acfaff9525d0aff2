// Reads the binary format of WASM modules, as far as it is needed to look at and change their imports.

const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
/** Bytes of the magic number and the version. */
export const HEADER = 8;

/** A number in LEB128: the number, and where it ends. */
export function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7, at += 1) {
    value += (bytes[at] & 127) * 2 ** shift;
    if (bytes[at] < 128) return [value, at + 1];
  }
}

/** The same number as bytes. */
export function writeNumber(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Buffer.from([...bytes, value]);
}

/** Its length, then its bytes. */
export function writeText(string) {
  const bytes = Buffer.from(string);
  return Buffer.concat([writeNumber(bytes.length), bytes]);
}

/** A section with its id and its length. */
export function writeSection(id, section) {
  return Buffer.concat([Buffer.from([id]), writeNumber(section.length), section]);
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

/** Each with its id, and its body without the length before it. */
export function* sections(wasm) {
  for (let at = HEADER; at < wasm.length; ) {
    const [length, from] = readNumber(wasm, at + 1);
    yield { id: wasm[at], section: wasm.subarray(from, from + length) };
    at = from + length;
  }
}

/** The imports in the body of that section: module, name, and the bytes of their type. */
export function importsOf(section) {
  const imports = [];
  const [count, start] = readNumber(section, 0);
  for (let left = count, at = start; left > 0; left -= 1) {
    const strings = [];
    for (let one = 0; one < 2; one += 1) {
      const [length, from] = readNumber(section, at);
      at = from + length;
      strings.push(section.subarray(from, at).toString());
    }
    const end = endOfType(section, at);
    imports.push({ from: strings[0], name: strings[1], type: section.subarray(at, end) });
    at = end;
  }
  return imports;
}
