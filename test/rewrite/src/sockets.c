// compilers: clang-19
// flags: -mcpu=v4
/* Sockets that programs got, as struct bpf_sock and its kin. */
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/egress") int fields(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;
	struct bpf_tcp_sock *tcp;
	unsigned long long sum;

	if (!sk)
		return 1;
	sum = sk->family + sk->state;
	sk = bpf_sk_fullsock(sk);
	if (!sk)
		return 1;
	sum += sk->type + sk->protocol + sk->mark + sk->priority + sk->src_ip4 + sk->src_ip6[1] + sk->src_port + sk->dst_port +
	       sk->dst_ip4 + sk->dst_ip6[3] + sk->rx_queue_mapping + sk->bound_dev_if;
	tcp = bpf_tcp_sock(sk);
	if (tcp)
		sum += tcp->snd_cwnd + tcp->srtt_us + tcp->rtt_min + tcp->bytes_acked + tcp->icsk_retransmits + tcp->delivered_ce;
	return sum & 1;
}

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} xsks SEC(".maps");

SEC("xdp") int xdp_socket(struct xdp_md *ctx)
{
	__u32 queue = ctx->rx_queue_index;
	struct bpf_xdp_sock *xs = bpf_map_lookup_elem(&xsks, &queue);

	return xs && xs->queue_id ? bpf_redirect_map(&xsks, queue, 0) : XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
