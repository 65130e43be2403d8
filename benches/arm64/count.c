/* A plugin for qemu-user: counts the instructions that a program executes, all of them and those of these names, and
 * prints the sums at its end.
 *
 *   cc -shared -fPIC -o count.so count.c && qemu-aarch64 -plugin ./count.so program
 *
 * Debian packages no qemu-plugin.h, so what is used of it stands here: include/qemu/qemu-plugin.h of QEMU 7.2, version 1
 * of the interface. Threads that run at one time may lose some of a sum; what is compared has one. */

#include <inttypes.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_op { QEMU_PLUGIN_INLINE_ADD_U64 };

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id, void (*seen)(uint64_t id, struct qemu_plugin_tb *block));
void qemu_plugin_register_vcpu_tb_exec_inline(struct qemu_plugin_tb *block, enum qemu_plugin_op op, void *sum, uint64_t by);
void qemu_plugin_register_vcpu_insn_exec_inline(struct qemu_plugin_insn *one, enum qemu_plugin_op op, void *sum, uint64_t by);
void qemu_plugin_register_atexit_cb(uint64_t id, void (*ended)(uint64_t id, void *data), void *data);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t at);
char *qemu_plugin_insn_disas(const struct qemu_plugin_insn *one);

int qemu_plugin_version = 1;

static uint64_t executed;

/* What hashes, encrypts, multiplies for GCM, and computes CRC-32. */
static const char *const NAMES[] = {"sha256h", "aese", "pmull", "crc32"};

#define NAME_COUNT (sizeof NAMES / sizeof *NAMES)

static uint64_t named[NAME_COUNT];

static void count_named(struct qemu_plugin_insn *one)
{
    char *text = qemu_plugin_insn_disas(one);
    for (size_t i = 0; text && i < NAME_COUNT; i++) {
        if (strncmp(text, NAMES[i], strlen(NAMES[i])) == 0) {
            qemu_plugin_register_vcpu_insn_exec_inline(one, QEMU_PLUGIN_INLINE_ADD_U64, &named[i], 1);
        }
    }
    free(text);
}

static void translated(uint64_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    size_t length = qemu_plugin_tb_n_insns(block);
    qemu_plugin_register_vcpu_tb_exec_inline(block, QEMU_PLUGIN_INLINE_ADD_U64, &executed, length);
    for (size_t i = 0; i < length; i++) {
        count_named(qemu_plugin_tb_get_insn(block, i));
    }
}

static void ended(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    fprintf(stderr, "Collected : %" PRIu64 "\n", executed);
    for (size_t i = 0; i < NAME_COUNT; i++) {
        fprintf(stderr, "executed %s %" PRIu64 "\n", NAMES[i], named[i]);
    }
}

int qemu_plugin_install(uint64_t id, const struct qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    (void)argc;
    (void)argv;
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, ended, NULL);
    return 0;
}
