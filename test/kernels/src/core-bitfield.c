// compilers: clang-19
/* Shifts that leave a member of a few bits. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct task_struct {
	unsigned int sched_reset_on_fork : 1;
	unsigned int no_cgroup_migration : 1;
} CORE;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return BPF_CORE_READ_BITFIELD_PROBED(task, sched_reset_on_fork);
}
