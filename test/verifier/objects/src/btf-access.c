// compilers: clang-19
/* Loads and stores through pointers to the kernel's structs. */
#include "kernel.h"

SEC("tp_btf/sched_switch")
int BPF_PROG(scalar, bool preempt, struct task_struct *prev)
{
	return prev->pid;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(scalar_written, bool preempt, struct task_struct *prev)
{
	prev->pid = 1;
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(nested, bool preempt, struct task_struct *prev)
{
	return prev->se.vruntime != 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(beyond_struct, bool preempt, struct task_struct *prev)
{
	return *(__u64 *)((char *)prev + 0x7000);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(negative, bool preempt, struct task_struct *prev)
{
	return *(volatile __u64 *)((char *)prev - 8);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(variable, bool preempt, struct task_struct *prev)
{
	__u64 at = bpf_get_prandom_u32() & 7;

	return *(volatile char *)((char *)prev + at);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(array_element, bool preempt, struct task_struct *prev)
{
	return prev->comm[15] + *(volatile __u32 *)&prev->comm[3];
}

SEC("tp_btf/sched_switch")
int BPF_PROG(array_end, bool preempt, struct task_struct *prev)
{
	__u64 at = __builtin_preserve_field_info(prev->comm, 0);
	__u64 value;

	asm volatile("%[value] = %[prev]; %[value] += %[at]; %[value] = *(u32 *)(%[value] + 14)"
		     : [value] "=&r"(value)
		     : [prev] "r"(prev), [at] "r"(at));
	return value;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(part_of_pointer, bool preempt, struct task_struct *prev)
{
	return *(volatile __u32 *)&prev->group_leader;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(pointer_chain, bool preempt, struct task_struct *prev)
{
	return prev->group_leader->group_leader->last_wakee->pid;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(may_be_null, bool preempt, struct task_struct *prev)
{
	struct mm_struct *mm = prev->mm;
	struct file *file = mm->exe_file;

	return file->f_inode->i_ino != 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(unknown_memory, bool preempt, struct task_struct *prev)
{
	return *(volatile int *)prev->stack;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(unknown_memory_written, bool preempt, struct task_struct *prev)
{
	*(volatile int *)prev->stack = 1;
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(atomic_written, bool preempt, struct task_struct *prev)
{
	__sync_fetch_and_add(&prev->pid, 1);
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(through_union, struct sk_buff *skb)
{
	return skb->dev->ifindex;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(socket_of_packet, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	return sk ? sk->__sk_common.skc_family : 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(socket_unchecked, struct sk_buff *skb)
{
	return skb->sk->__sk_common.skc_family;
}

SEC("lsm.s/file_open")
int BPF_PROG(trusted_member, struct file *file)
{
	return file->f_inode->i_ino ? 0 : -1;
}

extern const struct rq runqueues __ksym;

SEC("raw_tp/sys_enter")
int percpu_here(void *ctx)
{
	const struct rq *rq = bpf_this_cpu_ptr(&runqueues);

	return rq->nr_running;
}

SEC("raw_tp/sys_enter")
int percpu_elsewhere(void *ctx)
{
	const struct rq *rq = bpf_per_cpu_ptr(&runqueues, 1);

	return rq ? rq->nr_running : 0;
}

SEC("raw_tp/sys_enter")
int percpu_unchecked(void *ctx)
{
	const struct rq *rq = bpf_per_cpu_ptr(&runqueues, 1);

	return rq->nr_running;
}

SEC("raw_tp/sys_enter")
int percpu_directly(void *ctx)
{
	return *(volatile unsigned int *)&runqueues.nr_running;
}
