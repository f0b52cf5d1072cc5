/* eslint-disable @typescript-eslint/no-require-imports -- a CommonJS file starts sooner */
// The frame of dist/bpftool.cjs: modules that the command always needs, and how the others are found in rest.txt.
'use strict'

// What bundle.mjs writes here.
/* global MODULES, PLACES, BUILD */
const modules = MODULES
/** Of each module in rest.txt: its name, start and end, and the numbers of the others that it can't be without. */
const places = PLACES
const loaded = {}
const file = __dirname + '/rest.txt'
let rest

/** What the command knows of its bundle: src/cli/bin.ts, which sets `kept`. */
const bundle = { build: BUILD, scripts: new Map(), kept: undefined }

function gather(i, found) {
  if (modules[places[i][0]] || found.includes(i)) return found
  found.push(i)
  for (const needed of places[i].slice(3)) gather(needed, found)
  return found
}

/** Compiles a module and all that it needs at once, at one go. */
function compile(name) {
  rest ??= require('node:fs').readFileSync(file)
  const found = gather(
    places.findIndex((place) => place[0] === name),
    [],
  )
  const text = found.map((i) => rest.latin1Slice(places[i][1], places[i][2]))
  const part = found.join()
  const script = new (require('node:vm').Script)('[' + text + ']', {
    filename: file,
    cachedData: bundle.kept(part),
  })
  bundle.scripts.set(part, script)
  for (const [at, each] of script.runInThisContext().entries()) modules[places[found[at]][0]] = each
}

function load(name) {
  if (loaded[name]) return loaded[name].exports
  if (!name.startsWith('./')) return require(name)
  if (!modules[name]) compile(name)
  const module = (loaded[name] = { exports: {} })
  modules[name](module, module.exports, load, file, bundle)
  // What a module exports never changes here: values are read faster than esbuild's getters.
  module.exports = { ...module.exports }
  return module.exports
}
load('./bpftool.js')
