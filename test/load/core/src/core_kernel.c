// compilers: clang-19
/* CO-RE relocations against the kernel's own types, for the kernel itself to make. */
#define SEC(name) __attribute__((section(name), used))
#define RELOC __attribute__((preserve_access_index))

typedef unsigned int u32;
typedef unsigned long long u64;

char license_text[] SEC("license") = "GPL";

/* As in the kernel, but moved, short of members, or with some that it doesn't have. */
struct list_head {
	struct list_head *next, *prev;
} RELOC;

struct kuid {
	int missing;
} RELOC;

struct task_struct {
	int pid;
	int tgid;
	char comm[16];
	int no_such_member;
	long prio;
	unsigned char policy;
	unsigned sched_reset_on_fork : 1;
	unsigned in_execve : 1;
	struct task_struct *group_leader;
	struct list_head tasks;
	void *mm;
	int on_cpu;
} RELOC;

struct task_struct___v2 {
	int comm;
	struct {
		int exit_state;
	};
	long start_time;
} RELOC;

/* Anonymous members in between. */
struct sk_buff {
	struct {
		struct {
			struct sk_buff *next;
			void *dev;
		};
	};
	unsigned int len;
	unsigned char cloned : 1;
	unsigned int hash;
	char cb[8];
} RELOC;

struct thread_info {
	int flags;
} RELOC;

struct nowhere_to_be_found {
	int x;
	struct {
		int deep[3][4];
	} y[5];
} RELOC;

/* Another kind than the kernel's. */
union file {
	int f_flags;
} RELOC;

union bpf_attr;
struct bpf_map_ops {
	int (*map_alloc_check)(union bpf_attr *attr);
} RELOC;

enum bpf_map_type { BPF_MAP_TYPE_ARRAY = 7, BPF_MAP_TYPE_NONE_SUCH = 8, BPF_MAP_TYPE_HASH___old = 9 };
enum pid_type___mine { PIDTYPE_PID = 3, PIDTYPE_SID = 1 };
enum made_up { MADE_UP = -5, MADE_UP_TOO = 77 };
enum big { BIG = 0x123456789abcULL };

typedef struct task_struct task_t;
typedef int pid_t;
typedef int (*initcall_t)(void);
typedef u64 (*bpf_func_t)(void);
typedef struct { int counter; } atomic_t;
typedef int (*bpf_callback_t)(int a, long b);

struct hlist_head {
	struct hlist_node *first;
};
struct hlist_node {
	struct hlist_node *next, **pprev;
};
struct pid_namespace {
	int level;
};
struct pt_regs {
	unsigned long r15, nothing;
};
struct qspinlock;
struct file_operations {
	void *(*open)(int inode);
	struct module *owner;
};

#define INFO(field, kind) __builtin_preserve_field_info(field, kind)
#define TYPE(type, kind) __builtin_preserve_type_info(*(type *)0, kind)
#define ID(type, kind) __builtin_btf_type_id(*(type *)0, kind)
#define VALUE(type, value, kind) __builtin_preserve_enum_value(*(type *)value, kind)

#define ASK(name, expression)                                                                                          \
	SEC("socket") u64 name(void *ctx)                                                                              \
	{                                                                                                              \
		struct task_struct *t = ctx;                                                                           \
		struct task_struct___v2 *v2 = ctx;                                                                     \
		struct sk_buff *skb = ctx;                                                                             \
		struct nowhere_to_be_found *none = ctx;                                                                \
		union file *file = ctx;                                                                                \
		return (u64)(expression);                                                                              \
	}

ASK(offset, INFO(t->pid, 0))
ASK(offset_list, INFO(t->tasks.prev, 0))
ASK(offset_element, INFO(t->comm[5], 0))
ASK(offset_beyond, INFO(t->comm[15], 0))
ASK(offset_elements, INFO(t[2].pid, 0))
ASK(offset_missing, INFO(t->no_such_member, 0))
ASK(offset_wrong_kind, INFO(v2->comm, 0))
ASK(offset_anonymous, INFO(skb->dev, 0))
ASK(offset_anonymous_other, INFO(v2->exit_state, 0))
ASK(offset_of_nothing, INFO(none->y[2].deep[1][3], 0))
ASK(offset_union, INFO(file->f_flags, 0))
ASK(size, INFO(t->comm, 1))
ASK(size_wider, INFO(t->prio, 1))
ASK(size_missing, INFO(t->no_such_member, 1))
ASK(size_element, INFO(t->comm[1], 1))
ASK(exists, INFO(t->pid, 2))
ASK(exists_not, INFO(t->no_such_member, 2))
ASK(exists_nowhere, INFO(none->x, 2))
ASK(exists_other_type, INFO(v2->comm, 2))
ASK(exists_union, INFO(file->f_flags, 2))
ASK(is_signed, INFO(t->pid, 3))
ASK(is_not_signed, INFO(skb->len, 3))
ASK(bits_offset, INFO(t->sched_reset_on_fork, 0))
ASK(bits_size, INFO(t->sched_reset_on_fork, 1))
ASK(bits_signed, INFO(t->sched_reset_on_fork, 3))
ASK(bits_left, INFO(t->sched_reset_on_fork, 4))
ASK(bits_right, INFO(t->sched_reset_on_fork, 5))
ASK(bits_left_missing, INFO(t->in_execve, 4))
ASK(left, INFO(t->pid, 4))
ASK(right, INFO(t->policy, 5))
ASK(bits_cloned, INFO(skb->cloned, 4) + INFO(skb->cloned, 5) + INFO(skb->cloned, 0) + INFO(skb->cloned, 1))
ASK(load, t->pid)
ASK(load_wider, skb->len + skb->hash)
ASK(load_narrow_field, t->prio)
ASK(load_from_policy, t->policy)
ASK(load_pointer, t->group_leader)
ASK(load_missing, t->no_such_member)
ASK(load_guarded, INFO(t->no_such_member, 2) ? t->no_such_member : 5)
ASK(load_nowhere, INFO(none->x, 2) ? none->x : 6)
ASK(store, ({ skb->len = 5; 0; }))
ASK(store_missing, ({ t->no_such_member = 5; 0; }))
ASK(store_char, ({ t->comm[3] = 'x'; 0; }))
ASK(id_local, ID(struct task_struct, 0))
ASK(id_local_nowhere, ID(struct nowhere_to_be_found, 0))
ASK(id_target, ID(struct task_struct, 1))
ASK(id_target_nowhere, ID(struct nowhere_to_be_found, 1))
ASK(id_typedef, ID(pid_t, 1))
ASK(id_flavour, ID(struct task_struct___v2, 1))
ASK(type_exists, TYPE(struct task_struct, 0))
ASK(type_exists_not, TYPE(struct nowhere_to_be_found, 0))
ASK(type_exists_union, TYPE(union file, 0))
ASK(type_exists_typedef, TYPE(task_t, 0))
ASK(type_exists_pid, TYPE(pid_t, 0))
ASK(type_exists_function, TYPE(initcall_t, 0))
ASK(type_exists_arguments, TYPE(bpf_func_t, 0))
ASK(type_exists_callback, TYPE(bpf_callback_t, 0))
ASK(type_exists_atomic, TYPE(atomic_t, 0))
ASK(type_size, TYPE(struct list_head, 1))
ASK(type_size_many, TYPE(struct list_head, 1) + TYPE(struct hlist_node, 1) + TYPE(atomic_t, 1))
ASK(type_size_nowhere, TYPE(struct nowhere_to_be_found, 1))
ASK(type_size_enum, TYPE(enum bpf_map_type, 1))
ASK(type_matches, TYPE(struct hlist_head, 2))
ASK(type_matches_list, TYPE(struct list_head, 2))
ASK(type_matches_part, TYPE(struct pid_namespace, 2))
ASK(type_matches_not, TYPE(struct pt_regs, 2))
ASK(type_matches_functions, TYPE(struct file_operations, 2))
ASK(type_matches_nowhere, TYPE(struct nowhere_to_be_found, 2))
ASK(type_matches_enum, TYPE(enum pid_type___mine, 2))
ASK(type_matches_enum_not, TYPE(enum bpf_map_type, 2))
ASK(type_matches_typedef, TYPE(pid_t, 2))
ASK(type_matches_function, TYPE(initcall_t, 2))
ASK(type_matches_atomic, TYPE(atomic_t, 2))
ASK(value_exists, VALUE(enum bpf_map_type, BPF_MAP_TYPE_ARRAY, 0))
ASK(value_exists_not, VALUE(enum bpf_map_type, BPF_MAP_TYPE_NONE_SUCH, 0))
ASK(value_exists_flavour, VALUE(enum bpf_map_type, BPF_MAP_TYPE_HASH___old, 0))
ASK(value_exists_nowhere, VALUE(enum made_up, MADE_UP, 0))
ASK(value, VALUE(enum bpf_map_type, BPF_MAP_TYPE_ARRAY, 1))
ASK(value_not, VALUE(enum bpf_map_type, BPF_MAP_TYPE_NONE_SUCH, 1))
ASK(value_nowhere, VALUE(enum made_up, MADE_UP, 1))
ASK(value_flavour, VALUE(enum pid_type___mine, PIDTYPE_PID, 1) + VALUE(enum pid_type___mine, PIDTYPE_SID, 1))
ASK(value_guarded, VALUE(enum made_up, MADE_UP, 0) ? VALUE(enum made_up, MADE_UP, 1) : 9)
ASK(value_big, VALUE(enum big, BIG, 0) + VALUE(enum big, BIG, 1))

/* In functions: their relocations are the program's too. */
__attribute__((noinline)) int helper_static(void *ctx)
{
	struct task_struct *t = ctx;

	return INFO(t->tgid, 0) + INFO(t->on_cpu, 2) + (INFO(t->no_such_member, 2) ? t->no_such_member : 0);
}

SEC("socket")
int in_function(void *ctx)
{
	struct task_struct *t = ctx;

	return helper_static(ctx) + INFO(t->pid, 0);
}
