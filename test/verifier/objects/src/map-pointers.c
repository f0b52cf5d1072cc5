// compilers: clang-19
/* Fields of maps, which are the kernel's structs too. */
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, long);
} table SEC(".maps");

SEC("socket")
int limit(void *ctx)
{
	return ((struct bpf_map *)&table)->max_entries;
}

SEC("socket")
int operations(void *ctx)
{
	return ((struct bpf_map *)&table)->ops != 0;
}

SEC("socket")
int written(void *ctx)
{
	((volatile struct bpf_map *)&table)->max_entries = 1;
	return 0;
}

SEC("socket")
int before(void *ctx)
{
	return *(volatile __u64 *)((char *)&table - 8);
}

SEC("socket")
int beyond(void *ctx)
{
	return *(volatile __u64 *)((char *)&table + 0x4000);
}

SEC("socket")
int part_of_operations(void *ctx)
{
	return *(volatile __u32 *)&((struct bpf_map *)&table)->ops;
}
