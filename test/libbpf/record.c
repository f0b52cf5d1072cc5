// What libbpf says of objects and asks of the kernel: bpf(2) is replaced by something that prints and accepts all.
//   record open FILE...          each file's messages while it's opened, after a line "== FILE"
//   record bad FOLDER...         the same for FOLDER/bad.o, without debug messages
//   record load FILE...          warnings, then a line for each BTF, map and program that is loaded
//   record core OBJECT TYPES     debug messages, and programs, of an object relocated to the types of another
// Build: gcc -O2 -I LIBBPF/src record.c LIBBPF/src/libbpf.a -lelf -lz, with bpf/ leading to LIBBPF/src.
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct bpf_object *object;
static int debug, recording;

static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_DEBUG && !debug ? 0 : vprintf(format, args);
}

static void hex(unsigned long long from, size_t size)
{
	const unsigned char *bytes = (const void *)(unsigned long)from;

	putchar(' ');
	for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
}

/* Programs and maps that libbpf makes to find out what the kernel can have other names. */
static int same_name(const char *name, const char *kernels)
{
	return strncmp(name, kernels, BPF_OBJ_NAME_LEN - 1) == 0;
}

static int prog_of_object(const char *name)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, object)
		if (same_name(bpf_program__name(prog), name)) return 1;
	return 0;
}

static int map_of_object(const char *name)
{
	struct bpf_map *map;
	char inner[256];

	bpf_object__for_each_map(map, object) {
		snprintf(inner, sizeof(inner), "%s.inner", bpf_map__name(map));
		if (same_name(bpf_map__name(map), name) || same_name(inner, name)) return 1;
	}
	return 0;
}

/* What Linux says to probe_ldimm64_full_range_off: an offset that far is read, and refused. */
static int is_too_far(const union bpf_attr *a)
{
	const struct bpf_insn *insns = (const void *)(unsigned long)a->insns;

	if (insns[0].src_reg != BPF_PSEUDO_MAP_VALUE || insns[1].imm != 1 << 30) return 0;
	snprintf((char *)(unsigned long)a->log_buf, a->log_size, "invalid access to map value pointer, value_size=1 off=%d\n",
	         insns[1].imm);
	return 1;
}

/* Instructions with each map's descriptor turned into its number in the object. */
static void put_insns(const struct bpf_insn *from, unsigned int count)
{
	struct bpf_insn *insns = calloc(count, sizeof(*insns));

	memcpy(insns, from, count * sizeof(*insns));
	for (unsigned int i = 0; i < count; i++) {
		struct bpf_map *map;
		int number = 0;

		if (insns[i].code != (BPF_LD | BPF_IMM | BPF_DW)) continue;
		if (insns[i].src_reg == BPF_PSEUDO_MAP_FD || insns[i].src_reg == BPF_PSEUDO_MAP_VALUE) {
			int fd = insns[i].imm;

			insns[i].imm = -1;
			bpf_object__for_each_map(map, object) {
				if (bpf_map__fd(map) == fd) insns[i].imm = number;
				number++;
			}
		}
		i++;
	}
	printf(" insns");
	hex((unsigned long)insns, count * sizeof(*insns));
	free(insns);
}

static void put_map(const union bpf_attr *a)
{
	printf("map %s type %u key %u value %u max %u flags %x numa %u extra %llx kt %u vt %u vvt %u inner %d\n", a->map_name,
	       a->map_type, a->key_size, a->value_size, a->max_entries, a->map_flags, a->numa_node,
	       (unsigned long long)a->map_extra, a->btf_key_type_id, a->btf_value_type_id, a->btf_vmlinux_value_type_id,
	       a->inner_map_fd != 0);
}

static void put_prog(const union bpf_attr *a)
{
	printf("prog %s type %u eat %u flags %x aid %u license %s", a->prog_name, a->prog_type, a->expected_attach_type,
	       a->prog_flags, a->attach_btf_id, (const char *)(unsigned long)a->license);
	put_insns((const void *)(unsigned long)a->insns, a->insn_cnt);
	printf(" func %u", a->func_info_rec_size);
	hex(a->func_info, a->func_info_cnt * a->func_info_rec_size);
	printf(" line %u", a->line_info_rec_size);
	hex(a->line_info, a->line_info_cnt * a->line_info_rec_size);
	printf("\n");
}

static long bpf(int cmd, const union bpf_attr *a)
{
	switch (cmd) {
	case BPF_MAP_CREATE:
		if (recording && map_of_object(a->map_name)) put_map(a);
		break;
	case BPF_PROG_LOAD:
		if (recording && prog_of_object(a->prog_name)) {
			put_prog(a);
		} else if (is_too_far(a)) {
			errno = EACCES;
			return -1;
		}
		break;
	case BPF_BTF_LOAD:
		if (recording) {
			printf("btf %u", a->btf_size);
			hex(a->btf, a->btf_size);
			printf("\n");
		}
		break;
	case BPF_OBJ_GET:
	case BPF_BTF_GET_NEXT_ID:
	case BPF_TOKEN_CREATE:
		errno = ENOENT;
		return -1;
	default:
		return 0;
	}
	/* The content of some maps is mapped. */
	int fd = memfd_create("bpf", MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, 1 << 22)) exit(1);
	return fd;
}

/* In place of the C library's: bpf(2) stays here. */
long syscall(long number, ...)
{
	va_list args;
	long a[6], result;

	va_start(args, number);
	for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf) return bpf((int)a[0], (const union bpf_attr *)a[1]);
	register long r10 asm("r10") = a[3];
	register long r8 asm("r8") = a[4];
	register long r9 asm("r9") = a[5];
	asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	if (result >= 0) return result;
	errno = -result;
	return -1;
}

static void load(const char *path, const char *types)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .btf_custom_path = types);

	recording = 0;
	object = bpf_object__open_file(path, &options);
	if (!object) {
		printf("open %d\n", errno);
		return;
	}
	recording = 1;
	printf("load %d\n", bpf_object__load(object));
	recording = 0;
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	char *home = getcwd(NULL, 0);

	libbpf_set_print(print);
	if (strcmp(mode, "core") == 0 && argc == 4) {
		debug = 1;
		load(argv[2], argv[3]);
		return 0;
	}
	for (int i = 2; i < argc; i++) {
		const char *path = argv[i];

		printf("== %s\n", path);
		if (strcmp(mode, "load") == 0) {
			load(path, NULL);
			continue;
		}
		debug = strcmp(mode, "open") == 0;
		if (!debug) {
			if (chdir(path)) return 1;
			path = "bad.o";
		}
		bpf_object__close(bpf_object__open_file(path, NULL));
		if (chdir(home)) return 1;
	}
	return 0;
}
