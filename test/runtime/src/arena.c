// Programs with an arena: pages, loads, stores, atomics, and what isn't there. See record-kfuncs.mjs.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __arena __attribute__((address_space(1)))
#define PAGE 4096
#define __ulong(name, val) enum { name##_value = val } name

struct {
	__uint(type, 33);
	__uint(map_flags, 1 << 10);
	__uint(max_entries, 16);
	__ulong(map_extra, 0x100000000000ULL);
} arena SEC(".maps");

extern void __arena *bpf_arena_alloc_pages(void *map, void __arena *addr, __u32 pages, int node, __u64 flags) __ksym;
extern void bpf_arena_free_pages(void *map, void __arena *ptr, __u32 pages) __ksym;
extern int bpf_arena_reserve_pages(void *map, void __arena *ptr, __u32 pages) __ksym;

__u64 out[64];
__u32 at;
__u64 __arena counter = 5;
__u32 __arena numbers[8];

struct node {
	struct node __arena *next;
	__u64 value;
};

struct node __arena *head;

static __always_inline void begin(void)
{
	int i;

	/* That the program is the arena's. */
	asm volatile("" : : "r"(&arena));
	for (i = 0; i < 64; i++)
		out[i] = 0;
	at = 0;
}

static __always_inline void put(__u64 value)
{
	__u32 i = at;

	if (i < 64)
		out[i] = value;
	at = i + 1;
}

#define ADDRESS(ptr) ((__u64)(ptr))

static __noinline struct node __arena *link(void __arena *at, struct node __arena *next, __u64 value)
{
	struct node __arena *n = at;

	n->value = value;
	n->next = next;
	return n;
}

SEC("syscall")
int pages(void *ctx)
{
	struct node __arena *first = 0;
	void __arena *p, *q;
	int i;

	begin();
	p = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
	put(ADDRESS(p));
	if (!p)
		return 1;
	for (i = 0; i < 4; i++)
		first = link(p + i * sizeof(struct node), first, i * 10);
	head = first;
	q = bpf_arena_alloc_pages(&arena, 0, 3, -1, 0);
	put(ADDRESS(q));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, 0, 20, -1, 0)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, p, 1, -1, 0)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, p + 8 * PAGE, 2, -1, 0)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, p + 8 * PAGE + 8, 1, -1, 0)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, p + 100 * PAGE, 1, -1, 0)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, 0, 1, -1, 1)));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, 0, 0, -1, 0)));
	put(bpf_arena_reserve_pages(&arena, p + 10 * PAGE, 2));
	put(bpf_arena_reserve_pages(&arena, p + 9 * PAGE, 2));
	put(bpf_arena_reserve_pages(&arena, p + 15 * PAGE, 20));
	put(bpf_arena_reserve_pages(&arena, p + 12 * PAGE, 0));
	put(ADDRESS(bpf_arena_alloc_pages(&arena, p + 10 * PAGE, 1, -1, 0)));
	bpf_arena_free_pages(&arena, q, 3);
	put(ADDRESS(bpf_arena_alloc_pages(&arena, 0, 2, -1, 0)));
	bpf_arena_free_pages(&arena, 0, 1);
	return 0;
}

SEC("syscall")
int pages_later(void *ctx)
{
	struct node __arena *n = head;
	int i;

	begin();
	for (i = 0; i < 6 && n; i++) {
		put(n->value);
		put(ADDRESS(n));
		n = n->next;
	}
	put(i);
	return 0;
}

SEC("syscall")
int atomics(void *ctx)
{
	begin();
	counter = 7;
	put(__sync_fetch_and_add(&counter, 3));
	put(counter);
	__sync_fetch_and_or(&counter, 0x100);
	put(counter);
	__sync_fetch_and_and(&counter, 0xfe);
	put(counter);
	__sync_fetch_and_xor(&counter, 0xff);
	put(counter);
	put(__sync_val_compare_and_swap(&counter, 1, 2));
	put(__sync_val_compare_and_swap(&counter, 0xf5, 9));
	put(__sync_lock_test_and_set(&counter, 11));
	put(counter);
	numbers[3] = 0xfffffffe;
	put(__sync_fetch_and_add(&numbers[3], 5));
	put(numbers[3]);
	__sync_fetch_and_add(&numbers[4], 2);
	put(numbers[4]);
	return 0;
}

SEC("syscall")
int faults(void *ctx)
{
	void __arena *p = bpf_arena_alloc_pages(&arena, 0, 1, -1, 0);
	__u64 __arena *a = p;

	begin();
	if (!p)
		return 1;
	*a = 0x1122334455667788ULL;
	put(*a);
	put(*(__u8 __arena *)(p + 1));
	put(*(__u16 __arena *)(p + 2));
	put(*(__u32 __arena *)(p + 3));
	put(*(int __arena *)(p + 4));
	put(*(signed char __arena *)p);
	bpf_arena_free_pages(&arena, p, 1);
	put(*a);
	*a = 5;
	put(*a);
	put(*(__u32 __arena *)(p + 200));
	p = bpf_arena_alloc_pages(&arena, p, 1, -1, 0);
	put(p ? *a : 1000);
	if (p)
		bpf_arena_free_pages(&arena, p, 1);
	return 0;
}

SEC("syscall")
int globals(void *ctx)
{
	int i;

	begin();
	put(counter);
	counter += 100;
	for (i = 0; i < 8; i++) {
		put(numbers[i]);
		numbers[i] += i;
	}
	put(ADDRESS(&counter) >> 32);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
