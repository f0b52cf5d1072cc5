// compilers: clang-19
/* A member read without a helper. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
} CORE;

char _license[] SEC("license") = "GPL";

SEC("tp_btf/sched_switch")
int prog(void *ctx)
{
	struct task_struct *task = (void *)((__u64 *)ctx)[1];

	return task->pid == 0 ? 0 : 0;
}
