/* CO-RE relocations of every kind, against the types of core_target.c. */
#define SEC(name) __attribute__((section(name), used))
#define RELOC __attribute__((preserve_access_index))

struct moved {
	int kept;
	long later;
	unsigned char narrow;
	int gone;
	unsigned bits : 5;
	int list[4];
} RELOC;

struct moved___old {
	int before;
} RELOC;

enum colour { RED = 1, GREEN = 2, MISSING = 3 };
enum colour___wide { GREEN___wide = 2 };
typedef struct moved moved_t;
struct nowhere { int x; } RELOC;

char license_text[] SEC("license") = "GPL";

SEC("socket")
int fields(void *ctx)
{
	struct moved *m = ctx;
	struct moved___old *old = ctx;

	return m->kept + m->later + m->list[2] + __builtin_preserve_field_info(m->gone, 2) +
	       __builtin_preserve_field_info(m->bits, 0) + __builtin_preserve_field_info(m->bits, 4) +
	       __builtin_preserve_field_info(m->bits, 5) + __builtin_preserve_field_info(m->bits, 3) +
	       __builtin_preserve_field_info(m->narrow, 1) + __builtin_preserve_field_info(old->before, 2);
}

SEC("socket")
int types(void *ctx)
{
	return __builtin_btf_type_id(*(struct moved *)0, 0) + __builtin_btf_type_id(*(struct moved *)0, 1) +
	       __builtin_preserve_type_info(*(struct moved *)0, 0) + __builtin_preserve_type_info(*(struct moved *)0, 1) +
	       __builtin_preserve_type_info(*(struct moved *)0, 2) + __builtin_preserve_type_info(*(moved_t *)0, 0) +
	       __builtin_preserve_type_info(*(struct nowhere *)0, 0);
}

SEC("socket")
int enums(void *ctx)
{
	return __builtin_preserve_enum_value(*(enum colour *)GREEN, 0) +
	       __builtin_preserve_enum_value(*(enum colour *)GREEN, 1) +
	       __builtin_preserve_enum_value(*(enum colour *)MISSING, 0);
}

SEC("socket")
int poisoned(void *ctx)
{
	struct nowhere *n = ctx;

	return n->x + ((struct moved *)ctx)->gone;
}
