// compilers: clang-19
/* A member of a struct that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct nobody_has_this_struct {
	int x;
} CORE;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	struct nobody_has_this_struct *s = (void *)bpf_get_current_task();

	return BPF_CORE_READ(s, x);
}
