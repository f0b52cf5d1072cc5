// What programs of any type do: maps, strings, printing, loops, dynptrs, tail calls, subprograms.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

long result[48];
unsigned char text[256];
const volatile char constant[] = "constant text";
long counter = 5;

char LICENSE[] SEC("license") = "GPL";

int tail_target(struct xdp_md *ctx);
int sub_target(struct xdp_md *ctx);

struct bpf_map;

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 8);
	__type(key, int);
	__type(value, long);
} numbers SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, long);
	__type(value, long);
} table SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, int (void *));
} jumps SEC(".maps") = {
	.values = { [1] = (void *)&tail_target },
};

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

static __always_inline void clear(void)
{
	for (int i = 0; i < 48; i++)
		result[i] = 0;
	for (int i = 0; i < 256; i++)
		text[i] = 0;
}

SEC("xdp")
int strings(struct xdp_md *ctx)
{
	long number;
	unsigned long plain;

	clear();
#define STRTOL(at, string, flags)						\
	number = 77;								\
	result[at] = bpf_strtol(string, sizeof(string) - 1, flags, &number);	\
	result[at + 1] = number
	STRTOL(0, "12345", 0);
	STRTOL(2, " -0x1fZ", 0);
	STRTOL(4, "0777", 8);
	STRTOL(6, "-9223372036854775808", 10);
	STRTOL(8, "9223372036854775808", 10);
	STRTOL(10, "abc", 10);
	STRTOL(12, "ff", 16);
	STRTOL(14, "12", 7);
	STRTOL(16, "0x", 0);
	STRTOL(18, "- 5", 0);
	plain = 77;
	result[20] = bpf_strtoul("18446744073709551615,", 21, 10, &plain);
	result[21] = plain;
	plain = 77;
	result[22] = bpf_strtoul("18446744073709551616", 20, 10, &plain);
	result[23] = plain;
	plain = 77;
	result[24] = bpf_strtoul("-1", 2, 10, &plain);
	result[25] = plain;
	result[26] = bpf_strncmp("constant", 8, (const char *)constant);
	result[27] = bpf_strncmp("constant text", 14, (const char *)constant) < 0;
	result[28] = bpf_strncmp("b", 2, (const char *)constant) > 0;
	result[29] = bpf_probe_read_kernel_str(text, 9, (const void *)constant);
	result[30] = bpf_probe_read_kernel_str(text + 16, 64, (const void *)constant);
	result[31] = bpf_probe_read_kernel(text + 100, 8, (const void *)constant);
	result[32] = bpf_probe_read_kernel(text + 120, 8, (void *)8);
	return XDP_PASS;
}

#define PRINT(at, to, size, fmt, ...)						\
	({									\
		static const char format[] = fmt;				\
		unsigned long long args[] = { __VA_ARGS__ };				\
		result[at] = bpf_snprintf(to, size, format, args, sizeof(args));\
	})

SEC("xdp")
int printing(struct xdp_md *ctx)
{
	char word[] = "word";
	unsigned int ip = 0x0100007f;
	unsigned char six[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 };

	clear();
	PRINT(0, (char *)text, 32, "%d %u %x %X", -5, 4000000000, 48879, 48879);
	PRINT(1, (char *)text + 32, 40, "%lld %llu %lx", -5, -5, 0x123456789abc);
	PRINT(2, (char *)text + 72, 24, "%5d|%-5d|%05d|%+d", 42, 42, 42, 42);
	PRINT(3, (char *)text + 96, 24, "%s %c%%", (unsigned long)word, 'x');
	PRINT(4, (char *)text + 120, 24, "%pI4 %pi4", (unsigned long)&ip, (unsigned long)&ip);
	PRINT(5, (char *)text + 144, 48, "%pI6", (unsigned long)six);
	PRINT(6, (char *)text + 192, 8, "longer than its room %d", 1);
	PRINT(7, (char *)text + 200, 24, "%px", 0x1234);
	PRINT(8, (char *)text + 224, 16, "%i % d", 7, 7);
	PRINT(9, (char *)text + 240, 16, "%6s|%-6s|", (unsigned long)word, (unsigned long)word);
	return XDP_PASS;
}

SEC("xdp")
int traces(struct xdp_md *ctx)
{
	static const char odd[] = "%d %d %d %d";

	clear();
	result[0] = bpf_trace_printk("plain", 6);
	result[1] = bpf_trace_printk("%d %s", 6, 5, constant);
	result[2] = bpf_trace_printk(odd, sizeof(odd), 1, 2, 3);
	result[3] = bpf_trace_printk("%f", 3, 1);
	result[4] = bpf_trace_printk("no end", 6);
	result[5] = bpf_trace_printk("%", 2);
	result[6] = bpf_trace_printk("%hd", 4, 1);
	result[7] = bpf_trace_printk("%5", 3, 1);
	result[8] = bpf_trace_printk("%sx", 4, constant);
	result[9] = bpf_trace_printk("\x01", 2);
	result[10] = bpf_trace_printk("%pI5", 5, 1);
	result[11] = bpf_trace_printk("%.5s", 5, constant);
	result[12] = bpf_trace_printk("%lllu", 6, 1);
	return XDP_PASS;
}

static long step(unsigned long i, long *sum)
{
	*sum += i;
	return i == 99;
}

static long deeper(unsigned long i, long *sum)
{
	bpf_loop(3, step, sum, 0);
	return 0;
}

static long each(struct bpf_map *map, void *key, void *value, long *sum)
{
	*sum += *(long *)value * 10 + *(int *)key;
	return *(long *)value == 4;
}

SEC("xdp")
int loops(struct xdp_md *ctx)
{
	long sum = 0;

	clear();
	result[0] = bpf_loop(10, step, &sum, 0);
	result[1] = sum;
	result[2] = bpf_loop(1000, step, &sum, 0);
	result[3] = sum;
	result[4] = bpf_loop(5, deeper, &sum, 0);
	result[5] = sum;
	result[6] = bpf_loop(1, step, &sum, 1);
	result[7] = bpf_loop((8 << 20) + 1, step, &sum, 0);
	result[8] = bpf_loop(0, step, &sum, 0);
	for (long i = 0; i < 8; i++) {
		long value = i;
		int key = i;

		bpf_map_update_elem(&numbers, &key, &value, 0);
	}
	sum = 0;
	result[9] = bpf_for_each_map_elem(&numbers, each, &sum, 0);
	result[10] = sum;
	result[11] = bpf_for_each_map_elem(&numbers, each, &sum, 1);
	return XDP_PASS;
}

SEC("xdp")
int maps(struct xdp_md *ctx)
{
	long key = 1, value = 10, *found;
	int index = 9;

	clear();
	for (key = 1; key < 7; key++)
		result[key] = bpf_map_update_elem(&table, &key, &value, 0);
	key = 1;
	result[0] = bpf_map_update_elem(&table, &key, &value, BPF_NOEXIST);
	result[7] = bpf_map_update_elem(&table, &key, &value, BPF_EXIST);
	result[8] = bpf_map_update_elem(&table, &key, &value, 7);
	found = bpf_map_lookup_elem(&table, &key);
	result[9] = found ? (*found)++ : -1;
	key = 2;
	result[10] = bpf_map_delete_elem(&table, &key);
	result[11] = bpf_map_delete_elem(&table, &key);
	result[12] = bpf_map_update_elem(&table, &key, &value, BPF_EXIST);
	result[13] = bpf_map_lookup_elem(&table, &key) != 0;
	result[14] = bpf_map_update_elem(&numbers, &index, &value, 0);
	index = 3;
	result[15] = bpf_map_update_elem(&numbers, &index, &value, BPF_NOEXIST);
	result[16] = bpf_map_delete_elem(&numbers, &index);
	found = bpf_map_lookup_elem(&numbers, &index);
	if (found)
		result[17] = __sync_fetch_and_add(found, 5);
	index = 8;
	result[18] = bpf_map_lookup_elem(&numbers, &index) != 0;
	result[19] = counter;
	for (key = 1; key < 7; key++)
		bpf_map_delete_elem(&table, &key);
	return XDP_PASS;
}

SEC("xdp")
int outputs(struct xdp_md *ctx)
{
	long value = 5, *record;

	clear();
	result[0] = bpf_perf_event_output(ctx, &events, 0, &value, 8);
	result[1] = bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &value, 8);
	result[2] = bpf_perf_event_output(ctx, &events, 2, &value, 8);
	result[3] = bpf_perf_event_output(ctx, &events, 1ULL << 60, &value, 8);
	result[4] = bpf_perf_event_output(ctx, &events, 2000ULL << 32, &value, 8);
	result[5] = bpf_ringbuf_query(&ring, BPF_RB_RING_SIZE);
	result[6] = bpf_ringbuf_query(&ring, 9);
	record = bpf_ringbuf_reserve(&ring, 5000, 0);
	result[7] = record != 0;
	if (record)
		bpf_ringbuf_discard(record, 0);
	record = bpf_ringbuf_reserve(&ring, 8, 1);
	result[8] = record != 0;
	if (record)
		bpf_ringbuf_discard(record, 0);
	record = bpf_ringbuf_reserve(&ring, 100, 0);
	result[9] = record != 0;
	if (record) {
		record[11] = 7;
		result[10] = record[11];
		bpf_ringbuf_submit(record, 0);
	}
	result[11] = bpf_ringbuf_query(&ring, BPF_RB_AVAIL_DATA);
	result[12] = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	result[13] = bpf_ringbuf_output(&ring, &value, 8, 0);
	result[14] = bpf_ringbuf_output(&ring, &value, 8, 4);
	result[15] = bpf_ringbuf_query(&ring, BPF_RB_CONS_POS);
	result[16] = bpf_ringbuf_query(&ring, BPF_RB_PROD_POS);
	return XDP_PASS;
}

SEC("xdp")
int dynptrs(struct xdp_md *ctx)
{
	struct bpf_dynptr ptr;
	unsigned char buf[16] = { 1, 2, 3, 4 }, *data;

	clear();
	result[0] = bpf_dynptr_from_mem(text, 64, 0, &ptr);
	result[1] = bpf_dynptr_write(&ptr, 10, buf, 16, 0);
	result[2] = bpf_dynptr_write(&ptr, 50, buf, 16, 0);
	result[3] = bpf_dynptr_write(&ptr, 10, buf, 16, 1);
	result[4] = bpf_dynptr_read(buf, 8, &ptr, 8, 0);
	result[5] = *(long *)buf;
	result[6] = bpf_dynptr_read(buf, 8, &ptr, 57, 0);
	result[7] = bpf_dynptr_read(buf, 8, &ptr, 0, 1);
	data = bpf_dynptr_data(&ptr, 4, 8);
	if (data)
		data[2] = 0x5a;
	result[8] = data != 0;
	result[9] = bpf_dynptr_data(&ptr, 60, 8) != 0;
	result[10] = bpf_dynptr_from_mem(text, 64, 1, &ptr);
	result[11] = bpf_dynptr_write(&ptr, 10, buf, 16, 0);
	result[12] = bpf_ringbuf_reserve_dynptr(&ring, 32, 0, &ptr);
	result[13] = bpf_dynptr_write(&ptr, 0, buf, 16, 0);
	bpf_ringbuf_discard_dynptr(&ptr, 0);
	return XDP_PASS;
}

SEC("xdp")
int checksums(struct xdp_md *ctx)
{
	unsigned int a[8] = { 0x12345678, 0xdeadbeef, 0xffffffff, 0, 1, 2, 0x80000000, 0xfffffffe };
	unsigned int zero[8] = {};

	clear();
	result[0] = bpf_csum_diff(0, 0, a, 32, 0);
	result[1] = bpf_csum_diff(a, 32, 0, 0, 0);
	result[2] = bpf_csum_diff(a, 16, a + 4, 16, 0);
	result[3] = bpf_csum_diff(a, 16, a + 4, 16, 0xffffffff);
	result[4] = bpf_csum_diff(0, 0, zero, 32, 0);
	result[5] = bpf_csum_diff(zero, 32, 0, 0, 0);
	result[6] = bpf_csum_diff(zero, 16, zero, 16, 0);
	result[7] = bpf_csum_diff(0, 0, a, 4, 0x1234567);
	result[8] = bpf_csum_diff(a + 2, 4, 0, 0, 0xffff);
	result[9] = bpf_csum_diff(a, 4, a + 2, 28 - 4, 0x80);
	result[10] = bpf_csum_diff(0, 0, 0, 0, 0x12345);
	result[11] = bpf_csum_diff(a, 32, a, 32, 0);
	return XDP_PASS;
}

SEC("xdp")
int tail_target(struct xdp_md *ctx)
{
	result[1]++;
	if (result[1] < 50)
		bpf_tail_call(ctx, &jumps, 1);
	return XDP_TX;
}

SEC("xdp")
int tail_limit(struct xdp_md *ctx)
{
	clear();
	bpf_tail_call(ctx, &jumps, 3);
	result[2] = 1;
	bpf_tail_call(ctx, &jumps, 4);
	result[3] = 1;
	bpf_tail_call(ctx, &jumps, 1);
	return XDP_DROP;
}

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__array(values, int (void *));
} more_jumps SEC(".maps") = {
	.values = { [2] = (void *)&sub_target },
};

SEC("xdp")
int sub_target(struct xdp_md *ctx)
{
	result[4]++;
	return 40;
}

static __noinline int calls_tail(struct xdp_md *ctx, int more)
{
	volatile int kept[8] = { more };

	bpf_tail_call_static(ctx, &more_jumps, 2);
	return kept[0];
}

SEC("xdp")
int tail_from_sub(struct xdp_md *ctx)
{
	clear();
	result[0] = calls_tail(ctx, 5);
	result[1] = calls_tail(ctx, 6);
	return result[0] + result[1];
}

static __noinline long fib(long n, long a, long b)
{
	long steps = 0;

	for (int i = 0; i < 90 && i < n; i++) {
		long c = a + b;

		a = b;
		b = c;
		steps++;
	}
	return a * 100 + steps;
}

static __noinline long many(long a, long b, long c, long d, long e)
{
	return fib(a, b, c) + d * e;
}

SEC("xdp")
int subprograms(struct xdp_md *ctx)
{
	clear();
	result[0] = many(10, 0, 1, 3, 4);
	result[1] = many(80, 1, 1, -3, 4);
	result[2] = fib(5, result[0], result[1]);
	counter = result[2];
	return result[2] & 0xff;
}
