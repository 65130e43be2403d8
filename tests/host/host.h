/*
 * A stand-in for Fluent Bit: what every part of it shares.
 *
 * The host loads the plugin the way Fluent Bit does, but puts every piece of
 * memory it hands over right before a page that nobody may touch, runs flush on a
 * small painted stack, and says on standard output what the plugin answered, one
 * `word key=value …` line each. The judging is left to the Rust driver.
 *
 * Nothing here comes from the plugin's own headers: a mistake in those would
 * otherwise be made twice and show nowhere.
 */
#ifndef HOST_H
#define HOST_H

#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- guard.c: memory that ends at a forbidden page, and who touched it ---- */

struct edge {
    char *map;       /* start of the mapping, for edge_release */
    size_t map_len;  /* without the forbidden page */
    char *at;        /* the bytes; they end exactly where the forbidden page begins */
    int region;      /* how the fault handler names a touch of the bytes themselves */
};

/* Copies `len` bytes to a place where reading or writing one more byte faults. */
struct edge edge_place(const void *bytes, size_t len, const char *what);
/* From here on a write to the bytes faults. */
void edge_seal(struct edge *edge);
/* From here on any touch of the bytes faults. */
void edge_release(struct edge *edge);

/* A stack of `len` bytes with a forbidden stretch below it; returns its lowest byte. */
char *guarded_stack(size_t len);

/* Names the touched region on a bad access, then lets the process die of it. */
void faults_watch(void);
/* The handler needs a stack of its own in each thread that runs coroutines. */
void faults_watch_thread(void);

/* ---- coro.c: the coroutine on which Fluent Bit calls flush ---- */

#define CORO_STACK 24576

/* Runs `body(arg)` on a fresh painted stack; returns how many bytes of it were used. */
size_t coro_run(void (*body)(void *), void *arg);

/* ---- chunk.c: what Fluent Bit's inputs would have collected ---- */

enum chunk_format { FORMAT_LEGACY, FORMAT_METADATA };               /* [ts, map] | [[ts, meta], map] */
enum chunk_header { HEADER_FIXARRAY, HEADER_OUTER32, HEADER_BOTH32 }; /* 92 | dd 92 | dd dd */

struct chunk_plan {
    enum chunk_format format;
    enum chunk_header header;
    unsigned records; /* this many records … */
    size_t bytes;     /* … or as many as make this size, when not 0 */
};

struct chunk {
    char *data;
    size_t len;
    unsigned first;   /* sequence number of the first record; odd numbers are stderr */
    unsigned records;
};

/* Takes the next sequence numbers of the process: no number is given out twice. */
struct chunk chunk_build(const struct chunk_plan *plan);
void chunk_free(struct chunk *chunk);

/* ---- abi.c: Fluent Bit's structs, by version ---- */

typedef const char *(*get_property_fn)(const char *key, void *instance);

/* What a plugin may fill in, in every version. */
struct def_prefix {
    int type;
    int proxy;
    int flags;
    char *name;
    char *description;
};

/* What init is called with; the same in every version. */
struct go_plugin {
    char *name;
    void *api;
    void *o_ins;
    struct proxy_context *context;
    void *callbacks[5];
};

struct proxy_context {
    void *remote_context;
    void *proxy;
};

struct abi {
    const char *name;
    size_t def_size;
    bool def_zeroed;      /* calloc instead of malloc */
    unsigned api_members;
    bool metrics;         /* exports flb_output_get_cmt_instance */
    struct chunk_plan chunk;
};

const struct abi *abi_find(const char *name);
/* What the host's own reading of the fields behind the prefix says after register. */
void abi_say_tail(const struct abi *abi, const void *def);
/* `flb_api` of that version; every member but the first ends the process by name. */
struct edge abi_api(const struct abi *abi, get_property_fn get_property);

/* ---- plugin.c: loading and calling the plugin ---- */

/* Whether init runs, and on this thread. */
bool init_runs_here(void);

#define MAX_INSTANCES 4
#define MAX_PROPERTIES 32

struct property {
    char *key;
    char *value;
    struct edge lent; /* the copy that the plugin sees during init */
};

struct instance {
    int number;
    struct property properties[MAX_PROPERTIES];
    int property_count;
    struct edge context; /* a struct proxy_context */
};

struct plugin {
    const struct abi *abi;
    void *dso;
    struct edge def;
    struct edge api;
    struct edge go; /* one struct go_plugin for all instances, as in Fluent Bit */
    int (*cb_register)(void *);
    int (*cb_init)(void *);
    int (*cb_flush)(const void *, size_t, const char *);
    int (*cb_flush_ctx)(void *, const void *, size_t, const char *);
    int (*cb_exit)(void);
    int (*cb_exit_ctx)(void *);
};

void plugin_open(struct plugin *plugin, const char *path, const struct abi *abi);
int plugin_register(struct plugin *plugin);
/* Writes what Fluent Bit writes before each init into the shared struct. */
void plugin_present(struct plugin *plugin, struct instance *instance);
int plugin_call_init(struct plugin *plugin, void *argument);
int plugin_init(struct plugin *plugin, struct instance *instance);
void plugin_exit_ctx(struct plugin *plugin, struct instance *instance);
void *instance_context(const struct instance *instance);

/* ---- metrics.c: the host's metrics, which die with their instance ---- */

void metrics_offer(bool yes);
/* Of this instance, or of every one when NULL. */
void metrics_destroy(const struct instance *owner);
/* Waits until a round of values has been set that began after the call. */
void metrics_wait(const struct instance *owner);
void metrics_say(const struct instance *owner);

struct answer {
    int verdict;
    size_t stack;
    long ms;
};

/* Flushes raw bytes on a coroutine of the calling thread. */
struct answer plugin_flush_raw(struct plugin *plugin, void *context, const void *data, size_t len,
                               const char *tag);
/* Flushes a fresh chunk on a coroutine of the calling thread and says the answer. */
void plugin_flush(struct plugin *plugin, struct instance *instance, const struct chunk_plan *plan,
                  const char *when);

/* ---- host.c: options, small things ---- */

struct options {
    const char *so;
    const struct abi *abi;
    struct instance instances[MAX_INSTANCES];
    int instance_count;
    struct chunk_plan chunk;
    int order[16]; /* which instances to flush, or whose context to exit with */
    int order_count;
    int exit_with;  /* whose context exit gets while instance 0 flushes */
    long exit_amid; /* after how many milliseconds exit comes into the flushes */
    bool close_first;
    bool own_thread;
};

/* One line on standard output, `word key=value …`. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));
long now_ms(void);
void sleep_ms(long ms);
/* How many threads and open files this process has, as the kernel counts them. */
int thread_count(void);
int file_count(void);
/* Whether a file is still mapped into this process. */
bool is_mapped(const char *path);

/* Loads, registers and initialises every instance; ends the process when one refuses. (plugin.c) */
void host_start(struct plugin *plugin, struct options *options);
/* One exit for each instance, in the order of the configuration. (plugin.c) */
void host_stop(struct plugin *plugin, struct options *options);

/* ---- scenarios ---- */

void scenario_register(struct options *options);
void scenario_register_null(struct options *options);
void scenario_init(struct options *options);
void scenario_init_null(struct options *options);
void scenario_flush(struct options *options);
void scenario_odd_input(struct options *options);
void scenario_at_once(struct options *options);
void scenario_exits(struct options *options);
void scenario_exit_bare(struct options *options);
void scenario_exit_during_flush(struct options *options);
void scenario_reload(struct options *options);
void scenario_hot_reload(struct options *options);
void scenario_refused_reload(struct options *options);
void scenario_threads(struct options *options);
void scenario_metrics(struct options *options);
void scenario_metrics_stuck(struct options *options);

#endif
