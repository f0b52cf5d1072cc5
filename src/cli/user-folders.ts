import { homedir, userInfo } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'

/** Where a user's machines and kernels are, as the XDG base directories have it. */

export type Environment = Readonly<Record<string, string | undefined>>

/** The machine of a user who names none: $BPFTOOL_STATE, else a folder of the XDG state folder. */
export function defaultState(env: Environment, cwd: string): string {
  const chosen = env['BPFTOOL_STATE']
  return chosen ? resolve(cwd, chosen) : inFolder(env, 'XDG_STATE_HOME', ['.local', 'state'])
}

/** The kernels that a user imported: $BPFTOOL_KERNELS, else a folder of the XDG data folder. */
export function kernelsFolder(env: Environment, cwd: string): string {
  const chosen = env['BPFTOOL_KERNELS']
  return chosen ? resolve(cwd, chosen) : join(inFolder(env, 'XDG_DATA_HOME', ['.local', 'share']), 'kernels')
}

/** What V8 made of the command's texts: a folder of the XDG cache folder. */
export function compiledFolder(env: Environment): string {
  return join(inFolder(env, 'XDG_CACHE_HOME', ['.cache']), 'compiled')
}

function inFolder(env: Environment, variable: string, fallback: readonly string[]): string {
  const xdg = env[variable]
  if (xdg?.startsWith('/')) return join(xdg, 'bpftool')
  if (process.platform === 'win32' && env['LOCALAPPDATA']) return join(env['LOCALAPPDATA'], 'bpftool')
  // Where HOME is empty, homedir() is too.
  const home = [env['HOME'], homedir()].find((each) => each !== undefined && isAbsolute(each))
  return join(home ?? userInfo().homedir, ...fallback, 'bpftool')
}
