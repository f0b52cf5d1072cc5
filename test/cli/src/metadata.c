// compilers: clang-19
/* Constants that bpftool shows with the program, of several types. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct point {
	int x, y;
};

volatile const char bpf_metadata_author[] SEC(".rodata") = "nobody";
volatile const int bpf_metadata_version SEC(".rodata") = 7;
volatile const struct point bpf_metadata_place SEC(".rodata") = { 3, -4 };
volatile const unsigned long long bpf_metadata_long SEC(".rodata") = 0x123456789abcdef;
volatile const unsigned char bpf_metadata_list[3] SEC(".rodata") = { 1, 2, 3 };
volatile const int other SEC(".rodata") = 5;

SEC("xdp")
int shown(struct xdp_md *ctx)
{
	return bpf_metadata_version + bpf_metadata_place.x + other;
}

SEC("xdp")
int without(struct xdp_md *ctx)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
