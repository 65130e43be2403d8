/* Scenarios about flush: good chunks, bad chunks, several at once. */
#include "host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

struct flush_job {
    struct plugin *plugin;
    struct options *options;
    struct instance *instance;
};

static void *flush_job_run(void *arg)
{
    struct flush_job *job = arg;
    plugin_flush(job->plugin, job->instance, &job->options->chunk, "running");
    return NULL;
}

static void *flush_job_thread(void *arg)
{
    faults_watch_thread();
    return flush_job_run(arg);
}

static void nothing(void *unused)
{
    (void)unused;
}

/* Flushes the instances of --order one after the other, on the engine's thread or an output worker's. */
void scenario_flush(struct options *options)
{
    struct plugin plugin;
    host_start(&plugin, options);
    say("coroutine empty=%zu size=%d", coro_run(nothing, NULL), CORO_STACK);
    for (int i = 0; i < options->order_count; i++) {
        struct flush_job job = {&plugin, options, &options->instances[options->order[i]]};
        pthread_t thread;
        if (!options->own_thread) {
            flush_job_run(&job);
        } else if (pthread_create(&thread, NULL, flush_job_thread, &job) == 0) {
            pthread_join(thread, NULL);
        }
    }
    host_stop(&plugin, options);
}

/* ---- odd input ---- */

struct odd_case {
    const char *name;
    const char *bytes;
    size_t len;
};

#define BYTES(literal) literal, sizeof(literal) - 1
/* A record up to its body: array of two, time. */
#define HEAD "\x92\xd7\x00\x69\x55\xb9\x00\x00\x00\x00\x00"

static const struct odd_case ODD_CHUNKS[] = {
    {"one-nil", BYTES("\xc0")},
    {"reserved-byte", BYTES("\xc1\xc1\xc1\xc1")},
    {"text", BYTES("this is no msgpack at all")},
    {"array-of-4-billion", BYTES("\xdd\xff\xff\xff\xff")},
    {"map-of-4-billion", BYTES(HEAD "\xdf\xff\xff\xff\xff")},
    {"string-of-4-billion", BYTES(HEAD "\x81\xa3log\xdb\xff\xff\xff\xff")},
    {"binary-of-4-billion", BYTES(HEAD "\x81\xa3log\xc6\xff\xff\xff\xff")},
    {"ext-of-4-billion", BYTES("\x92\xc9\xff\xff\xff\xff\x00\x80")},
    {"time-only", BYTES(HEAD)},
    {"header-only", BYTES("\x92")},
    {"body-is-no-map", BYTES(HEAD "\xa3log")},
    {"negative-time", BYTES("\x92\xff\x81\xa3log\xa1x")},
};

static void say_case(const char *name, struct answer answer)
{
    say("case name=%s verdict=%d ms=%ld stack=%zu", name, answer.verdict, answer.ms, answer.stack);
}

static void odd_pointers(struct plugin *plugin, void *context, const struct chunk *chunk)
{
    const char *tag = "app";
    say_case("null-context", plugin_flush_raw(plugin, NULL, chunk->data, chunk->len, tag));
    say_case("null-data", plugin_flush_raw(plugin, context, NULL, chunk->len, tag));
    say_case("null-tag", plugin_flush_raw(plugin, context, chunk->data, chunk->len, NULL));
    say_case("length-0", plugin_flush_raw(plugin, context, "", 0, tag));
    say_case("null-data-length-0", plugin_flush_raw(plugin, context, NULL, 0, tag));
    say_case("all-null", plugin_flush_raw(plugin, NULL, NULL, 0, NULL));
}

static void odd_contexts(struct plugin *plugin, const struct chunk *chunk)
{
    static const uintptr_t UNKNOWN[] = {999, 0xdeadbeef, UINTPTR_MAX};
    for (size_t i = 0; i < sizeof UNKNOWN / sizeof *UNKNOWN; i++) {
        say_case("unknown-context",
                 plugin_flush_raw(plugin, (void *)UNKNOWN[i], chunk->data, chunk->len, "app"));
    }
    say("flush-without-context verdict=%d", plugin->cb_flush(chunk->data, chunk->len, "app"));
}

/* Each record of these chunks has to arrive, whatever the tag. */
static void odd_tags(struct plugin *plugin, void *context, const struct chunk_plan *plan)
{
    char long_tag[4097];
    memset(long_tag, 'x', sizeof long_tag - 1);
    long_tag[sizeof long_tag - 1] = '\0';
    const char *const tags[] = {"", "\xff\xfe.\x80\x01\n../..%n{}$(tag[9])", long_tag};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct chunk chunk = chunk_build(plan);
        struct answer answer = plugin_flush_raw(plugin, context, chunk.data, chunk.len, tags[i]);
        say("flush instance=0 when=odd-tag verdict=%d ms=%ld stack=%zu records=%u first=%u bytes=%zu",
            answer.verdict, answer.ms, answer.stack, chunk.records, chunk.first, chunk.len);
        chunk_free(&chunk);
    }
}

/* A decoder that recurses runs out of stack here, one that trusts lengths out of memory. */
static void odd_chunks(struct plugin *plugin, void *context, const struct chunk *good)
{
    static char nested[200000];
    for (size_t i = 0; i < sizeof ODD_CHUNKS / sizeof *ODD_CHUNKS; i++) {
        const struct odd_case *odd = &ODD_CHUNKS[i];
        say_case(odd->name, plugin_flush_raw(plugin, context, odd->bytes, odd->len, "app"));
    }
    memset(nested, '\x91', sizeof nested);
    say_case("arrays-200000-deep", plugin_flush_raw(plugin, context, nested, sizeof nested, "app"));
    memcpy(nested, BYTES(HEAD "\x81\xa3log"));
    say_case("value-200000-deep", plugin_flush_raw(plugin, context, nested, sizeof nested, "app"));
    for (size_t cut = 1; cut < good->len; cut += 97) {
        say_case("cut-short", plugin_flush_raw(plugin, context, good->data, good->len - cut, "app"));
    }
}

/* More than the plugin could ever need, far less than a believed length would take. */
static void limit_memory(void)
{
    struct rlimit limit = {2ul << 30, 2ul << 30};
    if (setrlimit(RLIMIT_AS, &limit) != 0) {
        give_up("setrlimit failed");
    }
}

void scenario_odd_input(struct options *options)
{
    struct plugin plugin;
    limit_memory();
    host_start(&plugin, options);
    struct instance *instance = &options->instances[0];
    void *context = instance_context(instance);
    struct chunk chunk = chunk_build(&options->chunk);
    odd_pointers(&plugin, context, &chunk);
    odd_contexts(&plugin, &chunk);
    odd_chunks(&plugin, context, &chunk);
    odd_tags(&plugin, context, &options->chunk);
    plugin_flush(&plugin, instance, &options->chunk, "afterwards");
    chunk_free(&chunk);
    say("odd-exit context=unknown result=%d", plugin.cb_exit_ctx((void *)(uintptr_t)0xdeadbeef));
    say("odd-exit context=null result=%d", plugin.cb_exit_ctx(NULL));
    host_stop(&plugin, options);
}

/* ---- several at once ---- */

#define THREADS 4
#define ROUNDS 5

static pthread_barrier_t everybody_ready;

static void *flush_rounds(void *arg)
{
    struct flush_job *job = arg;
    faults_watch_thread();
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&everybody_ready);
        plugin_flush(job->plugin, job->instance, &job->options->chunk, "at-once");
    }
    return NULL;
}

/* Four output workers; instances are dealt out in turn. With --exit-amid exit comes while they flush. */
void scenario_at_once(struct options *options)
{
    struct plugin plugin;
    pthread_t threads[THREADS];
    struct flush_job jobs[THREADS];
    host_start(&plugin, options);
    pthread_barrier_init(&everybody_ready, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (struct flush_job){&plugin, options, &options->instances[i % options->instance_count]};
        if (pthread_create(&threads[i], NULL, flush_rounds, &jobs[i]) != 0) {
            give_up("no thread");
        }
    }
    if (options->exit_amid) {
        sleep_ms(options->exit_amid);
        plugin_exit_ctx(&plugin, &options->instances[0]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    host_stop(&plugin, options);
}
