// compilers: clang-19
// flags: -mcpu=v4
/* Divisions, loads from packets, jumps that are no conditions, code that nothing leads to. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define NAKED __attribute__((naked))

SEC("xdp") NAKED void divide(void)
{
	asm volatile("r2 = *(u32 *)(r1 + 12); r3 = *(u32 *)(r1 + 16); r4 = r2; r4 /= r3; r4 = r2; w4 /= w3; r4 = r2; r4 %%= r3; "
		     "r4 = r2; w4 %%= w3; r4 /= 7; w4 %%= 9; r0 = 2; exit" ::: "r0");
}

SEC("xdp") NAKED void divide_signed(void)
{
	asm volatile("r2 = *(u32 *)(r1 + 12); r3 = *(u32 *)(r1 + 16); r4 = r2; r4 s/= r3; r4 = r2; w4 s/= w3; r4 = r2; "
		     "r4 s%%= r3; r4 = r2; w4 s%%= w3; r4 s/= -1; w4 s/= -1; r4 = r2; r4 s%%= -1; w4 s%%= -1; r0 = 2; exit" ::
			     : "r0");
}

SEC("socket") NAKED void load_packet(void)
{
	asm volatile("r6 = r1; r7 = 4; r0 = *(u8 *)skb[3]; r0 = *(u16 *)skb[12]; r0 = *(u32 *)skb[26]; r0 = *(u8 *)skb[r7]; exit" ::: "r0");
}

SEC("socket") NAKED void dead(void)
{
	asm volatile("r2 = 5; if r2 != 5 goto 1f; r0 = 0; if r2 > 4 goto 2f; r0 = 7; r0 += 1; goto 2f; 1: r0 = 9; 2: goto 3f; "
		     "3: if r2 == 6 goto 1b; exit" ::: "r0");
}

SEC("xdp") int wait(struct xdp_md *ctx)
{
	int n = 0;

	for (;;) {
		n += ctx->rx_queue_index;
		asm volatile goto("may_goto %l[out]" :::: out);
	}
out:
	return n;
}

static __attribute__((noinline)) int never(int n)
{
	return n + 1;
}

const volatile int off;

SEC("xdp") int without(struct xdp_md *ctx)
{
	if (off)
		return never(ctx->rx_queue_index);
	return XDP_PASS;
}

/* Callers save registers around it that it leaves alone. */
SEC("raw_tp/sys_enter") NAKED void spare(void)
{
	asm volatile("r1 = 1; *(u64 *)(r10 - 16) = r1; call %0; r1 = *(u64 *)(r10 - 16); r0 = r1; exit" ::"i"(
			     BPF_FUNC_get_smp_processor_id)
		     : "r0");
}

char LICENSE[] SEC("license") = "GPL";
