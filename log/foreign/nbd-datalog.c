/* SPDX-License-Identifier: BSD-3-Clause */
/* The walk over a transaction log of nbd-server that holds data (`datalog = true`):
 *
 *     LOG        = OPTION (REQUEST DATA? | REPLY | STRUCTURED)*
 *     OPTION     = struct nbd_request with NBD_OPTION_MAGIC: type SET_DATALOG, offset DATALOG_MAGIC, length 1
 *     REQUEST    = struct nbd_request as the client sent it
 *     DATA       = length bytes, if the request is a write
 *     REPLY      = struct nbd_reply as the client gets it, without data
 *     STRUCTURED = struct nbd_structured_reply likewise
 *
 * All numbers are big-endian.  The server writes every connection's log over the file from its beginning, and leaves
 * what stands behind: so a disconnect is the last request, and replies to earlier ones may follow. (NBD protocol,
 * doc/proto.md; nbd-server(5), transactionlog; nbd-trdump(1).)
 */
#include <config.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "common/message.h"
#include "common/stop.h"
#include "log/foreign/file.h"
#include "log/foreign/nbd-datalog.h"

#define NBD_REQUEST_MAGIC 0x25609513
#define NBD_OPTION_MAGIC 0x25609514
#define NBD_REPLY_MAGIC 0x67446698
#define NBD_STRUCTURED_MAGIC 0x668e33ef
#define NBD_SET_DATALOG 1
#define NBD_DATALOG_MAGIC UINT64_C (0x4a93ba39a54f31b6)
#define NBD_KNOWN_FLAGS (NBD_FLAG_FUA | NBD_FLAG_NO_HOLE | 1 << 18 | 1 << 19 | 1 << 20) /* DF, REQ_ONE, FAST_ZERO */
#define NBD_REPLY_DONE 1        /* flag of a structured reply */
#define NBD_REPLY_ERROR (1 << 15)       /* in its type */
#define IN_FLIGHT_MAX 4096      /* requests; no client has so many */

struct nbd_request {
  uint32_t magic;
  uint32_t type;                /* the command in the low 16 bits, flags in the high */
  uint64_t cookie;              /* the client's, to know the reply by */
  uint64_t offset;
  uint32_t length;
} __attribute__ ((packed));
_Static_assert (sizeof (struct nbd_request) == 28, "the request has no padding");

struct nbd_reply {
  uint32_t magic;
  uint32_t error;
  uint64_t cookie;
} __attribute__ ((packed));
_Static_assert (sizeof (struct nbd_reply) == 16, "the reply has no padding");

struct nbd_structured_reply {
  uint32_t magic;
  uint16_t flags;
  uint16_t type;
  uint64_t cookie;
  uint32_t length;              /* of what is sent behind it, which is not in the log */
} __attribute__ ((packed));
_Static_assert (sizeof (struct nbd_structured_reply) == 20, "the structured reply has no padding");

enum nbd_command {
  NBD_READ, NBD_WRITE, NBD_DISCONNECT, NBD_FLUSH, NBD_TRIM, NBD_CACHE, NBD_WRITE_ZEROES, NBD_BLOCK_STATUS,
};

enum nbd_flag {
  NBD_FLAG_FUA = 1 << 16,
  NBD_FLAG_NO_HOLE = 1 << 17,
};

/* A request that is not answered yet. */
struct flight {
  uint64_t cookie;
  uint64_t file_offset;
  uint64_t offset_bytes, length_bytes;
  bool changes;                 /* the device: a write, zero or trim */
  bool must_fail;               /* it was no request that a server can do */
  bool issued;                  /* it is in the log */
  bool failed;                  /* a part of its answer says so */
  struct import_issued issue;
};

struct datalog {
  struct importer *importer;
  const char *path;
  const char *map;
  uint64_t size;
  uint64_t offset;              /* of the next record */
  struct flight flights[IN_FLIGHT_MAX];
  size_t flight_count;
  bool disconnected;
};

/* A fault in the record at the walk's offset, FIELD bytes into it. */
static int
fault (const struct datalog *walk, uint64_t field, const char *text)
{
  return foreign_file_fault (walk->path, walk->offset + field, "%s", text);
}

/* Copy the record at the walk's offset, of SIZE bytes, into *record.  Returns 0, or -1 after a message. */
static int
get_record (const struct datalog *walk, void *record, size_t size)
{
  if (walk->size - walk->offset < size) {
    fault (walk, 0, "the file ends in the middle of a record");
    return -1;
  }
  memcpy (record, walk->map + walk->offset, size);
  return 0;
}

static struct flight *
find_flight (struct datalog *walk, uint64_t cookie)
{
  for (size_t i = 0; i < walk->flight_count; i++)
    if (walk->flights[i].cookie == cookie)
      return &walk->flights[i];
  return NULL;
}

static enum log_kind
kind_of (enum nbd_command command)
{
  return command == NBD_WRITE ? LOG_WRITE : command == NBD_WRITE_ZEROES ? LOG_ZERO
    : command == NBD_TRIM ? LOG_TRIM : LOG_FLUSH;
}

/* Issue a request that changes the device or flushes it.  DATA are a write's. */
static int
issue (struct datalog *walk, struct flight *flight, uint32_t type, const char *data)
{
  enum nbd_command command = (enum nbd_command) (type & 0xffff);
  struct import_operation operation = {
    .kind = kind_of (command), .offset_bytes = flight->offset_bytes, .length_bytes = flight->length_bytes, .data = data
  };

  if (command == NBD_FLUSH)
    operation.offset_bytes = operation.length_bytes = 0;
  else if (type & NBD_FLAG_FUA)
    operation.flags |= LOG_FLAG_FUA;
  if (command == NBD_WRITE_ZEROES && !(type & NBD_FLAG_NO_HOLE))
    operation.flags |= LOG_FLAG_MAY_TRIM;
  flight->issued = true;
  return importer_issue (walk->importer, &operation, &flight->issue);
}

/* Note a request, whose data, if it is a write, stand behind it. */
static int
pass_request (struct datalog *walk, const struct nbd_request *request)
{
  const uint32_t type = ntohl (request->type), command = type & 0xffff;
  const uint64_t offset = be64toh (request->offset);
  const uint32_t length = ntohl (request->length);
  struct flight *flight = &walk->flights[walk->flight_count];

  if (type >> 16 & ~(NBD_KNOWN_FLAGS >> 16))
    return fault (walk, offsetof (struct nbd_request, type), "a request with flags that are not known");
  if (command > NBD_BLOCK_STATUS)
    return fault (walk, offsetof (struct nbd_request, type), "a request of a kind that is not known");
  walk->disconnected = command == NBD_DISCONNECT;
  if (walk->disconnected)
    return 0;
  if (find_flight (walk, request->cookie))
    return fault (walk, offsetof (struct nbd_request, cookie),
                  "a request with the cookie of one that is not answered yet");
  if (walk->flight_count == IN_FLIGHT_MAX)
    return fault (walk, 0, "a request while thousands of others are not answered yet: replies are missing");
  if (command == NBD_WRITE && length > walk->size - walk->offset - sizeof *request)
    return fault (walk, offsetof (struct nbd_request, length), "a write whose data go beyond the end of the file");
  const bool changes = command == NBD_WRITE || command == NBD_WRITE_ZEROES || command == NBD_TRIM;

  *flight = (struct flight) {
    .cookie = request->cookie, .file_offset = walk->offset, .offset_bytes = offset, .length_bytes = length,
    .changes = changes && length > 0
  };
  walk->flight_count++;
  flight->must_fail = flight->changes && !importer_fits (walk->importer, offset, length);
  if (flight->changes && !flight->must_fail && (offset % LOG_SECTOR != 0 || length % LOG_SECTOR != 0))
    return fault (walk, offsetof (struct nbd_request, offset),
                  "a request that is not made of whole sectors of 512 bytes");
  if ((flight->changes && !flight->must_fail) || command == NBD_FLUSH)
    return issue (walk, flight, type, walk->map + walk->offset + sizeof *request);
  return 0;
}

static int
read_request (struct datalog *walk)
{
  struct nbd_request request;

  if (get_record (walk, &request, sizeof request) == -1 || pass_request (walk, &request) == -1)
    return -1;
  walk->offset += sizeof request;
  if ((ntohl (request.type) & 0xffff) == NBD_WRITE)
    walk->offset += ntohl (request.length);
  return 0;
}

/* Note that FLIGHT is answered, and forget it. */
static int
answer (struct datalog *walk, struct flight *flight, uint32_t error)
{
  if (flight->must_fail && error == 0)
    return foreign_file_fault (walk->path, flight->file_offset,
                               "a request that goes beyond the device of %ju bytes and succeeded: see --size",
                               (uintmax_t) walk->importer->size_bytes);
  if (flight->changes && error == 0)
    importer_reach (walk->importer, flight->offset_bytes, flight->length_bytes);
  if (flight->issued && importer_complete (walk->importer, &flight->issue, error > INT32_MAX ? EIO : (int) error) == -1)
    return -1;
  *flight = walk->flights[--walk->flight_count];
  return 0;
}

/* A reply, whose cookie is so many bytes AFTER its start: what it answers, or NULL after a message. */
static struct flight *
get_reply (struct datalog *walk, void *reply, size_t size, size_t after)
{
  struct flight *flight;
  uint64_t cookie;

  if (get_record (walk, reply, size) == -1)
    return NULL;
  memcpy (&cookie, (const char *) reply + after, sizeof cookie);
  flight = find_flight (walk, cookie);
  if (flight == NULL)
    fault (walk, after, "a reply to no request");
  return flight;
}

static int
read_reply (struct datalog *walk)
{
  struct nbd_reply reply;
  struct flight *flight = get_reply (walk, &reply, sizeof reply, offsetof (struct nbd_reply, cookie));

  if (flight == NULL)
    return -1;
  if (answer (walk, flight, ntohl (reply.error)) == -1)
    return -1;
  walk->offset += sizeof reply;
  return 0;
}

/* Newer servers answer reads so, in one part or several, and may answer others so, with an error or without. */
static int
read_structured_reply (struct datalog *walk)
{
  struct nbd_structured_reply reply;
  struct flight *flight = get_reply (walk, &reply, sizeof reply, offsetof (struct nbd_structured_reply, cookie));

  if (flight == NULL)
    return -1;
  flight->failed |= (ntohs (reply.type) & NBD_REPLY_ERROR) != 0;
  if (ntohs (reply.flags) & NBD_REPLY_DONE && answer (walk, flight, flight->failed ? EIO : 0) == -1)
    return -1;
  walk->offset += sizeof reply;
  return 0;
}

static uint32_t
next_magic (const struct datalog *walk)
{
  uint32_t magic;

  if (walk->size - walk->offset < sizeof magic)
    return 0;
  memcpy (&magic, walk->map + walk->offset, sizeof magic);
  return ntohl (magic);
}

/* The first record says that data are logged. */
static int
read_option (struct datalog *walk)
{
  struct nbd_request option;
  uint32_t magic = next_magic (walk);

  if (magic == NBD_REQUEST_MAGIC)
    return fault (walk, 0, "a transaction log without data: record it with `datalog = true`");
  if (magic != NBD_OPTION_MAGIC)
    return fault (walk, 0, "wrong magic: not a transaction log of nbd-server");
  if (get_record (walk, &option, sizeof option) == -1)
    return -1;
  if (ntohl (option.type) != NBD_SET_DATALOG || be64toh (option.offset) != NBD_DATALOG_MAGIC
      || ntohl (option.length) != 1)
    return fault (walk, offsetof (struct nbd_request, type), "an option that is not known");
  walk->offset += sizeof option;
  return 0;
}

/* Behind a disconnect only replies to earlier requests belong to the log. */
static bool
is_left_over (struct datalog *walk)
{
  struct nbd_reply reply;
  uint32_t magic = next_magic (walk);

  if (!walk->disconnected)
    return false;
  if ((magic != NBD_REPLY_MAGIC && magic != NBD_STRUCTURED_MAGIC) || walk->size - walk->offset < sizeof reply)
    return true;
  memcpy (&reply, walk->map + walk->offset, sizeof reply);     /* a structured one has its cookie at the same place */
  return find_flight (walk, reply.cookie) == NULL;
}

static int
read_record (struct datalog *walk)
{
  switch (next_magic (walk)) {
  case NBD_REQUEST_MAGIC:
    return read_request (walk);
  case NBD_REPLY_MAGIC:
    return read_reply (walk);
  case NBD_STRUCTURED_MAGIC:
    return read_structured_reply (walk);
  default:
    return walk->size - walk->offset < sizeof (uint32_t) ? fault (walk, 0, "the file ends in the middle of a record")
      : fault (walk, 0, "no record begins here: the rest of an older log, if the file was not removed before");
  }
}

/* What was never answered may still be on the device, if it fits. */
static void
end_flights (struct datalog *walk)
{
  for (size_t i = 0; i < walk->flight_count; i++)
    if (walk->flights[i].changes && !walk->flights[i].must_fail)
      importer_reach (walk->importer, walk->flights[i].offset_bytes, walk->flights[i].length_bytes);
}

static int
walk_records (struct datalog *walk)
{
  if (read_option (walk) == -1)
    return -1;
  while (walk->offset < walk->size && !stop_requested ()) {
    if (is_left_over (walk)) {
      walk->importer->result->left_offset = walk->offset;
      break;
    }
    if (read_record (walk) == -1)
      return -1;
  }
  end_flights (walk);
  return stop_requested () ? -1 : 0;
}

int
nbd_datalog_import (struct importer *importer)
{
  struct datalog *walk = calloc (1, sizeof *walk);
  int r;

  if (walk == NULL)
    return out_of_memory ();
  walk->importer = importer;
  walk->path = importer->options->file;
  if (foreign_file_map (walk->path, sizeof (struct nbd_request), "a transaction log of nbd-server", &walk->map,
                        &walk->size) == -1) {
    free (walk);
    return -1;
  }
  r = walk_records (walk);
  munmap ((void *) walk->map, walk->size);
  free (walk);
  return r;
}
