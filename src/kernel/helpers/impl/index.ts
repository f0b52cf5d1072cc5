import { helperNames } from '../../../uapi/helper-names.ts'
import { callbackHelpers } from './callback.ts'
import { dynptrHelpers } from './dynptr.ts'
import { mapHelpers } from './maps.ts'
import { outputHelpers } from './output.ts'
import { checksumHelpers } from './packet-checksum.ts'
import { ecnHelpers } from './packet-ecn.ts'
import { roomHelpers } from './packet-room.ts'
import { skbHelpers } from './packet-skb.ts'
import { xdpHelpers } from './packet-xdp.ts'
import { printHelpers } from './print.ts'
import { redirectHelpers } from './redirect.ts'
import { ringbufHelpers } from './ringbuf.ts'
import type { HelperImpl } from './run.ts'
import { socketHelpers } from './sockets.ts'
import { stackHelpers } from './stack.ts'
import { storageHelpers } from './storage.ts'
import { stringHelpers } from './strings.ts'
import { syscallHelpers } from './syscall.ts'
import { taskHelpers } from './task.ts'
import { timerHelpers } from './timer.ts'

const byName: Readonly<Record<string, HelperImpl>> = {
  ...mapHelpers,
  ...callbackHelpers,
  ...taskHelpers,
  ...stringHelpers,
  ...printHelpers,
  ...xdpHelpers,
  ...skbHelpers,
  ...roomHelpers,
  ...checksumHelpers,
  ...ecnHelpers,
  ...redirectHelpers,
  ...outputHelpers,
  ...ringbufHelpers,
  ...dynptrHelpers,
  ...socketHelpers,
  ...stackHelpers,
  ...storageHelpers,
  ...timerHelpers,
  ...syscallHelpers,
}

/** Implementations by helper number; where there's none, the helper isn't simulated. */
export const helperImpls: readonly (HelperImpl | undefined)[] = helperNames.map((name) => byName[name])
