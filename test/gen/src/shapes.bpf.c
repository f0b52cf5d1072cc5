// Types of all shapes in global data, and a struct_ops map.
#define SEC(name) __attribute__((section(name), used))

enum mode { OFF, ON = 7 };
typedef const volatile unsigned char flag_t;
struct pair {
	char a;
	long b;
};
union either {
	int number;
	char text[6];
};

int counter;
flag_t flags[3] = {1, 2, 3};
const volatile struct pair fixed = {'x', 5};
struct {
	int inner;
	struct {
		short deep[2][3];
	} more;
} anonymous = {1};
union either any SEC(".data.any");
int (*callback)(struct pair *, enum mode);
struct pair *pointers[2];
_Bool yes = 1;
__int128 wide;
enum mode mode = ON;
char name[16] = "tab\t\"quoted\"";
const char constant[] SEC(".rodata.more") = "constant";
volatile const int *const *volatile chain;
char odd SEC(".bss.odd_name-x");

struct tcp_congestion_ops {
	unsigned int key;
	unsigned int flags;
	unsigned int (*ssthresh)(void *sk);
	void (*cong_avoid)(void *sk, unsigned int ack, unsigned int acked);
	unsigned int (*undo_cwnd)(void *sk);
	char name[16];
	void *owner;
};

SEC("struct_ops")
unsigned int thresh(unsigned long long *ctx)
{
	static int calls;

	return ++calls + counter + (flags[1] != 0);
}

SEC("struct_ops")
void avoid(unsigned long long *ctx)
{
	counter++;
}

SEC(".struct_ops")
struct tcp_congestion_ops plain = {
	.ssthresh = (void *)thresh,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)thresh,
	.name = "plain",
};

SEC(".struct_ops.link")
struct tcp_congestion_ops linked = {
	.ssthresh = (void *)thresh,
	.cong_avoid = (void *)avoid,
	.undo_cwnd = (void *)thresh,
	.name = "linked",
};

SEC("xdp")
int use(void *ctx)
{
	return counter + fixed.a + anonymous.inner + any.number + (callback != 0) + (pointers[0] != 0) + yes + (int)wide +
	       mode + name[0] + constant[1] + (chain != 0) + odd;
}

char _license[] SEC("license") = "GPL";
