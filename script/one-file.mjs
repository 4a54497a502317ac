// Puts the chunks that a hot command runs through into one file: each file that Node loads costs 0.3 to 0.5 ms, and
// `print` would need some twenty. Every module stays the one it is: the other chunks find it in there.
import { build, transform } from 'esbuild';

/** Loaded when something of them is used: crypto alone takes 3 ms, and most runs need none of it. */
const SLOW_MODULES = [
  ...['child_process', 'crypto', 'events', 'net', 'os', 'readline', 'stream', 'timers/promises', 'tty', 'util'],
  ...['worker_threads', 'zlib'],
];

const COMMON = {
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  supported: { 'dynamic-import': false },
  minifySyntax: true,
  minifyWhitespace: true,
};

/**
 * @param chunks the code of each chunk (ES modules), by name
 * @param groups the chunks that go into one file, by the file's name. A chunk with that name runs when it is loaded.
 * @returns the code of each file (CommonJS), by name
 */
export async function inFiles(chunks, groups) {
  const fileOf = (name) => Object.keys(groups).find((file) => groups[file].has(name));
  const files = {};
  for (const file of Object.keys(groups)) files[file] = reach(await join(chunks, file, fileOf), file, fileOf);
  for (const [name, code] of Object.entries(chunks)) {
    if (fileOf(name) !== undefined) continue;
    files[name] = reach(await small(lazilyRequired(code)), name, fileOf);
  }
  return files;
}

async function join(chunks, file, fileOf) {
  const isInside = (name) => fileOf(name) === file;
  const getters = Object.keys(chunks)
    .filter(isInside)
    .map((name) => `"./${name}":()=>require("./${name}")`);
  // One that is loaded for its chunks alone says so, and then the program in it does not run.
  const start = isInside(file) ? `if(!globalThis[Symbol.for("claude-keys.library")])require("./${file}")` : '';
  const { outputFiles } = await build({
    ...COMMON,
    stdin: { contents: `const chunks={${getters}};exports.chunk=(name)=>chunks[name]();${start}` },
    bundle: true,
    write: false,
    legalComments: 'none',
    plugins: [fromMemory((name) => (isInside(name) ? chunks[name] : undefined))],
  });
  // Names go last: `lazily` goes by them.
  return small(lazily(exportedLater(outputFiles[0].text)));
}

/**
 * The bundler defines every export of every chunk at the start, where a few of the chunks are asked for what they export,
 * and then gives a copy of it. What that takes of the heap, 40 kB of `exec` and 200 kB of a hook, decides when V8
 * collects its garbage: 1 ms. Here the exports of a chunk are defined when it is asked for, once.
 */
function exportedLater(code) {
  const define = 'for(let name in all)__defProp(mod,name,{get:all[name],enumerable:!0})';
  const once = `if(all){__exports.delete(mod);${define};__defProp(mod,"__esModule",{value:!0})}`;
  const made = [
    [/(?<=__export=)\(target,all\)=>\{.*?\}(?=,__copyProps=)/, '(target,all)=>__exports.set(target,all)'],
    [/(?<=__toCommonJS=)mod=>.*?(?=;var )/, `mod=>{let all=__exports.get(mod);${once}return mod}`],
  ].reduce(replaced, `const __exports=new Map;${code}`);
  // What a chunk imports from within the file when it needs it.
  return made.replace(/(?<=\(\),)(chunk_\w+_exports)(?=\))/g, '__toCommonJS($1)');
}

function replaced(code, [wanted, by]) {
  const made = code.replace(wanted, by);
  if (made === code) throw new Error(`the bundler writes ${wanted} in another way`);
  return made;
}

/** The same for a program that is one file from the beginning (CommonJS). */
export async function lean(code) {
  return small(lazily(lazilyRequired(code)));
}

/** A third smaller without its names. */
async function small(code) {
  return (await transform(code, { ...COMMON, minifyIdentifiers: true })).code;
}

/** Serves what `code` has a text for; everything else stays where it is. */
function fromMemory(code) {
  return {
    name: 'from-memory',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path }) =>
        code(path.slice(2)) === undefined ? { path, external: true } : { path, namespace: 'memory' },
      );
      onLoad({ filter: /./, namespace: 'memory' }, ({ path }) => ({ contents: code(path.slice(2)), loader: 'js' }));
    },
  };
}

/** A chunk that is in another file is asked for there. */
function reach(code, own, fileOf) {
  return code.replace(/\brequire\("\.\/([\w-]+\.js)"\)/g, (call, name) => {
    const file = fileOf(name);
    return file === undefined || file === own ? call : `require("./${file}").chunk("./${name}")`;
  });
}

const LAZY = 'const __lazy=(name)=>new Proxy({},{get:(_,member)=>require(name)[member]});';

/** What a CommonJS package asks for by `require`: commander would load child_process, 6 ms, for what is not used here. */
function lazilyRequired(code) {
  const calls = code.replace(/=\s*__require\("node:([\w/]+)"\)(?=[,;])/g, (call, name) =>
    SLOW_MODULES.includes(name) ? `=__lazy("node:${name}")` : call,
  );
  return calls === code ? code : `${LAZY}${calls}`;
}

/**
 * `import_node_crypto.createHash` is how the bundler writes every use, so that a stand-in can load it then. For a default
 * import it copies the module member by member, which takes 0.3 ms for `process`: one that inherits them will do.
 */
function lazily(code) {
  const whole = 'const __whole=(module)=>({__proto__:module,default:module});';
  const calls = code
    .replace(/=\s*require\("node:([\w/]+)"\)/g, (call, name) =>
      SLOW_MODULES.includes(name) ? `=__lazy("node:${name}")` : call,
    )
    .replace(/=\s*__toESM\((require\("node:[\w/]+"\))\)/g, '=__whole($1)');
  return `"use strict";${LAZY}${whole}\n${calls}`;
}
