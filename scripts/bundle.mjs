// The command as two files: bpftool.cjs with what `version` and `help` need, and rest.txt, the texts of all other modules,
// of which only those that a command uses are compiled.
import { build as bundle, transform } from 'esbuild'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/**
 * Modules that are loaded when one of their functions is first called, though others import them in the ordinary way: what
 * most commands do without. They export functions and verbs only.
 */
const lateModules = [
  'cli/machine.ts',
  'cli/objects/kernel-import.ts',
  'cli/objects/map-access.ts',
  'cli/objects/map-create.ts',
  'cli/objects/map-dump.ts',
  'cli/objects/map-event-pipe.ts',
  'cli/objects/prog-attach.ts',
  'cli/objects/prog-dump.ts',
  'cli/objects/prog-load.ts',
  'cli/objects/prog-metadata.ts',
  'cli/objects/prog-run.ts',
  'cli/objects/prog-tracelog.ts',
  'kernel/bpf/btf-commands.ts',
  'kernel/bpf/info.ts',
  'kernel/bpf/jited.ts',
  'kernel/bpf/map-batch.ts',
  'kernel/bpf/map-mmap.ts',
  'kernel/bpf/other-commands.ts',
  'kernel/bpf/prog-commands.ts',
  'kernel/bpf/prog-syscall.ts',
  'kernel/btf/candidates.ts',
  'kernel/btf/check.ts',
  'kernel/btf/checked.ts',
  'kernel/btf/vmlinux.ts',
  'kernel/helpers/offers.ts',
  'kernel/load/program.ts',
  'kernel/load/signature.ts',
  'kernel/maps/check-btf.ts',
  'kernel/maps/index.ts',
  'kernel/runtime/jit.ts',
  'kernel/runtime/test-run.ts',
  'libbpf/kconfig.ts',
]

/** Fails for an export that is no function: it can't be late. */
function mustBeCallable(file, name) {
  const wanted = new RegExp(`^export (async )?(function\\*? ${name}\\b|const ${name}: (Verb|LoadProgram)\\b)`, 'm')
  if (!wanted.test(readFileSync(file, 'utf8'))) throw new Error(`${name} of ${file} is no function, and can't be late`)
}

/** Turns imports of late modules into functions that load them. */
function latePlugin(source) {
  const late = new Set(lateModules.map((file) => resolve(source, file)))
  return {
    name: 'late',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        let number = 0
        const contents = readFileSync(path, 'utf8').replace(
          /^import \{([^}]*)\} from '(\.[^']+)'$/gm,
          (all, names, from) => {
            if (!late.has(resolve(dirname(path), from))) return all
            const load = `late$${number++}`
            const functions = names.split(',').filter((each) => each.trim() !== '')
            return [
              `const ${load} = () => __late(import('${from}'));`,
              ...functions.map((each) => {
                const [name, alias = name] = each.trim().split(' as ')
                mustBeCallable(resolve(dirname(path), from), name)
                return `const ${alias} = (...words) => ${load}().${name}(...words);`
              }),
            ].join(' ')
          },
        )
        return { contents, loader: 'ts' }
      })
    },
  }
}

/**
 * A chunk of modules, as esbuild writes it in a minified bundle, as a function's body: what it imports become constants of
 * its own, so that they cost no more than what it has itself. Chunks import each other in no circle: what they give is
 * there when they are asked.
 */
function asFunction(text, path) {
  const code = text
    .replace(/__late\(import\(("\.[^"]+")\)\)/g, 'require($1)')
    .replace(/(?<![#.\w])import\(("[^"]+")\)/g, 'Promise.resolve().then(()=>require($1))')
    .replace(/(?<=^|[;}\n])import\{([^}]*)\}from("[^"]+");/g, (_, names, from) => {
      return `const{${names.replaceAll(' as ', ':')}}=require(${from});`
    })
    // Of Node's own modules the default is the module.
    .replace(/(?<=^|[;}\n])import ([\w$]+) from("node:[^"]+");/g, 'const $1=require($2);')
    .replace(/(?<=^|[;}\n])import("[^"]+");/g, 'require($1);')
    .replace(/export\{([^}]*)\};?\s*$/, (_, names) => {
      const pairs = names.split(',').map((each) => each.split(' as '))
      return `module.exports={${pairs.map(([name, as = name]) => `${as}:${name}`).join(',')}};`
    })
    .replaceAll('import.meta.url', 'void 0')
  // What would be left of a module is no function's body.
  new Function(code)
  if (/(?<![#.\w])import\(|__late\b/.test(code)) throw new Error(`${path}: an import is left`)
  return `"use strict";${code}`
}

/**
 * Package elfy asks for Node's assert in a function that isn't called here; assert opens standard error, which takes some
 * milliseconds.
 */
const assertPlugin = {
  name: 'assert',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^assert$/ }, ({ importer }) => {
      if (/[\\/]node_modules[\\/]elfy[\\/]/.test(importer)) return { path: 'assert', namespace: 'late' }
    })
    onLoad({ filter: /^/, namespace: 'late' }, () => {
      return { contents: "exports.equal = (...words) => require('node:assert').equal(...words)", loader: 'js' }
    })
  },
}

/** A variable that a module gives away and changes must be in the same chunk as whoever looks at it. */
function variablesStay({ inputs, outputs }) {
  const chunkOf = new Map(
    Object.entries(outputs).flatMap(([chunk, output]) => Object.keys(output.inputs).map((file) => [file, chunk])),
  )
  for (const [file, { imports }] of Object.entries(inputs)) {
    for (const { path } of imports) {
      if (!path.endsWith('.ts') || !/^export (let|var) /m.test(readFileSync(path, 'utf8'))) continue
      if (chunkOf.has(path) && chunkOf.get(path) !== chunkOf.get(file)) {
        throw new Error(`${path} has a variable that ${file} can't see change: it is another chunk`)
      }
    }
  }
}

/** Bundles `entry` into `folder`/bpftool.cjs and `folder`/rest.txt. */
export async function bundleCommand(entry, folder, options) {
  const { outputFiles, metafile } = await bundle({
    ...options,
    bundle: true,
    splitting: true,
    write: false,
    metafile: true,
    entryPoints: { bpftool: entry },
    outdir: folder,
    format: 'esm',
    minify: true,
    chunkNames: '[hash]',
    plugins: [latePlugin(dirname(dirname(resolve(entry)))), assertPlugin],
  })
  const chunks = new Map()
  for (const [path, { imports }] of Object.entries(metafile.outputs)) {
    const inner = imports.filter(({ external }) => external !== true)
    chunks.set(basename(path), {
      needs: inner.filter(({ kind }) => kind === 'import-statement').map((each) => basename(each.path)),
      code: '',
    })
  }
  for (const { path, text } of outputFiles) chunks.get(basename(path)).code = asFunction(text, path)
  variablesStay(metafile)
  const early = new Set()
  const visit = (name) => {
    if (early.has(name)) return
    early.add(name)
    for (const needed of chunks.get(name).needs) visit(needed)
  }
  visit('bpftool.js')
  const modules = (names) =>
    names
      .map(
        (name) =>
          `${JSON.stringify(`./${name}`)}(module,exports,require,__filename,__bundle){${chunks.get(name).code}}`,
      )
      .join(',\n')
  const late = [...chunks.keys()].filter((name) => !early.has(name))
  mkdirSync(folder, { recursive: true })
  // One file of all the texts, each a function in
  // parentheses: V8 then compiles it as it reads it, not once to see where it ends and once to run it. With each place stand
  // the others that it can't be without.
  let rest = ''
  const numbers = new Map(late.map((name, i) => [name, i]))
  const places = late.map((name) => {
    const start = rest.length
    rest += `(function(module,exports,require,__filename,__bundle){${chunks.get(name).code}\n})`
    const needs = chunks.get(name).needs.flatMap((needed) => numbers.get(needed) ?? [])
    return [`./${name}`, start, rest.length, ...needs]
  })
  if (/[^\x00-\x7f]/.test(rest)) throw new Error('a module has other than ASCII characters')
  writeFileSync(join(folder, 'rest.txt'), rest)
  const first = modules([...early])
  const loader = await transform(readFileSync(new URL('loader.cjs', import.meta.url), 'utf8'), { minify: true })
  const build = createHash('sha256').update(first).update(rest).update(loader.code).digest('hex').slice(0, 16)
  const values = { MODULES: `{${first}}`, PLACES: JSON.stringify(places), BUILD: JSON.stringify(build) }
  writeFileSync(
    join(folder, 'bpftool.cjs'),
    loader.code.replace(/\b(MODULES|PLACES|BUILD)\b/g, (name) => values[name]),
  )
}
