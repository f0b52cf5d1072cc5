// compilers: clang-19
/* Build options, and the version. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

extern int CONFIG_HZ __kconfig;
extern int LINUX_KERNEL_VERSION __kconfig;
extern _Bool CONFIG_NOBODY_HAS_THIS __kconfig __weak;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return CONFIG_HZ + (LINUX_KERNEL_VERSION > 0) + CONFIG_NOBODY_HAS_THIS;
}
