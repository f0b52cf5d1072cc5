// compilers: clang-19
/* Tail calls out of a function whose program comes back to it: frames lie on frames of the programs before. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int branch(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int (void *));
} targets SEC(".maps") = {
	.values = { [1] = (void *)&branch },
};

int entered, left;

static __noinline int leave(struct __sk_buff *skb, __u32 index)
{
	volatile long room[8] = { index };

	bpf_tail_call(skb, &targets, index);
	return room[0];
}

SEC("tc")
int branch(struct __sk_buff *skb)
{
	entered++;
	leave(skb, 1);
	leave(skb, 0);
	left++;
	return leave(skb, 1) + entered;
}

char LICENSE[] SEC("license") = "GPL";
