/* Scenarios about the end of an instance's life, and its next life. */
#include "host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void flush_all(struct plugin *plugin, struct options *options, const char *when)
{
    for (int i = 0; i < options->instance_count; i++) {
        plugin_flush(plugin, &options->instances[i], &options->chunk, when);
    }
}

/* A joined thread may stay listed for a moment. */
static void say_threads(const char *at, int expected)
{
    int count = thread_count();
    for (int i = 0; count > expected && i < 20; i++) {
        sleep_ms(10);
        count = thread_count();
    }
    say("threads at=%s count=%d", at, count);
}

static void close_plugin(struct plugin *plugin, const char *path)
{
    int result = dlclose(plugin->dso);
    say("dlclose result=%d mapped=%s", result, is_mapped(path) ? "yes" : "no");
}

/*
 * Exits with the contexts of --order, in that order, then flushes every instance once more.
 * One number for two instances is what 1.9.10 does: one exit, with the last context, and the
 * library closed although the other instance still has chunks to flush (--close-first).
 */
void scenario_exits(struct options *options)
{
    struct plugin plugin;
    int threads = thread_count();
    host_start(&plugin, options);
    flush_all(&plugin, options, "before");
    for (int i = 0; i < options->order_count; i++) {
        plugin_exit_ctx(&plugin, &options->instances[options->order[i]]);
    }
    say_threads("exited", threads);
    if (options->close_first) {
        close_plugin(&plugin, options->so);
        if (!is_mapped(options->so)) {
            return;
        }
    }
    flush_all(&plugin, options, "after");
}

/* FLBPluginExit, which a host calls when it finds no FLBPluginExitCtx: before init, after it, again. */
void scenario_exit_bare(struct options *options)
{
    struct plugin plugin;
    int threads = thread_count();
    plugin_open(&plugin, options->so, options->abi);
    say("bare-exit at=loaded result=%d", plugin.cb_exit());
    host_start(&plugin, options);
    flush_all(&plugin, options, "before");
    say("bare-exit at=running result=%d", plugin.cb_exit());
    metrics_destroy(NULL);
    say_threads("exited", threads);
    say("bare-exit at=again result=%d", plugin.cb_exit());
    flush_all(&plugin, options, "after");
}

struct busy {
    struct plugin *plugin;
    struct options *options;
};

static void *flush_first(void *arg)
{
    struct busy *busy = arg;
    faults_watch_thread();
    plugin_flush(busy->plugin, &busy->options->instances[0], &busy->options->chunk, "during-exit");
    return NULL;
}

/* Instance 0 flushes to an endpoint that keeps it waiting; exit comes with the context of --exit-with. */
void scenario_exit_during_flush(struct options *options)
{
    struct plugin plugin;
    struct busy busy = {&plugin, options};
    pthread_t thread;
    int threads = thread_count();
    host_start(&plugin, options);
    if (pthread_create(&thread, NULL, flush_first, &busy) != 0) {
        give_up("no thread");
    }
    sleep_ms(500);
    plugin_exit_ctx(&plugin, &options->instances[options->exit_with]);
    pthread_join(thread, NULL);
    say_threads("exited", threads);
}

/* Loading anew from nothing, several times over. */
void scenario_reload(struct options *options)
{
    for (int round = 0; round < 3; round++) {
        struct plugin plugin;
        host_start(&plugin, options);
        flush_all(&plugin, options, "running");
        host_stop(&plugin, options);
        close_plugin(&plugin, options->so);
        say("round number=%d files=%d", round, file_count());
    }
}

/* A hot reload: the new configuration is read, and the plugin registered again, before the old one stops. */
void scenario_hot_reload(struct options *options)
{
    struct plugin before;
    struct plugin after;
    host_start(&before, options);
    plugin_open(&after, options->so, options->abi);
    say("register result=%d", plugin_register(&after));
    flush_all(&before, options, "reading");
    host_stop(&before, options);
    close_plugin(&before, options->so);
    for (int i = 0; i < options->instance_count; i++) {
        plugin_init(&after, &options->instances[i]);
    }
    flush_all(&after, options, "reloaded");
    host_stop(&after, options);
}

/*
 * A hot reload whose new configuration is refused: the old instances go on, and the outputs of the new
 * one, which were never initialised, are told to exit. Their context is NULL.
 */
void scenario_refused_reload(struct options *options)
{
    struct plugin running;
    struct plugin refused;
    host_start(&running, options);
    plugin_open(&refused, options->so, options->abi);
    say("register result=%d", plugin_register(&refused));
    say("refused-exit result=%d", refused.cb_exit_ctx(NULL));
    close_plugin(&refused, options->so);
    flush_all(&running, options, "running-on");
    host_stop(&running, options);
}

void scenario_threads(struct options *options)
{
    struct plugin plugin;
    int before = thread_count();
    say_threads("start", before);
    host_start(&plugin, options);
    flush_all(&plugin, options, "running");
    say("threads at=running count=%d", thread_count());
    host_stop(&plugin, options);
    say_threads("exited", before);
}

/* What the host shows of each instance, and time enough after exit for a late touch to be seen. */
void scenario_metrics(struct options *options)
{
    struct plugin plugin;
    host_start(&plugin, options);
    flush_all(&plugin, options, "running");
    for (int i = 0; i < options->instance_count; i++) {
        metrics_wait(&options->instances[i]);
        metrics_say(&options->instances[i]);
    }
    host_stop(&plugin, options);
    sleep_ms(1500);
}

/*
 * The same when the worker hangs in the system, so that exit leaves it behind: it goes on afterwards. Its file,
 * `pipe`, is one that nobody reads until then. The second chunk gives it something to wait for when it goes on.
 */
void scenario_metrics_stuck(struct options *options)
{
    struct plugin plugin;
    int threads = thread_count();
    host_start(&plugin, options);
    flush_all(&plugin, options, "stuck");
    flush_all(&plugin, options, "behind");
    host_stop(&plugin, options);
    say("threads at=left-behind count=%d", thread_count() - threads);
    for (int i = 0; thread_count() > threads && i < 1500; i++) {
        sleep_ms(10);
    }
    say("threads at=end count=%d", thread_count() - threads);
}
