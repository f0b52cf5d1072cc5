import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../src/cli/main.ts'

export interface Step {
  argv: string[]
  status: number
  stdout: string
  stderr: string
}

/** A folder with objects in it, each by its own name; removed by whoever made it. */
export function folderOf(objects: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'bpftool-sim-kernels-'))
  for (const [name, path] of Object.entries(objects)) symlinkSync(path, join(folder, name))
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}

/** One command on a fresh machine of a kernel. */
export async function answer(kernel: string, argv: readonly string[], cwd: string): Promise<Step> {
  const out: Uint8Array[] = []
  const err: string[] = []
  const status = await run(['--kernel', kernel, ...argv], {
    stdout: (text) => out.push(Buffer.from(text as string)),
    stderr: (text) => err.push(text),
    stdin: () => new Uint8Array(),
    env: { BPFTOOL_KERNELS: '/nonexistent' },
    cwd,
    columns: undefined,
  })
  return { argv: [...argv], status, stdout: Buffer.concat(out).toString('latin1'), stderr: err.join('') }
}
