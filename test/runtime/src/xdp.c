// XDP programs for test runs: what they return, write and see is recorded from a real kernel.
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

/* What a program learnt, for the one who looks at the map afterwards. */
long result[32];

char LICENSE[] SEC("license") = "GPL";

static __always_inline void clear(void)
{
	for (int i = 0; i < 32; i++)
		result[i] = 0;
}

SEC("xdp")
int fields(struct xdp_md *ctx)
{
	clear();
	result[0] = (long)ctx->data_end - (long)ctx->data;
	result[1] = (long)ctx->data - (long)ctx->data_meta;
	result[2] = ctx->ingress_ifindex;
	result[3] = ctx->rx_queue_index;
	result[4] = bpf_xdp_get_buff_len(ctx);
	return XDP_PASS;
}

SEC("xdp")
int rewrite(struct xdp_md *ctx)
{
	void *end = (void *)(long)ctx->data_end;
	struct ethhdr *eth = (void *)(long)ctx->data;

	if ((void *)(eth + 1) > end)
		return XDP_ABORTED;
	unsigned char first = eth->h_dest[0];

	for (int i = 0; i < 6; i++) {
		unsigned char byte = eth->h_dest[i];

		eth->h_dest[i] = eth->h_source[i];
		eth->h_source[i] = byte;
	}
	eth->h_proto = bpf_htons(bpf_ntohs(eth->h_proto) + 1);
	return first & 1 ? XDP_TX : XDP_DROP;
}

#define ADJUST_HEAD(name, amount)						\
	SEC("xdp")								\
	int name(struct xdp_md *ctx)						\
	{									\
		clear();							\
		result[0] = bpf_xdp_adjust_head(ctx, amount);			\
		result[1] = (long)ctx->data_end - (long)ctx->data;		\
		result[2] = (long)ctx->data - (long)ctx->data_meta;		\
		if ((void *)(long)ctx->data + 4 <= (void *)(long)ctx->data_end)	\
			*(int *)(long)ctx->data = 0x11223344;			\
		return XDP_PASS;						\
	}

ADJUST_HEAD(head_in_4, 4)
ADJUST_HEAD(head_in_50, 50)
ADJUST_HEAD(head_in_2000, 2000)
ADJUST_HEAD(head_out_16, -16)
ADJUST_HEAD(head_out_216, -216)
ADJUST_HEAD(head_out_217, -217)

#define ADJUST_TAIL(name, amount)						\
	SEC("xdp")								\
	int name(struct xdp_md *ctx)						\
	{									\
		clear();							\
		result[0] = bpf_xdp_adjust_tail(ctx, amount);			\
		result[1] = (long)ctx->data_end - (long)ctx->data;		\
		return XDP_TX;							\
	}

ADJUST_TAIL(tail_in_1, -1)
ADJUST_TAIL(tail_in_50, -50)
ADJUST_TAIL(tail_in_1486, -1486)
ADJUST_TAIL(tail_out_1, 1)
ADJUST_TAIL(tail_out_2020, 2020)
ADJUST_TAIL(tail_out_3456, 3456)
ADJUST_TAIL(tail_out_9000, 9000)

#define ADJUST_META(name, amount)						\
	SEC("xdp")								\
	int name(struct xdp_md *ctx)						\
	{									\
		clear();							\
		result[0] = bpf_xdp_adjust_meta(ctx, amount);			\
		if ((void *)(long)ctx->data_meta + 4 <= (void *)(long)ctx->data)\
			*(int *)(long)ctx->data_meta = 0x55667788;		\
		result[1] = (long)ctx->data - (long)ctx->data_meta;		\
		result[2] = bpf_xdp_adjust_head(ctx, 8);			\
		result[3] = (long)ctx->data - (long)ctx->data_meta;		\
		result[4] = bpf_xdp_adjust_head(ctx, -200);			\
		return XDP_PASS;						\
	}

ADJUST_META(meta_4, -4)
ADJUST_META(meta_32, -32)
ADJUST_META(meta_6, -6)
ADJUST_META(meta_252, -252)
ADJUST_META(meta_back, 4)

/* Bytes wherever they are, in packets of several pages too. */
SEC("xdp.frags")
int frags(struct xdp_md *ctx)
{
	unsigned char buf[64] = {};

	clear();
	result[0] = (long)ctx->data_end - (long)ctx->data;
	result[1] = bpf_xdp_get_buff_len(ctx);
	result[2] = bpf_xdp_load_bytes(ctx, 3500, buf, 64);
	result[3] = buf[0] | buf[19] << 8 | buf[20] << 16 | (long)buf[63] << 24;
	for (int i = 0; i < 64; i++)
		buf[i] ^= 0xff;
	result[4] = bpf_xdp_store_bytes(ctx, 3490, buf, 64);
	result[5] = bpf_xdp_load_bytes(ctx, 70000, buf, 4);
	result[6] = bpf_xdp_load_bytes(ctx, 10, buf, 4);
	result[7] = *(int *)buf;
	return XDP_PASS;
}

#define FRAGS_TAIL(name, amount)						\
	SEC("xdp.frags")							\
	int name(struct xdp_md *ctx)						\
	{									\
		clear();							\
		result[0] = bpf_xdp_adjust_tail(ctx, amount);			\
		result[1] = bpf_xdp_get_buff_len(ctx);				\
		result[2] = (long)ctx->data_end - (long)ctx->data;		\
		return XDP_PASS;						\
	}

FRAGS_TAIL(frags_in_10, -10)
FRAGS_TAIL(frags_in_5000, -5000)
FRAGS_TAIL(frags_in_8900, -8900)
FRAGS_TAIL(frags_out_10, 10)
FRAGS_TAIL(frags_out_4000, 4000)

SEC("xdp")
int redirects(struct xdp_md *ctx)
{
	clear();
	result[0] = bpf_redirect(1, 1);
	result[1] = bpf_redirect(1, 0);
	return bpf_redirect(7, 0);
}

SEC("xdp")
int retval_wide(struct xdp_md *ctx)
{
	return (int)0xfffffff0;
}
