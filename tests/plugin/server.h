/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests of a plugin: nbdkit with the plugin from the build tree, and clients that talk to it.
 *
 * Each test runs in a new folder, with one server at a time.  Whatever goes wrong here fails the test.  The environment
 * variable PLUGIN_DIR says where the plugins are.
 */
#ifndef POWERCUT_TESTS_PLUGIN_SERVER_H
#define POWERCUT_TESTS_PLUGIN_SERVER_H

#include <libnbd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "tests/unit/unit.h"

#define KIB 1024
#define MIB (1024 * 1024)

/* Run COUNT TESTS, each in a new folder.  Returns main's exit status. */
extern int run_plugin_tests (const char *name, const TTest *const *tests, size_t count);

/* The whole program: a suite of NAME with these tests. */
#define PLUGIN_TEST_MAIN(name, ...)                                                                     \
  int                                                                                                   \
  main (void)                                                                                           \
  {                                                                                                     \
    const TTest *const tests[] = { __VA_ARGS__ };                                                       \
                                                                                                        \
    return run_plugin_tests (name, tests, sizeof tests / sizeof *tests);                                \
  }

/* Start nbdkit with PLUGIN (`writelog` or `crashstate`) and parameters, up to NULL, and wait until it answers. */
extern void server_start (const char *plugin, ...) __attribute__ ((sentinel));

/* The server's process id. */
extern pid_t server_pid (void);

/* End it with SIGTERM; it must exit with 0. */
extern void server_stop (void);

/* End it with SIGKILL, if that has not been done, and reap it. */
extern void server_kill (void);

/* Start nbdkit with parameters, NULL at the end, that must make it exit with an error after one line.  Returns the
 * line, to free.
 */
extern char *server_refuse (const char *plugin, const char *const *parameters);

/* A connection to an export of the server. */
extern struct nbd_handle *client_open (const char *export_name);
extern void client_close (struct nbd_handle *client);

/* CLIENT is offered all that a disk can be asked for. */
extern void check_offers (struct nbd_handle *client);

/* The names of the server's exports, each with a space after it, to free. */
extern char *client_list_exports (void);

/* A request, or any other call of libnbd, that must succeed. */
#define ck_nbd(call) ck_assert_msg ((call) != -1, "%s: %s", #call, nbd_get_error ())

/* One that the server must refuse with ERROR. */
#define ck_nbd_fails(call, error)                                                                       \
  do {                                                                                                  \
    ck_assert_msg ((call) == -1, "%s: succeeded", #call);                                               \
    ck_assert_msg (nbd_get_errno () == (error), "%s: %s", #call, nbd_get_error ());                     \
  } while (0)

/* What the client reads at OFFSET must be the COUNT bytes at EXPECTED, or zeros if it is NULL. */
extern void check_content (struct nbd_handle *client, const void *expected, size_t count, uint64_t offset);

/* Fill SIZE bytes with content that depends on SEED and differs from sector to sector. */
extern void fill (void *buffer, size_t size, uint64_t seed);

/* Pseudo-random numbers below LIMIT, the same in every run that begins with the same *state. */
extern uint32_t random_below (uint64_t *state, uint32_t limit);

#endif
