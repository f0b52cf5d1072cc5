// The command as two CommonJS files: one with what `version` and `help` need, one with all the rest, which is read only
// when something of it is asked for, and of which only the modules that are used are run.
import { build, transform } from 'esbuild'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** Bundles `entry` into `folder`/bpftool.cjs and `folder`/rest.cjs. */
export async function bundleCommand(entry, folder, options) {
  const { outputFiles, metafile } = await build({
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
  })
  const chunks = new Map()
  for (const [path, { imports }] of Object.entries(metafile.outputs)) {
    const inner = imports.filter(({ external }) => external !== true)
    chunks.set(basename(path), {
      needs: inner.filter(({ kind }) => kind === 'import-statement').map((each) => basename(each.path)),
      code: '',
    })
  }
  for (const { path, text } of outputFiles) {
    const { code } = await transform(text, {
      format: 'cjs',
      platform: 'node',
      target: options.target,
      minify: true,
      supported: { 'dynamic-import': false },
    })
    chunks.get(basename(path)).code = code
  }
  const early = new Set()
  const visit = (name) => {
    if (early.has(name)) return
    early.add(name)
    for (const needed of chunks.get(name).needs) visit(needed)
  }
  visit('bpftool.js')
  const modules = (names) =>
    names.map((name) => `${JSON.stringify(`./${name}`)}(module,exports,require){${chunks.get(name).code}}`).join(',\n')
  const late = [...chunks.keys()].filter((name) => !early.has(name))
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'bpftool.cjs'),
    `'use strict'
const modules = {${modules([...early])}}
const loaded = {}
function load(name) {
  if (loaded[name]) return loaded[name].exports
  if (!modules[name]) {
    if (!name.startsWith('./')) return require(name)
    Object.assign(modules, require('./rest.cjs'))
  }
  const module = (loaded[name] = { exports: {} })
  modules[name](module, module.exports, load)
  return module.exports
}
load('./bpftool.js')
`,
  )
  writeFileSync(join(folder, 'rest.cjs'), `'use strict'\nmodule.exports = {${modules(late)}}\n`)
}
