/* Names that collide: types, typedefs, enumerators and forward declarations of one name. */
typedef struct foo { int a; } foo;
typedef struct bar bar;
struct holder1 { bar *b; foo *f; };
static int use1(struct holder1 *h) { struct foo { long other; } x = { h->f->a }; typedef long foo; foo y = x.other; return y; }
static int use2(struct holder1 *h)
{
	struct foo { char third; } *x = (void *)h;
	enum e { SAME = 1 } v = SAME;
	typedef struct { int k; } anon_t;
	anon_t *t = (void *)h;
	return x->third + v + t->k;
}
static int use3(struct holder1 *h)
{
	enum e { SAME = 2, OTHER } *v = (void *)h;
	union foo { int q; } *u = (void *)h;
	typedef struct { int k; long l; } anon_t;
	anon_t *t = (void *)h;
	return *v + u->q + t->l + OTHER + SAME;
}
struct cyc_a { struct cyc_b *b; };
struct cyc_b { struct cyc_a a; struct cyc_c *c; };
struct cyc_c { struct cyc_b b; struct cyc_a *a[2]; };
struct cyc_c cyc;
int entry(struct holder1 *h) { return use1(h) + use2(h) + use3(h) + cyc.b.a.b->c->b.a.b == 0; }
