/* Odd types for the type dumpers: bit fields, packing, padding, nesting, tags, declarators. */
#define SEC(n) __attribute__((section(n), used))
#define TYPE_TAG(n) __attribute__((btf_type_tag(n)))
#define DECL_TAG(n) __attribute__((btf_decl_tag(n)))

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool boolean;

enum small { SMALL_A, SMALL_B = 7 } __attribute__((packed));
enum minus { MINUS_ONE = -1, ZERO, ONE };
enum big { BIG_LOW = 1, BIG_HIGH = 0x1234567890ULL };
enum bigminus { BM_LOW = -5, BM_HIGH = 0x7234567890LL };
enum forward;

struct bits {
	u32 a : 1;
	u32 b : 3;
	u32 : 5;
	u32 c : 17;
	u64 d : 40;
	int e : 9;
	boolean f : 1;
	enum minus g : 3;
};

struct packed_one {
	u8 a;
	u32 b;
	u64 c : 33;
	u16 d;
} __attribute__((packed));

struct packed_aligned {
	u8 a;
	u32 b __attribute__((packed));
	u64 c __attribute__((aligned(16)));
};

struct padded {
	u8 a;
	u8 b __attribute__((aligned(8)));
	u16 c __attribute__((aligned(32)));
	long : 0;
	u8 d;
} __attribute__((aligned(64)));

struct holes {
	int a;
	char b : 2;
	short : 0;
	char c : 4;
	long : 0;
	short d;
	struct {
		int x;
		union {
			char y[3];
			u64 z;
		};
	} inner[2][3];
};

struct node;
typedef struct node *node_ptr;
struct node {
	node_ptr next;
	struct node *prev;
	struct other *unknown;
	union maybe *maybe;
	struct { struct node *deep; } *anon;
};

union choice {
	u8 byte;
	u32 word;
	struct { u16 lo, hi; } half;
	float f;
	double d;
};

typedef int (*callback)(struct node *, const char *fmt, ...);
typedef void (*signal_fn)(int);
typedef signal_fn (*(*table_of_signal_fns)[4])(int, signal_fn);
typedef const int *const *volatile chain[10];
typedef char text[16];
typedef text texts[2];

struct empty {};
struct flexible { int n; struct empty none[0]; int items[]; };

struct tagged {
	int TYPE_TAG("user") *user;
	void TYPE_TAG("rcu") * TYPE_TAG("percpu") *both;
	int plain DECL_TAG("field_tag");
} DECL_TAG("struct_tag");

struct everything {
	struct bits bits;
	struct packed_one packed;
	struct packed_aligned pa;
	struct padded padded;
	struct holes holes;
	struct node node;
	union choice choice;
	callback cb;
	table_of_signal_fns fns;
	chain pointers;
	texts names;
	__int128 wide;
	unsigned __int128 uwide;
	float f;
	double d;
	long double *ld;
	enum small small;
	enum minus minus;
	enum big big;
	enum bigminus bigminus;
	enum { INNER_A, INNER_B = 0x80000000u } inner_enum;
	boolean flag;
	signed char sc;
	char c;
	volatile const char *restrict_me;
	struct tagged tagged;
	struct flexible *flex;
	int (*matrix)[3][5];
	int *(*fn_array[3])(void);
	struct { int x; } anon_a, *anon_b;
};

enum { LOOSE_ONE = 1, LOOSE_TWO };

struct everything global SEC(".data.odd");
const volatile u32 setting SEC(".rodata") = 5;
static volatile u64 counters[4];
struct { int (*type)[1]; struct everything *value; u64 *key; } odd_map SEC(".maps");
extern int ext_fn(struct node *n) SEC(".ksyms");

static __attribute__((noinline)) int helper(struct everything *e DECL_TAG("arg"), node_ptr n)
{
	counters[1]++;
	return e->packed.d + (n != 0);
}

__attribute__((noinline)) u64 global_fn(const struct bits *b, callback cb)
{
	return b ? LOOSE_TWO : INNER_B;
}

SEC("xdp") int prog(void *ctx)
{
	struct bits *b = ctx;
	return helper(&global, 0) + global_fn(b, 0) + setting;
}

char _license[] SEC("license") = "GPL";
