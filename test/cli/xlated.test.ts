import { describe, expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { Btf } from '../../src/btf/btf.ts'
import { JsonText } from '../../src/cli/render/json.ts'
import { KernelSymbols } from '../../src/cli/render/kernel-symbols.ts'
import { Xlated } from '../../src/cli/render/xlated.ts'
import { drawCfg } from '../../src/cli/render/cfg.ts'
import type { ProgInfo } from '../../src/uapi/attr.ts'
import type { Syscalls } from '../../src/kernel/syscall.ts'

interface Recorded {
  object: string
  prog: string
  xlated: string
  btf: string
  funcInfo: string
  lineInfo: string
  ksyms: string[]
  kallsyms: string
  dumps: { json: boolean; words: string[]; stdout: string }[]
}

/** Programs of a real Linux 6.18 as bpftool 7.8.0 dumped them; made by record-xlated.py. */
const recorded = JSON.parse(
  readFileSync(new URL('recorded/xlated.json', import.meta.url), 'utf8'),
) as readonly Recorded[]

const bytes = (base64: string): Uint8Array => Buffer.from(base64, 'base64')

function dump(each: Recorded, words: readonly string[], json: boolean): string {
  const funcInfo = bytes(each.funcInfo)
  const lineInfo = bytes(each.lineInfo)
  const info = {
    xlatedProgInsns: bytes(each.xlated),
    funcInfo,
    funcInfoRecSize: 8,
    nrFuncInfo: funcInfo.length / 8,
    lineInfo,
    lineInfoRecSize: 16,
    nrLineInfo: lineInfo.length / 16,
    jitedKsyms: each.ksyms.map(BigInt),
  } as Partial<ProgInfo> as ProgInfo
  const files = { read: () => Buffer.from(each.kallsyms) } as Partial<Syscalls['files']> as Syscalls['files']
  const symbols = new KernelSymbols({ files } as Partial<Syscalls> as Syscalls)
  const xlated = new Xlated(info, each.btf === '' ? undefined : Btf.parse(bytes(each.btf)), symbols)
  const options = { opcodes: words.includes('opcodes'), linum: words.includes('linum') }
  let text = ''
  const out = (more: string) => {
    text += more
  }
  if (json) {
    const writer = new JsonText(out, true)
    xlated.json(writer, options)
    writer.end()
  } else if (words.includes('visual')) drawCfg(out, xlated, options)
  else xlated.plain(out, options)
  return text
}

describe.each(recorded.map((each) => [`${each.object} ${each.prog}`, each] as const))('%s', (_, each) => {
  test.each(
    each.dumps.map(
      ({ json, words, stdout }) => [`${json ? '-p ' : ''}${words.join(' ')}`, json, words, stdout] as const,
    ),
  )('dump xlated %s', (_name, json, words, stdout) => {
    expect(dump(each, words, json)).toBe(stdout)
  })
})
