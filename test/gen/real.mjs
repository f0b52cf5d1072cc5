// The real bpftool, for the scripts in this folder: $BPFTOOL, or the one on the PATH. A loader program has room for each
// CPU of the machine that it's made on, so those are told too.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const options = { maxBuffer: 1 << 28, env: { ...process.env, LC_ALL: 'C' } }

/** { status, stdout, stderr }; status is null when the real one died of a signal. */
export function askReal(words) {
  const { error, ...answer } = spawnSync(process.env.BPFTOOL ?? 'bpftool', words, options)
  if (error) throw error
  return answer
}

/** Possible CPUs of this machine. */
export function cpus() {
  const [, last] = /(\d+)\s*$/.exec(readFileSync('/sys/devices/system/cpu/possible', 'utf8'))
  return Number(last) + 1
}

export function digest(bytes) {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16)
}
