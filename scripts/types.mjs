// Declarations of the library's public face: src/index.ts and what its declarations themselves name, file by file, so
// that it takes no check of all types. What is marked @internal is left out.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'

const compilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  strict: true,
  isolatedDeclarations: true,
  stripInternal: true,
  verbatimModuleSyntax: true,
}

/** Writes declarations of `entry` (below `source`) and of all files that they import to `out`. */
export function writeTypes(entry, source, out) {
  const left = [resolve(entry)]
  const seen = new Set(left)
  for (const file of left) {
    const { outputText, diagnostics = [] } = ts.transpileDeclaration(readFileSync(file, 'utf8'), {
      fileName: file,
      reportDiagnostics: true,
      compilerOptions,
    })
    for (const { messageText } of diagnostics) {
      throw new Error(`${relative(source, file)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`)
    }
    // Declarations name what they import with .js, as it is in the package.
    const text = outputText.replace(/(from |import\()'(\.[^']+)\.ts'/g, (_, head, path) => {
      const next = resolve(dirname(file), `${path}.ts`)
      if (!seen.has(next)) left.push(next)
      seen.add(next)
      return `${head}'${path}.js'`
    })
    // Without the library's own types, members named by a symbol are told twice: as properties, and as what they are.
    const once = text.replace(/^ +\[Symbol\.\w+\]: \(\) => .*;\n/gm, '')
    const to = join(out, relative(source, file)).replace(/\.ts$/, '.d.ts')
    mkdirSync(dirname(to), { recursive: true })
    writeFileSync(to, once)
  }
}
