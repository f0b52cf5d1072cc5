// With link_two: functions, variables and maps of one that the other has, weak ones, hidden ones, statics of one name.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct only_declared;
struct shared {
	int a;
	struct only_declared *other;
	struct shared *next;
};

extern int two_counter;
extern const long two_constant;
extern int two_add(int a, struct shared *s);
extern int missing_weak(int x) __weak;
extern int CONFIG_HZ __kconfig __weak;
extern const void bpf_prog_active __ksym __weak;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16);
	__type(key, int);
	__type(value, struct shared);
} one_map SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, int);
	__type(value, long);
} two_map SEC(".maps") __attribute__((weak));

int one_counter = 7;
long both_weak __weak = 1;
static volatile int same_name = 1;
static const volatile char text[] = "one";
int zero_one[3];

static __noinline int helper(int x)
{
	return x + same_name + text[x & 3];
}

__hidden __noinline int one_hidden(int x)
{
	return helper(x) + zero_one[1];
}

__weak __noinline int both_functions(int x)
{
	return x * 3;
}

SEC("tc")
int one(struct __sk_buff *ctx)
{
	struct shared s = { .a = ctx->len };
	int key = 0;

	bpf_map_update_elem(&one_map, &key, &s, 0);
	two_counter += 1;
	if (&bpf_prog_active && CONFIG_HZ)
		key++;
	return two_add(ctx->len, &s) + two_constant + both_weak + helper(1) + both_functions(2) + key;
}

char _license[] SEC("license") = "GPL";
