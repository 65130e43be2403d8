/*
 * Fluent Bit's metrics, as far as a plugin can reach them: the functions that the host exports, from 2.0 on.
 *
 * An instance's metrics die with it, another thread reads them without a lock, and only the values are
 * atomic. So whatever is made after init, or touched after exit, ends the process by name.
 */
#include "host.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define MAX_SERIES 64
#define MAX_METRICS 2048
#define MAX_LABELS 200

struct series {
    char labels[MAX_LABELS]; /* the values, with commas between */
    double value;
    uint64_t time;
    unsigned times; /* how often it was set */
};

struct metric {
    const struct instance *owner;
    const char *kind;
    char name[100];
    int label_count;
    bool gone;
    struct series series[MAX_SERIES];
    int series_count;
};

static struct metric *metrics[MAX_METRICS];
static int metric_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static bool offered;

void metrics_offer(bool yes)
{
    offered = yes;
}

static void trap(const char *what)
{
    say("trap what=%s", what);
    abort();
}

/* ---- what the plugin finds by dlsym ---- */

const char *flb_output_name(void *o_ins);
void *flb_output_get_cmt_instance(void *o_ins);
void *cmt_counter_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int count, char **keys);
void *cmt_gauge_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int count, char **keys);
int cmt_counter_set(void *metric, uint64_t time, double value, int count, char **values);
int cmt_gauge_set(void *metric, uint64_t time, double value, int count, char **values);

const char *flb_output_name(void *o_ins)
{
    static const char *const names[MAX_INSTANCES] = {"ecs_router.0", "ecs_router.1", "ecs_router.2",
                                                     "ecs_router.3"};
    return names[((struct instance *)o_ins)->number];
}

void *flb_output_get_cmt_instance(void *o_ins)
{
    return offered ? o_ins : NULL;
}

static void join(char *out, int count, char **texts)
{
    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        if (strlen(out) + strlen(texts[i]) + 2 > MAX_LABELS) {
            give_up("labels too long");
        }
        strcat(out, i ? "," : "");
        strcat(out, texts[i]);
    }
}

static void *create(const char *kind, void *cmt, const char *const parts[4], int count, char **keys)
{
    char labels[MAX_LABELS];
    if (!init_runs_here()) {
        trap("metric-made-outside-init");
    }
    if (metric_count == MAX_METRICS || !parts[3][0]) {
        give_up("too many metrics, or one without help");
    }
    struct metric *metric = calloc(1, sizeof *metric);
    metric->owner = cmt;
    metric->kind = kind;
    metric->label_count = count;
    strcat(strcat(strcat(strcat(strcat(metric->name, parts[0]), "_"), parts[1]), "_"), parts[2]);
    metrics[metric_count++] = metric;
    join(labels, count, keys);
    say("made kind=%s name=%s labels=%s", kind, metric->name, labels);
    return metric;
}

void *cmt_counter_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int count, char **keys)
{
    return create("counter", cmt, (const char *const[]){ns, subsystem, name, help}, count, keys);
}

void *cmt_gauge_create(void *cmt, char *ns, char *subsystem, char *name, char *help, int count, char **keys)
{
    return create("gauge", cmt, (const char *const[]){ns, subsystem, name, help}, count, keys);
}

static struct series *series_of(struct metric *metric, const char *labels)
{
    for (int i = 0; i < metric->series_count; i++) {
        if (strcmp(metric->series[i].labels, labels) == 0) {
            return &metric->series[i];
        }
    }
    if (!init_runs_here()) {
        trap("series-made-outside-init");
    }
    if (metric->series_count == MAX_SERIES) {
        give_up("too many series");
    }
    struct series *fresh = &metric->series[metric->series_count++];
    strcpy(fresh->labels, labels);
    return fresh;
}

static int set(struct metric *metric, uint64_t time, double value, int count, char **values, bool may_fall)
{
    char labels[MAX_LABELS];
    pthread_mutex_lock(&lock);
    if (metric->gone) {
        trap("metric-touched-after-exit");
    }
    if (count != metric->label_count) {
        trap("wrong-number-of-labels");
    }
    join(labels, count, values);
    struct series *series = series_of(metric, labels);
    if (!may_fall && value < series->value) {
        trap("counter-went-down");
    }
    series->value = value;
    series->time = time;
    series->times++;
    pthread_mutex_unlock(&lock);
    return 0;
}

int cmt_counter_set(void *metric, uint64_t time, double value, int count, char **values)
{
    return set(metric, time, value, count, values, false);
}

int cmt_gauge_set(void *metric, uint64_t time, double value, int count, char **values)
{
    return set(metric, time, value, count, values, true);
}

/* ---- what the host does with them ---- */

void metrics_destroy(const struct instance *owner)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < metric_count; i++) {
        metrics[i]->gone = metrics[i]->gone || !owner || metrics[i]->owner == owner;
    }
    pthread_mutex_unlock(&lock);
}

static struct metric *last_of(const struct instance *owner)
{
    struct metric *last = NULL;
    for (int i = 0; i < metric_count; i++) {
        if (metrics[i]->owner == owner && !metrics[i]->gone) {
            last = metrics[i];
        }
    }
    return last;
}

static unsigned rounds_of(const struct metric *metric)
{
    pthread_mutex_lock(&lock);
    unsigned rounds = metric->series[0].times;
    pthread_mutex_unlock(&lock);
    return rounds;
}

void metrics_wait(const struct instance *owner)
{
    struct metric *last = last_of(owner);
    /* Of two more rounds the second has begun after now. */
    unsigned enough = last ? rounds_of(last) + 2 : 0;
    while (last && rounds_of(last) < enough) {
        sleep_ms(20);
    }
}

void metrics_say(const struct instance *owner)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; i < metric_count; i++) {
        const struct metric *metric = metrics[i];
        for (int j = 0; metric->owner == owner && !metric->gone && j < metric->series_count; j++) {
            const struct series *series = &metric->series[j];
            say("metric instance=%d name=%s labels=%s value=%.0f seconds=%llu", owner->number, metric->name,
                series->labels, series->value, (unsigned long long)(series->time / 1000000000u));
        }
    }
    pthread_mutex_unlock(&lock);
}
