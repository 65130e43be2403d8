/*
 * The border with Fluent Bit, written from the facts of its proxy interface
 * (src/proxy/go/go.c and include/fluent-bit/flb_plugin_proxy.h, v1.9.10 to v5.1.1).
 *
 * Each struct is declared only as far as *every* supported release agrees. The host's real structs go on
 * after these members, and differ: `event_type` exists from 4.2.3 on, and `flb_api` has one member in 1.9.10.
 * What is not declared here cannot be written to or read by mistake.
 */
#ifndef ECS_ROUTER_PROXY_H
#define ECS_ROUTER_PROXY_H

/* Values of flb_plugin_proxy_def.type and .proxy. */
#define FLB_PROXY_OUTPUT_PLUGIN 2
#define FLB_PROXY_GOLANG        11

/* What FLBPluginRegister() fills in. The host allocated it, possibly with malloc(): unwritten bytes are garbage. */
struct flb_plugin_proxy_def {
    int   type;
    int   proxy;
    int   flags;
    char *name;
    char *description;
};

/* Functions of the host. Only the first is there in every release. */
struct flb_api {
    const char *(*output_get_property)(const char *key, void *output_instance);
};

/* One per output instance; the host hands remote_context back to flush and exit. */
struct flb_plugin_proxy_context {
    void *remote_context;
};

/* What FLBPluginInit() receives. */
struct flbgo_output_plugin {
    char                            *name;
    struct flb_api                  *api;
    void                            *output_instance;
    struct flb_plugin_proxy_context *context;
};

#endif
