// compilers: clang-19
/* Symbols of the kernel, one of which isn't there. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

extern const void init_task __ksym;
extern const void nobody_has_this __ksym __weak;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return &init_task != 0 && &nobody_has_this == 0;
}
