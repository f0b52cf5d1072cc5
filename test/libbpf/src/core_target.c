/* The kernel, so to say, that core.c is relocated to: fields moved, one left, an enumerator changed. */
struct part { int before_it; struct { long later; }; };
struct moved {
	char pad[12];
	int kept;
	struct { int unnamed; long later; };
	unsigned bits : 7;
	unsigned short narrow;
	int list[3];
};
enum colour { GREEN = 77, BLUE = 5 };
typedef struct moved moved_t;

moved_t one;
enum colour two;
struct part three;
