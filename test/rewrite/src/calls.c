// compilers: clang-19
// flags: -mcpu=v4
/* Calls that become instructions, or go to a map's own function. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define MAP(name, map_type, key_type, value_type, flags) \
	struct { __uint(type, BPF_MAP_TYPE_##map_type); __uint(max_entries, 10); __uint(map_flags, flags); \
		 __type(key, key_type); __type(value, value_type); } name SEC(".maps");

struct odd { char bytes[20]; };
MAP(array, ARRAY, __u32, struct odd, 0)
MAP(words, ARRAY, __u32, __u64, 0)
MAP(cpu_array, PERCPU_ARRAY, __u32, struct odd, 0)
MAP(hash, HASH, struct odd, __u64, 0)
MAP(cpu_hash, PERCPU_HASH, __u32, __u64, 0)
MAP(lru, LRU_HASH, __u64, __u64, 0)
MAP(cpu_lru, LRU_PERCPU_HASH, __u32, __u64, 0)
MAP(trie, LPM_TRIE, __u64, __u64, BPF_F_NO_PREALLOC)
struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __type(value, __u32); } queue SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_STACK); __uint(max_entries, 4); __type(value, __u32); } stack SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_BLOOM_FILTER); __uint(max_entries, 4); __type(value, __u32); } bloom SEC(".maps");
struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __uint(map_flags, BPF_F_INNER_MAP);
	       __type(key, __u32); __type(value, __u32); } inner_array SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 3); __type(key, __u32);
	 __array(values, struct inner); } outer_array SEC(".maps") = { .values = { &inner_array } };
struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 3); __type(key, __u32);
	 __array(values, struct inner); } outer_hash SEC(".maps") = { .values = { &inner_array } };
MAP(devices, DEVMAP, __u32, __u32, 0)
MAP(device_hash, DEVMAP_HASH, __u32, __u32, 0)
MAP(cpus, CPUMAP, __u32, __u32, 0)
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __type(key, __u32); __type(value, __u32);
} programs SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_SK_STORAGE); __uint(map_flags, BPF_F_NO_PREALLOC); __type(key, int);
	 __type(value, __u32); } storage SEC(".maps");
struct clock { struct bpf_timer timer; };
MAP(timers, ARRAY, __u32, struct clock, 0)

#define LOOK(map, key_type, value_type) \
	{ key_type key = {}; value_type *found = bpf_map_lookup_elem(&map, &key); if (found) sum += *(char *)found; }
#define CHANGE(map, key_type, value_type) \
	{ key_type key = {}; value_type value = {}; sum += bpf_map_update_elem(&map, &key, &value, 0); \
	  sum += bpf_map_delete_elem(&map, &key); }

SEC("xdp") int look_up(struct xdp_md *ctx)
{
	int sum = 0;

	LOOK(array, __u32, struct odd) LOOK(words, __u32, __u64) LOOK(cpu_array, __u32, struct odd)
	LOOK(hash, struct odd, __u64) LOOK(cpu_hash, __u32, __u64) LOOK(lru, __u64, __u64) LOOK(cpu_lru, __u32, __u64)
	LOOK(trie, __u64, __u64) LOOK(devices, __u32, __u32) LOOK(device_hash, __u32, __u32)
	return sum;
}

SEC("xdp") int look_inside(struct xdp_md *ctx)
{
	__u32 key = 0, *value;
	void *map = bpf_map_lookup_elem(&outer_array, &key);

	if (map && (value = bpf_map_lookup_elem(map, &key)))
		return *value;
	map = bpf_map_lookup_elem(&outer_hash, &key);
	return map && (value = bpf_map_lookup_elem(map, &key)) ? *value : 1;
}

SEC("xdp") int change(struct xdp_md *ctx)
{
	__u32 word = 0;
	int sum = 0;

	CHANGE(array, __u32, struct odd) CHANGE(cpu_array, __u32, struct odd) CHANGE(hash, struct odd, __u64)
	CHANGE(cpu_hash, __u32, __u64) CHANGE(lru, __u64, __u64) CHANGE(cpu_lru, __u32, __u64) CHANGE(trie, __u64, __u64)
	sum += bpf_map_push_elem(&queue, &word, 0) + bpf_map_pop_elem(&queue, &word) + bpf_map_peek_elem(&queue, &word);
	sum += bpf_map_push_elem(&stack, &word, 0) + bpf_map_pop_elem(&stack, &word) + bpf_map_peek_elem(&stack, &word);
	sum += bpf_map_push_elem(&bloom, &word, 0) + bpf_map_peek_elem(&bloom, &word);
	if (bpf_map_lookup_percpu_elem(&cpu_array, &word, 0) || bpf_map_lookup_percpu_elem(&cpu_hash, &word, 1))
		sum++;
	return sum;
}

static long each(void *map, void *key, void *value, void *ctx)
{
	return 0;
}

static int again(__u32 i, void *ctx)
{
	return i > 3;
}

static int expired(void *map, int *key, struct clock *value)
{
	return 0;
}

__attribute__((noinline)) int other(int n)
{
	return n * 3;
}

SEC("tc") int call_back(struct __sk_buff *skb)
{
	int key = 0, sum = 0;
	struct clock *clock = bpf_map_lookup_elem(&timers, &key);

	sum += bpf_for_each_map_elem(&array, each, &sum, 0) + bpf_for_each_map_elem(&hash, each, &sum, 0);
	sum += bpf_loop(10, again, &sum, 0);
	if (clock) {
		bpf_timer_init(&clock->timer, &timers, 1);
		bpf_timer_set_callback(&clock->timer, expired);
	}
	return sum + other(skb->len);
}

SEC("xdp") int redirect(struct xdp_md *ctx)
{
	return bpf_redirect_map(&devices, 0, 0) + bpf_redirect_map(&device_hash, 1, 0) + bpf_redirect_map(&cpus, 2, 0);
}

SEC("tc") int small(struct __sk_buff *skb)
{
	__u64 sum = bpf_jiffies64() + bpf_get_smp_processor_id() + bpf_get_prandom_u32() + bpf_ktime_get_ns();

	if (skb->sk) {
		struct bpf_sock *sk = bpf_sk_fullsock(skb->sk);

		if (sk)
			bpf_sk_storage_get(&storage, sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	}
	bpf_tail_call(skb, &programs, 1);
	bpf_tail_call(skb, &programs, sum & 3);
	return sum;
}

SEC("tc") int write_packet(struct __sk_buff *skb)
{
	char *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 2 > end)
		return 0;
	data[1] = data[0];
	return 1;
}

__u64 kept;

SEC("fexit/bpf_fentry_test2") int traced(void *ctx)
{
	__u64 value = 0;

	bpf_get_func_arg(ctx, 0, &value);
	bpf_get_func_ret(ctx, &value);
	kept = bpf_get_func_arg_cnt(ctx) + bpf_get_func_ip(ctx) + value;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
