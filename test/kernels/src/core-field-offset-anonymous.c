// compilers: clang-19
/* A member of an unnamed union. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>

#define CORE __attribute__((preserve_access_index))

struct sk_buff {
	union {
		struct {
			struct sk_buff *next;
		};
	};
	unsigned int len;
} CORE;

char _license[] SEC("license") = "GPL";

SEC("raw_tp/sys_enter")
int prog(void *ctx)
{
	struct sk_buff *skb = (void *)bpf_get_current_task();

	return BPF_CORE_READ(skb, next) != 0;
}
