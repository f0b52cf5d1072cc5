// Names of the kernel's that a loader program looks up, several times each, and accesses that the kernel relocates.
typedef unsigned int u32;
typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
#define __weak __attribute__((weak))
#define __ksym __attribute__((section(".ksyms")))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name

struct task_struct {
	int pid;
	int tgid;
} __attribute__((preserve_access_index));

struct rq {
	u32 nr_running;
};

extern const struct rq runqueues __ksym;
extern const int bpf_prog_active __ksym;
extern const int no_such_variable __ksym __weak;
extern const void no_such_symbol __ksym __weak;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern int no_such_kfunc(int x) __ksym __weak;

struct inner {
	__uint(type, 2);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} first SEC(".maps"), second SEC(".maps");

struct {
	__uint(type, 12);
	__uint(max_entries, 4);
	__type(key, u32);
	struct inner *values[];
} outer SEC(".maps") = {.values = {[0] = (void *)&first, [2] = (void *)&second}};

u64 seen;
const volatile int wanted = 7;
static volatile int hidden;

static __attribute__((noinline)) int from_subprog(struct task_struct *p)
{
	struct task_struct *held = bpf_task_acquire(p);

	if (!held)
		return 0;
	bpf_task_release(held);
	if (no_such_kfunc)
		hidden = no_such_kfunc(wanted);
	return p->tgid;
}

SEC("tp_btf/task_newtask")
int on_new_task(u64 *ctx)
{
	struct task_struct *p = (void *)ctx[0];
	struct task_struct *held = bpf_task_acquire(p);

	if (held)
		bpf_task_release(held);
	seen += (u64)&runqueues + (u64)&bpf_prog_active + (u64)&no_such_variable + (u64)&no_such_variable;
	seen += (u64)&runqueues;
	return p->pid + from_subprog(p);
}

SEC("raw_tp/sys_enter")
int on_enter(void *ctx)
{
	seen += (u64)&no_such_symbol;
	seen += (u64)&no_such_symbol;
	return 0;
}

SEC("iter/task")
int on_task(void *ctx)
{
	return hidden;
}

char _license[] SEC("license") = "GPL";
