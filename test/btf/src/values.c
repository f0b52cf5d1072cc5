/* Array maps whose values are of odd types: what `map dump` prints by type. Each is filled from the outside. */
#define SEC(n) __attribute__((section(n), used))
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef _Bool boolean;
enum small { SMALL_A, SMALL_B = 7 } __attribute__((packed));
enum minus { MINUS_ONE = -1, ZERO, ONE };
enum big { BIG_LOW = 1, BIG_HIGH = 0x1234567890ULL };
struct bits { u32 a : 1; u32 b : 3; u32 : 5; u32 c : 17; u64 d : 40; int e : 9; boolean f : 1; enum minus g : 3; };
struct packed_one { u8 a; u32 b; u64 c : 33; u64 d : 62; u16 e; } __attribute__((packed));
struct padded { u8 a; u8 b __attribute__((aligned(8))); u16 c __attribute__((aligned(32))); } __attribute__((aligned(64)));
struct nested { int a; struct { int x; union { char y[3]; u64 z; }; } inner[2][3]; };
union choice { u8 byte; u32 word; struct { u16 lo, hi; } half; };
struct ints { char c; signed char sc; u8 uc; short s; u16 us; int i; u32 ui; long l; unsigned long ul; long long ll; u64 ull; boolean t; };
struct wide { __int128 a; unsigned __int128 b; };
struct wide_bits { __int128 a : 70; __int128 b : 50; u64 c : 64; };
struct text { char name[16]; char names[2][8]; u8 bytes[4]; signed char signs[4]; const volatile char qualified[4]; };
struct enums { enum small small; enum minus minus; enum big big; enum small list[3]; };
struct pointers { void *p; struct unknown *q; int (*fn)(int); const char *const s; };
struct floats { int before; float f; double d; };
typedef const volatile struct ints qualified;
typedef u32 matrix[2][2];
#define MAP(T, name) struct { int (*type)[2]; int (*max_entries)[2]; u32 *key; T *value; } name SEC(".maps")
MAP(struct bits, m_bits); MAP(struct packed_one, m_packed); MAP(struct padded, m_padded); MAP(struct nested, m_nested);
MAP(union choice, m_choice); MAP(struct ints, m_ints); MAP(struct wide, m_wide); MAP(struct wide_bits, m_wide_bits);
MAP(struct text, m_text); MAP(struct enums, m_enums); MAP(struct pointers, m_pointers); MAP(struct floats, m_floats);
MAP(qualified, m_qualified); MAP(matrix, m_matrix); MAP(enum minus, m_enum); MAP(u64, m_u64); MAP(char, m_char);
SEC("socket") int prog(void *ctx) { return 0; }
char _license[] SEC("license") = "GPL";
