// compilers: clang-19
// flags: -mcpu=v4
/* Every field of every context that Linux converts, loaded to another register and over the context itself, narrow and
 * whole, and stored to where programs may. */
#include <stddef.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))
#define AT(field) ::"i"(offsetof(CTX, field)) : "r0", "r1", "r2", "r3", "r8", "r9"
#define READ(size, field) \
	asm volatile("r2 = *(" #size " *)(r1 + %0); r9 = r1; r9 = *(" #size " *)(r9 + %0)" AT(field));
#define WRITE(size, field) \
	asm volatile("r2 = 1; r9 = 2; *(" #size " *)(r1 + %0) = r2; *(" #size " *)(r1 + %0) = r9; " \
		     "*(" #size " *)(r1 + %0) = 3" AT(field));
#define BYTES(field) READ(u8, field) READ(u16, field) READ(u32, field)
#define RETURN(value) asm volatile("r0 = " #value "; exit");

#define CTX struct __sk_buff
#define COMMON \
	BYTES(len) BYTES(pkt_type) BYTES(mark) BYTES(queue_mapping) BYTES(protocol) BYTES(vlan_present) BYTES(vlan_tci) \
	BYTES(vlan_proto) BYTES(priority) BYTES(ingress_ifindex) BYTES(ifindex) BYTES(tc_index) BYTES(cb[0]) BYTES(cb[3]) \
	BYTES(hash) BYTES(napi_id) BYTES(gso_segs) BYTES(gso_size)

SEC("socket") NAKED void skb_filter(void) { COMMON WRITE(u32, cb[1]) READ(u64, cb[2]) READ(u64, sk) RETURN(0) }

SEC("tc") NAKED void skb_tc(void)
{
	COMMON
	READ(u32, data) READ(u32, data_end) READ(u32, data_meta) BYTES(tc_classid) BYTES(wire_len) READ(u64, tstamp)
	READ(u64, hwtstamp) READ(u64, sk)
	WRITE(u32, mark) WRITE(u32, tc_index) WRITE(u32, priority) WRITE(u32, tc_classid) WRITE(u8, cb[0]) WRITE(u64, tstamp)
	WRITE(u32, queue_mapping)
	RETURN(0)
}

SEC("tc") NAKED void skb_tstamp_type(void) { READ(u8, tstamp_type) READ(u64, tstamp) WRITE(u64, tstamp) RETURN(0) }

SEC("cgroup_skb/egress") NAKED void skb_cgroup(void)
{
	COMMON
	READ(u32, data) READ(u32, data_end) BYTES(family) READ(u32, remote_ip4) READ(u32, local_ip4) READ(u32, remote_ip6[2])
	READ(u32, local_ip6[3]) BYTES(remote_port) BYTES(local_port) READ(u64, tstamp) READ(u64, sk)
	WRITE(u32, mark) WRITE(u32, priority) WRITE(u64, tstamp)
	RETURN(1)
}

SEC("sk_skb/stream_verdict") NAKED void skb_stream(void)
{
	BYTES(len) READ(u32, data) READ(u32, data_end) READ(u64, cb[0]) WRITE(u32, tc_index) WRITE(u32, priority) BYTES(family)
	RETURN(1)
}

SEC("flow_dissector") NAKED void skb_dissect(void) { READ(u32, data) READ(u32, data_end) READ(u64, flow_keys) RETURN(0) }
#undef CTX

#define CTX struct xdp_md
SEC("xdp") NAKED void xdp_md(void)
{
	READ(u32, data) READ(u32, data_end) READ(u32, data_meta) READ(u32, ingress_ifindex) READ(u32, rx_queue_index)
	asm volatile("r2 = *(s32 *)(r1 + %0)" AT(ingress_ifindex));
	RETURN(2)
}

SEC("xdp/devmap") NAKED void xdp_devmap(void) { READ(u32, egress_ifindex) RETURN(2) }
#undef CTX

#define CTX struct bpf_sock
SEC("cgroup/sock_create") NAKED void sock(void)
{
	BYTES(family) BYTES(type) BYTES(protocol) READ(u32, bound_dev_if) READ(u32, mark) READ(u32, priority) BYTES(state)
	READ(u32, rx_queue_mapping)
	WRITE(u32, bound_dev_if) WRITE(u32, mark) WRITE(u32, priority)
	RETURN(1)
}

SEC("cgroup/post_bind6") NAKED void sock_bound(void)
{
	BYTES(src_ip6[0]) BYTES(src_ip6[3]) BYTES(src_port) BYTES(family)
	RETURN(1)
}
SEC("cgroup/post_bind4") NAKED void sock_bound4(void) { BYTES(src_ip4) BYTES(src_port) RETURN(1) }
#undef CTX

#define CTX struct bpf_sock_addr
SEC("cgroup/connect4") NAKED void addr4(void)
{
	READ(u32, user_family) BYTES(user_ip4) BYTES(user_port) READ(u32, family) READ(u32, type) READ(u32, protocol)
	READ(u64, sk)
	WRITE(u32, user_ip4) WRITE(u32, user_port)
	RETURN(1)
}

SEC("cgroup/sendmsg6") NAKED void addr6(void)
{
	BYTES(user_ip6[1]) READ(u64, user_ip6[2]) BYTES(msg_src_ip6[0]) BYTES(msg_src_ip6[3])
	WRITE(u32, user_ip6[3]) WRITE(u64, user_ip6[0]) WRITE(u32, msg_src_ip6[2])
	RETURN(1)
}

SEC("cgroup/sendmsg4") NAKED void addr4_source(void) { BYTES(msg_src_ip4) WRITE(u32, msg_src_ip4) RETURN(1) }
#undef CTX

#define CTX struct bpf_sock_ops
SEC("sockops") NAKED void ops(void)
{
	READ(u32, op) READ(u32, reply) READ(u32, args[2]) READ(u32, replylong[3]) READ(u32, family) READ(u32, remote_ip4)
	READ(u32, local_ip4) READ(u32, remote_ip6[1]) READ(u32, local_ip6[2]) READ(u32, remote_port) READ(u32, local_port)
	READ(u32, is_fullsock) READ(u32, snd_cwnd) READ(u32, srtt_us) READ(u32, bpf_sock_ops_cb_flags) READ(u32, state)
	READ(u32, rtt_min) READ(u32, snd_ssthresh) READ(u32, rcv_nxt) READ(u32, snd_nxt) READ(u32, snd_una)
	READ(u32, mss_cache) READ(u32, ecn_flags) READ(u32, rate_delivered) READ(u32, rate_interval_us) READ(u32, packets_out)
	READ(u32, retrans_out) READ(u32, total_retrans) READ(u32, segs_in) READ(u32, data_segs_in) READ(u32, segs_out)
	READ(u32, data_segs_out) READ(u32, lost_out) READ(u32, sacked_out) READ(u32, sk_txhash) READ(u64, bytes_received)
	READ(u64, bytes_acked) READ(u64, sk) READ(u64, skb_data) READ(u64, skb_data_end) READ(u32, skb_len)
	BYTES(skb_tcp_flags)
	/* skb_hwtstamp, which older headers don't have. */
	asm volatile("r2 = *(u64 *)(r1 + %0); r9 = r1; r9 = *(u64 *)(r9 + %0)" ::"i"(
			     (offsetof(CTX, skb_tcp_flags) + 4 + 7) & ~7)
		     : "r2", "r9");
	WRITE(u32, reply) WRITE(u32, sk_txhash)
	RETURN(1)
}
#undef CTX

#define CTX struct sk_msg_md
SEC("sk_msg") NAKED void msg(void)
{
	READ(u64, data) READ(u64, data_end) READ(u32, family) READ(u32, remote_ip4) READ(u32, local_ip4) READ(u32, remote_ip6[3])
	READ(u32, local_ip6[0]) READ(u32, remote_port) READ(u32, local_port) READ(u32, size) READ(u64, sk)
	RETURN(1)
}
#undef CTX

#define CTX struct sk_reuseport_md
SEC("sk_reuseport/migrate") NAKED void reuseport(void)
{
	READ(u64, data) READ(u64, data_end) BYTES(len) READ(u32, eth_protocol) READ(u16, eth_protocol) BYTES(ip_protocol)
	BYTES(bind_inany) READ(u32, hash) READ(u64, sk) READ(u64, migrating_sk)
	RETURN(1)
}
#undef CTX

#define CTX struct bpf_sk_lookup
SEC("sk_lookup") NAKED void lookup(void)
{
	READ(u64, sk) BYTES(family) BYTES(protocol) BYTES(remote_ip4) BYTES(remote_ip6[1]) BYTES(remote_port) BYTES(local_ip4)
	BYTES(local_ip6[2]) BYTES(local_port) BYTES(ingress_ifindex)
	asm volatile("r2 = *(u16 *)(r1 + %0); r2 = *(u8 *)(r1 + %0)" ::"i"(offsetof(CTX, remote_port) + 2) : "r2");
	RETURN(1)
}
#undef CTX

#define CTX struct bpf_sysctl
SEC("cgroup/sysctl") NAKED void sysctl(void)
{
	BYTES(write) BYTES(file_pos) WRITE(u32, file_pos)
	RETURN(1)
}
#undef CTX

#define CTX struct bpf_sockopt
SEC("cgroup/getsockopt") NAKED void sockopt_get(void)
{
	READ(u64, sk) READ(u64, optval) READ(u64, optval_end) READ(u32, level) READ(u32, optname) READ(u32, optlen)
	READ(u32, retval)
	WRITE(u32, optlen) WRITE(u32, retval)
	RETURN(1)
}

SEC("cgroup/setsockopt") NAKED void sockopt_set(void)
{
	WRITE(u32, level) WRITE(u32, optname) WRITE(u32, optlen)
	RETURN(1)
}
#undef CTX

/* struct bpf_perf_event_data: registers, then two numbers. */
SEC("perf_event") NAKED void sample(void)
{
	asm volatile("r2 = *(u64 *)(r1 + 0); r2 = *(u64 *)(r1 + 128); r2 = *(u64 *)(r1 + 168); r2 = *(u8 *)(r1 + 169); "
		     "r2 = *(u32 *)(r1 + 180); r2 = *(u16 *)(r1 + 176); r0 = 0; exit");
}

char LICENSE[] SEC("license") = "GPL";
