/* Loading the plugin and calling it in Fluent Bit's order, with Fluent Bit's memory rules. */
#include "host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Set while init runs: properties are the engine's, and only its thread may read them. */
static bool in_init;
static pthread_t init_thread;

bool init_runs_here(void)
{
    return in_init && pthread_equal(init_thread, pthread_self());
}

/* Keys compare without case; of a key given twice the first one counts. */
static const char *get_property(const char *key, void *o_ins)
{
    struct instance *instance = o_ins;
    if (!init_runs_here()) {
        say("trap what=property-read-outside-init");
        abort();
    }
    for (int i = 0; instance && i < instance->property_count; i++) {
        if (strcasecmp(instance->properties[i].key, key) == 0) {
            return instance->properties[i].lent.at;
        }
    }
    return NULL;
}

/* Conversion through memcpy: ISO C has no cast from object to function pointer. */
static void find(void *dso, const char *name, void *slot)
{
    void *symbol = dlsym(dso, name);
    if (!symbol) {
        give_up("%s is not exported", name);
    }
    memcpy(slot, &symbol, sizeof symbol);
}

void plugin_open(struct plugin *plugin, const char *path, const struct abi *abi)
{
    *plugin = (struct plugin){.abi = abi};
    metrics_offer(abi->metrics);
    plugin->dso = dlopen(path, RTLD_LAZY);
    if (!plugin->dso) {
        give_up("dlopen: %s", dlerror());
    }
    find(plugin->dso, "FLBPluginRegister", &plugin->cb_register);
    find(plugin->dso, "FLBPluginInit", &plugin->cb_init);
    find(plugin->dso, "FLBPluginFlush", &plugin->cb_flush);
    find(plugin->dso, "FLBPluginFlushCtx", &plugin->cb_flush_ctx);
    find(plugin->dso, "FLBPluginExit", &plugin->cb_exit);
    find(plugin->dso, "FLBPluginExitCtx", &plugin->cb_exit_ctx);
}

int plugin_register(struct plugin *plugin)
{
    char fresh[64];
    memset(fresh, plugin->abi->def_zeroed ? 0 : 0xa5, sizeof fresh);
    ((struct def_prefix *)(void *)fresh)->type = 0;
    plugin->def = edge_place(fresh, plugin->abi->def_size, "register-struct");
    return plugin->cb_register(plugin->def.at);
}

void plugin_present(struct plugin *plugin, struct instance *instance)
{
    struct proxy_context empty = {.remote_context = NULL, .proxy = plugin};
    struct go_plugin go = {.name = ((struct def_prefix *)(void *)plugin->def.at)->name, .o_ins = instance};
    if (!plugin->api.at) {
        plugin->api = abi_api(plugin->abi, get_property);
        plugin->go = edge_place(&go, sizeof go, "plugin-struct");
    }
    instance->context = edge_place(&empty, sizeof empty, "proxy-context");
    go.api = plugin->api.at;
    go.context = (struct proxy_context *)(void *)instance->context.at;
    memcpy(plugin->go.at, &go, sizeof go);
}

int plugin_call_init(struct plugin *plugin, void *argument)
{
    in_init = true;
    init_thread = pthread_self();
    int result = plugin->cb_init(argument);
    in_init = false;
    return result;
}

/* Gives the values a place they can be taken from again. */
static void lend_properties(struct instance *instance)
{
    for (int i = 0; i < instance->property_count; i++) {
        struct property *property = &instance->properties[i];
        property->lent = edge_place(property->value, strlen(property->value) + 1, "property-value");
        edge_seal(&property->lent);
    }
}

/* The values die with the instance; a plugin that kept a pointer instead of a copy shows at once. */
static void take_properties_back(struct instance *instance)
{
    for (int i = 0; i < instance->property_count; i++) {
        edge_release(&instance->properties[i].lent);
    }
}

int plugin_init(struct plugin *plugin, struct instance *instance)
{
    plugin_present(plugin, instance);
    lend_properties(instance);
    int result = plugin_call_init(plugin, plugin->go.at);
    take_properties_back(instance);
    const struct proxy_context *context = (void *)instance->context.at;
    say("init instance=%d result=%d context=%s proxy=%s", instance->number, result,
        context->remote_context ? "set" : "null", context->proxy == plugin ? "kept" : "overwritten");
    return result;
}

void *instance_context(const struct instance *instance)
{
    return ((struct proxy_context *)(void *)instance->context.at)->remote_context;
}

void plugin_exit_ctx(struct plugin *plugin, struct instance *instance)
{
    long start = now_ms();
    int result = plugin->cb_exit_ctx(instance_context(instance));
    metrics_destroy(instance);
    say("exit instance=%d result=%d ms=%ld", instance->number, result, now_ms() - start);
}

struct flush_call {
    struct plugin *plugin;
    void *context;
    const void *data;
    size_t len;
    const char *tag;
    int verdict;
};

static void flush_body(void *arg)
{
    struct flush_call *call = arg;
    call->verdict = call->plugin->cb_flush_ctx(call->context, call->data, call->len, call->tag);
}

struct answer plugin_flush_raw(struct plugin *plugin, void *context, const void *data, size_t len,
                               const char *tag)
{
    struct flush_call call = {plugin, context, NULL, len, NULL, -1};
    struct edge chunk = {0};
    struct edge name = {0};
    if (data) {
        chunk = edge_place(data, len, "chunk");
        edge_seal(&chunk);
        call.data = chunk.at;
    }
    if (tag) {
        name = edge_place(tag, strlen(tag) + 1, "tag");
        edge_seal(&name);
        call.tag = name.at;
    }
    long start = now_ms();
    size_t stack = coro_run(flush_body, &call);
    long ms = now_ms() - start;
    if (data) {
        edge_release(&chunk);
    }
    if (tag) {
        edge_release(&name);
    }
    return (struct answer){call.verdict, stack, ms};
}

void plugin_flush(struct plugin *plugin, struct instance *instance, const struct chunk_plan *plan,
                  const char *when)
{
    struct chunk chunk = chunk_build(plan);
    struct answer answer = plugin_flush_raw(plugin, instance_context(instance), chunk.data, chunk.len,
                                            "app.9781c248d1104c0f");
    say("flush instance=%d when=%s verdict=%d ms=%ld stack=%zu records=%u first=%u bytes=%zu",
        instance->number, when, answer.verdict, answer.ms, answer.stack, chunk.records, chunk.first,
        chunk.len);
    chunk_free(&chunk);
}

/* ---- a whole life ---- */

void host_start(struct plugin *plugin, struct options *options)
{
    plugin_open(plugin, options->so, options->abi);
    if (plugin_register(plugin) == -1) {
        give_up("register failed");
    }
    for (int i = 0; i < options->instance_count; i++) {
        if (plugin_init(plugin, &options->instances[i]) <= 0) {
            give_up("init of instance %d failed", i);
        }
    }
}

void host_stop(struct plugin *plugin, struct options *options)
{
    for (int i = 0; i < options->instance_count; i++) {
        plugin_exit_ctx(plugin, &options->instances[i]);
    }
}
