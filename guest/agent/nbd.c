/* SPDX-License-Identifier: BSD-3-Clause */
/* The NBD handshake (fixed newstyle, NBD_OPT_GO), after which the connection is handed to the kernel's client.  Names
 * and numbers are those of the NBD protocol, doc/proto.md of the NBD project.
 */
#include <config.h>

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/nbd.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/message.h"
#include "common/number.h"
#include "guest/agent/agent.h"
#include "guest/agent/protocol.h"

#define NBD_MAGIC UINT64_C (0x4e42444d41474943)
#define NBD_IHAVEOPT UINT64_C (0x49484156454f5054)
#define NBD_REPLY_OPTION_MAGIC UINT64_C (0x3e889045565a9)
#define NBD_FLAG_FIXED_NEWSTYLE 1
#define NBD_FLAG_NO_ZEROES 2
#define NBD_OPT_GO 7
#define NBD_REP_ACK 1
#define NBD_REP_INFO 3
#define NBD_REP_ERROR_BIT UINT32_C (0x80000000)
#define NBD_INFO_EXPORT 0

#define EXPORT_NAME_MAX 4096
#define REPLY_MAX 65536
#define BLOCK_SIZE 512
#define GUEST_ADDRESS "10.0.2.15"
#define GUEST_NETMASK "255.255.255.0"
#define CONNECT_TRIES 10        /* of some 3 s each */
#define HANDSHAKE_WAIT_S 5
#define DEVICE_WAIT_MS 10000
#define DEVICE_STEP_MS 1

struct handshake {
  uint64_t magic, option_magic;
  uint16_t flags;
} __attribute__ ((packed));

struct option_request {
  uint32_t client_flags;
  uint64_t magic;
  uint32_t option, length;      /* length in bytes of what follows */
  uint32_t name_length;
} __attribute__ ((packed));

struct option_reply {
  uint64_t magic;
  uint32_t option, type, length;
} __attribute__ ((packed));

struct export_info {
  uint16_t type;
  uint64_t size_bytes;
  uint16_t flags;
} __attribute__ ((packed));

static int
receive (int fd, void *buffer, size_t length)
{
  ssize_t count = recv (fd, buffer, length, MSG_WAITALL);

  if (count == (ssize_t) length)
    return 0;
  if (count >= 0)
    errno = ECONNRESET;
  else if (errno == EAGAIN)
    errno = ETIMEDOUT;
  error_message ("the NBD server does not complete the handshake: %m");
  return -1;
}

static int
send_all (int fd, const void *buffer, size_t length)
{
  ssize_t count = send (fd, buffer, length, MSG_NOSIGNAL);

  if (count == (ssize_t) length)
    return 0;
  if (count >= 0)
    errno = EIO;
  error_message ("cannot speak to the NBD server: %m");
  return -1;
}

static int
request_export (int fd, const char *export_name)
{
  struct handshake handshake;
  size_t name_length = strlen (export_name);
  uint16_t no_information_wanted = 0;

  if (name_length > EXPORT_NAME_MAX) {
    error_message ("an export name of %zu bytes: at most %d are possible", name_length, EXPORT_NAME_MAX);
    return -1;
  }
  if (receive (fd, &handshake, sizeof handshake) == -1)
    return -1;
  uint16_t flags = be16toh (handshake.flags);
  if (be64toh (handshake.magic) != NBD_MAGIC || be64toh (handshake.option_magic) != NBD_IHAVEOPT
      || !(flags & NBD_FLAG_FIXED_NEWSTYLE)) {
    error_message ("the server does not speak NBD's fixed newstyle handshake");
    return -1;
  }
  struct option_request request = {
    .client_flags = htobe32 (flags & (NBD_FLAG_FIXED_NEWSTYLE | NBD_FLAG_NO_ZEROES)),
    .magic = htobe64 (NBD_IHAVEOPT),
    .option = htobe32 (NBD_OPT_GO),
    .length = htobe32 ((uint32_t) (sizeof request.name_length + name_length + sizeof no_information_wanted)),
    .name_length = htobe32 ((uint32_t) name_length),
  };
  if (send_all (fd, &request, sizeof request) == -1 || send_all (fd, export_name, name_length) == -1
      || send_all (fd, &no_information_wanted, sizeof no_information_wanted) == -1)
    return -1;
  return 0;
}

/* Read the replies to NBD_OPT_GO up to the last one.  Only what they say about the export matters: *result, which is
 * left as it is if they say nothing.
 */
static int
receive_export (int fd, const char *export_name, struct export_info *result)
{
  static char data[REPLY_MAX + 1];

  for (;;) {
    struct option_reply reply;

    if (receive (fd, &reply, sizeof reply) == -1)
      return -1;
    uint32_t type = be32toh (reply.type), length = be32toh (reply.length);
    if (be64toh (reply.magic) != NBD_REPLY_OPTION_MAGIC || be32toh (reply.option) != NBD_OPT_GO || length > REPLY_MAX) {
      error_message ("the NBD server sent a malformed reply");
      return -1;
    }
    if (length > 0 && receive (fd, data, length) == -1) /* recv would wait for something even if nothing is wanted */
      return -1;
    data[length] = '\0';
    if (type & NBD_REP_ERROR_BIT) {
      error_message ("the NBD server refuses export `%s': %s", export_name, length ? data : "no reason given");
      return -1;
    }
    if (type == NBD_REP_ACK)
      return 0;
    struct export_info info;
    if (type == NBD_REP_INFO && length == sizeof info) {
      memcpy (&info, data, sizeof info);
      if (be16toh (info.type) == NBD_INFO_EXPORT) {
        result->size_bytes = be64toh (info.size_bytes);
        result->flags = be16toh (info.flags);
      }
    }
  }
}

/* Give eth0 its address, once. */
static int
raise_network (void)
{
  static const struct {
    unsigned long request;
    const char *address;
  } settings[] = { { SIOCSIFADDR, GUEST_ADDRESS }, { SIOCSIFNETMASK, GUEST_NETMASK } };
  struct ifreq request = { .ifr_name = "eth0" };
  CLEANUP_CLOSE int fd = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool failed = fd == -1 || ioctl (fd, SIOCGIFFLAGS, &request) == -1;

  if (!failed && request.ifr_flags & IFF_UP)
    return 0;
  for (size_t i = 0; !failed && i < sizeof settings / sizeof settings[0]; i++) {
    struct sockaddr_in address = { .sin_family = AF_INET };
    inet_pton (AF_INET, settings[i].address, &address.sin_addr);
    memcpy (&request.ifr_addr, &address, sizeof address);
    failed = ioctl (fd, settings[i].request, &request) == -1;
  }
  request.ifr_flags = IFF_UP;
  if (failed || ioctl (fd, SIOCSIFFLAGS, &request) == -1) {
    error_message ("cannot set up eth0 (the kernel needs virtio_net): %m");
    return -1;
  }
  return 0;
}

/* Connect FD.  The host's part of the network is QEMU's, which a busy host does not let answer in time.  Returns 0, or
 * -1 with errno.
 */
static int
connect_patiently (int fd, const struct sockaddr_in *address)
{
  int r = -1;

  for (int i = 0; r == -1 && i < CONNECT_TRIES && (i == 0 || errno == EHOSTUNREACH); i++)
    r = connect (fd, (const struct sockaddr *) address, sizeof *address);
  return r;
}

static int
connect_server (const char *host, const char *port)
{
  struct sockaddr_in address = { .sin_family = AF_INET };
  uint64_t number;
  int on = 1;

  if (inet_pton (AF_INET, host, &address.sin_addr) != 1 || parse_unsigned (port, UINT16_MAX, &number) == -1) {
    error_message ("attach: %s:%s is no address", host, port);
    return -1;
  }
  address.sin_port = htons ((uint16_t) number);
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd == -1 || connect_patiently (fd, &address) == -1) {
    error_message ("cannot connect to the NBD server at %s:%s: %m", host, port);
    if (fd >= 0)
      close (fd);
    return -1;
  }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* A connection to the server: over the port of the host's that is for PORT, if there is one, else over the network. */
static int
connect_to (const char *host, const char *port)
{
  char name[64];

  snprintf (name, sizeof name, AGENT_NBD_PORT "%s", port);
  const int fd = port_open_named (name);
  if (fd >= 0)
    return relay_start (fd);
  return raise_network () == -1 ? -1 : connect_server (host, port);
}

/* The limit is for the handshake alone: the kernel's client keeps to the socket's time-out too, and must have none. */
static void
limit_receiving (int fd, time_t seconds)
{
  struct timeval timeout = { .tv_sec = seconds };

  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
}

static int
configure_device (int device, int server, const struct export_info *export)
{
  const struct {
    unsigned long request, value;
  } settings[] = {
    { NBD_CLEAR_SOCK, 0 },      /* what an earlier client may have left */
    { NBD_SET_BLKSIZE, BLOCK_SIZE },
    { NBD_SET_SIZE_BLOCKS, export->size_bytes / BLOCK_SIZE },
    { NBD_SET_FLAGS, export->flags },
    { NBD_SET_TIMEOUT, 0 },     /* a server that is slow is not a server that failed */
    { NBD_SET_SOCK, (unsigned long) server },
  };

  for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
    if (ioctl (device, settings[i].request, settings[i].value) == -1)
      return -1;
  return 0;
}

/* NBD_DO_IT returns when the connection ends, so each device has a thread that waits in it for ever. */
static void *
serve_device (void *argument)
{
  int device = *(int *) argument;

  free (argument);
  if (ioctl (device, NBD_DO_IT) == -1)
    error_message ("an NBD connection ended: %m");
  close (device);
  return NULL;
}

static int
start_device (int device)
{
  int *argument = malloc (sizeof *argument);
  pthread_t thread;

  if (argument == NULL)
    return -1;
  *argument = device;
  errno = pthread_create (&thread, NULL, serve_device, argument);
  if (errno != 0) {
    free (argument);
    return -1;
  }
  pthread_detach (thread);
  return 0;
}

/* NBD_DO_IT has begun when the device shows who waits in it (`pid`) and its size. */
static int
wait_until_ready (const char *device)
{
  CLEANUP_FREE char *pid_path = NULL, *size_path = NULL;
  const char *name = strrchr (device, '/') ? strrchr (device, '/') + 1 : device;

  if (asprintf (&pid_path, "/sys/block/%s/pid", name) == -1
      || asprintf (&size_path, "/sys/block/%s/size", name) == -1) {
    error_message ("attach: %m");
    return -1;
  }
  for (int waited_ms = 0; waited_ms < DEVICE_WAIT_MS; waited_ms += DEVICE_STEP_MS) {
    CLEANUP_FCLOSE FILE *size = fopen (size_path, "re");
    int digit = size ? getc (size) : EOF;
    if (access (pid_path, F_OK) == 0 && digit >= '1' && digit <= '9')
      return 0;
    usleep (DEVICE_STEP_MS * 1000);
  }
  error_message ("%s did not come up", device);
  return -1;
}

int
nbd_attach (struct agent *agent, char **words, FILE *payload)
{
  (void) payload;
  const char *device = words[0], *export_name = words[3];
  struct export_info export = { .size_bytes = 0 };

  baseline_load_modules (agent, AGENT_NBD_MODULES);
  CLEANUP_CLOSE int server = connect_to (words[1], words[2]);
  if (server == -1)
    return -1;
  limit_receiving (server, HANDSHAKE_WAIT_S);
  if (request_export (server, export_name) == -1 || receive_export (server, export_name, &export) == -1)
    return -1;
  limit_receiving (server, 0);
  if (export.size_bytes == 0 || export.size_bytes % BLOCK_SIZE != 0) {
    error_message ("export `%s' has %llu bytes: no multiple of %d", export_name,
                   (unsigned long long) export.size_bytes, BLOCK_SIZE);
    return -1;
  }
  int fd = open (device, O_RDWR | O_CLOEXEC);
  if (fd == -1 || configure_device (fd, server, &export) == -1 || start_device (fd) == -1) {
    error_message ("cannot attach %s: %m", device);
    if (fd >= 0)
      close (fd);
    return -1;
  }
  return wait_until_ready (device);
}
