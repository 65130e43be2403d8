/* Scenarios about the calling convention: register and init, as each version does them. */
#include "host.h"

#include <stdlib.h>
#include <string.h>

#define CANARY 0xc7
#define CANARY_LEN 64

static const char *state_of(const unsigned char *canary, int expected)
{
    for (int i = 0; i < CANARY_LEN; i++) {
        if (canary[i] != expected) {
            return "changed";
        }
    }
    return "intact";
}

static void say_def(const struct def_prefix *def)
{
    say("def type=%d proxy=%d flags=%d name=%s", def->type, def->proxy, def->flags, def->name);
    say("description %s", def->description);
}

/* The canary stands where the five common fields end, inside memory the plugin could write to. */
static void register_with_canary(struct plugin *plugin)
{
    struct {
        struct def_prefix def;
        unsigned char canary[CANARY_LEN];
    } place;
    memset(&place.def, 0xa5, sizeof place.def);
    memset(place.canary, CANARY, sizeof place.canary);
    int result = plugin->cb_register(&place.def);
    say("register result=%d behind=%s", result, state_of(place.canary, CANARY));
    if (result != -1) {
        say_def(&place.def);
    }
}

/* Same, with the struct of the version right before a forbidden page: reading is caught as well. */
static void register_at_edge(struct plugin *plugin)
{
    int result = plugin_register(plugin);
    say("register-at-edge result=%d", result);
    abi_say_tail(plugin->abi, plugin->def.at);
}

void scenario_register(struct options *options)
{
    struct plugin plugin;
    plugin_open(&plugin, options->so, options->abi);
    register_with_canary(&plugin);
    register_at_edge(&plugin);
}

void scenario_register_null(struct options *options)
{
    struct plugin plugin;
    plugin_open(&plugin, options->so, options->abi);
    say("register result=%d", plugin.cb_register(NULL));
}

/* Init of every instance, whatever it answers; then an exit for those that came up. */
void scenario_init(struct options *options)
{
    struct plugin plugin;
    bool up[MAX_INSTANCES] = {false};
    plugin_open(&plugin, options->so, options->abi);
    say("register result=%d", plugin_register(&plugin));
    for (int i = 0; i < options->instance_count; i++) {
        up[i] = plugin_init(&plugin, &options->instances[i]) > 0;
    }
    for (int i = 0; i < options->instance_count; i++) {
        if (up[i]) {
            plugin_exit_ctx(&plugin, &options->instances[i]);
        }
    }
}

static void init_without(struct plugin *plugin, struct instance *instance, const char *what)
{
    plugin_present(plugin, instance);
    struct go_plugin *go = (void *)plugin->go.at;
    if (strcmp(what, "api") == 0) {
        go->api = NULL;
    } else if (strcmp(what, "instance") == 0) {
        go->o_ins = NULL;
    } else if (strcmp(what, "context") == 0) {
        go->context = NULL;
    } else {
        *(get_property_fn *)(void *)plugin->api.at = NULL;
    }
    say("init-without what=%s result=%d", what, plugin_call_init(plugin, go));
    plugin->api.at = NULL;
}

/* No version does this; a plugin that checks costs nothing and a crash takes the engine down. */
void scenario_init_null(struct options *options)
{
    static const char *const MISSING[] = {"api", "instance", "context", "get-property"};
    struct plugin plugin;
    plugin_open(&plugin, options->so, options->abi);
    plugin_register(&plugin);
    say("init-without what=plugin result=%d", plugin_call_init(&plugin, NULL));
    for (size_t i = 0; i < sizeof MISSING / sizeof *MISSING; i++) {
        init_without(&plugin, &options->instances[0], MISSING[i]);
    }
}
