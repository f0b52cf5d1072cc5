// What the running kernel says of each program of each object, a JSON line a program:
//   verdicts LEVEL OBJECT...
// A program is loaded alone, with its maps. Operations of a struct are in a struct of their own, PROGRAM_ops, and of
// those only that one is made.
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_SIZE = 16 << 20 };
static char log_text[LOG_SIZE];

static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static void print_string(const char *text)
{
	putchar('"');
	for (const unsigned char *c = (const void *)text; *c; c++) {
		if (*c == '\n')
			fputs("\\n", stdout);
		else if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < ' ' || *c > '~')
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

static int is_others_operations(struct bpf_map *map, const char *program)
{
	size_t length = strlen(program);
	const char *name = bpf_map__name(map);

	if (bpf_map__type(map) != BPF_MAP_TYPE_STRUCT_OPS)
		return 0;
	return strncmp(name, program, length) || strcmp(name + length, "_ops");
}

static void ask(const char *path, const char *name, int level)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	const char *base = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	struct bpf_program *program;
	struct bpf_map *map;
	int error;

	if (!object)
		exit(1);
	bpf_object__for_each_map(map, object) {
		if (is_others_operations(map, name))
			bpf_map__set_autocreate(map, false);
	}
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	program = bpf_object__find_program_by_name(object, name);
	log_text[0] = 0;
	bpf_program__set_log_buf(program, log_text, LOG_SIZE);
	bpf_program__set_log_level(program, level);
	error = bpf_object__load(object);
	fputs("{\"file\":", stdout);
	print_string(base);
	fputs(",\"prog\":", stdout);
	print_string(name);
	printf(",\"err\":%d,\"log\":", error);
	print_string(log_text);
	fputs("}\n", stdout);
	bpf_object__close(object);
}

int main(int argc, char **argv)
{
	libbpf_set_print(silent);
	for (int i = 2; i < argc; i++) {
		struct bpf_object *object = bpf_object__open_file(argv[i], NULL);
		struct bpf_program *program;

		if (!object) {
			fprintf(stderr, "%s: not opened\n", argv[i]);
			return 1;
		}
		bpf_object__for_each_program(program, object)
			ask(argv[i], bpf_program__name(program), atoi(argv[1]));
		bpf_object__close(object);
	}
	return 0;
}
