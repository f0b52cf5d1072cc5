// What is run of src/kfuncs.c and src/arena.c, in this order: some leave things in maps that later ones find.

/** Packets that a program of packets is run on; one that isn't of packets is run once, on nothing. */
const one = ['udp4']

export const kfuncRuns = {
  kfuncs: [
    ['iter_num', one],
    ['iter_bits', one],
    ['dynptr_memory', one],
    ['dynptr_skb', ['bare', 'udp4', 'large', 'page']],
    ['dynptr_rdonly', ['udp4', 'large', 'page']],
    ['dynptr_xdp', ['bare', 'udp4', 'large', 'page', 'jumbo']],
    ['objects', one],
    ['list', one],
    ['list_later', one],
    ['tree', one],
    ['tree_later', one],
    ['counted', one],
    ['keep', one],
    ['keep', one],
    ['keep_later', one],
    ['keep_later', one],
    ['percpu', one],
    ['percpu', one],
    ['kernel_skb', ['bare', 'udp4']],
    ['kernel_xdp', ['bare', 'large', 'page', 'jumbo']],
    ['sections', one],
    ['throws', ['udp4', 'large']],
    ['throws_handled', ['udp4', 'large']],
    ['strings', one],
    ['cpumasks', []],
    ['tasks', []],
    ['timers', one],
    ['timers_later', one],
    ['timers', one],
    ['timers_later', one],
  ],
  arena: [
    ['pages', []],
    ['pages_later', []],
    ['atomics', []],
    ['faults', []],
    ['globals', []],
    ['globals', []],
  ],
}
