import { Kind } from '../../btf/btf.ts'
import { CDump } from '../../btf/dump-c.ts'
import { TypeSorter } from './btf-sort.ts'
import type { Btf } from '../../btf/btf.ts'

const prologue = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`

const epilogue = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`

/** dump_btf_c: types as a header file. @returns 0 or -errno; nothing is said about a failure but libbpf's warnings. */
export function dumpC(
  btf: Btf,
  roots: readonly number[],
  sorted: boolean,
  sink: (bytes: Uint8Array) => void,
  warn: (text: string) => void,
): number {
  const dump = new CDump(btf, sink, warn)
  if (!dump.usable) return -22
  try {
    dump.out.put(prologue)
    const status = roots.length > 0 ? dumpAll(dump, roots, 0) : dumpEverything(dump, btf, sorted)
    if (status === 0) dump.out.put(epilogue)
    return status
  } finally {
    dump.out.flush()
  }
}

function dumpEverything(dump: CDump, btf: Btf, sorted: boolean): number {
  const status = sorted
    ? dumpSorted(dump, btf)
    : dumpAll(
        dump,
        Uint32Array.from({ length: btf.typeCount }, (_, id) => id),
        1,
      )
  if (status < 0) return status
  dumpKfuncs(dump, btf)
  return 0
}

function dumpSorted(dump: CDump, btf: Btf): number {
  const sorter = new TypeSorter(btf.flat())
  const first = sorter.sort(false, () => true)
  // The first of all is left out, as the real one does: its loop counts from 1, past where void stands when unsorted.
  const status = dumpAll(dump, first, 1)
  return status < 0
    ? status
    : dumpAll(
        dump,
        sorter.sort(true, (id) => dump.hasMore(id)),
        0,
      )
}

function dumpAll(dump: CDump, ids: ArrayLike<number>, from: number): number {
  for (let i = from; i < ids.length; i++) {
    const status = dump.dumpType(ids[i] as number)
    if (status < 0) return status
  }
  return 0
}

/** dump_btf_kfuncs: functions that the kernel tagged as callable by programs. */
function dumpKfuncs(dump: CDump, btf: Btf): void {
  const { out } = dump
  out.put('\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n')
  const kfuncs: number[] = []
  const fastcalls = new Set<number>()
  const { words, offsets } = btf.flat()
  for (let id = 1; id < btf.typeCount; id++) {
    if ((((words[(offsets[id] as number) + 1] as number) >>> 24) & 0x7f) !== Kind.DECL_TAG) continue
    const func = btf.type(id)
    if (btf.declTagIndex(id) !== -1 || btf.kind(func) !== Kind.FUNC) continue
    const tag = btf.name(id)
    if (tag === 'bpf_kfunc') kfuncs.push(func)
    else if (tag === 'bpf_fastcall') fastcalls.add(func)
  }
  const name = new Map(kfuncs.map((id) => [id, btf.name(id)]))
  kfuncs.sort((a, b) => compare(name.get(a) ?? '', name.get(b) ?? ''))
  for (const func of kfuncs) {
    out.put(fastcalls.has(func) ? 'extern __bpf_fastcall ' : 'extern ')
    dump.emitTypeDecl(btf.type(func), btf.nameOff(func))
    out.put(' __weak __ksym;\n')
  }
  out.put('#endif\n\n')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
