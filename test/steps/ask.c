// Asks the running kernel: runs the steps that it reads from standard input, as encode.ts writes them, and answers each.
#include <errno.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MAX_BUFFERS = 16, MAX_SLOTS = 256, END_OF_CASE = 0xff, NO_SLOT = 0xff };

static int slots[MAX_SLOTS];

static int take(void *to, size_t size)
{
	return size == 0 || fread(to, size, 1, stdin) == 1;
}

static uint32_t number(void)
{
	uint32_t value = 0;
	if (!take(&value, sizeof(value)))
		exit(0);
	return value;
}

static void give(const void *from, size_t size)
{
	if (size && fwrite(from, size, 1, stdout) != 1)
		exit(1);
}

/* What became of a program: its translated instructions, with their length before them. */
static void translated(int fd)
{
	static uint8_t insns[1 << 20];
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {0};

	info.xlated_prog_insns = (uintptr_t)insns;
	info.xlated_prog_len = sizeof(insns);
	attr.info.bpf_fd = fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		info.xlated_prog_len = 0;
	uint32_t length = info.xlated_prog_len < sizeof(insns) ? info.xlated_prog_len : sizeof(insns);
	give(&length, sizeof(length));
	give(insns, length);
}

static void step(uint32_t command)
{
	uint8_t attr[256] = {0};
	uint8_t *buffers[MAX_BUFFERS] = {0};
	uint32_t save = number(), attr_size = number();
	if (attr_size > sizeof(attr) || !take(attr, attr_size))
		exit(1);
	uint32_t count = number();
	for (uint32_t i = 0; i < count && i < MAX_BUFFERS; i++) {
		uint32_t offset = number(), size = number();
		buffers[i] = malloc(size ? size : 1);
		if (!buffers[i] || !take(buffers[i], size))
			exit(1);
		uint64_t pointer = (uintptr_t)buffers[i];
		memcpy(attr + offset, &pointer, sizeof(pointer));
	}
	// Descriptors: in the attributes (0) or in a buffer, counted from 1.
	for (uint32_t left = number(); left > 0; left--) {
		uint32_t where = number(), offset = number(), slot = number();
		uint8_t *to = where ? buffers[where - 1] : attr;
		memcpy(to + offset, &slots[slot], sizeof(int));
	}
	uint32_t log_offset = number(), log_size = number(), true_size_offset = number(), wants_translated = number();
	char *log = calloc(1, log_size ? log_size : 1);
	if (!log)
		exit(1);
	if (log_size) {
		uint64_t pointer = (uintptr_t)log;
		memcpy(attr + log_offset, &pointer, sizeof(pointer));
	}
	long result = syscall(SYS_bpf, command, attr, attr_size);
	int32_t answer = result < 0 ? errno : 0;
	if (save != NO_SLOT)
		slots[save] = result < 0 ? -1 : (int)result;
	uint32_t true_size = 0, length = strnlen(log, log_size);
	if (true_size_offset)
		memcpy(&true_size, attr + true_size_offset, sizeof(true_size));
	give(&answer, sizeof(answer));
	give(&true_size, sizeof(true_size));
	give(&length, sizeof(length));
	give(log, length);
	free(log);
	if (wants_translated)
		translated((int)result);
	if (save == NO_SLOT && result > 2)
		close((int)result);
	for (uint32_t i = 0; i < MAX_BUFFERS; i++)
		free(buffers[i]);
}

/* Keeps the capabilities whose numbers are given, and no others. */
static void keep(int argc, char **argv)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {0};

	for (int i = 1; i < argc; i++) {
		int number = atoi(argv[i]);
		uint32_t bit = number < 0 ? 0 : 1u << (number % 32);
		data[number >= 32].effective |= bit;
		data[number >= 32].permitted |= bit;
	}
	if (syscall(SYS_capset, &header, data))
		exit(1);
}

/* Arguments: the numbers of the capabilities that it asks with; all that it has without any, none with -1. */
int main(int argc, char **argv)
{
	if (argc > 1)
		keep(argc, argv);
	memset(slots, 0xff, sizeof(slots));
	for (;;) {
		uint32_t command = number();
		if (command != END_OF_CASE) {
			step(command);
			continue;
		}
		for (int i = 0; i < MAX_SLOTS; i++) {
			if (slots[i] >= 0)
				close(slots[i]);
			slots[i] = -1;
		}
		fflush(stdout);
	}
}
