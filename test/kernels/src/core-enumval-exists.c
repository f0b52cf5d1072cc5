// compilers: clang-19
/* Whether there is a constant that 5.14 brought. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

enum bpf_func_id___x {
	BPF_FUNC_sys_bpf___x = 999,
};

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return bpf_core_enum_value_exists(enum bpf_func_id___x, BPF_FUNC_sys_bpf___x);
}
