// compilers: clang-19
/* Members of the kernel's structs that operations may write. */
#include "kernel.h"

struct tcp_congestion_ops {
	char name[16];
	__u32 (*ssthresh)(struct sock *sk);
	__u32 (*undo_cwnd)(struct sock *sk);
	void (*cong_avoid)(struct sock *sk, __u32 ack, __u32 acked);
	void (*set_state)(struct sock *sk, __u8 state);
	void (*cwnd_event)(struct sock *sk, int event);
};

/* One struct of operations for each: only that of the program that's asked for is made. */
#define OPERATIONS(program, member)				\
	SEC(".struct_ops")					\
	struct tcp_congestion_ops program##_ops = {		\
		.member = (void *)program,			\
	};

SEC("struct_ops/undo_cwnd")
__u32 BPF_PROG(window, struct tcp_sock *tp)
{
	tp->snd_cwnd = 10;
	tp->snd_ssthresh = 5;
	return tp->snd_cwnd;
}
OPERATIONS(window, undo_cwnd)

SEC("struct_ops/ssthresh")
__u32 BPF_PROG(received, struct tcp_sock *tp)
{
	tp->rcv_nxt = 10;
	return 0;
}
OPERATIONS(received, ssthresh)

SEC("struct_ops/cong_avoid")
void BPF_PROG(beyond, struct tcp_sock *tp)
{
	__u64 at = __builtin_preserve_field_info(tp->snd_ssthresh, 0);

	asm volatile("%[tp] += %[at]; *(u64 *)(%[tp] + 0) = %[at]" : [tp] "+r"(tp) : [at] "r"(at));
}
OPERATIONS(beyond, cong_avoid)

SEC("struct_ops/set_state")
void BPF_PROG(no_socket, struct tcp_sock *tp)
{
	struct task_struct *task = bpf_get_current_task_btf();

	task->pid = 1;
}
OPERATIONS(no_socket, set_state)
