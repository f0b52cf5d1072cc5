/* Functions whose signatures `prog dump xlated` prints. */
#define SEC(n) __attribute__((section(n), used))
struct bits { int a; }; struct node; typedef struct node *node_ptr; typedef int (*callback)(struct node *, const char *, ...);
union choice { int a; }; enum color { RED };
static __attribute__((noinline)) int helper(const struct bits *b, node_ptr n, callback cb, volatile int *restrict r, enum color c) { return b ? *r : 2 + c; }
__attribute__((noinline)) unsigned long long global_fn(int a, char **pp, int (*fn)(int, struct node *)) { return a; }
__attribute__((noinline)) void nothing(union choice *u) { if (u) u->a = 1; }
SEC("socket") int prog(void *ctx) { struct bits b = {1}; volatile int v = 1; char *p = 0; return helper(&b, 0, 0, (int *)&v, RED) + helper(&b, 0, 0, (int*)&v, RED); }
char _license[] SEC("license") = "GPL";
