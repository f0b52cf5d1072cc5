// Test runs of programs that work on no packet, and of types that have none.
#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

long result[16];

char LICENSE[] SEC("license") = "GPL";

static __always_inline void clear(void)
{
	for (int i = 0; i < 16; i++)
		result[i] = 0;
}

SEC("raw_tp/sys_enter")
int raw_tp(unsigned long long *ctx)
{
	clear();
	result[0] = ctx[0];
	result[1] = ctx[1];
	return ctx[0] + ctx[1];
}

SEC("raw_tp/sys_enter")
int raw_tp_none(unsigned long long *ctx)
{
	clear();
	result[0] = 5;
	return -3;
}

SEC("syscall")
int a_syscall(unsigned int *ctx)
{
	clear();
	result[0] = ctx[0];
	ctx[1] = 77;
	return ctx[0] + 1;
}

SEC("fentry/bpf_fentry_test1")
int fentry(unsigned long long *ctx)
{
	result[3]++;
	return 0;
}

SEC("fexit/bpf_fentry_test1")
int fexit(unsigned long long *ctx)
{
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test")
int a_fmod(unsigned long long *ctx)
{
	return 0;
}

SEC("tp_btf/sys_enter")
int tp_btf(unsigned long long *ctx)
{
	return 0;
}

SEC("sk_lookup")
int a_sk_lookup(struct bpf_sk_lookup *ctx)
{
	clear();
	result[0] = ctx->family;
	result[1] = ctx->protocol;
	result[2] = ctx->remote_ip4;
	result[3] = ctx->remote_ip6[0];
	result[4] = ctx->remote_port;
	result[5] = ctx->local_ip4;
	result[6] = ctx->local_ip6[3];
	result[7] = ctx->local_port;
	result[8] = ctx->ingress_ifindex;
	result[9] = ctx->sk != 0;
	return ctx->local_port == 80 ? SK_DROP : SK_PASS;
}

SEC("flow_dissector")
int flow(struct __sk_buff *skb)
{
	struct bpf_flow_keys *keys = skb->flow_keys;
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	clear();
	result[0] = keys->nhoff;
	result[1] = keys->thoff;
	result[2] = keys->n_proto;
	result[3] = keys->flags;
	result[4] = end - data;
	keys->addr_proto = 0x800;
	keys->thoff = keys->nhoff + 2000;
	keys->ip_proto = 17;
	keys->ipv4_src = 0x01020304;
	if (data + 20 <= end)
		keys->sport = *(unsigned short *)(data + 16);
	return keys->flags & 2 ? BPF_DROP : BPF_OK;
}

SEC("kprobe/do_nanosleep")
int kprobe(void *ctx)
{
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_nanosleep")
int tracepoint(void *ctx)
{
	return 0;
}

SEC("perf_event")
int a_perf_event(void *ctx)
{
	return 0;
}

SEC("sockops")
int a_sockops(struct bpf_sock_ops *ctx)
{
	return 0;
}

SEC("sk_skb")
int a_sk_skb(struct __sk_buff *ctx)
{
	return 0;
}

SEC("sk_msg")
int a_sk_msg(struct sk_msg_md *ctx)
{
	return 0;
}

SEC("cgroup/dev")
int cgroup_dev(void *ctx)
{
	return 0;
}

SEC("cgroup/sysctl")
int cgroup_sysctl(void *ctx)
{
	return 0;
}

SEC("cgroup/sock_create")
int cgroup_sock(void *ctx)
{
	return 0;
}

SEC("cgroup/connect4")
int cgroup_connect(void *ctx)
{
	return 1;
}

SEC("cgroup/getsockopt")
int cgroup_getsockopt(void *ctx)
{
	return 1;
}

SEC("sk_reuseport")
int reuseport(void *ctx)
{
	return 1;
}

SEC("lwt_out")
int from_lwt_out(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("lwt_seg6local")
int from_seg6(struct __sk_buff *skb)
{
	return BPF_OK;
}

SEC("cgroup_skb/ingress")
int from_cgroup(struct __sk_buff *skb)
{
	return 1;
}

SEC("xdp/devmap")
int for_devmap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp/cpumap")
int for_cpumap(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("netfilter")
int a_netfilter(void *ctx)
{
	return 1;
}
