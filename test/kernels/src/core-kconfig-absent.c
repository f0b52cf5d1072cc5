// compilers: clang-19
/* A build option that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

extern int CONFIG_NOBODY_HAS_THIS __kconfig;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return CONFIG_NOBODY_HAS_THIS;
}
