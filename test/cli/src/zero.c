// compilers: clang-19
/* A program that loads as nearly every type: it looks at nothing and returns nothing. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int zero(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
