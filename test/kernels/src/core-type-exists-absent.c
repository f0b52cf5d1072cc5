// compilers: clang-19
/* Whether there is a type that no kernel has. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct nobody_has_this_struct {
	int x;
};

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return bpf_core_type_exists(struct nobody_has_this_struct);
}
