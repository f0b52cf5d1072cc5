// compilers: clang-19
/* Members of members. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct mm_struct___a {
	unsigned long start_code;
} CORE;
struct task_struct {
	struct mm_struct___a *mm;
} CORE;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, mm, start_code) != 0;
}
