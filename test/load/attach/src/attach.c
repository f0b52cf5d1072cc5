// compilers: clang-19
// flags: -D__TARGET_ARCH_x86
/*
 * Programs that replace a function of another program, or trace one. Their sections say which: KIND/PROGRAM:FUNCTION.
 * Names of programs begin with what is expected of them only for the reader: ok_ or no_.
 */
#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char _license[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	struct {
		struct bpf_spin_lock lock;
		int x;
	} *value;
} locked SEC(".maps");

struct pair {
	int a, b;
};
enum small { ONE = 1, TWO };
enum wide { WIDE = 0x100000000ULL };
typedef struct xdp_md xdp_t;

struct sk_buff {
	int len;
	struct sock *sk;
} __attribute__((preserve_access_index));
struct xdp_buff {
	void *data;
	void *data_end;
} __attribute__((preserve_access_index));

#define GLOBAL __attribute__((noinline))
#define USE(x) ({ volatile long used = (long)(x); })
#define STATIC static __attribute__((noinline))

/* ---- programs to attach to ---- */

GLOBAL int glob_int(int a)
{
	return a + 1;
}

GLOBAL int glob_two(int a, long b)
{
	return a + b;
}

GLOBAL int glob_none(void)
{
	return bpf_get_prandom_u32() & 1;
}

GLOBAL long glob_long(enum small e, enum wide w)
{
	return e + w;
}

GLOBAL int glob_ctx(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex;
}

GLOBAL int glob_ctx_typedef(xdp_t *ctx)
{
	return ctx->rx_queue_index;
}

GLOBAL int glob_mem(int *p)
{
	return p ? *p : 0;
}

GLOBAL int glob_pair(struct pair *p)
{
	return p ? p->a : 0;
}

GLOBAL int glob_pkt(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 4);
}

STATIC int stat_int(int a)
{
	return a * 3 + bpf_get_prandom_u32();
}

STATIC int stat_mem(struct pair *p)
{
	return p->a + bpf_get_prandom_u32();
}

GLOBAL int glob_unused(int a)
{
	return a;
}

SEC("xdp") int xdp_main(struct xdp_md *ctx)
{
	struct pair p = { .a = ctx->ingress_ifindex, .b = 2 };
	int x = 5;

	return (glob_int(1) + glob_two(2, 3) + glob_none() + glob_long(ONE, WIDE) + glob_ctx(ctx) +
		glob_ctx_typedef(ctx) + glob_mem(&x) + glob_pair(&p) + glob_pkt(ctx) + stat_int(p.b) + stat_mem(&p)) &
	       1;
}

SEC("xdp") int xdp_alone(struct xdp_md *ctx)
{
	return XDP_PASS;
}

SEC("xdp") int xdp_changes(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 4) ? XDP_PASS : XDP_DROP;
}

SEC("xdp") int xdp_odd(void *ctx)
{
	return XDP_PASS;
}

SEC("tc") int tc_main(struct __sk_buff *skb)
{
	return skb->len > 4;
}

SEC("cgroup_skb/egress") int egress(struct __sk_buff *skb)
{
	return 1;
}

SEC("cgroup/connect4") int connect4(struct bpf_sock_addr *ctx)
{
	return 1;
}

SEC("raw_tp/sched_switch") int raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	return 0;
}

SEC("kprobe/do_nanosleep") int kprobe(struct pt_regs *ctx)
{
	return 0;
}

GLOBAL int sleeper(void)
{
	char c;

	return bpf_copy_from_user(&c, 1, (void *)0);
}

SEC("syscall") int sys(void *ctx)
{
	return sleeper() & 1;
}

SEC("socket") int sock(struct __sk_buff *skb)
{
	return 0;
}

SEC("tp_btf/sched_switch") int tp_btf(unsigned long long *ctx)
{
	return 0;
}

SEC("fentry/bpf_fentry_test1") int fentry_kernel(unsigned long long *ctx)
{
	return 0;
}

SEC("fmod_ret/bpf_modify_return_test") int fmod_kernel(unsigned long long *ctx)
{
	return 0;
}

GLOBAL int on_throw(__u64 cookie)
{
	return cookie & 1;
}

SEC("xdp") __attribute__((btf_decl_tag("exception_callback:on_throw"))) int xdp_catches(struct xdp_md *ctx)
{
	return glob_int(1) & 1;
}

SEC("xdp") int xdp_jumps(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

SEC("tc") int tc_jumps(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 0);
	return 0;
}

/* ---- extensions ---- */

SEC("freplace/xdp_main:glob_int") int ok_int(int a)
{
	return a * 2;
}

SEC("freplace/xdp_main:glob_int") int no_args(int a, int b)
{
	return a + b;
}

SEC("freplace/xdp_main:glob_int") long ok_returns_long(int a)
{
	return a;
}

SEC("freplace/xdp_main:glob_int") enum small no_returns_enum(int a)
{
	return a;
}

SEC("freplace/xdp_main:glob_int") int no_long(long a)
{
	return a;
}

SEC("freplace/xdp_main:glob_int") int ok_unsigned(unsigned int a)
{
	return a;
}

SEC("freplace/xdp_main:glob_int") int no_pointer(int *a)
{
	return 0;
}

SEC("freplace/xdp_main:glob_int") int no_uninit(int a)
{
	register long r6 asm("r6");

	return a + r6;
}

SEC("freplace/xdp_main:glob_two") int ok_two(int a, long b)
{
	return a - b;
}

SEC("freplace/xdp_main:glob_none") int ok_none(void)
{
	return bpf_ktime_get_ns();
}

SEC("freplace/xdp_main:glob_long") long ok_enums(enum small e, enum wide w)
{
	return e - w;
}

SEC("freplace/xdp_main:glob_ctx") int ok_ctx(struct xdp_md *ctx)
{
	return (long)ctx->data_end - (long)ctx->data > 14 ? ctx->rx_queue_index : 0;
}

SEC("freplace/xdp_main:glob_ctx") int no_other_ctx(struct __sk_buff *ctx)
{
	return 0;
}

SEC("freplace/xdp_main:glob_ctx") int no_void_ctx(void *ctx)
{
	return 0;
}

SEC("freplace/xdp_main:glob_ctx_typedef") int ok_ctx_typedef(struct xdp_md *ctx)
{
	return 0;
}

SEC("freplace/xdp_main:glob_ctx") int no_ctx_field(struct xdp_md *ctx)
{
	return *(int *)((char *)ctx + 100);
}

SEC("freplace/xdp_main:glob_mem") int no_mem(int *p)
{
	return p ? *p : 0;
}

SEC("freplace/xdp_main:glob_pair") int ok_pair(struct pair *p)
{
	return p ? p->b : 0;
}

SEC("freplace/xdp_main:glob_pkt") int ok_pkt(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/xdp_main:glob_ctx") int no_pkt(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/xdp_main:stat_int") int no_static(int a)
{
	return a;
}

SEC("freplace/xdp_main:stat_mem") int no_static_mem(struct pair *p)
{
	return 0;
}

SEC("freplace/xdp_main:glob_unused") int no_such(int a)
{
	return a;
}

SEC("freplace/xdp_main:xdp_main") int ok_main(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/xdp_alone:xdp_alone") int ok_alone(struct xdp_md *ctx)
{
	__u32 key = 0;
	__u64 *count = bpf_map_lookup_elem(&counts, &key);

	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_DROP;
}

SEC("freplace/xdp_alone:xdp_alone") int ok_any_verdict(struct xdp_md *ctx)
{
	return 1234567;
}

SEC("freplace/xdp_alone:xdp_alone") int no_alone_pkt(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_head(ctx, 8);
}

SEC("freplace/xdp_changes:xdp_changes") int ok_changes(struct xdp_md *ctx)
{
	return bpf_xdp_adjust_tail(ctx, 8);
}

SEC("freplace/xdp_odd:xdp_odd") int no_odd(void *ctx)
{
	return XDP_PASS;
}

SEC("freplace/xdp_alone:xdp_alone") int no_helper(struct xdp_md *ctx)
{
	return bpf_skb_load_bytes((void *)ctx, 0, &ctx, 4);
}

SEC("freplace/xdp_alone:xdp_alone") int ok_lock(struct xdp_md *ctx)
{
	__u32 key = 0;
	struct {
		struct bpf_spin_lock lock;
		int x;
	} *v = bpf_map_lookup_elem(&locked, &key);

	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	v->x++;
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("freplace/xdp_changes:xdp_changes") int ok_tail_call(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

STATIC int inner(struct xdp_md *ctx)
{
	return ctx->ingress_ifindex + bpf_get_prandom_u32();
}

SEC("freplace/xdp_alone:xdp_alone") int ok_calls(struct xdp_md *ctx)
{
	return inner(ctx) + glob_int(3) + glob_ctx(ctx);
}

SEC("freplace/tc_main:tc_main") int no_tc_pull(struct __sk_buff *skb)
{
	skb->mark = 7;
	return skb->protocol + bpf_skb_pull_data(skb, 0) * 0;
}

SEC("freplace/tc_main:tc_main") int ok_tc_read(struct __sk_buff *skb)
{
	skb->mark = 7;
	return skb->protocol;
}

SEC("freplace/egress:egress") int ok_egress(struct __sk_buff *skb)
{
	return 3;
}

SEC("freplace/egress:egress") int no_egress(struct __sk_buff *skb)
{
	return 4;
}

SEC("freplace/connect4:connect4") int ok_connect4(struct bpf_sock_addr *ctx)
{
	ctx->user_port = 5;
	return ctx->user_ip4 > 5;
}

SEC("freplace/connect4:connect4") int no_connect4(struct bpf_sock_addr *ctx)
{
	return ctx->user_ip6[0];
}

SEC("freplace/raw_tp:raw_tp") int ok_raw_tp(struct bpf_raw_tracepoint_args *ctx)
{
	USE(ctx->args[1]);
	return 0;
}

SEC("freplace/kprobe:kprobe") int no_kprobe(struct pt_regs *ctx)
{
	return *(long *)ctx;
}

SEC("freplace/sys:sys") int no_sys(void *ctx)
{
	return 0;
}

SEC("freplace/sys:sleeper") int ok_sleeper(void)
{
	return 5;
}

SEC("freplace/sys:sleeper") int no_sleeper_sleeps(void)
{
	char c;

	return bpf_copy_from_user(&c, 1, (void *)0);
}

SEC("freplace/sock:sock") int ok_sock(struct __sk_buff *skb)
{
	return skb->len;
}

SEC("freplace/sock:sock") int ok_sock_lock(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct {
		struct bpf_spin_lock lock;
		int x;
	} *v = bpf_map_lookup_elem(&locked, &key);

	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	bpf_spin_unlock(&v->lock);
	return 0;
}

SEC("freplace/tp_btf:tp_btf") int no_tp_btf(unsigned long long *ctx)
{
	return 0;
}

SEC("freplace/fentry_kernel:fentry_kernel") int no_extends_fentry(unsigned long long *ctx)
{
	return 0;
}

SEC("freplace/fmod_kernel:fmod_kernel") int no_extends_fmod(unsigned long long *ctx)
{
	return 0;
}

SEC("freplace/ok_int:ok_int") int no_again(int a)
{
	return a;
}

SEC("freplace/xdp_main") int no_without_program(int a)
{
	return a;
}

/* ---- fentry, fexit and others ---- */

SEC("fentry/xdp_main:xdp_main") int BPF_PROG(ok_entry, struct xdp_buff *xdp)
{
	USE(xdp->data_end - xdp->data);
	return 0;
}

SEC("fexit/xdp_main:xdp_main") int BPF_PROG(ok_exit, struct xdp_buff *xdp, int ret)
{
	USE(ret);
	return 0;
}

SEC("fexit/xdp_main:xdp_main") int BPF_PROG(no_third, struct xdp_buff *xdp, int ret, int more)
{
	USE(more);
	return 0;
}

SEC("fentry/xdp_main:xdp_main") int BPF_PROG(no_result, struct xdp_buff *xdp, int ret)
{
	USE(ret);
	return 0;
}

SEC("fentry/xdp_main:glob_int") int BPF_PROG(ok_entry_int, int a)
{
	USE(a);
	return 0;
}

SEC("fexit/xdp_main:glob_two") int BPF_PROG(ok_exit_two, int a, long b, int ret)
{
	USE(a + b + ret);
	return 0;
}

SEC("fentry/xdp_main:glob_ctx") int BPF_PROG(ok_entry_ctx, struct xdp_buff *xdp)
{
	USE(xdp->data != 0);
	return 0;
}

SEC("fentry/xdp_main:glob_ctx") int BPF_PROG(no_entry_write, struct xdp_buff *xdp)
{
	xdp->data = 0;
	return 0;
}

SEC("fentry/xdp_main:glob_mem") int BPF_PROG(ok_entry_mem, long p)
{
	USE(p);
	return 0;
}

SEC("fentry/xdp_main:glob_pair") int BPF_PROG(no_entry_pair, struct pair *p)
{
	USE(p != 0);
	return 0;
}

SEC("fentry/xdp_main:stat_int") int BPF_PROG(ok_entry_static, int a)
{
	USE(a);
	return 0;
}

SEC("fexit/xdp_main:stat_mem") int BPF_PROG(ok_exit_static_mem, long p, int ret)
{
	USE(ret);
	return 0;
}

SEC("fentry/xdp_main:glob_unused") int BPF_PROG(no_entry_unused, int a)
{
	USE(a);
	return 0;
}

SEC("fentry/xdp_odd:xdp_odd") int BPF_PROG(ok_entry_odd, long a, long b, long c, long d, long e)
{
	USE(a + b + c + d + e);
	return 0;
}

SEC("fexit/xdp_odd:xdp_odd") int BPF_PROG(ok_exit_odd, long a, long b, long c, long d, long e, long ret)
{
	USE(a + ret);
	return 0;
}

SEC("fexit/xdp_odd:xdp_odd") int BPF_PROG(no_exit_odd, long a, long b, long c, long d, long e, long ret, long no)
{
	USE(no);
	return 0;
}

SEC("fmod_ret/xdp_main:xdp_main") int BPF_PROG(no_fmod, struct xdp_buff *xdp, int ret)
{
	return 0;
}

SEC("fentry.s/xdp_main:xdp_main") int BPF_PROG(no_sleepable, struct xdp_buff *xdp)
{
	return 0;
}

SEC("tp_btf/xdp_main:xdp_main") int BPF_PROG(no_raw_tp, struct xdp_buff *xdp)
{
	return 0;
}

SEC("iter/xdp_main:xdp_main") int BPF_PROG(no_iter, struct xdp_buff *xdp)
{
	return 0;
}

SEC("lsm/xdp_main:xdp_main") int BPF_PROG(no_lsm, struct xdp_buff *xdp)
{
	return 0;
}

SEC("fentry/tc_main:tc_main") int BPF_PROG(ok_entry_tc, struct sk_buff *skb)
{
	USE(skb->len);
	return 0;
}

SEC("fexit/tc_main:tc_main") int BPF_PROG(ok_exit_tc, struct sk_buff *skb, int ret)
{
	USE(skb->len + ret);
	return 0;
}

SEC("fentry/raw_tp:raw_tp") int BPF_PROG(ok_entry_raw_tp, void *args)
{
	USE(args != 0);
	return 0;
}

SEC("fentry/kprobe:kprobe") int BPF_PROG(no_entry_kprobe, struct pt_regs *regs)
{
	USE(*(long *)regs);
	return 0;
}

SEC("fentry/connect4:connect4") int BPF_PROG(ok_entry_connect4, void *addr)
{
	USE(addr != 0);
	return 0;
}

SEC("fentry/sys:sys") int BPF_PROG(ok_entry_sys, long a)
{
	USE(a);
	return 0;
}

SEC("fentry/ok_alone:ok_alone") int BPF_PROG(ok_entry_ext, struct xdp_buff *xdp)
{
	USE(xdp->data != 0);
	return 0;
}

SEC("fexit/ok_alone:ok_alone") int BPF_PROG(ok_exit_ext, struct xdp_buff *xdp, int ret)
{
	USE(ret);
	return 0;
}

SEC("fentry/ok_tc_read:ok_tc_read") int BPF_PROG(ok_entry_ext_tc, struct sk_buff *skb)
{
	USE(skb->len);
	return 0;
}

SEC("fentry/fentry_kernel:fentry_kernel") int BPF_PROG(ok_entry_fentry, long a)
{
	USE(a);
	return 0;
}

SEC("fexit/ok_entry_fentry:ok_entry_fentry") int BPF_PROG(no_entry_twice, long a)
{
	USE(a);
	return 0;
}

SEC("fexit/ok_entry:ok_entry") int BPF_PROG(ok_exit_of_entry, long a)
{
	USE(a);
	return 0;
}

SEC("fentry/ok_exit_of_entry:ok_exit_of_entry") int BPF_PROG(no_entry_of_exit_of_entry, long a)
{
	USE(a);
	return 0;
}

SEC("fentry/tp_btf:tp_btf") int BPF_PROG(ok_entry_tp_btf, long a)
{
	USE(a);
	return 0;
}

SEC("fexit/xdp_main:xdp_main") int BPF_PROG(ok_exit_helpers, struct xdp_buff *xdp, int ret)
{
	USE(bpf_get_func_ip(ctx) + bpf_get_func_arg_cnt(ctx) + bpf_xdp_get_buff_len((void *)xdp));
	return 0;
}

SEC("fentry/tc_main:tc_main") int BPF_PROG(ok_entry_output, struct sk_buff *skb)
{
	USE(bpf_get_current_pid_tgid() + bpf_probe_read_kernel(&skb, 4, skb));
	return 0;
}

SEC("fentry/xdp_main:xdp_main") int BPF_PROG(ok_entry_tail_call, struct xdp_buff *xdp)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

SEC("fexit/ok_int:ok_int") int BPF_PROG(ok_exit_ext_int, int a, int ret)
{
	USE(a + ret);
	return 0;
}

SEC("fentry/ok_calls:inner") int BPF_PROG(ok_entry_inner, struct xdp_buff *xdp)
{
	USE(xdp->data);
	return 0;
}

SEC("fentry/xdp_main:xdp_main") int BPF_PROG(no_storage, struct xdp_buff *xdp)
{
	return bpf_sk_storage_get(&counts, 0, 0, 0) != 0;
}

SEC("fexit/xdp_alone:xdp_alone") int BPF_PROG(no_exit_copy, struct xdp_buff *xdp, int ret)
{
	char c[4];

	return bpf_xdp_output(ctx, &counts, 0, &c, 0) && 0;
}

SEC("freplace/xdp_catches:on_throw") int no_catcher(__u64 cookie)
{
	return 0;
}

SEC("fentry/xdp_catches:on_throw") int BPF_PROG(no_entry_catcher, long cookie)
{
	return 0;
}

SEC("freplace/xdp_catches:glob_int") int ok_beside_catcher(int a)
{
	return a;
}

/* Who may be in one map of programs with whom. */

SEC("freplace/xdp_jumps:xdp_jumps") int no_jumps(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

SEC("freplace/tc_jumps:tc_jumps") int ok_tc_jumps(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 0);
	return 0;
}

SEC("fexit/ok_entry_tail_call:ok_entry_tail_call") int BPF_PROG(no_exit_jumps, long a)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

SEC("fentry/xdp_main:glob_ctx") int BPF_PROG(entry_jumps, struct xdp_buff *xdp)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}

SEC("fentry/entry_jumps:entry_jumps") int BPF_PROG(no_entry_jumps, long a)
{
	bpf_tail_call(ctx, &jumps, 0);
	return 0;
}
