// compilers: clang-19
/* A member that was renamed in 5.14, by its old and its new name. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct task_struct___old {
	long state;
} CORE;
struct task_struct___new {
	unsigned int __state;
} CORE;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	void *task = (void *)bpf_get_current_task();
	struct task_struct___old *before = task;
	struct task_struct___new *after = task;

	if (bpf_core_field_exists(after->__state))
		return BPF_CORE_READ(after, __state);
	return BPF_CORE_READ(before, state);
}
