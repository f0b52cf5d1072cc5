/* Runs steps of record.mjs on the kernel it is started on: one a line on stdin, one answer a line on stdout. Descriptors
 * have numbers of their own, which stand for a slot of `fds`; NONE is a descriptor that nobody opened.
 *
 * Bytes are hexadecimal, `-` for NULL; `@N;` in them is the descriptor in slot N as 32 bits. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SLOTS 4096
#define NONE 999
#define BUFFER (1 << 21)

static int fds[SLOTS];
/* Ids of programs, by slot, even when the descriptor is closed. */
static int ids[SLOTS];
static char *words[64];
static int count;

static long number(int at)
{
	return at < count ? strtoll(words[at], NULL, 0) : 0;
}

static int fd_of(int at)
{
	long slot = number(at);
	return slot < 0 || slot >= SLOTS || fds[slot] < 0 ? NONE : fds[slot];
}

/* Bytes of a word; NULL for `-`. Buffers have room to be written. */
static unsigned char *bytes(int at, unsigned char *buffer, size_t *size)
{
	char *p = at < count ? words[at] : "-";
	size_t n = 0;

	memset(buffer, 0, BUFFER);
	if (!strcmp(p, "-"))
		return NULL;
	while (*p && n < BUFFER) {
		if (*p == '@') {
			long slot = strtol(p + 1, &p, 10);
			int fd = fds[slot] < 0 ? NONE : fds[slot];
			memcpy(buffer + n, &fd, 4);
			n += 4;
			p++;
		} else if (*p == '.') { /* empty, but not NULL */
			p++;
		} else {
			unsigned value;
			sscanf(p, "%2x", &value);
			buffer[n++] = value;
			p += 2;
		}
	}
	if (size)
		*size = n;
	return buffer;
}

static long bpf(int cmd, union bpf_attr *attr, size_t size)
{
	return syscall(SYS_bpf, cmd, attr, size);
}

static void print_hex(const unsigned char *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		printf("%02x", data[i]);
	printf("\n");
}

static void failed(void)
{
	printf("%d\n", -errno);
}

/* A field of a descriptor's fdinfo, or -1. */
static long long fdinfo(int fd, const char *name)
{
	char path[64], line[256];
	long long value = -1;
	FILE *f;

	sprintf(path, "/proc/self/fdinfo/%d", fd);
	f = fopen(path, "r");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f)) {
		size_t n = strlen(name);
		if (!strncmp(line, name, n) && line[n] == ':')
			value = strtoll(line + n + 1, NULL, 0);
	}
	fclose(f);
	return value;
}

static size_t value_size(int fd)
{
	long long type = fdinfo(fd, "map_type"), size = fdinfo(fd, "value_size");

	if (type == 5 || type == 6 || type == 10 || type == 21)
		size = (size + 7) / 8 * 8 * sysconf(_SC_NPROCESSORS_CONF);
	return size < 0 ? 0 : size;
}

/* A new descriptor for a slot, whose old one is closed. */
static void keep(int at, long fd)
{
	int saved = errno, old = fds[number(at)];

	if (old >= 0)
		close(old);
	fds[number(at)] = -1;
	errno = saved;
	if (fd < 0) {
		failed();
		return;
	}
	fds[number(at)] = fd;
	printf("ok\n");
}

static void create(void)
{
	union bpf_attr attr = {};

	attr.map_type = number(2);
	attr.key_size = number(3);
	attr.value_size = number(4);
	attr.max_entries = number(5);
	attr.map_flags = number(6);
	attr.map_extra = number(7);
	attr.inner_map_fd = number(8) < 0 ? 0 : fd_of(8);
	attr.numa_node = number(9);
	attr.btf_fd = number(10) < 0 ? 0 : fd_of(10);
	attr.btf_key_type_id = number(11);
	attr.btf_value_type_id = number(12);
	attr.btf_vmlinux_value_type_id = number(13);
	/* value_type_btf_obj_fd, which older headers don't have. */
	int module = number(14) < 0 ? 0 : fd_of(14);
	memcpy((char *)&attr + 72, &module, 4);
	attr.map_ifindex = number(15);
	keep(1, bpf(BPF_MAP_CREATE, &attr, 96));
}

static unsigned char key_buffer[BUFFER], value_buffer[BUFFER];

static void element(const char *op)
{
	int fd = fd_of(1), cmd;
	unsigned char *key = bytes(2, key_buffer, NULL);
	unsigned char *value = bytes(3, value_buffer, NULL);
	union bpf_attr attr = {};

	attr.map_fd = fd;
	attr.key = (uintptr_t)key;
	attr.value = (uintptr_t)(value ? value : value_buffer);
	attr.flags = strtoull(words[4], NULL, 0);
	cmd = !strcmp(op, "lookup") ? BPF_MAP_LOOKUP_ELEM
	    : !strcmp(op, "update") ? BPF_MAP_UPDATE_ELEM
	    : !strcmp(op, "delete") ? BPF_MAP_DELETE_ELEM
	    : !strcmp(op, "next") ? BPF_MAP_GET_NEXT_KEY
				  : BPF_MAP_LOOKUP_AND_DELETE_ELEM;
	if (cmd == BPF_MAP_DELETE_ELEM || cmd == BPF_MAP_GET_NEXT_KEY)
		attr.flags = 0;
	if (cmd == BPF_MAP_DELETE_ELEM)
		attr.value = 0;
	if (bpf(cmd, &attr, sizeof(attr)) < 0) {
		failed();
		return;
	}
	if (cmd == BPF_MAP_GET_NEXT_KEY) {
		print_hex(value_buffer, fdinfo(fd, "key_size"));
	} else if (cmd == BPF_MAP_LOOKUP_ELEM || cmd == BPF_MAP_LOOKUP_AND_DELETE_ELEM) {
		/* Words 5 and 6, 7 and 8, ...: at this place of the value stands the id of that program. */
		for (int i = 5; i + 1 < count; i += 2) {
			long at = number(i);
			if (!memcmp(value_buffer + at, &ids[number(i + 1)], 4))
				memset(value_buffer + at, 0xee, 4);
		}
		print_hex(value_buffer, value_size(fd));
	} else {
		printf("ok\n");
	}
}

static void load(void)
{
	static char log[1 << 16];
	union bpf_attr attr = {};
	size_t size;

	attr.prog_type = number(2);
	attr.expected_attach_type = number(3);
	attr.prog_flags = number(4);
	attr.insns = (uintptr_t)bytes(5, value_buffer, &size);
	attr.insn_cnt = size / 8;
	attr.license = (uintptr_t)"GPL";
	attr.attach_btf_id = number(6);
	attr.log_buf = (uintptr_t)log;
	attr.log_size = sizeof(log);
	attr.log_level = 1;
	if (number(7) >= 0) {
		attr.prog_btf_fd = fd_of(7);
		attr.func_info = (uintptr_t)bytes(8, key_buffer, &size);
		attr.func_info_rec_size = 8;
		attr.func_info_cnt = size / 8;
	}
	long fd = bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0)
		fprintf(stderr, "load of %s: %d\n%s\n", words[1], errno, log);
	keep(1, fd);
	if (fd >= 0)
		ids[number(1)] = fdinfo(fd, "prog_id");
}

static void run(void)
{
	union bpf_attr attr = {};
	size_t size = 0;
	unsigned char *data = bytes(2, key_buffer, &size);
	unsigned char *ctx;
	size_t ctx_size = 0;

	ctx = bytes(4, value_buffer, &ctx_size);
	attr.test.prog_fd = fd_of(1);
	attr.test.data_in = (uintptr_t)data;
	attr.test.data_size_in = size;
	attr.test.ctx_in = (uintptr_t)ctx;
	attr.test.ctx_size_in = ctx_size;
	attr.test.repeat = number(3);
	if (bpf(BPF_PROG_TEST_RUN, &attr, sizeof(attr)) < 0)
		failed();
	else
		printf("%u\n", attr.test.retval);
}

/* A ring buffer as mmap shows it: positions and data. Words 2, 3: set a position (consumer or producer) first. */
static void ring(void)
{
	int fd = fd_of(1);
	long size = fdinfo(fd, "max_entries"), page = sysconf(_SC_PAGESIZE);
	int user = fdinfo(fd, "map_type") == BPF_MAP_TYPE_USER_RINGBUF;
	unsigned char *first = mmap(NULL, page, PROT_READ | (user ? 0 : PROT_WRITE), MAP_SHARED, fd, 0);
	unsigned char *second = mmap(NULL, page + 2 * size, PROT_READ | (user ? PROT_WRITE : 0), MAP_SHARED, fd, page);

	if (first == MAP_FAILED || second == MAP_FAILED) {
		failed();
		return;
	}
	if (count > 2 && !user)
		*(volatile unsigned long *)first = number(2);
	if (count > 2 && user) {
		size_t n;
		unsigned char *data = bytes(3, value_buffer, &n);
		if (data)
			memcpy(second + page, data, n);
		*(volatile unsigned long *)second = number(2);
	}
	long end = size;
	while (end > 0 && second[page + end - 1] == 0)
		end--;
	printf("%lu %lu ", *(unsigned long *)first, *(unsigned long *)second);
	print_hex(second + page, end);
	munmap(first, page);
	munmap(second, page + 2 * size);
}

int main(void)
{
	static char line[1 << 20];

	memset(fds, -1, sizeof(fds));
	while (fgets(line, sizeof(line), stdin)) {
		count = 0;
		for (char *word = strtok(line, " \n"); word && count < 64; word = strtok(NULL, " \n"))
			words[count++] = word;
		if (!count)
			continue;
		const char *op = words[0];
		if (!strcmp(op, "create")) {
			create();
		} else if (!strcmp(op, "lookup") || !strcmp(op, "update") || !strcmp(op, "delete") ||
			   !strcmp(op, "next") || !strcmp(op, "pop")) {
			element(op);
		} else if (!strcmp(op, "freeze")) {
			union bpf_attr attr = {};
			attr.map_fd = fd_of(1);
			if (bpf(BPF_MAP_FREEZE, &attr, sizeof(attr)) < 0)
				failed();
			else
				printf("ok\n");
		} else if (!strcmp(op, "info")) {
			int fd = fd_of(1);
			if (fdinfo(fd, "map_type") < 0)
				printf("%d\n", -EBADF);
			else
				printf("%lld %lld %lld %lld %lld %lld %lld\n", fdinfo(fd, "map_type"),
				       fdinfo(fd, "key_size"), fdinfo(fd, "value_size"), fdinfo(fd, "max_entries"),
				       fdinfo(fd, "map_flags"), fdinfo(fd, "map_extra"), fdinfo(fd, "memlock"));
		} else if (!strcmp(op, "btf")) {
			union bpf_attr attr = {};
			size_t size;
			attr.btf = (uintptr_t)bytes(2, value_buffer, &size);
			attr.btf_size = size;
			keep(1, bpf(BPF_BTF_LOAD, &attr, sizeof(attr)));
		} else if (!strcmp(op, "load")) {
			load();
		} else if (!strcmp(op, "run")) {
			run();
		} else if (!strcmp(op, "ring")) {
			ring();
		} else if (!strcmp(op, "reopen")) {
			union bpf_attr attr = {};
			attr.map_id = fdinfo(fd_of(2), "map_id");
			attr.open_flags = number(3);
			keep(1, bpf(BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr)));
		} else if (!strcmp(op, "close")) {
			close(fds[number(1)]);
			fds[number(1)] = -1;
			printf("ok\n");
		} else {
			printf("unknown %s\n", op);
		}
		fflush(stdout);
	}
	return 0;
}
