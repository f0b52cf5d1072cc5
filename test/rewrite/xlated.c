// What the kernel made of programs: xlated OBJ:PROG ... prints a JSON line for each that loads alone (as libbpf's
// autoload has it), with the instructions that BPF_OBJ_GET_INFO_BY_FD gives, where its functions and lines begin,
// the tags of its functions and the ids of its maps. Build: gcc -O2 xlated.c -lbpf -lelf -lz
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static void put_hex(const char *name, const void *from, size_t size)
{
	const unsigned char *bytes = from;

	printf(",\"%s\":\"", name);
	for (size_t i = 0; i < size; i++) printf("%02x", bytes[i]);
	putchar('"');
}

static void describe(int fd)
{
	struct bpf_prog_info sizes = {}, info = {};
	unsigned int len = sizeof(sizes);

	if (bpf_obj_get_info_by_fd(fd, &sizes, &len)) return;
	info.xlated_prog_len = sizes.xlated_prog_len;
	info.xlated_prog_insns = (unsigned long)calloc(1, sizes.xlated_prog_len + 1);
	info.nr_map_ids = sizes.nr_map_ids;
	info.map_ids = (unsigned long)calloc(4, sizes.nr_map_ids + 1);
	info.nr_func_info = sizes.nr_func_info;
	info.func_info_rec_size = sizes.func_info_rec_size;
	info.func_info = (unsigned long)calloc(sizes.func_info_rec_size + 1, sizes.nr_func_info + 1);
	info.nr_line_info = sizes.nr_line_info;
	info.line_info_rec_size = sizes.line_info_rec_size;
	info.line_info = (unsigned long)calloc(sizes.line_info_rec_size + 1, sizes.nr_line_info + 1);
	info.nr_prog_tags = sizes.nr_prog_tags;
	info.prog_tags = (unsigned long)calloc(8, sizes.nr_prog_tags + 1);
	len = sizeof(info);
	if (bpf_obj_get_info_by_fd(fd, &info, &len)) return;
	put_hex("xlated", (void *)info.xlated_prog_insns, info.xlated_prog_len);
	put_hex("func", (void *)info.func_info, info.nr_func_info * info.func_info_rec_size);
	put_hex("line", (void *)info.line_info, info.nr_line_info * info.line_info_rec_size);
	put_hex("tags", (void *)info.prog_tags, info.nr_prog_tags * 8);
	printf(",\"functions\":%u,\"maps\":[", info.nr_jited_ksyms);
	for (unsigned int i = 0; i < info.nr_map_ids; i++) printf("%s%u", i ? "," : "", ((unsigned int *)info.map_ids)[i]);
	putchar(']');
}

static void one(const char *path, const char *name)
{
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_program *each = NULL, *program;
	int err;

	if (!object) return;
	bpf_object__for_each_program(each, object)
		bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), name));
	program = bpf_object__find_program_by_name(object, name);
	err = program ? bpf_object__load(object) : -1;
	printf("{\"file\":\"%s\",\"prog\":\"%s\",\"err\":%d", base, name, err);
	if (!err) describe(bpf_program__fd(program));
	printf("}\n");
	fflush(stdout);
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	libbpf_set_print(quiet);
	for (int i = 1; i < argc; i++) {
		char *colon = strrchr(argv[i], ':');

		if (!colon) return 2;
		*colon = 0;
		one(argv[i], colon + 1);
	}
	return 0;
}
