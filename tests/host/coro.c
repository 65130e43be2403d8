/*
 * The coroutine on which Fluent Bit calls flush: 24 KiB of stack on x86-64 glibc, from 1.9 to 5.0.
 *
 * The stack is painted before the call; the lowest word that lost its paint is the high-water mark.
 * Fluent Bit's own coroutines have no guard page: there a plugin that needs more corrupts the heap
 * without a word. Here it dies on the spot.
 */
#include "host.h"

#include <ucontext.h>

static const uint64_t PAINT = 0x5ca1ab1e0ddba11dULL;

struct coro {
    ucontext_t caller;
    ucontext_t self;
    void (*body)(void *);
    void *arg;
};

/* makecontext passes only ints; this hands the pointer over. */
static _Thread_local struct coro *entering;

static void enter(void)
{
    struct coro *coro = entering;
    coro->body(coro->arg);
}

static void paint(char *stack)
{
    uint64_t *words = (uint64_t *)(void *)stack;
    for (size_t i = 0; i < CORO_STACK / sizeof *words; i++) {
        words[i] = PAINT;
    }
}

static size_t high_water(const char *stack)
{
    const uint64_t *words = (const uint64_t *)(const void *)stack;
    size_t untouched = 0;
    while (untouched < CORO_STACK / sizeof *words && words[untouched] == PAINT) {
        untouched++;
    }
    return CORO_STACK - untouched * sizeof *words;
}

size_t coro_run(void (*body)(void *), void *arg)
{
    struct coro coro = {.body = body, .arg = arg};
    char *stack = guarded_stack(CORO_STACK);
    paint(stack);
    if (getcontext(&coro.self) != 0) {
        give_up("getcontext failed");
    }
    coro.self.uc_stack.ss_sp = stack;
    coro.self.uc_stack.ss_size = CORO_STACK;
    coro.self.uc_link = &coro.caller;
    makecontext(&coro.self, enter, 0);
    entering = &coro;
    if (swapcontext(&coro.caller, &coro.self) != 0) {
        give_up("swapcontext failed");
    }
    return high_water(stack);
}
