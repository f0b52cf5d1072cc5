// compilers: clang-19
/* Types of kinds that kernels after 5.10 brought. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#define __tag __attribute__((btf_type_tag("my_tag")))
#define __decl __attribute__((btf_decl_tag("my_decl")))
enum big { BIG = 0x1234567890ULL, SMALL = 1 };
enum neg { NEG = -1, POS = 1 };
struct s { int __tag *p; float f; double d; enum big b; enum neg n; } __decl;
struct s s __decl;
char _license[] SEC("license") = "GPL";
SEC("socket") int prog(void *ctx) { return (int)s.b + s.n; }
