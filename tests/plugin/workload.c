/* SPDX-License-Identifier: BSD-3-Clause */
/* A client with a varied workload that is the same for the same SEED: OPERATIONS requests on an export, DEPTH of them
 * in flight.
 *
 * Every request but flushes has a part of the device of its own, SLOT_BYTES long, so that its offset tells which one it
 * is; of flushes at most one is in flight.
 */
#include <config.h>

#include <libnbd.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/cleanup.h"
#include "common/number.h"

#define SLOT_BYTES (128 * 1024)
#define DEPTH_MAX 64

static struct nbd_handle *client;
static uint64_t seed;
static char data[SLOT_BYTES];   /* requests in flight only read it */

static void __attribute__ ((noreturn))
fail (void)
{
  fprintf (stderr, "workload: %s\n", nbd_get_error ());
  exit (EXIT_FAILURE);
}

static uint32_t
random_below (uint32_t limit)
{
  seed = seed * UINT64_C (6364136223846793005) + UINT64_C (1442695040888963407);
  return (uint32_t) ((seed >> 33) % limit);
}

/* Send the request of slot NUMBER.  Returns its cookie. */
static int64_t
send_request (uint64_t number)
{
  uint32_t sectors = 1 + random_below (random_below (4) ? 8 : SLOT_BYTES / 512);
  uint64_t offset = number * SLOT_BYTES + random_below (SLOT_BYTES / 512 - sectors + 1) * 512;
  uint32_t flags = random_below (4) == 0 ? LIBNBD_CMD_FLAG_FUA : 0;

  switch (random_below (5)) {
  case 0:
    return nbd_aio_zero (client, sectors * 512, offset, NBD_NULL_COMPLETION,
                         flags | (random_below (2) ? LIBNBD_CMD_FLAG_NO_HOLE : 0));
  case 1:
    return nbd_aio_trim (client, sectors * 512, offset, NBD_NULL_COMPLETION, flags);
  default:
    return nbd_aio_pwrite (client, data, sectors * 512, offset, NBD_NULL_COMPLETION, flags);
  }
}

/* Wait for the answer to a request; a cookie of 0 stands for none. */
static void
await (int64_t *cookie)
{
  int completed;

  if (*cookie == -1)
    fail ();
  while (*cookie && (completed = nbd_aio_command_completed (client, (uint64_t) *cookie)) != 1)
    if (completed == -1 || nbd_poll (client, -1) == -1)
      fail ();
  *cookie = 0;
}

static void
run (uint64_t operations, uint64_t depth)
{
  int64_t cookies[DEPTH_MAX] = { 0 };
  int64_t flush = 0;

  for (uint64_t number = 0; number < operations; number++) {
    int64_t *cookie = &cookies[number % depth];

    await (cookie);
    if (depth == 1 || random_below (8) == 0)
      await (&flush);
    *cookie = send_request (number);
    if (flush == 0 && random_below (8) == 0) {
      if (depth == 1)
        await (cookie);
      flush = nbd_aio_flush (client, NBD_NULL_COMPLETION, 0);
    }
  }
  for (uint64_t i = 0; i < depth; i++)
    await (&cookies[i]);
  await (&flush);
}

int
main (int argc, char **argv)
{
  uint64_t operations, depth;

  if (argc != 6 || parse_unsigned (argv[3], UINT64_MAX, &seed) == -1
      || parse_unsigned (argv[4], UINT32_MAX, &operations) == -1 || parse_unsigned (argv[5], DEPTH_MAX, &depth) == -1
      || depth == 0) {
    fprintf (stderr, "usage: workload SOCKET EXPORT SEED OPERATIONS DEPTH\n");
    return 2;
  }
  for (size_t i = 0; i < sizeof data; i++)
    data[i] = (char) random_below (256);
  client = nbd_create ();
  if (client == NULL || nbd_set_export_name (client, argv[2]) == -1 || nbd_connect_unix (client, argv[1]) == -1)
    fail ();
  run (operations, depth);
  if (nbd_shutdown (client, 0) == -1)
    fail ();
  nbd_close (client);
  return EXIT_SUCCESS;
}
