// compilers: clang-19
// flags: -mcpu=v4
/* What generated programs brought up: each was told apart from Linux once. */
#include "kernel.h"

struct bpf_iter__bpf_map_elem {
	void *meta, *map, *key, *value;
};

struct bpf_iter_num {
	__u64 opaque[1];
};

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

/* Refused by later stable releases. */
SEC("iter/bpf_map_elem")
int buffer_that_may_be_null(struct bpf_iter__bpf_map_elem *ctx)
{
	volatile __u32 *value = ctx->value;

	return *value & 1;
}

SEC("iter/bpf_map_elem")
int buffer_that_is_there(struct bpf_iter__bpf_map_elem *ctx)
{
	volatile __u32 *value = ctx->value;

	return value ? *value & 1 : 0;
}

/* The slot of offset 0 is the first one. */
SEC("socket")
int iterator_at_the_frames_end(void *ctx)
{
	struct bpf_iter_num *end;

	asm volatile("%0 = r10" : "=r"(end));
	bpf_iter_num_new(end, 0, 1);
	return 0;
}

SEC("socket")
int iterator_found_at_the_frames_end(void *ctx)
{
	struct bpf_iter_num *end, *iterator;

	asm volatile("%0 = r10; %1 = r10; %1 += -8" : "=r"(end), "=r"(iterator));
	bpf_iter_num_new(iterator, 0, 1);
	bpf_iter_num_next(end);
	bpf_iter_num_destroy(end);
	return 0;
}

/* Later releases follow both values that a sign can have, and take what is computed with an arena's pointer for one. */
SEC("tc")
int sign_and_constant(struct __sk_buff *skb)
{
	long sign = skb->len;

	asm volatile("%0 <<= 32; %0 s>>= 63; %0 |= 7" : "+r"(sign));
	return sign & 1;
}

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA */
	__uint(map_flags, 1 << 10); /* BPF_F_MMAPABLE */
	__uint(max_entries, 1);
} arena SEC(".maps");

SEC("syscall")
int number_plus_arena(void *ctx)
{
	asm volatile("r1 = %[arena] ll; r2 = 64; r2 = addr_space_cast(r2, 0, 1); r6 = 5; r6 += r2" ::[arena] "i"(&arena)
	             : "r1", "r2", "r6");
	return 0;
}

/* Bytes that are stored into a packet are read, and stay. */
SEC("xdp.frags")
int stored_bytes_stay(struct xdp_md *ctx)
{
	__u64 bytes[2] = { 1, 2 };

	asm volatile("" ::"r"(bytes) : "memory");
	return bpf_xdp_store_bytes(ctx, 0, bytes, sizeof(bytes)) & 1;
}
