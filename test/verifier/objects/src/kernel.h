/* Structs of the kernel's, as far as these programs look into them; libbpf finds the members in the kernel's own BTF. */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sched_entity {
	__u64 vruntime;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct task_struct {
	int pid;
	void *stack;
	char comm[16];
	struct sched_entity se;
	unsigned int sched_contributes_to_load : 1;
	struct task_struct *group_leader;
	struct task_struct *last_wakee;
	struct css_set *cgroups;
	struct mm_struct *mm;
};

struct mm_struct {
	struct file *exe_file;
};

struct cgroup {
	int level;
};

struct path {
	void *dentry;
};

struct inode {
	unsigned long i_ino;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
};

struct net_device {
	int ifindex;
};

struct sk_buff {
	struct net_device *dev;
	struct sock *sk;
	unsigned int len;
};

struct sock_common {
	unsigned short skc_family;
};

struct sock {
	struct sock_common __sk_common;
	int sk_rcvbuf;
};

struct tcp_sock {
	__u32 snd_cwnd;
	__u32 snd_ssthresh;
	__u32 rcv_nxt;
};

struct bpf_map {
	__u32 max_entries;
	const struct bpf_map_ops *ops;
};

struct rq {
	unsigned int nr_running;
};

#pragma clang attribute pop

#define ARG(tag) __attribute__((btf_decl_tag("arg:" tag)))

char LICENSE[] SEC("license") = "GPL";
