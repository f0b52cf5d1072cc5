import { Errno } from '../../uapi/errno.ts'
import { KernelError } from '../error.ts'
import type { MapRecord } from '../objects/records.ts'
import type { KernelMap, MapEnvironment } from './map.ts'

/** A map of which nothing can be asked: families override what theirs can do, the rest answers as the kernel does. */
export abstract class BaseMap implements KernelMap {
  readonly record: MapRecord
  protected readonly env: MapEnvironment

  constructor(record: MapRecord, env: MapEnvironment) {
    this.record = record
    this.env = env
  }

  get valueSizeOfSyscall(): number {
    return this.record.valueSize
  }

  abstract memUsage(): number

  lookup(_key: number): number {
    return 0
  }

  update(_key: number, _value: number, _flags: number): number {
    return -Errno.EOPNOTSUPP
  }

  delete(_key: number): number {
    return -Errno.EOPNOTSUPP
  }

  push(_value: number, _flags: number): number {
    return -Errno.EOPNOTSUPP
  }

  pop(_value: number): number {
    return -Errno.EOPNOTSUPP
  }

  peek(_value: number): number {
    return -Errno.EOPNOTSUPP
  }

  getNextKey(_key: number, _next: number): number {
    return -Errno.EOPNOTSUPP
  }

  copyValue(_key: number, _value: number, _flags: number): number {
    return -Errno.EOPNOTSUPP
  }

  updateValue(key: number, value: number, flags: number): number {
    return this.update(key, value, flags)
  }

  lookupAndDelete(_key: number, _value: number, _flags: number): number {
    return -Errno.ENOTSUPP
  }

  directValueAddr(_off: number): number | undefined {
    return undefined
  }

  mmapRead(_offset: number, _length: number): Uint8Array {
    throw new KernelError(Errno.ENOTSUPP)
  }

  mmapWrite(_offset: number, _bytes: Uint8Array): number {
    return -Errno.ENOTSUPP
  }

  flush(): void {
    // Nothing is kept.
  }

  release(): void {
    // Nothing was allocated.
  }
}
