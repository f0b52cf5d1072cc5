// compilers: clang-19
/* How large a type is. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct list_head {
	void *next;
	void *prev;
};

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	return bpf_core_type_size(struct list_head);
}
