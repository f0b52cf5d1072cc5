// compilers: clang-19
/* Pointers to the kernel's structs as arguments of helpers, and as what they give. */
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, long);
} storage SEC(".maps");

SEC("tp_btf/sched_switch")
int BPF_PROG(own_struct, bool preempt, struct task_struct *prev)
{
	long *value = bpf_task_storage_get(&storage, prev, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	return value ? *value : 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(other_struct, bool preempt, struct task_struct *prev)
{
	bpf_task_storage_get(&storage, (void *)prev->group_leader->cgroups, 0, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(inside_struct, bool preempt, struct task_struct *prev)
{
	bpf_task_storage_get(&storage, (void *)&prev->comm, 0, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(member_under_rcu, bool preempt, struct task_struct *prev)
{
	bpf_task_storage_get(&storage, prev->group_leader, 0, 0);
	return 0;
}

SEC("lsm.s/file_open")
int BPF_PROG(member_without_rcu, struct file *file)
{
	bpf_task_storage_get(&storage, bpf_get_current_task_btf()->group_leader, 0, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(scalar_for_struct, bool preempt)
{
	bpf_task_storage_get(&storage, (void *)(long)bpf_get_prandom_u32(), 0, 0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(null_for_struct, bool preempt)
{
	bpf_task_storage_get(&storage, (void *)0, 0, 0);
	return 0;
}

SEC("lsm.s/file_open")
int BPF_PROG(struct_in_struct, struct file *file)
{
	char name[64];

	bpf_d_path((void *)&file->f_path, name, sizeof(name));
	return 0;
}

SEC("lsm.s/file_open")
int BPF_PROG(another_at_start, struct file *file)
{
	char name[64];

	bpf_d_path((void *)file->f_inode, name, sizeof(name));
	return 0;
}

SEC("lsm.s/file_open")
int BPF_PROG(struct_as_memory, struct file *file)
{
	return bpf_probe_read_kernel((void *)file, 8, (void *)0);
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(socket_under_rcu, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	return sk ? bpf_skc_to_tcp_sock(sk) != 0 : 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(socket_cast, struct sock *sk)
{
	struct tcp_sock *tp;

	tp = (void *)bpf_skc_to_tcp_sock(sk);
	return tp ? tp->snd_cwnd : 0;
}

SEC("tp_btf/tcp_probe")
int BPF_PROG(socket_cast_unchecked, struct sock *sk)
{
	struct tcp_sock *tp;

	tp = (void *)bpf_skc_to_tcp_sock(sk);
	return tp->snd_cwnd;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(packet_as_socket, struct sk_buff *skb)
{
	return bpf_skc_to_tcp_sock(skb) != 0;
}

static const char good[] = "%d of %s";
static const char bad[] = "%d of %q";

SEC("raw_tp/sys_enter")
int format(void *ctx)
{
	char text[32];
	__u64 args[] = {1, 0};

	return bpf_snprintf(text, sizeof(text), good, args, sizeof(args));
}

SEC("raw_tp/sys_enter")
int format_unknown(void *ctx)
{
	char text[32];
	__u64 args[] = {1, 0};

	return bpf_snprintf(text, sizeof(text), bad, args, sizeof(args));
}

SEC("raw_tp/sys_enter")
int format_with_too_few(void *ctx)
{
	char text[32];
	__u64 args[] = {1};

	return bpf_snprintf(text, sizeof(text), good, args, sizeof(args));
}
