// Records a kernel profile, profiles/NAME, from what a booted kernel showed of itself:
//   node scripts/profile.mjs NAME FOLDER
// FOLDER holds what these commands wrote, run as root in a fresh boot of that kernel (a virtual machine will do; no
// modules loaded, so that all symbols are the kernel's own):
//   cat /sys/kernel/btf/vmlinux > vmlinux.btf
//   echo 0 > /proc/sys/kernel/kptr_restrict; cat /proc/kallsyms > kallsyms
//   cat /boot/config-$(uname -r) > config
//   sysctl -a > sysctl
// Release, version and machine are taken from the sysctls (kernel.osrelease, kernel.version, kernel.arch).
// Everything is compressed with brotli: it is part of the package, and Node reads it without another dependency.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { structSizes } from './profile/struct-sizes.mjs'

const [name, folder] = process.argv.slice(2)
if (!name || !folder || !/^[\w.-]+$/.test(name)) {
  console.error('usage: node scripts/profile.mjs NAME FOLDER')
  process.exit(2)
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

// What most loads ask for, so that they don't have to read all symbols: the functions of BPF itself, helpers that aren't
// called so among them.
const short = lines.filter((line) => / [tT] ((__)?bpf_|sk_skb_|sk_(select_)?reuseport|get_func_(arg|ret))/.test(line))

// Sizes of these stand in meta.json: what the kernel's maps are counted with.
const counted = [
  'bpf_map',
  'bpf_array',
  'bpf_htab',
  'htab_elem',
  'bpf_queue_stack',
  'lpm_trie',
  'lpm_trie_node',
  'bpf_bloom_filter',
  'bpf_ringbuf_map',
  'bpf_stack_map',
  'stack_map_bucket',
  'bpf_dtab',
  'bpf_dtab_netdev',
  'bpf_cpu_map',
  'xsk_map',
  'bpf_stab',
  'bpf_shtab',
  'bpf_shtab_bucket',
  'reuseport_array',
  'bpf_local_storage_map',
  'bpf_local_storage_map_bucket',
  'bpf_local_storage_elem',
  'bpf_cgroup_storage_map',
  'bpf_struct_ops_map',
  'bpf_struct_ops_value',
  'bpf_insn_array',
  'bpf_rhtab',
]

const out = join(resolve(dirname(fileURLToPath(import.meta.url)), '..'), 'profiles', name)
mkdirSync(out, { recursive: true })
const keep = (file, bytes) => {
  const packed = brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
  writeFileSync(join(out, `${file}.br`), packed)
  console.log(`${file}: ${bytes.length} bytes, kept in ${packed.length}`)
}
keep('vmlinux.btf', btf)
keep('kallsyms', kallsyms)
keep('symbols', Buffer.from(short.join('\n') + '\n', 'latin1'))
keep('config', config)
keep('sysctl', sysctls)
writeFileSync(
  join(out, 'meta.json'),
  JSON.stringify(
    {
      release: sysctl('kernel.osrelease'),
      version: sysctl('kernel.version'),
      machine: sysctl('kernel.arch'),
      vmlinuxBtfSize: btf.length,
      structSizes: structSizes(btf, counted),
    },
    null,
    2,
  ) + '\n',
)
