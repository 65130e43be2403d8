/*
 * The command line of the stand-in for Fluent Bit.
 *
 *   host SCENARIO --so PATH [--abi 1.9|2.1|4.2|5.0|5.1]
 *        [--instance [--set KEY=VALUE]…]…   what output_get_property answers, per instance
 *        [--records N | --bytes N] [--format legacy|metadata] [--header fix|outer32|both32]
 *        [--order N,N,…] [--exit-with N] [--exit-amid MS] [--own-thread] [--close-first]
 *
 * In a value `{closed}` becomes a local port that refuses connections and `{silent}` one that accepts
 * them and never answers. A scenario that comes to its end says `done`.
 */
#include "host.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*run)(struct options *options);
} SCENARIOS[] = {
    {"register", scenario_register},
    {"register-null", scenario_register_null},
    {"init", scenario_init},
    {"init-null", scenario_init_null},
    {"flush", scenario_flush},
    {"odd-input", scenario_odd_input},
    {"at-once", scenario_at_once},
    {"exits", scenario_exits},
    {"exit-bare", scenario_exit_bare},
    {"exit-during-flush", scenario_exit_during_flush},
    {"reload", scenario_reload},
    {"hot-reload", scenario_hot_reload},
    {"refused-reload", scenario_refused_reload},
    {"threads", scenario_threads},
    {"metrics", scenario_metrics},
    {"metrics-stuck", scenario_metrics_stuck},
};

/* ---- small things ---- */

void say(const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    strcat(line, "\n");
    if (write(STDOUT_FILENO, line, strlen(line)) < 0) {
        _exit(98);
    }
}

void give_up(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    say("gave-up");
    _exit(97);
}

long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void sleep_ms(long ms)
{
    struct timespec pause = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&pause, NULL);
}

static int entries_of(const char *path)
{
    int count = 0;
    DIR *directory = opendir(path);
    if (!directory) {
        give_up("cannot list %s", path);
    }
    for (struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        count += entry->d_name[0] != '.';
    }
    closedir(directory);
    return count;
}

int thread_count(void)
{
    return entries_of("/proc/self/task");
}

int file_count(void)
{
    return entries_of("/proc/self/fd");
}

bool is_mapped(const char *path)
{
    char line[4096];
    bool found = false;
    FILE *maps = fopen("/proc/self/maps", "r");
    if (!maps) {
        give_up("cannot read /proc/self/maps");
    }
    while (!found && fgets(line, sizeof line, maps)) {
        found = strstr(line, path) != NULL;
    }
    fclose(maps);
    return found;
}

/* ---- endpoints ---- */

/* A bound socket keeps its port for the run; without listen() it refuses connections. */
static int local_port(bool accepting)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, len) != 0 ||
        (accepting && listen(fd, 64) != 0) || getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        give_up("no local port");
    }
    return ntohs(address.sin_port);
}

static char *replace_port(char *value, const char *mark, bool accepting)
{
    char *at = strstr(value, mark);
    if (!at) {
        return value;
    }
    char *replaced = NULL;
    if (asprintf(&replaced, "%.*s%d%s", (int)(at - value), value, local_port(accepting),
                 at + strlen(mark)) < 0) {
        give_up("out of memory");
    }
    free(value);
    return replaced;
}

/* ---- options ---- */

static void add_instance(struct options *options)
{
    if (options->instance_count == MAX_INSTANCES) {
        give_up("more than %d instances", MAX_INSTANCES);
    }
    struct instance *instance = &options->instances[options->instance_count];
    instance->number = options->instance_count++;
}

static void add_property(struct options *options, const char *pair)
{
    const char *equals = strchr(pair, '=');
    if (!equals || options->instance_count == 0) {
        give_up("--set KEY=VALUE belongs behind an --instance: %s", pair);
    }
    struct instance *instance = &options->instances[options->instance_count - 1];
    if (instance->property_count == MAX_PROPERTIES) {
        give_up("more than %d properties", MAX_PROPERTIES);
    }
    struct property *property = &instance->properties[instance->property_count++];
    property->key = strndup(pair, (size_t)(equals - pair));
    property->value = replace_port(strdup(equals + 1), "{closed}", false);
    property->value = replace_port(property->value, "{silent}", true);
}

static void read_order(struct options *options, const char *list)
{
    options->order_count = 0;
    for (; *list; list += *list == ',') {
        char *end;
        long number = strtol(list, &end, 10);
        if (end == list || number < 0 || number >= MAX_INSTANCES || options->order_count == 16) {
            give_up("--order wants a short list of instance numbers");
        }
        options->order[options->order_count++] = (int)number;
        list = end;
    }
}

static enum chunk_format read_format(const char *name)
{
    return strcmp(name, "legacy") == 0 ? FORMAT_LEGACY : FORMAT_METADATA;
}

static enum chunk_header read_header(const char *name)
{
    if (strcmp(name, "outer32") == 0) {
        return HEADER_OUTER32;
    }
    return strcmp(name, "both32") == 0 ? HEADER_BOTH32 : HEADER_FIXARRAY;
}

static void read_valued(struct options *options, const char *name, const char *value)
{
    if (strcmp(name, "--so") == 0) {
        options->so = value;
    } else if (strcmp(name, "--abi") == 0) {
        options->abi = abi_find(value);
        options->chunk = options->abi->chunk;
    } else if (strcmp(name, "--set") == 0) {
        add_property(options, value);
    } else if (strcmp(name, "--records") == 0) {
        options->chunk.records = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(name, "--bytes") == 0) {
        options->chunk.bytes = strtoul(value, NULL, 10);
    } else if (strcmp(name, "--format") == 0) {
        options->chunk.format = read_format(value);
    } else if (strcmp(name, "--header") == 0) {
        options->chunk.header = read_header(value);
    } else if (strcmp(name, "--order") == 0) {
        read_order(options, value);
    } else if (strcmp(name, "--exit-with") == 0) {
        options->exit_with = atoi(value);
    } else if (strcmp(name, "--exit-amid") == 0) {
        options->exit_amid = atol(value);
    } else {
        give_up("unknown option %s", name);
    }
}

static void read_options(struct options *options, int count, char **arguments)
{
    *options = (struct options){0};
    read_valued(options, "--abi", "5.1");
    for (int i = 0; i < count; i++) {
        if (strcmp(arguments[i], "--instance") == 0) {
            add_instance(options);
        } else if (strcmp(arguments[i], "--own-thread") == 0) {
            options->own_thread = true;
        } else if (strcmp(arguments[i], "--close-first") == 0) {
            options->close_first = true;
        } else if (i + 1 < count) {
            read_valued(options, arguments[i], arguments[i + 1]);
            i++;
        } else {
            give_up("%s wants a value", arguments[i]);
        }
    }
    if (!options->so) {
        give_up("--so is missing");
    }
}

/* Without --order: each instance once, in the order of the configuration. */
static void default_order(struct options *options)
{
    for (int i = 0; options->order_count < options->instance_count && i < options->instance_count; i++) {
        options->order[options->order_count++] = i;
    }
}

int main(int count, char **arguments)
{
    struct options options;
    if (count < 2) {
        give_up("usage: host SCENARIO --so PATH …");
    }
    read_options(&options, count - 2, arguments + 2);
    if (options.order_count == 0) {
        default_order(&options);
    }
    faults_watch();
    for (size_t i = 0; i < sizeof SCENARIOS / sizeof *SCENARIOS; i++) {
        if (strcmp(SCENARIOS[i].name, arguments[1]) == 0) {
            SCENARIOS[i].run(&options);
            say("done");
            return 0;
        }
    }
    give_up("no such scenario: %s", arguments[1]);
}
