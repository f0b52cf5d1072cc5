// compilers: clang-19
/* A register moved to itself, for which the JIT makes no code: its line and the next one have one address. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int in_the_middle(struct xdp_md *ctx)
{
	long number = bpf_get_prandom_u32();
	asm volatile("%0 = %0" : "+r"(number));
	asm volatile("%0 += 1" : "+r"(number));
	return number & 1;
}

SEC("xdp")
int alone(struct xdp_md *ctx)
{
	long number = bpf_get_prandom_u32();
	asm volatile("%0 += 1" : "+r"(number)); asm volatile("%0 = %0" : "+r"(number));
	asm volatile("%0 += 2" : "+r"(number));
	return number & 1;
}

static __noinline int function(long number)
{
	asm volatile("%0 = %0" : "+r"(number));
	asm volatile("%0 += 1" : "+r"(number));
	return number;
}

SEC("xdp")
int in_a_function(struct xdp_md *ctx)
{
	return function(bpf_get_prandom_u32()) & 1;
}

char LICENSE[] SEC("license") = "GPL";
