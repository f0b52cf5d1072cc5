// Records a kernel profile, profiles/NAME, from what a booted kernel shows of itself:
//   node scripts/profile.mjs NAME [FOLDER]
// Without FOLDER it boots the kernel of $LINUX_IMAGE in a virtual machine (see fixtures.mjs). FOLDER holds what the
// guest's script below wrote, run as root in a fresh boot of that kernel (no modules loaded, so that all symbols are the
// kernel's own).
// Everything is compressed with brotli: it is part of the package, and Node reads it without another dependency.
import { build } from 'esbuild'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { boot } from './fixtures/boot.mjs'

const guest = `cat /sys/kernel/btf/vmlinux > /out/vmlinux.btf
echo 0 > /proc/sys/kernel/kptr_restrict; cat /proc/kallsyms > /out/kallsyms
cp /boot/config-$(uname -r) /out/config
sysctl -a > /out/sysctl
uname -m > /out/machine
`

const [name, given] = process.argv.slice(2)
if (!name || !/^[\w.-]+$/.test(name)) {
  console.error('usage: node scripts/profile.mjs NAME [FOLDER]')
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'profile-'))
process.on('exit', () => rmSync(work, { recursive: true }))
const folder = given ?? join(work, 'out')
if (!given) {
  writeFileSync(join(work, 'script'), guest)
  boot({ script: join(work, 'script'), files: {}, out: folder })
}

const read = (file) => readFileSync(join(folder, file))
const btf = read('vmlinux.btf')
const kallsyms = read('kallsyms')
const config = read('config')
const sysctls = read('sysctl')

const sysctl = (key) => {
  const line = sysctls
    .toString()
    .split('\n')
    .find((each) => each.startsWith(`${key} = `))
  if (!line) throw new Error(`sysctl has no ${key}`)
  return line.slice(key.length + 3)
}
if (btf.readUInt16LE(0) !== 0xeb9f) throw new Error('vmlinux.btf is no BTF')
const lines = kallsyms.toString('latin1').trimEnd().split('\n')
if (lines.every((line) => line.startsWith('0000000000000000')))
  throw new Error('kallsyms shows no addresses: run as root')
if (lines.some((line) => line.includes('\t['))) throw new Error('kallsyms has symbols of modules')

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = join(root, 'profiles', name)
mkdirSync(out, { recursive: true })
// Packing is the command's own (`kernel import` does it too).
const outfile = join(work, 'pack.mjs')
const entryPoints = [join(root, 'src/kernel/profile/pack.ts')]
await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'esm', packages: 'external' })
cpSync(join(root, 'package.json'), join(work, 'package.json'))
const { PackEffort, packProfile } = await import(pathToFileURL(outfile).href)
const facts = {
  release: sysctl('kernel.osrelease'),
  version: sysctl('kernel.version'),
  machine: read('machine').toString().trim(),
}
packProfile(out, { vmlinuxBtf: btf, config, kallsyms, sysctl: sysctls }, facts, PackEffort.SMALL)
