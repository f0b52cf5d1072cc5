// compilers: clang-19
/* An iterator over a map's elements: it wants the map. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("iter/bpf_map_elem")
int elements(void *ctx)
{
	return 0;
}

char _license[] SEC("license") = "GPL";
