import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type * as Zlib from 'node:zlib'
import { Btf, Kind } from '../../btf/btf.ts'
import { findMember } from '../btf/members.ts'
import type { ProfileMeta } from './meta.ts'
import { isAsked } from './asked-symbols.ts'
import { lateRequire } from './package-root.ts'

/** What a kernel shows of itself. Texts are as the files have them. */
export interface KernelParts {
  /** /sys/kernel/btf/vmlinux. */
  vmlinuxBtf: Uint8Array
  /** /boot/config-RELEASE. */
  config: Uint8Array
  /** /proc/kallsyms, without the symbols of modules. */
  kallsyms: Uint8Array
  /** As `sysctl -a` prints them. */
  sysctl: Uint8Array
}

/** brotli's effort: the package's own kernels are packed as small as it goes, a user's own while the user waits. */
export const PackEffort = { SMALL: 11, QUICK: 4 } as const

/**
 * Sizes of these stand in meta.json: what the kernel's maps are counted with.
 */
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

/** Members that contexts of packets become, and look-ups without calls: the types needn't be read for most programs. */
const named = {
  sk_buff: `len dev sk data head end cb mark priority protocol queue_mapping hash skb_iif vlan_all vlan_tci vlan_proto
    tc_index napi_id tstamp __pkt_type_offset __mono_tc_offset __cloned_offset`,
  qdisc_skb_cb: 'data tc_classid pkt_len',
  bpf_skb_data_end: 'data_meta data_end',
  net_device: 'ifindex',
  xdp_buff: 'data data_end data_meta rxq txq',
  xdp_rxq_info: 'dev queue_index',
  xdp_txq_info: 'dev',
  sock_common: 'skc_family skc_daddr skc_rcv_saddr skc_v6_daddr skc_v6_rcv_saddr skc_dport skc_num skc_state',
  bpf_array: 'value pptrs',
  htab_elem: 'key lru_node',
  bpf_lru_node: 'ref',
  xsk_map: 'xsk_map',
}

function members(btf: Btf): NonNullable<ProfileMeta['members']> {
  const places: Record<string, [offset: number, size: number]> = {}
  for (const [struct, names] of Object.entries(named)) {
    for (const name of names.split(/\s+/)) {
      const place = findMember(btf, `${struct}.${name}`)
      if (place) places[`${struct}.${name}`] = [place.offset, place.size]
    }
  }
  return places
}

/** Writes a kernel's folder, which is there and empty: its parts packed, and meta.json last. */
export function packProfile(
  folder: string,
  parts: KernelParts,
  facts: Omit<ProfileMeta, 'vmlinuxBtfSize' | 'structSizes'>,
  effort: number,
): void {
  const lines = Buffer.from(parts.kallsyms).toString('latin1').split('\n')
  const short = lines.filter((line) => isAsked(line.slice(19)))
  const symbols = Buffer.from(`${short.join('\n')}\n`, 'latin1')
  // What most commands look something up in stands as it is: to unpack it takes longer than to look.
  const plain = { symbols, config: parts.config, sysctl: parts.sysctl }
  for (const [name, bytes] of Object.entries(plain)) writeFileSync(join(folder, name), bytes)
  const packed = { 'vmlinux.btf': parts.vmlinuxBtf, kallsyms: parts.kallsyms }
  for (const [name, bytes] of Object.entries(packed)) writeFileSync(join(folder, `${name}.br`), pack(bytes, effort))
  const btf = Btf.parse(parts.vmlinuxBtf)
  const meta: ProfileMeta = {
    ...facts,
    vmlinuxBtfSize: parts.vmlinuxBtf.length,
    structSizes: structSizes(btf),
    members: members(btf),
  }
  writeFileSync(join(folder, 'meta.json'), `${JSON.stringify(meta, null, 2)}\n`)
}

function pack(bytes: Uint8Array, effort: number): Uint8Array {
  const { brotliCompressSync, constants } = lateRequire('node:zlib') as typeof Zlib
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: effort,
      [constants.BROTLI_PARAM_LGWIN]: 24,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  })
}

function structSizes(btf: Btf): Record<string, number> {
  return Object.fromEntries(
    counted.flatMap((name) => {
      const id = btf.findByNameKind(name, Kind.STRUCT)
      return id === undefined ? [] : [[name, btf.size(id)]]
    }),
  )
}
