// compilers: clang-19
/* What a global function's arguments may be, by their tags. */
#include "kernel.h"

__noinline int trusted_arg(struct task_struct *task ARG("trusted"))
{
	return task->pid;
}

__noinline int trusted_nullable(struct task_struct *task ARG("trusted") ARG("nullable"))
{
	return task ? task->pid : 0;
}

__noinline int trusted_nullable_unchecked(struct task_struct *task ARG("trusted") ARG("nullable"))
{
	return task->pid;
}

__noinline int trusted_nonnull(struct task_struct *task ARG("trusted") ARG("nonnull"))
{
	return task->pid;
}

struct nowhere_in_linux {
	int member;
};

__noinline int trusted_unknown(struct nowhere_in_linux *p ARG("trusted"))
{
	return p->member;
}

__noinline int untrusted_arg(struct task_struct *task ARG("untrusted"))
{
	return task->pid;
}

__noinline int untrusted_memory(const int *p ARG("untrusted"))
{
	return *p;
}

__noinline int untrusted_written(int *p ARG("untrusted"))
{
	*p = 1;
	return 0;
}

__noinline int untrusted_trusted(struct task_struct *task ARG("untrusted") ARG("trusted"))
{
	return task->pid;
}

__noinline int nonnull_memory(int *p ARG("nonnull"))
{
	return *p;
}

__noinline int memory(int *p)
{
	return *p;
}

__noinline int tagged_number(int number ARG("nonnull"))
{
	return number;
}

__noinline int unknown_tag(int *p ARG("precious"))
{
	return p ? *p : 0;
}

__noinline int context(void *p ARG("ctx"))
{
	return bpf_get_stackid(p, p, 0);
}

__noinline int context_and_more(void *p ARG("ctx") ARG("nonnull"))
{
	return p != 0;
}

struct wrong_context {
	int member;
};

__noinline int context_wrong(struct wrong_context *p ARG("ctx"))
{
	return p != 0;
}

__noinline int words_as_context(__u64 *p ARG("ctx"))
{
	return p[0] != 0;
}

#define CALL(name, type, function, arg)					\
	SEC(type) int name(void *ctx)					\
	{								\
		struct task_struct *task = bpf_get_current_task_btf();	\
		int number = bpf_get_prandom_u32();			\
									\
		(void)task; (void)number;				\
		return function(arg);					\
	}

CALL(call_trusted, "raw_tp/sys_enter", trusted_arg, task)
CALL(call_trusted_with_null, "raw_tp/sys_enter", trusted_arg, (void *)0)
CALL(call_trusted_with_untrusted, "raw_tp/sys_enter", trusted_arg, task->last_wakee)
CALL(call_nullable, "raw_tp/sys_enter", trusted_nullable, task)
CALL(call_nullable_with_null, "raw_tp/sys_enter", trusted_nullable, (void *)0)
CALL(call_nullable_unchecked, "raw_tp/sys_enter", trusted_nullable_unchecked, task)
CALL(call_trusted_nonnull, "raw_tp/sys_enter", trusted_nonnull, task)
CALL(call_trusted_unknown, "raw_tp/sys_enter", trusted_unknown, (void *)task)
CALL(call_untrusted, "raw_tp/sys_enter", untrusted_arg, task->last_wakee)
CALL(call_untrusted_with_number, "raw_tp/sys_enter", untrusted_arg, (void *)(long)number)
CALL(call_untrusted_memory, "raw_tp/sys_enter", untrusted_memory, (void *)(long)number)
CALL(call_untrusted_written, "raw_tp/sys_enter", untrusted_written, &number)
CALL(call_untrusted_trusted, "raw_tp/sys_enter", untrusted_trusted, task)
CALL(call_nonnull, "raw_tp/sys_enter", nonnull_memory, &number)
CALL(call_nonnull_with_null, "raw_tp/sys_enter", nonnull_memory, (void *)0)
CALL(call_memory, "raw_tp/sys_enter", memory, &number)
CALL(call_tagged_number, "raw_tp/sys_enter", tagged_number, number)
CALL(call_unknown_tag, "raw_tp/sys_enter", unknown_tag, &number)
CALL(call_context_with_memory, "raw_tp/sys_enter", words_as_context, (void *)&number)
CALL(call_words, "raw_tp/sys_enter", words_as_context, ctx)
CALL(call_words_of_socket, "socket", words_as_context, ctx)
CALL(call_context_and_more, "socket", context_and_more, ctx)
CALL(call_context_wrong, "socket", context_wrong, ctx)
CALL(call_context_anything, "tracepoint/syscalls/sys_enter_getpid", context_wrong, ctx)
