// Programs on socket buffers for test runs.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

long result[48];

char LICENSE[] SEC("license") = "GPL";

static __always_inline void clear(void)
{
	for (int i = 0; i < 48; i++)
		result[i] = 0;
}

SEC("tc")
int fields(struct __sk_buff *skb)
{
	clear();
	result[0] = skb->len;
	result[1] = skb->pkt_type;
	result[2] = skb->mark;
	result[3] = skb->queue_mapping;
	result[4] = skb->protocol;
	result[5] = skb->vlan_present;
	result[6] = skb->vlan_tci;
	result[7] = skb->vlan_proto;
	result[8] = skb->priority;
	result[9] = skb->ingress_ifindex;
	result[10] = skb->ifindex;
	result[11] = skb->tc_index;
	for (int i = 0; i < 5; i++)
		result[12 + i] = skb->cb[i];
	result[17] = skb->hash;
	result[18] = skb->tc_classid;
	result[19] = (long)skb->data_end - (long)skb->data;
	result[20] = skb->napi_id;
	result[21] = (long)skb->data - (long)skb->data_meta;
	result[22] = skb->tstamp;
	result[23] = skb->wire_len;
	result[24] = skb->gso_segs;
	result[25] = skb->gso_size;
	result[26] = skb->tstamp_type;
	result[27] = skb->hwtstamp;
	return TC_ACT_OK;
}

SEC("tc")
int change_fields(struct __sk_buff *skb)
{
	clear();
	skb->mark = skb->mark + 0x10;
	skb->queue_mapping = 7;
	result[0] = skb->queue_mapping;
	skb->queue_mapping = 0xffff;
	result[1] = skb->queue_mapping;
	skb->priority = 0x12345;
	skb->tc_index = 0x54321;
	result[2] = skb->tc_index;
	skb->tc_classid = 0x98765;
	result[3] = skb->tc_classid;
	for (int i = 0; i < 5; i++)
		skb->cb[i] = skb->cb[i] ^ (0x01010101 * (i + 1));
	skb->tstamp = skb->tstamp + 5;
	result[4] = *(unsigned char *)&skb->mark;
	result[5] = *(unsigned short *)((void *)&skb->priority + 2);
	return TC_ACT_SHOT;
}

SEC("tc")
int sock_fields(struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	clear();
	result[0] = sk != 0;
	if (!sk)
		return 1;
	sk = bpf_sk_fullsock(sk);
	result[1] = sk != 0;
	if (!sk)
		return 2;
	result[2] = sk->family;
	result[3] = sk->type;
	result[4] = sk->protocol;
	result[5] = sk->src_ip4;
	result[6] = sk->dst_ip4;
	result[7] = sk->src_ip6[0];
	result[8] = sk->src_ip6[3];
	result[9] = sk->dst_ip6[0];
	result[10] = sk->dst_ip6[3];
	result[11] = sk->src_port;
	result[12] = sk->dst_port;
	result[13] = sk->state;
	result[14] = sk->rx_queue_mapping;
	result[15] = sk->bound_dev_if;
	result[16] = sk->mark;
	result[17] = sk->priority;
	result[18] = bpf_get_socket_uid(skb);
	result[19] = bpf_tcp_sock(sk) != 0;
	return 3;
}

SEC("cgroup_skb/egress")
int cgroup_fields(struct __sk_buff *skb)
{
	clear();
	result[0] = skb->family;
	result[1] = skb->remote_ip4;
	result[2] = skb->local_ip4;
	result[3] = skb->remote_ip6[0];
	result[4] = skb->remote_ip6[3];
	result[5] = skb->local_ip6[0];
	result[6] = skb->local_ip6[2];
	result[7] = skb->remote_port;
	result[8] = skb->local_port;
	result[9] = skb->len;
	result[10] = (long)skb->data_end - (long)skb->data;
	return 1;
}

SEC("socket")
int filter(struct __sk_buff *skb)
{
	unsigned char buf[8] = {};

	clear();
	result[0] = skb->len;
	result[1] = skb->protocol;
	result[2] = bpf_skb_load_bytes(skb, 0, buf, 8);
	result[3] = *(long *)buf;
	result[4] = bpf_skb_load_bytes(skb, 60, buf, 8);
	result[5] = *(long *)buf;
	result[6] = bpf_skb_load_bytes_relative(skb, 12, buf, 2, BPF_HDR_START_MAC);
	result[7] = *(long *)buf;
	result[8] = bpf_skb_load_bytes_relative(skb, 1, buf, 8, BPF_HDR_START_NET);
	result[9] = *(long *)buf;
	result[10] = bpf_skb_load_bytes_relative(skb, 0x10000, buf, 8, BPF_HDR_START_NET);
	result[11] = bpf_skb_load_bytes_relative(skb, 0, buf, 8, 2);
	return skb->len;
}

unsigned long long load_byte(void *skb, unsigned long long off) asm("llvm.bpf.load.byte");
unsigned long long load_half(void *skb, unsigned long long off) asm("llvm.bpf.load.half");
unsigned long long load_word(void *skb, unsigned long long off) asm("llvm.bpf.load.word");

SEC("socket")
int classic(struct __sk_buff *skb)
{
	unsigned off = load_byte(skb, 0) & 0x0f;

	clear();
	result[0] = off;
	result[1] = load_half(skb, 2);
	result[2] = load_word(skb, off);
	result[3] = load_half(skb, -0x200000 + 12);
	result[4] = load_byte(skb, -0x100000 + 9);
	result[5] = load_word(skb, 40);
	return 99;
}

SEC("tc")
int store_bytes(struct __sk_buff *skb)
{
	unsigned char buf[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

	clear();
	result[0] = bpf_skb_store_bytes(skb, 0, buf, 8, 0);
	result[1] = bpf_skb_store_bytes(skb, 20, buf, 5, BPF_F_RECOMPUTE_CSUM);
	result[2] = bpf_skb_store_bytes(skb, 57, buf, 8, BPF_F_INVALIDATE_HASH);
	result[3] = bpf_skb_store_bytes(skb, 0, buf, 8, 8);
	result[4] = bpf_skb_store_bytes(skb, 1000000, buf, 8, 0);
	result[5] = bpf_skb_pull_data(skb, 0);
	result[6] = bpf_skb_pull_data(skb, 40);
	result[7] = bpf_skb_pull_data(skb, 100000);
	return 0;
}

SEC("tc")
int checksums(struct __sk_buff *skb)
{
	clear();
	result[0] = bpf_l3_csum_replace(skb, 24, 0x1234, 0x4321, 2);
	result[1] = bpf_l3_csum_replace(skb, 24, 0x01020304, 0xa0b0c0d0, 4);
	result[2] = bpf_l3_csum_replace(skb, 24, 0, 0x7777, 0);
	result[3] = bpf_l3_csum_replace(skb, 24, 5, 0x7777, 0);
	result[4] = bpf_l3_csum_replace(skb, 25, 1, 2, 2);
	result[5] = bpf_l3_csum_replace(skb, 24, 1, 2, 3);
	result[6] = bpf_l3_csum_replace(skb, 24, 1, 2, 0x100);
	result[7] = bpf_l3_csum_replace(skb, 70000, 1, 2, 2);
	result[8] = bpf_l4_csum_replace(skb, 40, 0x1111, 0x2222, 2);
	result[9] = bpf_l4_csum_replace(skb, 40, 0xdeadbeef, 0x12345678, BPF_F_PSEUDO_HDR | 4);
	result[10] = bpf_l4_csum_replace(skb, 40, 0, 0xfedc, BPF_F_MARK_MANGLED_0);
	result[11] = bpf_l4_csum_replace(skb, 42, 1, 1, BPF_F_MARK_MANGLED_0 | 2);
	result[12] = bpf_l4_csum_replace(skb, 44, 0xffff, 0, BPF_F_MARK_MANGLED_0 | BPF_F_MARK_ENFORCE | 2);
	result[13] = bpf_csum_update(skb, 5);
	result[14] = bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
	result[15] = bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
	result[16] = bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
	result[17] = bpf_csum_level(skb, BPF_CSUM_LEVEL_INC);
	result[18] = bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
	result[19] = bpf_csum_level(skb, BPF_CSUM_LEVEL_RESET);
	result[20] = bpf_csum_level(skb, BPF_CSUM_LEVEL_QUERY);
	result[21] = bpf_csum_level(skb, 9);
	return 0;
}

#define TAIL(name, amount)						\
	SEC("tc")							\
	int name(struct __sk_buff *skb)					\
	{								\
		clear();						\
		result[0] = bpf_skb_change_tail(skb, amount, 0);	\
		result[1] = skb->len;					\
		result[2] = bpf_skb_change_tail(skb, 64, 1);		\
		return 0;						\
	}

TAIL(tail_5, 5)
TAIL(tail_14, 14)
TAIL(tail_20, 20)
TAIL(tail_3000, 3000)
TAIL(tail_16064, 16064)
TAIL(tail_16065, 16065)

#define HEAD(name, amount)						\
	SEC("tc")							\
	int name(struct __sk_buff *skb)					\
	{								\
		unsigned char buf[4] = { 9, 8, 7, 6 };			\
									\
		clear();						\
		result[0] = bpf_skb_change_head(skb, amount, 0);	\
		result[1] = skb->len;					\
		result[2] = bpf_skb_store_bytes(skb, 0, buf, 4, 0);	\
		result[3] = bpf_skb_load_bytes_relative(skb, 0, buf, 4, BPF_HDR_START_NET); \
		result[4] = *(int *)buf;				\
		result[5] = bpf_skb_load_bytes_relative(skb, 0, buf, 4, BPF_HDR_START_MAC); \
		result[6] = *(int *)buf;				\
		return 0;						\
	}

HEAD(head_0, 0)
HEAD(head_14, 14)
HEAD(head_1000, 1000)
HEAD(head_15000, 15000)

static __always_inline void headers(struct __sk_buff *skb, int at)
{
	unsigned char buf[4] = {};

	result[at] = skb->len;
	result[at + 1] = skb->protocol;
	result[at + 2] = bpf_skb_load_bytes_relative(skb, 0, buf, 4, BPF_HDR_START_NET);
	result[at + 3] = *(int *)buf;
	result[at + 4] = bpf_skb_load_bytes_relative(skb, 0, buf, 4, BPF_HDR_START_MAC);
	result[at + 5] = *(int *)buf;
}

SEC("tc")
int vlan_push(struct __sk_buff *skb)
{
	clear();
	result[0] = bpf_skb_vlan_push(skb, bpf_htons(0x8100), 0x123);
	result[1] = skb->vlan_present;
	result[2] = skb->vlan_tci;
	result[3] = skb->vlan_proto;
	headers(skb, 4);
	result[10] = bpf_skb_vlan_push(skb, bpf_htons(0x88a8), 0x456);
	result[11] = skb->vlan_tci;
	result[12] = skb->vlan_proto;
	headers(skb, 13);
	result[19] = bpf_skb_vlan_push(skb, bpf_htons(0x1234), 0x789);
	headers(skb, 20);
	result[26] = bpf_skb_vlan_pop(skb);
	headers(skb, 27);
	result[33] = skb->vlan_present;
	result[34] = skb->vlan_tci;
	result[35] = skb->vlan_proto;
	return 0;
}

SEC("tc")
int vlan_pop(struct __sk_buff *skb)
{
	clear();
	result[0] = bpf_skb_vlan_pop(skb);
	result[1] = skb->vlan_present;
	result[2] = skb->vlan_tci;
	headers(skb, 3);
	result[9] = bpf_skb_vlan_pop(skb);
	result[10] = skb->vlan_present;
	headers(skb, 11);
	return 0;
}

SEC("tc")
int change_proto(struct __sk_buff *skb)
{
	clear();
	headers(skb, 0);
	result[6] = bpf_skb_change_proto(skb, bpf_htons(ETH_P_IPV6), 0);
	headers(skb, 7);
	result[13] = bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 0);
	headers(skb, 14);
	result[20] = bpf_skb_change_proto(skb, bpf_htons(ETH_P_ARP), 0);
	result[21] = bpf_skb_change_proto(skb, bpf_htons(ETH_P_IP), 1);
	result[22] = bpf_skb_change_type(skb, 0);
	result[23] = skb->pkt_type;
	result[24] = bpf_skb_change_type(skb, 4);
	result[25] = bpf_skb_change_type(skb, 3);
	return 0;
}

#define ROOM(name, diff, mode, flags)						\
	SEC("tc")								\
	int name(struct __sk_buff *skb)						\
	{									\
		clear();							\
		result[0] = bpf_skb_adjust_room(skb, diff, mode, flags);	\
		headers(skb, 1);						\
		result[7] = bpf_skb_change_tail(skb, 60, 0);			\
		result[8] = bpf_skb_adjust_room(skb, 4, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4); \
		return 0;							\
	}

ROOM(room_net_20, 20, BPF_ADJ_ROOM_NET, 0)
ROOM(room_mac_8, 8, BPF_ADJ_ROOM_MAC, 0)
ROOM(room_mac_in_4, -4, BPF_ADJ_ROOM_MAC, 0)
ROOM(room_net_in_8, -8, BPF_ADJ_ROOM_NET, 0)
ROOM(room_in_4000, -4000, BPF_ADJ_ROOM_MAC, 0)
ROOM(room_out_5000, 5000, BPF_ADJ_ROOM_MAC, 0)
ROOM(room_mode, 8, 2, 0)
ROOM(room_flags, 8, 1, 1 << 20)
ROOM(room_ipip, 20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4)
ROOM(room_ip6gre, 44, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV6 | BPF_F_ADJ_ROOM_ENCAP_L4_GRE)
ROOM(room_udp, 50, BPF_ADJ_ROOM_MAC,
     BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L4_UDP | BPF_F_ADJ_ROOM_ENCAP_L2(14) |
     BPF_F_ADJ_ROOM_ENCAP_L2_ETH)
ROOM(room_eth_short, 50, BPF_ADJ_ROOM_MAC,
     BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L2(4) | BPF_F_ADJ_ROOM_ENCAP_L2_ETH)
ROOM(room_both, 20, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_ENCAP_L3_IPV4 | BPF_F_ADJ_ROOM_ENCAP_L3_IPV6)
ROOM(room_decap, -20, BPF_ADJ_ROOM_MAC, (1 << 8))
ROOM(room_decap_out, 20, BPF_ADJ_ROOM_MAC, (1 << 8))
ROOM(room_no_reset, 8, BPF_ADJ_ROOM_MAC, BPF_F_ADJ_ROOM_NO_CSUM_RESET)

SEC("tc")
int redirects(struct __sk_buff *skb)
{
	clear();
	result[0] = bpf_redirect(1, 0);
	result[1] = bpf_redirect(1, 1);
	result[2] = bpf_redirect(1, 2);
	result[3] = bpf_redirect_peer(1, 0);
	result[4] = bpf_redirect_peer(1, 1);
	result[5] = bpf_redirect_neigh(1, 0, 0, 0);
	result[6] = bpf_redirect_neigh(1, 0, 0, 1);
	result[7] = bpf_clone_redirect(skb, 99, 0);
	result[8] = bpf_clone_redirect(skb, 1, 4);
	result[9] = bpf_skb_set_tstamp(skb, 5, BPF_SKB_TSTAMP_DELIVERY_MONO);
	result[10] = skb->tstamp_type;
	result[11] = skb->tstamp;
	result[12] = bpf_skb_set_tstamp(skb, 0, 0);
	result[13] = skb->tstamp_type;
	result[14] = bpf_skb_set_tstamp(skb, 5, 0);
	result[15] = bpf_skb_set_tstamp(skb, 0, 1);
	result[16] = bpf_skb_set_tstamp(skb, 5, 3);
	bpf_set_hash(skb, 0x1234567);
	result[17] = skb->hash;
	result[18] = bpf_get_hash_recalc(skb);
	bpf_set_hash_invalid(skb);
	result[19] = skb->hash;
	result[20] = bpf_get_route_realm(skb);
	result[21] = bpf_get_cgroup_classid(skb);
	result[22] = bpf_skb_ecn_set_ce(skb);
	return bpf_redirect(1, 0);
}

SEC("lwt_in")
int from_lwt_in(struct __sk_buff *skb)
{
	clear();
	result[0] = skb->len;
	result[1] = (long)skb->data_end - (long)skb->data;
	result[2] = skb->protocol;
	return BPF_OK;
}

SEC("lwt_xmit")
int from_lwt_xmit(struct __sk_buff *skb)
{
	clear();
	result[0] = bpf_skb_change_head(skb, 14, 0);
	result[1] = skb->len;
	result[2] = (long)skb->data_end - (long)skb->data;
	return BPF_DROP;
}

SEC("action")
int from_action(struct __sk_buff *skb)
{
	void *data = (void *)(long)skb->data, *end = (void *)(long)skb->data_end;

	if (data + 14 > end)
		return TC_ACT_SHOT;
	*(int *)data = 0x01020304;
	return TC_ACT_PIPE;
}
