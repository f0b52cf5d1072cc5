import { WasmType } from '../../isa/wasm.ts'
import type { Memory } from '../memory/memory.ts'
import { RunArea } from '../memory/run-area.ts'
import { WasmCode } from './wasm/code.ts'
import { WasmModule } from './wasm/module.ts'

const { I32, I64 } = WasmType

/**
 * A function that compiled code can tail-call, and that calls ours: with its frame and the halves of r1, for the low half
 * of r0; the high one is left in RunArea.R0_HI.
 */
export function trampoline(memory: Memory, target: (frame: number, lo: number, hi: number) => number): () => unknown {
  const module = new WasmModule()
  module.importMemory('memory')
  const index = module.importFunc('env', 'target', module.type([I32, I32, I32], [I32]))
  const code = new WasmCode()
  code.get(0)
  code.get(1)
  code.op('i32.wrap_i64')
  code.get(1)
  code.i64(32, 0)
  code.op('i64.shr_u')
  code.op('i32.wrap_i64')
  code.call({ index })
  code.op('i64.extend_i32_u')
  code.i32(0)
  code.memory('i64.load32_u', RunArea.R0_HI)
  code.i64(32, 0)
  code.op('i64.shl')
  code.op('i64.or')
  const main = module.addFunc(module.type([I32, I64], [I64]), [], code.link(new Int32Array(0)))
  module.exportFunc('main', main.index)
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes().bytes), {
    env: { memory: memory.wasm, target },
  })
  return exports['main'] as () => unknown
}
