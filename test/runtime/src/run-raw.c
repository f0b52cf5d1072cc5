// Runs raw programs on the real kernel: reads (u32 type, u32 bytes of instructions, instructions, u32 bytes of packet,
// packet) from standard input, again and again, and writes (s32 errno, u32 retval, u32 bytes, packet afterwards).
#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char insns[1 << 16], packet[4096], out[4096], verifier_log[1 << 20];

static int want(void *to, size_t size)
{
	return fread(to, 1, size, stdin) == size;
}

static void answer(int status, unsigned retval, unsigned size)
{
	fwrite(&status, 4, 1, stdout);
	fwrite(&retval, 4, 1, stdout);
	fwrite(&size, 4, 1, stdout);
	fwrite(out, 1, size, stdout);
	fflush(stdout);
}

int main(int argc, char **argv)
{
	unsigned type, insn_bytes, packet_bytes;

	while (want(&type, 4) && want(&insn_bytes, 4) && insn_bytes <= sizeof(insns) && want(insns, insn_bytes) &&
	       want(&packet_bytes, 4) && packet_bytes <= sizeof(packet) && want(packet, packet_bytes)) {
		union bpf_attr attr;
		int fd, status = 0;

		memset(&attr, 0, sizeof(attr));
		attr.prog_type = type;
		attr.insns = (unsigned long)insns;
		attr.insn_cnt = insn_bytes / 8;
		attr.license = (unsigned long)"GPL";
		if (argc > 1) {
			attr.log_buf = (unsigned long)verifier_log;
			attr.log_size = sizeof(verifier_log);
			attr.log_level = 1;
		}
		fd = syscall(__NR_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
		if (fd < 0) {
			status = errno;
			if (argc > 1)
				fprintf(stderr, "%s\n", verifier_log);
			answer(1000 + status, 0, 0);
			continue;
		}
		memset(&attr, 0, sizeof(attr));
		attr.test.prog_fd = fd;
		attr.test.data_in = (unsigned long)packet;
		attr.test.data_size_in = packet_bytes;
		attr.test.data_out = (unsigned long)out;
		attr.test.data_size_out = sizeof(out);
		attr.test.repeat = 1;
		if (syscall(__NR_bpf, BPF_PROG_TEST_RUN, &attr, sizeof(attr)))
			status = errno;
		answer(status, attr.test.retval, status ? 0 : attr.test.data_size_out);
		close(fd);
	}
	return 0;
}
