#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct only_declared {
	long now_known;
};
struct shared {
	int a;
	struct only_declared *other;
	struct shared *next;
};

extern int one_counter;
extern int one_hidden(int y);
extern int CONFIG_HZ __kconfig __weak;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, long);
} two_map SEC(".maps");

extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct shared);
} one_map SEC(".maps");

int two_counter = 1;
const long two_constant = 5;
long both_weak __weak = 2;
static volatile int same_name = 2;
static const volatile char text[] = "two, longer";
struct only_declared known;

static __noinline int helper(int x)
{
	return x - same_name + text[x & 7];
}

__noinline int two_add(int number, struct shared *which)
{
	return which ? number + which->a + one_hidden(helper(number)) : 0;
}

int both_functions(int times)
{
	return times * 4;
}

SEC("tc")
int two(struct __sk_buff *ctx)
{
	int key = 1;
	long *v = bpf_map_lookup_elem(&two_map, &key);

	known.now_known++;
	return (v ? *v : 0) + one_counter + CONFIG_HZ;
}

SEC("xdp")
int two_xdp(struct xdp_md *ctx)
{
	int key = ctx->ingress_ifindex;

	return bpf_map_lookup_elem(&one_map, &key) ? helper(3) : XDP_PASS;
}

char _license[] SEC("license") = "GPL";
