// A relocation of each kind.
#define SEC(name) __attribute__((section(name), used))
#define core __attribute__((preserve_access_index))

enum state { IDLE, BUSY };
typedef int pid_type;
struct leaf {
	short tag;
} core;
struct task {
	pid_type pid;
	struct {
		unsigned high : 7;
	} bits;
	const struct leaf *leaf;
	struct leaf leaves[4][2];
} core;
struct task___old {
	int gone;
} core;
struct matched {
	int a;
};
struct unknown_to_it {
	int x;
} core;

volatile long result;

SEC("raw_tp/sys_enter")
int all(struct task *t)
{
	result += t->pid + t->leaf->tag + t->leaves[1][1].tag;
	result += __builtin_preserve_field_info(t->bits.high, 0) + __builtin_preserve_field_info(t->bits.high, 1);
	result += __builtin_preserve_field_info(t->bits.high, 3) + __builtin_preserve_field_info(t->bits.high, 4);
	result += __builtin_preserve_field_info(t->bits.high, 5) + __builtin_preserve_field_info(t->pid, 2);
	result += __builtin_preserve_field_info(((struct task___old *)t)->gone, 2);
	result += __builtin_preserve_field_info(((struct unknown_to_it *)t)->x, 2);
	result += __builtin_btf_type_id(*(struct leaf *)0, 0) + __builtin_btf_type_id(*(struct leaf *)0, 1);
	result += __builtin_preserve_type_info(*(pid_type *)0, 0) + __builtin_preserve_type_info(*(struct leaf *)0, 1);
	result += __builtin_preserve_type_info(*(struct matched *)0, 2);
	result += __builtin_preserve_enum_value(*(enum state *)BUSY, 0) + __builtin_preserve_enum_value(*(enum state *)IDLE, 1);
	return 0;
}

char _license[] SEC("license") = "GPL";
