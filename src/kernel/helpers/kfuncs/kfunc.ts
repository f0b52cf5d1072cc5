import type { HelperImpl } from '../impl/run.ts'

/** A kernel function as the runtime has it. */
export interface Kfunc {
  /** How many arguments it takes. */
  readonly args: number
  readonly impl: HelperImpl
  /** It calls functions of the program. */
  readonly callsBack: boolean
  /** Pointers into the packet mean nothing afterwards. */
  readonly movesPacket: boolean
}

/** Functions by their whole names. */
export type KfuncFamily = Readonly<Record<string, Kfunc>>

export function kfunc(args: number, impl: HelperImpl): Kfunc {
  return { args, impl, callsBack: false, movesPacket: false }
}

export function callingBack(args: number, impl: HelperImpl): Kfunc {
  return { args, impl, callsBack: true, movesPacket: false }
}

export function movingPacket(args: number, impl: HelperImpl): Kfunc {
  return { args, impl, callsBack: false, movesPacket: true }
}

/** What has no effect where nothing runs beside a program. */
export const nothing = (args: number): Kfunc =>
  kfunc(args, (run) => {
    run.ret(0)
  })
