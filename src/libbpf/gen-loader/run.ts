import { KernelError } from '../../kernel/error.ts'
import { ProgFlag } from '../../uapi/flags.ts'
import { MapType } from '../../uapi/map-type.ts'
import { ProgType } from '../../uapi/prog-type.ts'
import { LoaderCtxAt } from './layout.ts'
import type { Syscalls } from '../../kernel/syscall.ts'
import type { Fd } from '../../uapi/attr.ts'
import type { GeneratedLoader } from './loader.ts'

/** KEY_SPEC_SESSION_KEYRING. */
const SESSION_KEYRING = -3

/** struct bpf_loader_ctx and what follows it: bytes of the context, and the log that the kernel is to write. */
export interface LoaderContext {
  size: number
  logLevel: number
  log: Uint8Array
}

/** How it went: -errno, and what failed. */
export interface LoaderOutcome {
  error: number
  what: string | undefined
}

/** bpf_load_and_run: loads the loader, with its data as a map, and runs it. What it loaded stays open. */
export function loadAndRun(
  sys: Syscalls,
  { insns, data }: GeneratedLoader,
  ctx: LoaderContext,
  signature?: Uint8Array,
): LoaderOutcome {
  const { bpf } = sys
  const opened: Fd[] = []
  const outcome: LoaderOutcome = { error: 0, what: undefined }
  const step = <T>(what: string, fn: () => T): T => {
    outcome.what = what
    return fn()
  }
  try {
    const create = {
      mapType: MapType.ARRAY,
      keySize: 4,
      valueSize: data.length,
      maxEntries: 1,
      mapName: '__loader.map',
    }
    const map = step('failed to create loader map', () => bpf.mapCreate(create))
    opened.push(map)
    step('failed to update loader map', () => {
      bpf.mapUpdateElem(map, new Uint8Array(4), data)
    })
    step('failed to freeze map', () => {
      bpf.mapFreeze(map)
    })
    step('failed to fetch obj info', () => bpf.mapInfo(map))
    const prog = step('failed to load loader prog', () => {
      try {
        const loaded = bpf.progLoad({
          progType: ProgType.SYSCALL,
          insns,
          license: 'Dual BSD/GPL',
          progName: '__loader.prog',
          fdArray: [map],
          logLevel: ctx.logLevel,
          logSize: ctx.log.length,
          progFlags: ProgFlag.SLEEPABLE,
          ...(signature !== undefined && { signature, keyringId: SESSION_KEYRING }),
        })
        writeLog(ctx.log, loaded.log)
        return loaded.fd
      } catch (error) {
        if (error instanceof KernelError) writeLog(ctx.log, error.log ?? '')
        throw error
      }
    })
    opened.push(prog)
    const { retval } = step('failed to execute loader prog', () => bpf.progTestRun(prog, contextOf(ctx)))
    outcome.error = Math.min(retval | 0, 0)
    outcome.what = outcome.error < 0 ? 'error returned by loader prog' : undefined
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    outcome.error = -error.errno
  } finally {
    for (const fd of opened) sys.close(fd)
  }
  return outcome
}

function writeLog(buffer: Uint8Array, log: string): void {
  if (log === '' || buffer.length === 0) return
  for (let i = 0; i < log.length; i++) buffer[i] = log.charCodeAt(i)
  buffer[log.length] = 0
}

function contextOf({ size, logLevel, log }: LoaderContext) {
  const ctxIn = new Uint8Array(size)
  const view = new DataView(ctxIn.buffer)
  view.setUint32(0, size, true)
  view.setUint32(LoaderCtxAt.logLevel, logLevel, true)
  view.setUint32(LoaderCtxAt.logSize, log.length, true)
  return { ctxIn, ctxPointers: log.length > 0 ? [{ off: LoaderCtxAt.logBuf, buffer: log }] : [] }
}
