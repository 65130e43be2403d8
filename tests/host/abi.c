/*
 * Fluent Bit's plugin structs, by version, written down from what each version does:
 *
 *              struct behind description   allocated with   flb_api members
 *   1.9        nothing                     malloc           1
 *   2.1        nothing                     malloc           7
 *   4.2        nothing (up to 4.2.2)       malloc           9
 *   5.0        event_type                  calloc           9
 *   5.1        event_type, config_map      calloc           9
 */
#include "host.h"

#include <stdlib.h>
#include <string.h>

struct def_5_0 {
    struct def_prefix common;
    int event_type;
};

struct def_5_1 {
    struct def_prefix common;
    int event_type;
    void *config_map;
};

struct api_9 {
    get_property_fn output_get_property;
    void (*others[8])(void);
};

#if defined(__LP64__)
_Static_assert(sizeof(struct def_prefix) == 32, "three ints, a hole, two pointers");
_Static_assert(sizeof(struct def_5_1) == 48, "the prefix, an int, a hole, a pointer");
#endif

static const struct abi VERSIONS[] = {
    {"1.9", sizeof(struct def_prefix), false, 1, false, {FORMAT_LEGACY, HEADER_FIXARRAY, 10, 0}},
    {"2.1", sizeof(struct def_prefix), false, 7, true, {FORMAT_METADATA, HEADER_OUTER32, 10, 0}},
    {"4.2", sizeof(struct def_prefix), false, 9, true, {FORMAT_METADATA, HEADER_BOTH32, 10, 0}},
    {"5.0", sizeof(struct def_5_0), true, 9, true, {FORMAT_METADATA, HEADER_FIXARRAY, 10, 0}},
    {"5.1", sizeof(struct def_5_1), true, 9, true, {FORMAT_METADATA, HEADER_FIXARRAY, 10, 0}},
};

const struct abi *abi_find(const char *name)
{
    for (size_t i = 0; i < sizeof VERSIONS / sizeof *VERSIONS; i++) {
        if (strcmp(VERSIONS[i].name, name) == 0) {
            return &VERSIONS[i];
        }
    }
    give_up("no such --abi: %s", name);
}

void abi_say_tail(const struct abi *abi, const void *def)
{
    int event_type = 0;
    const void *config_map = NULL;
    if (abi->def_size >= sizeof(struct def_5_0)) {
        event_type = ((const struct def_5_0 *)def)->event_type;
    }
    if (abi->def_size >= sizeof(struct def_5_1)) {
        config_map = ((const struct def_5_1 *)def)->config_map;
    }
    say("tail event_type=%d config_map=%s", event_type, config_map ? "set" : "null");
}

/* Which of the eight does what differs by version; a plugin that is not told the version may call none. */
static void not_yours(void)
{
    say("trap what=flb_api-beyond-first-member");
    abort();
}

struct edge abi_api(const struct abi *abi, get_property_fn get_property)
{
    struct api_9 api = {.output_get_property = get_property};
    for (int i = 0; i < 8; i++) {
        api.others[i] = not_yours;
    }
    return edge_place(&api, abi->api_members * sizeof(void (*)(void)), "flb_api");
}
