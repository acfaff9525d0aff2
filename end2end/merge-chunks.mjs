// Merges the many small WASM chunks into one. cargo-leptos makes a chunk for each set of pages that share a function: over a hundred, most of
// them smaller than the HTTP header that brings them, and a page waited for up to 78 of them. One request brings them all, and identical functions
// in them become one.

import { execFileSync } from 'node:child_process';
import { readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { importsOf, sections } from './wasm-sections.mjs';

/** Chunks below this size are merged, bytes before optimization. */
const SMALL = 6_000;
const COMMON = 'chunk_common';
/** The module that chunks import the memory, the table and the stack pointer from, and what it is called in the merged chunk: a module cannot import from itself. */
const [SHARED, SHARED_IN_COMMON] = ['__wasm_split', 'shared'];
const FEATURES = ['--enable-bulk-memory', '--enable-mutable-globals', '--enable-nontrapping-float-to-int', '--enable-sign-ext', '--enable-reference-types'];

const DEFINITION = /\/\*[^*]*\*\/\s*const __(chunk_\d+) = makeLoad\(\(\) => \{[^}]*\}\s*, \[\]\);\s*/g;
const IMPORT = /^ \(import "([^"]+)" "([^"]+)" \((memory|table|global) \S+ ([^\n]*)\)\)$/gm;
const [IMPORT_SECTION, EXPORT_SECTION, START_SECTION] = [2, 7, 8];

function run(tool, args, options = {}) {
  return execFileSync(fileURLToPath(new URL(`node_modules/.bin/${tool}`, import.meta.url)), args, { encoding: 'utf8', ...options });
}

/** A module that has what chunks import, by importing it in its turn. */
async function sharedModule(chunks) {
  const lines = new Map();
  for (const chunk of chunks) {
    const imports = [];
    for (const { id, section } of sections(await readFile(chunk))) {
      if (id === EXPORT_SECTION || id === START_SECTION) throw new Error(`${chunk} has more than functions in the table`);
      if (id === IMPORT_SECTION) imports.push(...importsOf(section));
    }
    const foreign = imports.find(({ from }) => from !== SHARED);
    if (foreign) throw new Error(`${chunk} imports from ${foreign.from}`);
    // Their types as text, which is slow, only for new ones.
    if (imports.every(({ name }) => lines.has(name))) continue;
    for (const [, , name, kind, type] of run('wasm-dis', [...FEATURES, chunk], { maxBuffer: 1 << 28 }).matchAll(IMPORT)) {
      lines.set(name, [`(import "${SHARED_IN_COMMON}" "${name}" (${kind} $${name} ${type}))`, `(export "${name}" (${kind} $${name}))`]);
    }
  }
  const column = (at) => [...lines.values()].map((line) => line[at]);
  return `(module ${[...column(0), ...column(1)].join('\n')})`;
}

/** `pkg`: the folder of the built front end. Does nothing if that was done. */
export async function mergeChunks(pkg) {
  const files = await readdir(pkg);
  const loaderName = files.find((name) => name.startsWith('__wasm_split') && name.endsWith('.js'));
  const loaderFile = new URL(loaderName, pkg);
  const manifestFile = new URL('__wasm_split_manifest.json', pkg);
  const loader = await readFile(loaderFile, 'utf8');
  if (loader.includes(COMMON)) return;

  const small = new Set();
  for (const [, name] of loader.matchAll(DEFINITION)) {
    if ((await stat(new URL(`${name}.wasm`, pkg))).size < SMALL) small.add(name);
  }
  if (small.size === 0) throw new Error(`${loaderName} is not as expected: it defines no small chunk`);
  const path = (name) => fileURLToPath(new URL(`${name}.wasm`, pkg));
  const stub = path('chunk_stub');
  run('wasm-as', [...FEATURES, '-o', stub, '-'], { input: await sharedModule([...small].map(path)) });
  run('wasm-merge', [...FEATURES, stub, SHARED, ...[...small].flatMap((name) => [path(name), name]), '-o', path(COMMON)]);

  const common = `/* all */
const __${COMMON} = makeLoad(() => {
    const src = fetch(new URL("./${COMMON}.wasm", import.meta.url));
    return async (imports) => (WebAssembly.instantiateStreaming(src, { ${SHARED_IN_COMMON}: imports.${SHARED} }));
}
, []);
`;
  const merged = (names) => [...new Set(names.map((name) => (small.has(name) ? COMMON : name)))];
  let defined = '';
  const rewritten = loader
    .replace(DEFINITION, (definition, name) => {
      if (!small.has(name)) return definition;
      const first = defined === '' ? common : '';
      defined = COMMON;
      return first;
    })
    .replace(/\[((?:__chunk_\d+(?:, )?)+)\]/g, (_, list) => {
      const names = list.split(', ').map((name) => name.slice(2));
      return `[${merged(names).map((name) => `__${name}`).join(', ')}]`;
    });
  if ([...small].some((name) => new RegExp(`\\b(__)?${name}\\b`).test(rewritten))) throw new Error(`${loaderName} is not as expected`);
  const manifest = JSON.parse(await readFile(manifestFile, 'utf8'));
  await writeFile(manifestFile, JSON.stringify(Object.fromEntries(Object.entries(manifest).map(([split, names]) => [split, merged(names)])), null, 2));
  await writeFile(loaderFile, rewritten);
  const gone = new Set(['chunk_stub', ...small].map((name) => `${name}.wasm`));
  await Promise.all(files.concat('chunk_stub.wasm').filter((name) => gone.has(name.replace(/\.(br|gz)$/, ''))).map((name) => rm(new URL(name, pkg), { force: true })));
}
