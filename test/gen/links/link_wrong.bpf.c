// What link_one can't be linked with: WRONG says in which way.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct shared {
	int a;
#if WRONG == 9
	long extra;
#endif
	void *other;
	struct shared *next;
};
#if WRONG == 1
int one_counter = 3;
#elif WRONG == 2
long two_counter = 3;
#elif WRONG == 3
int two_add(int a, struct shared *s, int more)
{
	return a;
}
#elif WRONG == 4
struct other { int x; };
int two_add(int a, struct other *s)
{
	return a;
}
#elif WRONG == 5
extern struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct shared);
} one_map SEC(".maps");
#elif WRONG == 6
extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 17);
	__type(key, int);
	__type(value, struct shared);
} one_map SEC(".maps");
#elif WRONG == 7
extern int one_map;
#elif WRONG == 9
extern struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct shared);
} one_map SEC(".maps");
#elif WRONG == 10
int one(struct __sk_buff *ctx)
{
	return 1;
}
#endif

SEC("tc")
int wrong(struct __sk_buff *ctx)
{
#if WRONG == 5 || WRONG == 6 || WRONG == 7 || WRONG == 9
	return bpf_map_lookup_elem(&one_map, ctx) ? 1 : 0;
#else
	return 0;
#endif
}

#if WRONG == 8
char _license[] SEC("license") = "Dual BSD/GPL";
#else
char _license[] SEC("license") = "GPL";
#endif
