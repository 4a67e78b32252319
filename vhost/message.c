/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/message.h"
#include "vhost/message.h"

union fd_space {
  struct cmsghdr header;
  char bytes[CMSG_SPACE (MESSAGE_FDS_MAX * sizeof (int))];
};

void
vhost_message_release (struct vhost_message *message)
{
  for (size_t i = 0; i < MESSAGE_FDS_MAX; i++)
    if (message->fds[i] >= 0) {
      close (message->fds[i]);
      message->fds[i] = -1;
    }
}

int
vhost_message_take_fd (struct vhost_message *message)
{
  const int fd = message->fds[0];

  message->fds[0] = -1;
  return fd;
}

/* Put the descriptors that came with HEADER into MESSAGE, which has none yet. */
static void
collect_fds (struct msghdr *header, struct vhost_message *message)
{
  for (struct cmsghdr *part = CMSG_FIRSTHDR (header); part; part = CMSG_NXTHDR (header, part))
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
      memcpy (message->fds, CMSG_DATA (part), part->cmsg_len - CMSG_LEN (0));
}

/* Wait until there is something to receive.  Returns 1, or 0 if STOP_FD is readable. */
static int
wait_for (int fd, int stop_fd)
{
  struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = stop_fd, .events = POLLIN } };

  while (poll (fds, 2, -1) == -1 && errno == EINTR)
    continue;
  return fds[1].revents == 0;
}

/* Receive SIZE bytes, and, if MESSAGE is not NULL, its descriptors.  As vhost_message_receive. */
static int
receive (int fd, int stop_fd, void *bytes, size_t size, struct vhost_message *message)
{
  for (size_t got = 0; got < size;) {
    union fd_space space;
    struct iovec part = { (char *) bytes + got, size - got };
    struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

    if (message && got == 0) {
      header.msg_control = &space;
      header.msg_controllen = sizeof space;
    }
    if (wait_for (fd, stop_fd) == 0)
      return 0;
    const ssize_t r = recvmsg (fd, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (r == -1 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (r <= 0)
      return 0;
    if (header.msg_controllen > 0)
      collect_fds (&header, message);
    got += (size_t) r;
  }
  return 1;
}

/* Receive the payload of MESSAGE, whose header is there. */
static int
receive_payload (int fd, int stop_fd, struct vhost_message *message)
{
  const struct vhost_header *header = &message->header;

  if ((header->flags & MESSAGE_VERSION_MASK) != MESSAGE_VERSION || header->size > sizeof message->payload) {
    error_message ("vhost: what the guest says is not vhost-user: request %u of %u bytes", header->request,
                   header->size);
    return -1;
  }
  return receive (fd, stop_fd, &message->payload, header->size, NULL);
}

int
vhost_message_receive (int fd, int stop_fd, struct vhost_message *message)
{
  memset (message, 0, sizeof *message);
  memset (message->fds, -1, sizeof message->fds);
  int r = receive (fd, stop_fd, &message->header, sizeof message->header, message);
  if (r == 1)
    r = receive_payload (fd, stop_fd, message);
  if (r != 1)
    vhost_message_release (message);
  return r;
}

int
vhost_message_answer (int fd, const struct vhost_message *message)
{
  struct vhost_header header = message->header;
  struct iovec parts[] = { { &header, sizeof header }, { (void *) &message->payload, header.size } };
  const struct msghdr whole = { .msg_iov = parts, .msg_iovlen = 2 };

  header.flags = MESSAGE_VERSION | MESSAGE_IS_REPLY;
  /* An answer is small: there is room for it unless the guest asks without ever reading. */
  if (sendmsg (fd, &whole, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t) (sizeof header + header.size))
    return 0;
  error_message ("vhost: the guest does not take an answer: %m");
  return -1;
}
