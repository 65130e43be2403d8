/*
 * Chunks as Fluent Bit's inputs would have collected them from FireLens: msgpack, one record after
 * the other, in each of the header forms met in the field (1.9 `92 d7 00`, 3.2 `dd 00000002`,
 * 5.1 `92 92 d7 00`). Every record carries a sequence number in its text, so arrival is countable.
 */
#include "host.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    char *data;
    size_t len;
    size_t room;
};

static void put(struct writer *out, const void *bytes, size_t len)
{
    if (out->len + len > out->room) {
        out->room = (out->len + len) * 2;
        out->data = realloc(out->data, out->room);
        if (!out->data) {
            give_up("out of memory");
        }
    }
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

static void put_be(struct writer *out, uint32_t value, int width)
{
    unsigned char bytes[4];
    for (int i = 0; i < width; i++) {
        bytes[i] = (unsigned char)(value >> (8 * (width - 1 - i)));
    }
    put(out, bytes, (size_t)width);
}

static void put_tag(struct writer *out, unsigned char tag)
{
    put(out, &tag, 1);
}

static void put_str(struct writer *out, const char *text)
{
    size_t len = strlen(text);
    if (len < 32) {
        put_tag(out, (unsigned char)(0xa0 | len));
    } else if (len < 256) {
        put_tag(out, 0xd9);
        put_be(out, (uint32_t)len, 1);
    } else {
        put_tag(out, 0xda);
        put_be(out, (uint32_t)len, 2);
    }
    put(out, text, len);
}

static void put_pair(struct writer *out, const char *key, const char *value)
{
    put_str(out, key);
    put_str(out, value);
}

static void put_array_of_2(struct writer *out, bool wide)
{
    if (wide) {
        put_tag(out, 0xdd);
        put_be(out, 2, 4);
    } else {
        put_tag(out, 0x92);
    }
}

/* EventTime: fixext 8, type 0, seconds and nanoseconds. 2026-01-01T00:00:00Z and some. */
static void put_time(struct writer *out, unsigned seq)
{
    put_tag(out, 0xd7);
    put_tag(out, 0x00);
    put_be(out, 1767225600u + seq / 1000, 4);
    put_be(out, (seq % 1000) * 1000000u, 4);
}

static void put_body(struct writer *out, unsigned seq)
{
    static const char padding[] =
        "GET /orders/4711 HTTP/1.1 200 12ms user-agent=\"curl/8.5.0\" trace=0af7651916cd43dd8448eb211c80319c";
    char text[256];
    const char *source = seq % 2 ? "stderr" : "stdout";
    snprintf(text, sizeof text, "seq=%08u from %s %s", seq, source, padding);
    put_tag(out, 0x87);
    put_pair(out, "source", source);
    put_pair(out, "log", text);
    put_pair(out, "container_id", "3f1c2b7e9d5a4c60b8e1f2a3d4c5b6a7-1265400219");
    put_pair(out, "container_name", "/ecs-web-7-app-c8d9e0f1a2b3c4d5e601");
    put_pair(out, "ecs_cluster", "production");
    put_pair(out, "ecs_task_arn",
             "arn:aws:ecs:us-east-1:123456789012:task/production/9781c248d1104c0f9f0e4f4f0b1a2c3d");
    put_pair(out, "ecs_task_definition", "web:7");
}

static void put_record(struct writer *out, const struct chunk_plan *plan, unsigned seq)
{
    put_array_of_2(out, plan->header != HEADER_FIXARRAY);
    if (plan->format == FORMAT_METADATA) {
        put_array_of_2(out, plan->header == HEADER_BOTH32);
        put_time(out, seq);
        put_tag(out, 0x80);
    } else {
        put_time(out, seq);
    }
    put_body(out, seq);
}

static unsigned next_sequence(unsigned count)
{
    static atomic_uint next = 1;
    return atomic_fetch_add(&next, count);
}

/* How many records of this plan make `bytes`; they are all of one size. */
static unsigned records_for(const struct chunk_plan *plan)
{
    struct writer one = {0};
    put_record(&one, plan, 0);
    unsigned count = (unsigned)(plan->bytes / one.len);
    free(one.data);
    return count;
}

struct chunk chunk_build(const struct chunk_plan *plan)
{
    struct writer out = {0};
    unsigned records = plan->bytes ? records_for(plan) : plan->records;
    unsigned first = next_sequence(records);
    for (unsigned i = 0; i < records; i++) {
        put_record(&out, plan, first + i);
    }
    return (struct chunk){out.data, out.len, first, records};
}

void chunk_free(struct chunk *chunk)
{
    free(chunk->data);
    chunk->data = NULL;
}
