// Kernel functions: what each gives, in order, is written to `out`. See record-kfuncs.mjs.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define __kptr __attribute__((btf_type_tag("kptr")))
#define __percpu_kptr __attribute__((btf_type_tag("percpu_kptr")))
#define __contains(name, node) __attribute__((btf_decl_tag("contains:" #name ":" #node)))
#undef container_of
#define container_of(ptr, type, member) ((type *)((void *)(ptr) - __builtin_offsetof(type, member)))

struct bpf_iter_num { __u64 opaque[1]; } __attribute__((aligned(8)));
struct bpf_list_head { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_list_node { __u64 opaque[3]; } __attribute__((aligned(8)));
struct bpf_rb_root { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_rb_node { __u64 opaque[4]; } __attribute__((aligned(8)));
struct bpf_refcount { __u32 opaque[1]; } __attribute__((aligned(4)));
struct bpf_wq { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_iter_bits { __u64 opaque[2]; } __attribute__((aligned(8)));
struct bpf_cpumask { int usage; } __attribute__((preserve_access_index));
struct cpumask { __u64 bits[1]; } __attribute__((preserve_access_index));
struct task_struct { int pid; int tgid; } __attribute__((preserve_access_index));
struct cgroup { int level; } __attribute__((preserve_access_index));
struct bpf_res_spin_lock { __u32 val; };

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;
extern int bpf_iter_bits_new(struct bpf_iter_bits *it, const __u64 *unsafe_ptr, __u32 nr_words) __ksym;
extern int *bpf_iter_bits_next(struct bpf_iter_bits *it) __ksym;
extern void bpf_iter_bits_destroy(struct bpf_iter_bits *it) __ksym;
extern int bpf_dynptr_from_skb(struct __sk_buff *skb, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_from_xdp(struct xdp_md *xdp, __u64 flags, struct bpf_dynptr *ptr) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *ptr, __u32 off, void *buf, __u32 len) __ksym;
extern void *bpf_dynptr_slice_rdwr(const struct bpf_dynptr *ptr, __u32 off, void *buf, __u32 len) __ksym;
extern int bpf_dynptr_adjust(const struct bpf_dynptr *ptr, __u32 start, __u32 end) __ksym;
extern _Bool bpf_dynptr_is_null(const struct bpf_dynptr *ptr) __ksym;
extern _Bool bpf_dynptr_is_rdonly(const struct bpf_dynptr *ptr) __ksym;
extern __u32 bpf_dynptr_size(const struct bpf_dynptr *ptr) __ksym;
extern int bpf_dynptr_clone(const struct bpf_dynptr *ptr, struct bpf_dynptr *clone) __ksym;
extern int bpf_dynptr_copy(struct bpf_dynptr *dst, __u32 dst_off, struct bpf_dynptr *src, __u32 src_off, __u32 size) __ksym;
extern int bpf_dynptr_memset(struct bpf_dynptr *ptr, __u32 off, __u32 size, __u8 val) __ksym;
extern int bpf_probe_read_kernel_dynptr(struct bpf_dynptr *ptr, __u32 off, __u32 size, const void *from) __ksym;
extern int bpf_probe_read_kernel_str_dynptr(struct bpf_dynptr *ptr, __u32 off, __u32 size, const void *from) __ksym;
extern void *bpf_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_obj_drop_impl(void *obj, void *meta) __ksym;
extern void *bpf_percpu_obj_new_impl(__u64 type, void *meta) __ksym;
extern void bpf_percpu_obj_drop_impl(void *obj, void *meta) __ksym;
extern void *bpf_refcount_acquire_impl(void *obj, void *meta) __ksym;
extern int bpf_list_push_front_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern int bpf_list_push_back_impl(struct bpf_list_head *head, struct bpf_list_node *node, void *meta, __u64 off) __ksym;
extern struct bpf_list_node *bpf_list_pop_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_pop_back(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_front(struct bpf_list_head *head) __ksym;
extern struct bpf_list_node *bpf_list_back(struct bpf_list_head *head) __ksym;
extern int bpf_rbtree_add_impl(struct bpf_rb_root *root, struct bpf_rb_node *node,
			       _Bool (*less)(struct bpf_rb_node *a, const struct bpf_rb_node *b), void *meta, __u64 off) __ksym;
extern struct bpf_rb_node *bpf_rbtree_remove(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_first(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_root(struct bpf_rb_root *root) __ksym;
extern struct bpf_rb_node *bpf_rbtree_left(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern struct bpf_rb_node *bpf_rbtree_right(struct bpf_rb_root *root, struct bpf_rb_node *node) __ksym;
extern void bpf_rcu_read_lock(void) __ksym;
extern void bpf_rcu_read_unlock(void) __ksym;
extern void bpf_preempt_disable(void) __ksym;
extern void bpf_preempt_enable(void) __ksym;
extern void bpf_local_irq_save(unsigned long *flags) __ksym;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym;
extern int bpf_res_spin_lock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_res_spin_unlock(struct bpf_res_spin_lock *lock) __ksym;
extern void bpf_throw(__u64 cookie) __ksym;
extern struct bpf_cpumask *bpf_cpumask_create(void) __ksym;
extern void bpf_cpumask_release(struct bpf_cpumask *cpumask) __ksym;
extern struct bpf_cpumask *bpf_cpumask_acquire(struct bpf_cpumask *cpumask) __ksym;
extern __u32 bpf_cpumask_first(const struct cpumask *cpumask) __ksym;
extern __u32 bpf_cpumask_first_zero(const struct cpumask *cpumask) __ksym;
extern void bpf_cpumask_set_cpu(__u32 cpu, struct bpf_cpumask *cpumask) __ksym;
extern void bpf_cpumask_clear_cpu(__u32 cpu, struct bpf_cpumask *cpumask) __ksym;
extern _Bool bpf_cpumask_test_cpu(__u32 cpu, const struct cpumask *cpumask) __ksym;
extern _Bool bpf_cpumask_test_and_set_cpu(__u32 cpu, struct bpf_cpumask *cpumask) __ksym;
extern _Bool bpf_cpumask_and(struct bpf_cpumask *dst, const struct cpumask *a, const struct cpumask *b) __ksym;
extern void bpf_cpumask_or(struct bpf_cpumask *dst, const struct cpumask *a, const struct cpumask *b) __ksym;
extern _Bool bpf_cpumask_equal(const struct cpumask *a, const struct cpumask *b) __ksym;
extern _Bool bpf_cpumask_subset(const struct cpumask *a, const struct cpumask *b) __ksym;
extern _Bool bpf_cpumask_empty(const struct cpumask *a) __ksym;
extern __u32 bpf_cpumask_weight(const struct cpumask *a) __ksym;
extern struct task_struct *bpf_task_acquire(struct task_struct *p) __ksym;
extern void bpf_task_release(struct task_struct *p) __ksym;
extern struct task_struct *bpf_task_from_pid(int pid) __ksym;
extern struct cgroup *bpf_cgroup_from_id(__u64 id) __ksym;
extern struct cgroup *bpf_cgroup_ancestor(struct cgroup *cgrp, int level) __ksym;
extern void bpf_cgroup_release(struct cgroup *cgrp) __ksym;
extern int bpf_strcmp(const char *a, const char *b) __ksym;
extern int bpf_strchr(const char *s, char c) __ksym;
extern int bpf_strrchr(const char *s, int c) __ksym;
extern int bpf_strnchr(const char *s, unsigned long count, char c) __ksym;
extern int bpf_strchrnul(const char *s, char c) __ksym;
extern int bpf_strlen(const char *s) __ksym;
extern int bpf_strnlen(const char *s, unsigned long count) __ksym;
extern int bpf_strspn(const char *s, const char *accept) __ksym;
extern int bpf_strcspn(const char *s, const char *reject) __ksym;
extern int bpf_strstr(const char *a, const char *b) __ksym;
extern int bpf_strnstr(const char *a, const char *b, unsigned long len) __ksym;
extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (*cb)(void *map, int *key, void *value), unsigned int flags,
				    void *aux) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;

#define new(type) bpf_obj_new_impl(__builtin_btf_type_id(*(type *)0, 0), (void *)0)
#define MASK(m) ((const struct cpumask *)(m))

__u64 out[64];
__u32 at;

static __always_inline void begin(void)
{
	int i;

	for (i = 0; i < 64; i++)
		out[i] = 0;
	at = 0;
}

static __always_inline void put(__u64 value)
{
	__u32 i = at;

	if (i < 64)
		out[i] = value;
	at = i + 1;
}

/* ---- numbers and bits */

static __always_inline void numbers(int start, int end)
{
	struct bpf_iter_num it;
	int *v, n = 0;
	long sum = 0;

	put(bpf_iter_num_new(&it, start, end));
	while ((v = bpf_iter_num_next(&it))) {
		sum += *v;
		n++;
	}
	bpf_iter_num_destroy(&it);
	put(sum);
	put(n);
}

SEC("tc")
int iter_num(struct __sk_buff *skb)
{
	begin();
	numbers(0, 10);
	numbers(-5, 5);
	numbers(5, 5);
	numbers(5, 4);
	numbers(-2147483648, -2147483640);
	numbers(2147483640, 2147483647);
	numbers(0, 8 * 1024 * 1024 + 1);
	numbers(-2147483648, 2147483647);
	return 0;
}

__u64 words[4] = { 0x8000000000000001ULL, 0, 0x10, 0x8000000000000000ULL };

static __always_inline void bits(const __u64 *from, __u32 count)
{
	struct bpf_iter_bits it;
	int *v, n = 0;
	long sum = 0;

	put(bpf_iter_bits_new(&it, from, count));
	while ((v = bpf_iter_bits_next(&it))) {
		sum = sum * 7 + *v;
		n++;
	}
	bpf_iter_bits_destroy(&it);
	put(sum);
	put(n);
}

SEC("tc")
int iter_bits(struct __sk_buff *skb)
{
	begin();
	bits(words, 1);
	bits(words, 4);
	bits(words, 0);
	bits((void *)0, 1);
	bits(words + 1, 1);
	bits(words, 512);
	bits((void *)1, 1);
	return 0;
}

/* ---- dynptr */

__u8 memory[64];

SEC("tc")
int dynptr_memory(struct __sk_buff *skb)
{
	struct bpf_dynptr a, b;
	__u8 buf[8] = {}, *p;
	int i;

	begin();
	for (i = 0; i < 64; i++)
		memory[i] = i;
	put(bpf_dynptr_from_mem(memory, sizeof(memory), 0, &a));
	put(bpf_dynptr_size(&a));
	put(bpf_dynptr_is_null(&a));
	put(bpf_dynptr_is_rdonly(&a));
	put(bpf_dynptr_adjust(&a, 8, 40));
	put(bpf_dynptr_size(&a));
	put(bpf_dynptr_adjust(&a, 8, 4));
	put(bpf_dynptr_adjust(&a, 0, 33));
	put(bpf_dynptr_adjust(&a, 33, 33));
	p = bpf_dynptr_slice(&a, 0, buf, sizeof(buf));
	put(p ? *p : 1000);
	p = bpf_dynptr_slice(&a, 25, buf, sizeof(buf));
	put(p ? *p : 1000);
	p = bpf_dynptr_slice_rdwr(&a, 24, buf, sizeof(buf));
	put(p ? *p : 1000);
	if (p)
		*p = 99;
	put(memory[32]);
	put(bpf_dynptr_clone(&a, &b));
	put(bpf_dynptr_adjust(&b, 4, 12));
	put(bpf_dynptr_size(&b));
	put(bpf_dynptr_size(&a));
	put(bpf_dynptr_read(buf, 8, &b, 0, 0));
	put(*(__u64 *)buf);
	put(bpf_dynptr_copy(&a, 16, &b, 0, 8));
	put(memory[24]);
	put(bpf_dynptr_copy(&a, 16, &b, 1, 8));
	put(bpf_dynptr_copy(&a, 30, &b, 0, 8));
	put(bpf_dynptr_memset(&b, 2, 3, 0xee));
	put(memory[13]);
	put(memory[14]);
	put(memory[17]);
	put(bpf_dynptr_memset(&b, 2, 7, 0xee));
	put(bpf_dynptr_write(&b, 6, buf, 3, 0));
	put(bpf_dynptr_write(&b, 5, buf, 3, 0));
	put(bpf_dynptr_write(&b, 5, buf, 3, 1));
	put(bpf_dynptr_from_mem(memory, 8, 1, &b));
	put(bpf_dynptr_size(&b));
	put(bpf_dynptr_is_null(&b));
	put(bpf_dynptr_adjust(&b, 0, 0));
	put(bpf_dynptr_memset(&b, 0, 0, 1));
	put(bpf_probe_read_kernel_dynptr(&a, 0, 8, words));
	put(memory[8]);
	put(bpf_probe_read_kernel_dynptr(&a, 30, 8, words));
	put(bpf_probe_read_kernel_str_dynptr(&a, 0, 8, words));
	put(bpf_probe_read_kernel_dynptr(&a, 0, 8, (void *)1));
	return 0;
}

static __always_inline void packet(struct bpf_dynptr *a)
{
	struct bpf_dynptr b;
	__u8 buf[16] = {}, *p;

	put(bpf_dynptr_size(a));
	put(bpf_dynptr_is_rdonly(a));
	p = bpf_dynptr_slice(a, 12, buf, 2);
	put(p ? *(__u16 *)p : 1000);
	p = bpf_dynptr_slice(a, 3500, buf, 16);
	put(p ? *(__u64 *)p : 1000);
	p = bpf_dynptr_slice(a, 50, buf, 16);
	put(p ? *(__u64 *)p : 1000);
	put(bpf_dynptr_read(buf, 8, a, 20, 0));
	put(*(__u64 *)buf);
	put(bpf_dynptr_clone(a, &b));
	put(bpf_dynptr_adjust(&b, 14, 40));
	put(bpf_dynptr_size(&b));
	put(bpf_dynptr_read(buf, 8, &b, 0, 0));
	put(*(__u64 *)buf);
	put(bpf_dynptr_read(buf, 16, &b, 12, 0));
}

SEC("tc")
int dynptr_skb(struct __sk_buff *skb)
{
	struct bpf_dynptr a;
	__u8 buf[16] = { 1, 2, 3, 4, 5, 6, 7, 8 }, *p;

	begin();
	put(bpf_dynptr_from_skb(skb, 1, &a));
	put(bpf_dynptr_from_skb(skb, 0, &a));
	packet(&a);
	p = bpf_dynptr_slice_rdwr(&a, 0, buf, 2);
	if (p)
		*p = 0x77;
	put(bpf_dynptr_write(&a, 2, buf, 4, 0));
	put(bpf_dynptr_write(&a, 2, buf, 4, 64));
	put(bpf_dynptr_memset(&a, 8, 4, 0x55));
	put(bpf_dynptr_memset(&a, 8, 4000, 0x55));
	return 0;
}

SEC("cgroup_skb/egress")
int dynptr_rdonly(struct __sk_buff *skb)
{
	struct bpf_dynptr a;

	begin();
	put(bpf_dynptr_from_skb(skb, 0, &a));
	packet(&a);
	return 1;
}

SEC("xdp.frags")
int dynptr_xdp(struct xdp_md *ctx)
{
	struct bpf_dynptr a;
	__u8 buf[16] = { 1, 2, 3, 4, 5, 6, 7, 8 }, *p;

	begin();
	put(bpf_dynptr_from_xdp(ctx, 1, &a));
	put(bpf_dynptr_from_xdp(ctx, 0, &a));
	packet(&a);
	p = bpf_dynptr_slice_rdwr(&a, 0, buf, 2);
	if (p)
		*p = 0x77;
	put(bpf_dynptr_write(&a, 2, buf, 4, 0));
	put(bpf_dynptr_write(&a, 3500, buf, 8, 0));
	put(bpf_dynptr_memset(&a, 3510, 30, 0x55));
	put(bpf_dynptr_copy(&a, 100, &a, 3505, 40));
	return XDP_PASS;
}

/* ---- objects, lists, trees */

struct item {
	__u64 key;
	struct bpf_list_node list;
	struct bpf_rb_node tree;
	struct bpf_refcount refs;
	__u64 value;
};

struct plain {
	__u64 a, b;
};

struct state {
	struct bpf_spin_lock lock;
	struct bpf_list_head head __contains(item, list);
	struct bpf_rb_root root __contains(item, tree);
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct state);
} states SEC(".maps");

struct kept {
	struct plain __kptr *one;
	struct item __kptr *counted;
};

struct each {
	struct plain __percpu_kptr *one;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct kept);
} kepts SEC(".maps");

static _Bool less(struct bpf_rb_node *a, const struct bpf_rb_node *b)
{
	return container_of(a, struct item, tree)->key < container_of(b, struct item, tree)->key;
}

SEC("tc")
int objects(struct __sk_buff *skb)
{
	struct plain *p, *q;

	begin();
	p = new(struct plain);
	if (!p)
		return 1;
	put(p->a);
	p->a = 5;
	p->b = 6;
	q = new(struct plain);
	if (!q) {
		bpf_obj_drop_impl(p, 0);
		return 1;
	}
	put(q->a);
	q->a = p->b;
	put(q->a + p->a);
	bpf_obj_drop_impl(p, 0);
	bpf_obj_drop_impl(q, 0);
	return 0;
}

static __always_inline int fill_list(struct state *s, int from, int count, _Bool back)
{
	int i;

	for (i = from; i < from + count; i++) {
		struct item *n = new(struct item);

		if (!n)
			return -1;
		n->key = i;
		bpf_spin_lock(&s->lock);
		if (back)
			bpf_list_push_back_impl(&s->head, &n->list, 0, 0);
		else
			bpf_list_push_front_impl(&s->head, &n->list, 0, 0);
		bpf_spin_unlock(&s->lock);
	}
	return 0;
}

static __always_inline long pop(struct state *s, _Bool back)
{
	struct bpf_list_node *node;
	struct item *n;
	long key;

	bpf_spin_lock(&s->lock);
	node = back ? bpf_list_pop_back(&s->head) : bpf_list_pop_front(&s->head);
	bpf_spin_unlock(&s->lock);
	if (!node)
		return -1;
	n = container_of(node, struct item, list);
	key = n->key;
	bpf_obj_drop_impl(n, 0);
	return key;
}

static __always_inline long ends(struct state *s)
{
	struct bpf_list_node *node;
	long front = -1, back = -1;

	bpf_spin_lock(&s->lock);
	node = bpf_list_front(&s->head);
	if (node)
		front = container_of(node, struct item, list)->key;
	node = bpf_list_back(&s->head);
	if (node)
		back = container_of(node, struct item, list)->key;
	bpf_spin_unlock(&s->lock);
	return front * 1000 + back;
}

/* Leaves some for the next program. */
SEC("tc")
int list(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct state *s = bpf_map_lookup_elem(&states, &key);
	int i;

	begin();
	if (!s)
		return 1;
	put(ends(s));
	put(pop(s, 0));
	put(fill_list(s, 1, 4, 1));
	put(fill_list(s, 11, 3, 0));
	put(ends(s));
	for (i = 0; i < 3; i++) {
		put(pop(s, 0));
		put(pop(s, 1));
	}
	put(ends(s));
	put(pop(s, 1));
	put(pop(s, 1));
	put(pop(s, 0));
	put(ends(s));
	put(fill_list(s, 21, 3, 1));
	return 0;
}

SEC("tc")
int list_later(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct state *s = bpf_map_lookup_elem(&states, &key);
	int i;

	begin();
	if (!s)
		return 1;
	put(ends(s));
	for (i = 0; i < 4; i++)
		put(pop(s, 1));
	return 0;
}

static __always_inline int add(struct state *s, __u64 key)
{
	struct item *n = new(struct item);
	int err;

	if (!n)
		return -1;
	n->key = key;
	bpf_spin_lock(&s->lock);
	err = bpf_rbtree_add_impl(&s->root, &n->tree, less, 0, 0);
	bpf_spin_unlock(&s->lock);
	return err;
}

/* The shape: a node's key, then that of its left and its right child. */
static __always_inline void shape(struct state *s)
{
	struct bpf_rb_node *node, *l, *r, *ll;
	long root = -1, left = -1, right = -1, first = -1, left2 = -1;

	bpf_spin_lock(&s->lock);
	node = bpf_rbtree_first(&s->root);
	if (node)
		first = container_of(node, struct item, tree)->key;
	node = bpf_rbtree_root(&s->root);
	if (node) {
		root = container_of(node, struct item, tree)->key;
		l = bpf_rbtree_left(&s->root, node);
		r = bpf_rbtree_right(&s->root, node);
		if (l) {
			left = container_of(l, struct item, tree)->key;
			ll = bpf_rbtree_right(&s->root, l);
			if (ll)
				left2 = container_of(ll, struct item, tree)->key;
		}
		if (r)
			right = container_of(r, struct item, tree)->key;
	}
	bpf_spin_unlock(&s->lock);
	put((((first * 1000 + root) * 1000 + left) * 1000 + right) * 1000 + left2);
}

static __always_inline long remove_first(struct state *s)
{
	struct bpf_rb_node *node;
	struct item *n;
	long key;

	bpf_spin_lock(&s->lock);
	node = bpf_rbtree_first(&s->root);
	if (!node) {
		bpf_spin_unlock(&s->lock);
		return -1;
	}
	node = bpf_rbtree_remove(&s->root, node);
	bpf_spin_unlock(&s->lock);
	if (!node)
		return -2;
	n = container_of(node, struct item, tree);
	key = n->key;
	bpf_obj_drop_impl(n, 0);
	return key;
}

static __always_inline long remove_root(struct state *s)
{
	struct bpf_rb_node *node;
	struct item *n;
	long key;

	bpf_spin_lock(&s->lock);
	node = bpf_rbtree_root(&s->root);
	if (!node) {
		bpf_spin_unlock(&s->lock);
		return -1;
	}
	node = bpf_rbtree_remove(&s->root, node);
	bpf_spin_unlock(&s->lock);
	if (!node)
		return -2;
	n = container_of(node, struct item, tree);
	key = n->key;
	bpf_obj_drop_impl(n, 0);
	return key;
}

SEC("tc")
int tree(struct __sk_buff *skb)
{
	__u32 key = 0, x = 12345;
	struct state *s = bpf_map_lookup_elem(&states, &key);
	struct bpf_iter_num it;

	begin();
	if (!s)
		return 1;
	shape(s);
	bpf_iter_num_new(&it, 0, 20);
	while (bpf_iter_num_next(&it)) {
		x = x * 1103515245 + 12345;
		add(s, (x >> 16) % 500);
		shape(s);
	}
	bpf_iter_num_destroy(&it);
	bpf_iter_num_new(&it, 0, 8);
	while (bpf_iter_num_next(&it)) {
		put(remove_root(s));
		shape(s);
		put(remove_first(s));
		shape(s);
	}
	bpf_iter_num_destroy(&it);
	return 0;
}

SEC("tc")
int tree_later(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct state *s = bpf_map_lookup_elem(&states, &key);
	struct bpf_iter_num it;

	begin();
	if (!s)
		return 1;
	bpf_iter_num_new(&it, 0, 6);
	while (bpf_iter_num_next(&it)) {
		shape(s);
		put(remove_first(s));
	}
	bpf_iter_num_destroy(&it);
	return 0;
}

/* In a list and a tree at once. */
SEC("tc")
int counted(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct state *s = bpf_map_lookup_elem(&states, &key);
	struct item *n, *m;

	begin();
	if (!s)
		return 1;
	n = new(struct item);
	if (!n)
		return 1;
	n->key = 77;
	m = bpf_refcount_acquire_impl(n, 0);
	if (!m) {
		bpf_obj_drop_impl(n, 0);
		return 1;
	}
	bpf_spin_lock(&s->lock);
	put(bpf_list_push_back_impl(&s->head, &n->list, 0, 0));
	put(bpf_rbtree_add_impl(&s->root, &m->tree, less, 0, 0));
	bpf_spin_unlock(&s->lock);
	put(pop(s, 0));
	shape(s);
	put(remove_first(s));
	put(remove_first(s));
	return 0;
}

SEC("tc")
int keep(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct kept *v, zero = {};
	struct plain *p, *old;

	begin();
	put(bpf_map_update_elem(&kepts, &key, &zero, BPF_ANY));
	v = bpf_map_lookup_elem(&kepts, &key);
	if (!v)
		return 1;
	p = new(struct plain);
	if (!p)
		return 1;
	p->a = 4242;
	old = bpf_kptr_xchg(&v->one, p);
	put(old ? old->a : -1);
	if (old)
		bpf_obj_drop_impl(old, 0);
	return 0;
}

SEC("tc")
int keep_later(struct __sk_buff *skb)
{
	__u32 key = 1;
	struct kept *v;
	struct plain *p;
	struct item *n;

	begin();
	v = bpf_map_lookup_elem(&kepts, &key);
	if (!v)
		return 1;
	bpf_rcu_read_lock();
	p = v->one;
	put(p ? p->a : -1);
	if (p)
		p->b = 17;
	bpf_rcu_read_unlock();
	p = bpf_kptr_xchg(&v->one, 0);
	put(p ? p->a + p->b : -1);
	if (p)
		bpf_obj_drop_impl(p, 0);
	n = new(struct item);
	if (!n)
		return 1;
	n->value = 31;
	n = bpf_kptr_xchg(&v->counted, n);
	put(n ? n->value : -1);
	if (n)
		bpf_obj_drop_impl(n, 0);
	put(bpf_map_delete_elem(&kepts, &key));
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct each);
} eaches SEC(".maps");

SEC("tc")
int percpu(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct each *v = bpf_map_lookup_elem(&eaches, &key);
	struct plain *p, *q;
	void *old;

	begin();
	if (!v)
		return 1;
	old = bpf_percpu_obj_new_impl(__builtin_btf_type_id(*(struct plain *)0, 0), (void *)0);
	if (!old)
		return 1;
	old = bpf_kptr_xchg(&v->one, old);
	put(!old);
	if (old)
		bpf_percpu_obj_drop_impl(old, 0);
	bpf_rcu_read_lock();
	p = v->one;
	if (p) {
		q = bpf_per_cpu_ptr(p, 1);
		put(!q);
		if (q) {
			put(q->b);
			q->b = 9;
		}
		q = bpf_per_cpu_ptr(p, 0);
		if (q) {
			put(q->b);
			q->b = 8;
		}
		put(!bpf_per_cpu_ptr(p, 100000));
		q = bpf_per_cpu_ptr(p, 1);
		if (q)
			put(q->b);
	}
	bpf_rcu_read_unlock();
	return 0;
}

/* ---- the kernel's own contexts */

struct sk_buff { unsigned int len; __u32 mark; unsigned char *data; } __attribute__((preserve_access_index));
struct xdp_buff { void *data; void *data_end; __u32 frame_sz; } __attribute__((preserve_access_index));
extern void *bpf_cast_to_kern_ctx(void *ctx) __ksym;
extern int bpf_xdp_pull_data(struct xdp_md *ctx, __u32 len) __ksym;

SEC("tc")
int kernel_skb(struct __sk_buff *ctx)
{
	struct sk_buff *skb = bpf_cast_to_kern_ctx(ctx);

	begin();
	ctx->mark = 55;
	put(skb->len);
	put(skb->mark);
	return 0;
}

SEC("xdp.frags")
int kernel_xdp(struct xdp_md *ctx)
{
	struct xdp_buff *xdp = bpf_cast_to_kern_ctx(ctx);

	begin();
	put(xdp->data_end - xdp->data);
	put(xdp->frame_sz);
	put(bpf_xdp_pull_data(ctx, 20));
	put(bpf_xdp_pull_data(ctx, 3700));
	put(xdp->data_end - xdp->data);
	put(bpf_xdp_pull_data(ctx, 3900));
	put(bpf_xdp_pull_data(ctx, 100000));
	put(xdp->data_end - xdp->data);
	put(ctx->data_end - ctx->data);
	return XDP_PASS;
}

/* ---- sections, locks, exceptions */

struct guarded {
	struct bpf_res_spin_lock lock;
	__u32 value;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct guarded);
} guards SEC(".maps");

SEC("tc")
int sections(struct __sk_buff *skb)
{
	unsigned long flags;
	__u32 key = 0;
	struct guarded *g = bpf_map_lookup_elem(&guards, &key);

	begin();
	bpf_preempt_disable();
	bpf_preempt_enable();
	bpf_local_irq_save(&flags);
	bpf_local_irq_restore(&flags);
	if (!g)
		return 1;
	if (bpf_res_spin_lock(&g->lock)) {
		put(1);
		return 1;
	}
	g->value = 3;
	bpf_res_spin_unlock(&g->lock);
	put(g->value);
	return 0;
}

static __noinline int thrower(struct __sk_buff *skb)
{
	if (skb->len > 10)
		bpf_throw(skb->len);
	return 7;
}

SEC("tc")
int throws(struct __sk_buff *skb)
{
	begin();
	put(1);
	put(thrower(skb));
	return 3;
}

__noinline int handler(__u64 cookie)
{
	out[5] = cookie;
	return cookie + 1;
}

SEC("tc")
__attribute__((btf_decl_tag("exception_callback:handler")))
int throws_handled(struct __sk_buff *skb)
{
	begin();
	put(1);
	put(thrower(skb));
	return 3;
}

/* ---- strings */

char hello[16] = "hello, world";

SEC("tc")
int strings(struct __sk_buff *skb)
{
	begin();
	put(bpf_strcmp(hello, "hello, world"));
	put(bpf_strcmp(hello, "hello"));
	put(bpf_strcmp("hello", hello));
	put(bpf_strcmp(hello, (void *)1));
	put(bpf_strchr(hello, 'o'));
	put(bpf_strchr(hello, 'x'));
	put(bpf_strchr(hello, 0));
	put(bpf_strrchr(hello, 'o'));
	put(bpf_strrchr(hello, 'x'));
	put(bpf_strnchr(hello, 4, 'o'));
	put(bpf_strnchr(hello, 5, 'o'));
	put(bpf_strchrnul(hello, 'w'));
	put(bpf_strchrnul(hello, 'x'));
	put(bpf_strlen(hello));
	put(bpf_strnlen(hello, 5));
	put(bpf_strnlen(hello, 50));
	put(bpf_strspn(hello, "helo"));
	put(bpf_strspn(hello, ""));
	put(bpf_strcspn(hello, "w,"));
	put(bpf_strcspn(hello, ""));
	put(bpf_strstr(hello, "wor"));
	put(bpf_strstr(hello, "word"));
	put(bpf_strstr(hello, ""));
	put(bpf_strnstr(hello, "wor", 9));
	put(bpf_strnstr(hello, "wor", 10));
	put(bpf_strnstr(hello, "", 0));
	put(bpf_strlen((void *)0));
	put(bpf_strlen((void *)0xffffffffff000000ULL));
	return 0;
}

/* ---- what the machine has of CPUs, tasks and cgroups */

SEC("syscall")
int cpumasks(void *ctx)
{
	struct bpf_cpumask *a, *b;
	__u32 none;

	begin();
	a = bpf_cpumask_create();
	if (!a)
		return 1;
	b = bpf_cpumask_create();
	if (!b) {
		bpf_cpumask_release(a);
		return 1;
	}
	none = bpf_cpumask_first(MASK(a));
	put(bpf_cpumask_empty(MASK(a)));
	put(bpf_cpumask_first_zero(MASK(a)));
	bpf_cpumask_set_cpu(1, a);
	put(bpf_cpumask_first(MASK(a)));
	put(none > 1);
	bpf_cpumask_set_cpu(1000000, a);
	put(bpf_cpumask_weight(MASK(a)));
	put(bpf_cpumask_test_cpu(1, MASK(a)));
	put(bpf_cpumask_test_cpu(0, MASK(a)));
	put(bpf_cpumask_test_cpu(1000000, MASK(a)));
	put(bpf_cpumask_test_and_set_cpu(0, b));
	put(bpf_cpumask_test_and_set_cpu(0, b));
	put(bpf_cpumask_and(b, MASK(a), MASK(b)));
	put(bpf_cpumask_weight(MASK(b)));
	put(bpf_cpumask_subset(MASK(b), MASK(a)));
	put(bpf_cpumask_equal(MASK(b), MASK(a)));
	bpf_cpumask_set_cpu(0, b);
	bpf_cpumask_or(a, MASK(a), MASK(b));
	put(bpf_cpumask_weight(MASK(a)));
	bpf_cpumask_clear_cpu(0, a);
	put(bpf_cpumask_weight(MASK(a)));
	bpf_cpumask_release(a);
	a = bpf_cpumask_acquire(b);
	bpf_cpumask_release(b);
	put(bpf_cpumask_weight(MASK(a)));
	bpf_cpumask_release(a);
	return 0;
}

SEC("syscall")
int tasks(void *ctx)
{
	struct task_struct *t, *me = bpf_get_current_task_btf();
	struct cgroup *c, *d;
	__u64 id = bpf_get_current_pid_tgid();

	begin();
	put(me->pid == (__u32)id);
	put(me->tgid == (id >> 32));
	t = bpf_task_acquire(me);
	if (t) {
		put(t->pid == me->pid);
		bpf_task_release(t);
	}
	t = bpf_task_from_pid(1);
	if (t) {
		put(t->pid);
		bpf_task_release(t);
	}
	t = bpf_task_from_pid(-1);
	put(!t);
	if (t)
		bpf_task_release(t);
	c = bpf_cgroup_from_id(1);
	put(!c);
	if (c) {
		d = bpf_cgroup_ancestor(c, 0);
		put(!d);
		if (d)
			bpf_cgroup_release(d);
		d = bpf_cgroup_ancestor(c, 1);
		put(!d);
		if (d)
			bpf_cgroup_release(d);
		bpf_cgroup_release(c);
	}
	c = bpf_cgroup_from_id(123456789);
	put(!c);
	if (c)
		bpf_cgroup_release(c);
	return 0;
}

/* ---- timers and works: they are called after the run */

struct later {
	struct bpf_timer timer;
	struct bpf_wq work;
	__u64 count;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct later);
} laters SEC(".maps");

__u64 fired[8];

static int tick(void *map, int *key, struct later *v)
{
	fired[0]++;
	fired[1] = *key;
	if (++v->count < 4)
		fired[2] = bpf_timer_start(&v->timer, 0, 0);
	fired[3] = bpf_timer_cancel(&v->timer);
	return 0;
}

static int work(void *map, int *key, void *value)
{
	fired[4]++;
	fired[5] = *key;
	return 0;
}

SEC("tc")
int timers(struct __sk_buff *skb)
{
	__u32 key = 2;
	struct later *v = bpf_map_lookup_elem(&laters, &key);

	begin();
	if (!v)
		return 1;
	put(bpf_timer_start(&v->timer, 0, 0));
	put(bpf_timer_set_callback(&v->timer, tick));
	put(bpf_timer_cancel(&v->timer));
	put(bpf_timer_init(&v->timer, &laters, 3));
	put(bpf_timer_init(&v->timer, &laters, 16));
	put(bpf_timer_init(&v->timer, &laters, 1));
	put(bpf_timer_init(&v->timer, &laters, 1));
	put(bpf_timer_start(&v->timer, 0, 0));
	put(bpf_timer_set_callback(&v->timer, tick));
	put(bpf_timer_start(&v->timer, 0, 4));
	put(bpf_timer_start(&v->timer, 1000000000000ULL, 0));
	put(bpf_timer_cancel(&v->timer));
	put(bpf_timer_cancel(&v->timer));
	put(bpf_timer_start(&v->timer, 0, 0));
	put(bpf_timer_set_callback(&v->timer, tick));
	put(bpf_timer_start(&v->timer, 0, 0));
	put(bpf_wq_start(&v->work, 0));
	put(bpf_wq_init(&v->work, &laters, 1));
	put(bpf_wq_init(&v->work, &laters, 0));
	put(bpf_wq_init(&v->work, &laters, 0));
	put(bpf_wq_set_callback_impl(&v->work, (void *)work, 0, 0));
	put(bpf_wq_start(&v->work, 1));
	put(bpf_wq_start(&v->work, 0));
	return 0;
}

SEC("tc")
int timers_later(struct __sk_buff *skb)
{
	begin();
	put(fired[0]);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
