/// <reference lib="esnext.disposable" preserve="true" />
/**
 * A simulated Linux kernel for BPF, in this process: boot it, load objects, run their programs, look into their maps.
 */
export { boot, Kernel } from './library/kernel.ts'
export { BpfObject, ObjectFile } from './library/object.ts'
export { BpfProgram } from './library/program.ts'
export { BpfMap } from './library/map.ts'
export { BpfError, LoadError } from './library/error.ts'
export { StateError } from './kernel/store/state-error.ts'
export type {
  BootOptions,
  CommandResult,
  CreateMapOptions,
  ObjectSource,
  OpenOptions,
  Selector,
} from './library/kernel.ts'
export type { LoadOptions, ObjectMap, ObjectProgram, ObjectShape } from './library/object.ts'
export type { Context, ContextFields, ProgramInfo, RunOptions, RunResult } from './library/program.ts'
export type { MapBytes, MapHandle, MapInfo, UpdateFlag } from './library/map.ts'
export type { Value } from './library/value.ts'
