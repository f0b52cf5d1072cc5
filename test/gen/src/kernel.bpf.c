// What stands for a kernel's types: more than core.bpf.c asks for, and otherwise laid out.
enum state { IDLE = 3, BUSY, GONE = 77 };
typedef int pid_type;
struct leaf {
	char pad;
	short tag;
};
struct other;
struct task {
	long head;
	union {
		pid_type pid;
		unsigned wide;
	};
	struct {
		int low : 3;
		unsigned high : 7;
	} bits;
	const struct leaf *const leaf;
	struct leaf leaves[4][2];
	struct other *other;
	enum state state;
	int (*call)(struct task *, struct leaf);
};
struct matched {
	int a;
	struct leaf inside;
	struct task *behind;
};
struct unused {
	int nothing;
};

struct task task;
struct matched matched;
struct unused unused;
