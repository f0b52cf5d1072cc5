import { basename, join } from 'node:path'
import { fixturesRoot, readRecording, recordings, replay } from './replay.ts'

/** Every fixture: what bpftool 7.8.0 printed on a real 6.18 kernel, command by command, is what ours prints. */
describe('recorded sessions of the real bpftool', () => {
  test.each(recordings().map((path) => [basename(path, '.json'), path]))('%s', async (name, path) => {
    const differences = await replay(readRecording(path), join(fixturesRoot, 'obj', `${name}.o`))
    expect(differences).toEqual([])
  })
})
