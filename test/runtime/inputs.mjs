// What the recorded programs are run on: packets and contexts, by name.

/** Bytes that look random and are the same each time. */
function noise(length, seed) {
  const bytes = new Uint8Array(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) | 0
    bytes[i] = state >>> 16
  }
  return bytes
}

function packet(length, type, start = []) {
  const bytes = noise(length, length + type)
  bytes.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, type >> 8, type & 0xff].slice(0, length))
  bytes.set(start.slice(0, Math.max(0, length - 14)), Math.min(14, length))
  return bytes
}

const ip4 = [
  0x45, 0, 0, 46, 0x12, 0x34, 0, 0, 64, 17, 0xab, 0xcd, 10, 0, 0, 1, 10, 0, 0, 2, 4, 210, 22, 46, 0, 26, 0, 0,
]
const ip6 = [0x60, 0, 0, 0, 0, 26, 17, 64, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xfe, 0x80]

export const packets = {
  empty: new Uint8Array(0),
  tiny: packet(13, 0x0800),
  bare: packet(14, 0x0800),
  short: packet(20, 0x0800, ip4),
  udp4: packet(60, 0x0800, ip4),
  udp6: packet(80, 0x86dd, ip6),
  arp: packet(42, 0x0806),
  vlan: packet(64, 0x8100, [0x0f, 0xff, 0x08, 0x00, ...ip4]),
  qinq: packet(68, 0x88a8, [0x00, 0x64, 0x81, 0x00, 0x00, 0xc8, 0x08, 0x00, ...ip4]),
  llc: packet(64, 0x0100, [0x42, 0x42, 3]),
  novell: packet(64, 0x0040, [0xff, 0xff, 3]),
  broadcast: (() => {
    const bytes = packet(64, 0x0800, ip4)
    bytes.fill(0xff, 0, 6)
    return bytes
  })(),
  multicast: (() => {
    const bytes = packet(65, 0x0800, ip4)
    bytes.set([1, 0, 0x5e, 0, 0, 1])
    return bytes
  })(),
  local: (() => {
    const bytes = packet(64, 0x0800, ip4)
    bytes.fill(0, 0, 6)
    return bytes
  })(),
  large: packet(1500, 0x0800, ip4),
  page: packet(3520, 0x0800, ip4),
  page_and_one: packet(3521, 0x0800, ip4),
  most_skb: packet(3712, 0x0800, ip4),
  above_skb: packet(3713, 0x0800, ip4),
  jumbo: packet(9000, 0x0800, ip4),
  too_long: packet(73153, 0x0800, ip4),
}

/** A context with 32-bit numbers at offsets. */
function context(size, fields = {}) {
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  for (const [off, value] of Object.entries(fields)) view.setUint32(Number(off), value, true)
  return bytes
}

/** struct xdp_md: data, data_end, data_meta, ingress_ifindex, rx_queue_index, egress_ifindex. */
export const xdpContexts = {
  end: context(24, { 4: 60 }),
  meta: context(24, { 0: 8, 4: 60 }),
  meta_most: context(24, { 0: 216, 4: 1500 }),
  meta_above: context(24, { 0: 220, 4: 1500 }),
  meta_odd: context(24, { 0: 6, 4: 60 }),
  all_meta: context(24, { 0: 60, 4: 60 }),
  backwards: context(24, { 0: 20, 4: 10 }),
  beyond: context(24, { 4: 61 }),
  part: context(24, { 4: 30 }),
  with_meta_field: context(24, { 4: 60, 8: 4 }),
  device: context(24, { 4: 60, 12: 1 }),
  queue: context(24, { 4: 60, 16: 1 }),
  device_queue: context(24, { 4: 60, 12: 1, 16: 1 }),
  no_device: context(24, { 4: 60, 12: 99999 }),
  egress: context(24, { 4: 60, 20: 1 }),
  none: context(24),
  cut: context(8, { 4: 60 }),
  longer: context(40, { 4: 60 }),
  longer_with: context(40, { 4: 60, 32: 1 }),
  one: new Uint8Array(1),
}

/** struct __sk_buff by offsets. */
export const skbContexts = {
  none: context(192),
  mark: context(192, { 8: 0xdeadbeef, 32: 77 }),
  cb: context(192, { 48: 1, 52: 2, 56: 3, 60: 0xffffffff, 64: 5 }),
  times: context(192, { 152: 0x11223344, 156: 0x55667788, 184: 0x99, 188: 1 }),
  wire: context(192, { 160: 60 }),
  wire_short: context(192, { 160: 59 }),
  wire_most: context(192, { 160: 65536 }),
  wire_above: context(192, { 160: 65537 }),
  gso: context(192, { 164: 3, 176: 1400 }),
  gso_above: context(192, { 164: 65536 }),
  gso_wide: context(192, { 176: 0x12345 }),
  ingress: context(192, { 36: 5 }),
  ifindex: context(192, { 40: 1 }),
  no_ifindex: context(192, { 40: 99999 }),
  len: context(192, { 0: 60 }),
  pkt_type: context(192, { 4: 1 }),
  queue: context(192, { 12: 1 }),
  vlan: context(192, { 24: 1 }),
  tc_index: context(192, { 44: 1 }),
  hash: context(192, { 68: 1 }),
  data: context(192, { 76: 1 }),
  sk: context(192, { 168: 1 }),
  tstamp_type: context(192, { 180: 1 }),
  cut: context(64, { 8: 7, 48: 9 }),
  longer: context(256, { 8: 7 }),
  longer_with: context(256, { 200: 7 }),
}

/** struct bpf_sk_lookup: family, protocol, remote_ip4, remote_port, local_ip4, local_port by offsets. */
const lookup = (fields) =>
  context(72, { 8: 2, 12: 17, 16: 0x04030201, 36: 0x5000, 40: 0x08070605, 60: 8080, ...fields })
const args = (...values) => context(8 * values.length, Object.fromEntries(values.map((value, i) => [8 * i, value])))

/** Contexts of programs that work on no packet. */
export const otherContexts = {
  none: new Uint8Array(0),
  one: args(40),
  two: args(40, 2),
  twelve: args(40, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
  thirteen: args(40, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13),
  lookup: lookup({}),
  lookup_drop: lookup({ 60: 80 }),
  lookup_port: lookup({ 60: 65536 }),
  lookup_ip6: lookup({ 8: 10, 20: 0x11111111, 52: 0x44, 56: 0x55 }),
  lookup_family: lookup({ 8: 5 }),
  lookup_wide: lookup({ 8: 0x10002, 12: 0x20011 }),
  lookup_sk: lookup({ 0: 1 }),
  lookup_ifindex: lookup({ 64: 1 }),
  lookup_cut: lookup({}).subarray(0, 64),
  flags: context(56, { 48: 1 }),
  flags_drop: context(56, { 48: 2 }),
  keys: context(56, { 0: 1 }),
  label: context(56, { 52: 1 }),
  hook: context(48, { 0: 0x0201 }),
}

/** Runs of programs that work on no packet, or on one of another kind. */
export const otherRuns = [
  ...['none', 'one', 'two', 'twelve', 'thirteen'].map((name) => ({ program: 'raw_tp', context: name, repeat: 0 })),
  { program: 'raw_tp', context: 'two' },
  { program: 'raw_tp', context: 'two', packet: 'udp4', repeat: 0 },
  { program: 'raw_tp', packet: 'udp4', repeat: 0 },
  { program: 'raw_tp_none', repeat: 0 },
  { program: 'raw_tp_none', context: 'two', repeat: 0 },
  { program: 'raw_tp_none' },
  ...['one', 'two', 'thirteen'].map((name) => ({ program: 'a_syscall', context: name, repeat: 0 })),
  { program: 'a_syscall', context: 'two' },
  { program: 'a_syscall', repeat: 0 },
  ...Object.keys(otherContexts)
    .filter((name) => name.startsWith('lookup'))
    .map((name) => ({ program: 'a_sk_lookup', context: name, room: true })),
  { program: 'a_sk_lookup', context: 'lookup' },
  { program: 'a_sk_lookup', context: 'lookup', repeat: 7 },
  { program: 'a_sk_lookup' },
  { program: 'a_sk_lookup', context: 'lookup', packet: 'udp4' },
  ...['empty', 'tiny', 'bare', 'udp4', 'udp6', 'page', 'most_skb', 'above_skb', 'jumbo'].map((packet) => ({
    program: 'flow',
    packet,
  })),
  ...['flags', 'flags_drop', 'keys', 'label', 'one'].map((name) => ({
    program: 'flow',
    packet: 'udp4',
    context: name,
    room: true,
  })),
  ...['fentry', 'fexit', 'a_fmod', 'tp_btf'].flatMap((program) => [
    { program },
    { program, packet: 'udp4' },
    { program, repeat: 0 },
  ]),
  ...['kprobe', 'tracepoint', 'a_perf_event', 'a_sockops', 'a_sk_skb', 'a_sk_msg', 'cgroup_dev', 'cgroup_sysctl'].map(
    (program) => ({ program, packet: 'udp4' }),
  ),
  ...['cgroup_sock', 'cgroup_connect', 'cgroup_getsockopt', 'reuseport', 'from_lwt_out', 'from_seg6'].map(
    (program) => ({
      program,
      packet: 'udp4',
    }),
  ),
  ...['from_cgroup', 'for_devmap', 'for_cpumap'].map((program) => ({ program, packet: 'udp4' })),
  ...['empty', 'tiny', 'short', 'udp4', 'arp', 'most_skb', 'above_skb'].map((packet) => ({
    program: 'a_netfilter',
    packet,
  })),
  ...['hook', 'one'].map((name) => ({ program: 'a_netfilter', packet: 'udp4', context: name })),
]
