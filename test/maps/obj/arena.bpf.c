// clang-19 -target bpf -O2 -g -ffile-prefix-map=$PWD=. -c arena.bpf.c -o arena.clang-19.o; llvm-strip -g arena.clang-19.o
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __arena __attribute__((address_space(1)))

struct {
	__uint(type, 33);
	__uint(map_flags, 1 << 10);
	__uint(max_entries, 100);
} arena SEC(".maps");

int __arena first = 7;
int __arena second = 11;
unsigned long long __arena third = 13;

SEC("syscall")
int use(void *ctx)
{
	return first + second + third;
}

char _license[] SEC("license") = "GPL";
