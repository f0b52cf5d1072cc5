// compilers: clang-19
/* Whether there is a type. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct bpf_ringbuf {
	int x;
};
struct bpf_arena {
	int x;
};

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return bpf_core_type_exists(struct bpf_ringbuf) + 2 * bpf_core_type_exists(struct bpf_arena);
}
