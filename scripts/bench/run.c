// Programs whose speed is compared with the kernel's JIT: see run.mjs.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define TURNS 1000

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, __u32);
	__type(value, __u64);
} hash SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} counters SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 256);
	__type(key, __u32);
	__type(value, __u64);
} percpu SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 26);
} ring SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} progs SEC(".maps");

__u32 table[256];
__u8 text[4096];
__u64 result;

/* Arithmetic on 64 bits. */
SEC("xdp")
int compute(struct xdp_md *ctx)
{
	__u64 h = 14695981039346656037ULL;
	__u32 x = 1;
	int i;

	for (i = 0; i < 10000; i++) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		h = (h ^ x) * 1099511628211ULL;
	}
	return (int)(h >> 33);
}

/* A table and a text in memory: the CRC of four thousand bytes. */
SEC("xdp")
int crc(struct xdp_md *ctx)
{
	__u32 sum = ~0u;
	int i;

	for (i = 0; i < 4096; i++)
		sum = (sum >> 8) ^ table[(sum ^ text[i & 4095]) & 255];
	result = sum;
	return 1;
}

/* Bytes of the stack at places that depend. */
SEC("xdp")
int stack(struct xdp_md *ctx)
{
	__u8 bytes[256] = {};
	__u32 i, x = 1, n = 0;

	for (i = 0; i < 5000; i++) {
		x = x * 1664525 + 1013904223;
		bytes[x >> 24] += i;
		n += bytes[(x >> 16) & 255];
	}
	return n;
}

/* Division and remainder. */
SEC("xdp")
int divide(struct xdp_md *ctx)
{
	__u64 a = 0x123456789abcdefULL, n = 0;
	__u32 i;

	for (i = 1; i < 5000; i++) {
		n += a / i;
		n ^= a % (i + 7);
		a += n;
	}
	return (int)n;
}

/* From Ethernet to ports, and the checksum of the IP header. */
SEC("xdp")
int parse(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = data;
	struct iphdr *ip = data + sizeof(*eth);
	__u32 sum = 0, ports;
	__u16 *words = (void *)ip;
	int i;

	if ((void *)(ip + 1) > end)
		return XDP_PASS;
	if (eth->h_proto != bpf_htons(ETH_P_IP) || ip->ihl != 5)
		return XDP_PASS;
	for (i = 0; i < 10; i++)
		sum += words[i];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (ip->protocol == IPPROTO_TCP) {
		struct tcphdr *tcp = (void *)(ip + 1);

		if ((void *)(tcp + 1) > end)
			return XDP_DROP;
		ports = tcp->source ^ tcp->dest;
	} else if (ip->protocol == IPPROTO_UDP) {
		struct udphdr *udp = (void *)(ip + 1);

		if ((void *)(udp + 1) > end)
			return XDP_DROP;
		ports = udp->source ^ udp->dest;
	} else {
		return XDP_PASS;
	}
	result = ports + sum + ip->saddr;
	return (ports & 1) ? XDP_DROP : XDP_PASS;
}

/* Fills the hash with what `hash_hit` looks for. */
SEC("xdp")
int fill(struct xdp_md *ctx)
{
	__u32 i, key;
	__u64 value = 1;

	for (i = 0; i < TURNS; i++) {
		key = i;
		bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	}
	for (i = 0; i < 256; i++)
		table[i & 255] = i * 0x9e3779b1;
	return 1;
}

SEC("xdp")
int hash_hit(struct xdp_md *ctx)
{
	__u64 *value, sum = 0;
	__u32 i, key;

	for (i = 0; i < TURNS; i++) {
		key = i;
		value = bpf_map_lookup_elem(&hash, &key);
		if (value)
			sum += *value;
	}
	return (int)sum;
}

SEC("xdp")
int hash_miss(struct xdp_md *ctx)
{
	__u32 i, key, n = 0;

	for (i = 0; i < TURNS; i++) {
		key = i + 100000;
		if (!bpf_map_lookup_elem(&hash, &key))
			n++;
	}
	return n;
}

SEC("xdp")
int hash_update(struct xdp_md *ctx)
{
	__u32 i, key;
	__u64 value = 2;

	for (i = 0; i < TURNS; i++) {
		key = i;
		bpf_map_update_elem(&hash, &key, &value, BPF_ANY);
	}
	return 1;
}

SEC("xdp")
int array_counter(struct xdp_md *ctx)
{
	__u64 *value;
	__u32 i, key;

	for (i = 0; i < TURNS; i++) {
		key = i & 255;
		value = bpf_map_lookup_elem(&counters, &key);
		if (value)
			__sync_fetch_and_add(value, 1);
	}
	return 1;
}

SEC("xdp")
int percpu_counter(struct xdp_md *ctx)
{
	__u64 *value;
	__u32 i, key;

	for (i = 0; i < TURNS; i++) {
		key = i & 255;
		value = bpf_map_lookup_elem(&percpu, &key);
		if (value)
			*value += 1;
	}
	return 1;
}

SEC("xdp")
int ring_output(struct xdp_md *ctx)
{
	__u64 sample[2] = { 1, 2 };
	__u32 i, n = 0;

	for (i = 0; i < TURNS; i++)
		if (!bpf_ringbuf_output(&ring, sample, sizeof(sample), BPF_RB_NO_WAKEUP))
			n++;
	return n;
}

SEC("xdp")
int ring_reserve(struct xdp_md *ctx)
{
	__u64 *sample;
	__u32 i, n = 0;

	for (i = 0; i < TURNS; i++) {
		sample = bpf_ringbuf_reserve(&ring, 16, 0);
		if (!sample)
			break;
		sample[0] = i;
		sample[1] = n;
		bpf_ringbuf_submit(sample, BPF_RB_NO_WAKEUP);
		n++;
	}
	return n;
}

/* Calls itself until the limit: 33 times. */
SEC("xdp")
int tail(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &progs, 0);
	return 33;
}

static long add(__u32 i, void *sum)
{
	*(__u64 *)sum += i;
	return 0;
}

SEC("xdp")
int loop_million(struct xdp_md *ctx)
{
	__u64 sum = 0;

	bpf_loop(1000000, add, &sum, 0);
	return (int)(sum >> 8);
}

static __noinline __u64 mix(__u64 a, __u64 b)
{
	a ^= b >> 7;
	return a * 31 + b;
}

/* Calls of a function. */
SEC("xdp")
int subprog(struct xdp_md *ctx)
{
	__u64 a = 1;
	__u32 i;

	for (i = 0; i < 5000; i++)
		a = mix(a, i);
	return (int)a;
}

/* Nothing: what a run costs by itself. */
SEC("xdp")
int nothing(struct xdp_md *ctx)
{
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
