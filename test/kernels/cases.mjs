// Which objects each kernel is asked about, for the recorder and for the test that asks the simulated ones.
import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

export const kernels = ['5.10', '6.1', '6.12', '6.18', '7.2']

const root = resolve(import.meta.dirname, '../..')
const folders = ['fixtures/obj', 'test/kernels/obj']

/** Paths of the objects, by their own names. */
export const objects = Object.fromEntries(
  folders.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.o'))
      .map((file) => [basename(file), join(root, folder, file)]),
  ),
)

/** Their logs have fifty million bytes. */
const endless = /^compute\./

/** What is asked: the verdict with the messages and a failure's log, then all logs. */
export const steps = (object) =>
  [[], ...(endless.test(object) ? [] : [['-d']])].map((options) => [
    ...options,
    ...['prog', 'loadall', object, '/sys/fs/bpf/x'],
  ])
