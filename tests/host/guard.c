/*
 * Memory that ends at a forbidden page, and a fault handler that says whose page was touched.
 *
 * Nothing is ever unmapped: one address names one thing for the whole run, so a late touch is
 * reported as what it is and never hits some newer mapping by luck.
 */
#include "host.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A multiple of every page size in use, so the protection can stand anywhere. */
#define PAGE (64 * 1024)
/* Wide enough that a frame of many KiB cannot step over it. */
#define BELOW_STACK PAGE
#define MAX_REGIONS 4096

struct region {
    const char *start;
    size_t len;
    const char *what;
    const char *how;
};

static struct region regions[MAX_REGIONS];
static atomic_int region_count;

static int region_add(const char *start, size_t len, const char *what, const char *how)
{
    int slot = atomic_fetch_add(&region_count, 1);
    if (slot >= MAX_REGIONS) {
        give_up("more than %d guarded regions", MAX_REGIONS);
    }
    regions[slot] = (struct region){start, len, what, how};
    return slot;
}

static char *map_pages(size_t len)
{
    void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        give_up("mmap of %zu bytes failed", len);
    }
    return map;
}

static void protect(char *start, size_t len, int protection)
{
    if (mprotect(start, len, protection) != 0) {
        give_up("mprotect of %zu bytes failed", len);
    }
}

struct edge edge_place(const void *bytes, size_t len, const char *what)
{
    struct edge edge;
    edge.map_len = (len / PAGE + 1) * PAGE;
    edge.map = map_pages(edge.map_len + PAGE);
    edge.at = edge.map + edge.map_len - len;
    memcpy(edge.at, bytes, len);
    protect(edge.map + edge.map_len, PAGE, PROT_NONE);
    region_add(edge.map + edge.map_len, PAGE, what, "behind");
    edge.region = region_add(edge.map, edge.map_len, what, "within");
    return edge;
}

void edge_seal(struct edge *edge)
{
    regions[edge->region].how = "written";
    protect(edge->map, edge->map_len, PROT_READ);
}

void edge_release(struct edge *edge)
{
    regions[edge->region].how = "released";
    madvise(edge->map, edge->map_len, MADV_DONTNEED);
    protect(edge->map, edge->map_len, PROT_NONE);
}

char *guarded_stack(size_t len)
{
    char *map = map_pages(BELOW_STACK + len);
    protect(map, BELOW_STACK, PROT_NONE);
    region_add(map, BELOW_STACK, "coroutine-stack", "below");
    return map + BELOW_STACK;
}

static const struct region *region_of(const char *address)
{
    int count = atomic_load(&region_count);
    for (int i = 0; i < count && i < MAX_REGIONS; i++) {
        if (address >= regions[i].start && address < regions[i].start + regions[i].len) {
            return &regions[i];
        }
    }
    return NULL;
}

/* Only write(2) is allowed here, so the line is put together by hand. */
static void on_fault(int signal_number, siginfo_t *info, void *unused)
{
    (void)unused;
    const struct region *region = region_of(info->si_addr);
    char line[160] = "\nfault region=";
    strcat(line, region ? region->what : "elsewhere");
    strcat(line, " how=");
    strcat(line, region ? region->how : "unknown");
    strcat(line, "\n");
    if (write(STDOUT_FILENO, line, strlen(line)) < 0) {
        _exit(99);
    }
    /* Back to the faulting instruction, which now ends the process the usual way. */
    signal(signal_number, SIG_DFL);
}

void faults_watch_thread(void)
{
    static const size_t size = 64 * 1024;
    stack_t stack = {.ss_sp = malloc(size), .ss_size = size};
    if (!stack.ss_sp || sigaltstack(&stack, NULL) != 0) {
        give_up("no stack for the fault handler");
    }
}

void faults_watch(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    faults_watch_thread();
    if (sigaction(SIGSEGV, &action, NULL) != 0 || sigaction(SIGBUS, &action, NULL) != 0) {
        give_up("no fault handler");
    }
}
