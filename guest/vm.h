/* SPDX-License-Identifier: BSD-3-Clause */
/* One guest of QEMU or User Mode Linux with the agent as its init: started, spoken to, always reaped. */
#ifndef POWERCUT_GUEST_VM_H
#define POWERCUT_GUEST_VM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "guest/accel.h"
#include "guest/kernel/kernel.h"

struct vm;

struct vm_disk {
  const char *export_name;      /* on the NBD server; or NULL, and file is a raw image */
  const char *file;
  const char *vhost_socket;     /* where it is served for User Mode Linux, too; or NULL */
  const char *guest_port;       /* NULL: a virtio-blk disk (/dev/vda, /dev/vdb, ... in order); else the guest reaches
                                   the export by TCP at VM_NBD_ADDRESS and this port, over user-mode networking, for its
                                   own NBD client; User Mode Linux has a port of that name on its console instead */
  bool write_through;           /* a virtio-blk disk of which nothing that is written is ever lost: no flush is sent */
};

/* How many disks a saved machine has (guest/snapshot.h): each takes its time as it goes on, so there are two kinds. */
#define VM_DISKS_SAVED_FEW 2
#define VM_DISKS_SAVED_MOST 8

/* How a machine begins. */
enum vm_role {
  ROLE_BOOTED,
  ROLE_SAVED,                   /* it is booted, to be saved */
  ROLE_RESTORED,                /* it goes on where a machine was saved */
};

#define VM_NBD_ADDRESS "10.0.2.100"

struct vm_config {
  const struct kernel *kernel;
  const char *extras;           /* archive of what it has besides the base (guest/image.h), or NULL */
  const char *initramfs;        /* is set by vm_start: the archive that a kernel is booted with, base and extras */
  const char *nbd_socket;       /* Unix socket of the NBD server */
  pid_t nbd_server;             /* a child of ours without which no call is answered; 0: it is not watched */
  void (*server_ended) (void);  /* called when it has ended, before that is said: it may know why; or NULL */
  const struct vm_disk *disks;
  size_t disk_count;
  unsigned memory_mib;
  const char *console;          /* file that receives the serial console up to a limit, made anew */
  const char *terminal;         /* Unix socket that somebody listens on: a terminal for the guest, /dev/hvc0; or NULL */
  int boot_timeout_ms;
  enum accel accel;
  bool host_root;               /* the guest reads this host's root file system, with this user's rights */
  bool quiet;                   /* do not tell the user that guests are emulated */
  bool no_snapshot;             /* boot, and save nothing */
  enum vm_role role;            /* is set by guest/snapshot.c ... */
  unsigned disks_saved;         /* ... with the number of the saved machine's disks ... */
  int state_fd;                 /* ... and this by guest/vm.c: the machine's end of the socket that guest/launch.h tells
                                   of */
};

/* Why a call did not give an answer. */
enum vm_failure {
  VM_OK,
  VM_REFUSED,                   /* the agent answered `error`; the text is its message */
  VM_DIED,                      /* the guest went down (a panic: see the console) */
  VM_BROKEN,                    /* the machine or the NBD server failed or was killed, or it passes on what no agent
                                   says: no doing of the guest's */
  VM_HUNG,                      /* no answer in time; the guest is still there and should be ended */
  VM_STOPPED,                   /* the user asked to stop (common/stop.h) */
};

struct vm_answer {
  enum vm_failure failure;
  char *text;                   /* payload or message, NUL after it, to free; never NULL */
  size_t length;
};

/* Boot and wait until the agent is ready.  NULL after a message (no QEMU, the image does not boot, time-out), which has
 * the console's lines that say why; or silently after a stop.
 */
extern struct vm *vm_start (const struct vm_config *config);

/* The words of a request (guest/agent/protocol.h), or of a command. */
#define WORDS(...) ((const char *const[]) { __VA_ARGS__, NULL })

/* Ask the agent: WORDS is NULL-terminated, unescaped.  Waits up to TIMEOUT_MS.  Prints nothing. */
extern struct vm_answer vm_call (struct vm *vm, int timeout_ms, const char *const *words);

/* The kernel release that the agent reported; of a kernel that is a program with KERNEL_PROGRAM_SUFFIX. */
extern const char *vm_release (const struct vm *vm);

/* End the guest at once and free everything.  NULL is nothing to do. */
extern void vm_end (struct vm *vm);

/* The lines of a console file that say why a kernel died (from the first `Kernel panic`, `BUG:`, `Oops`, `WARNING:` on,
 * at most LINES lines), or its last lines if none does; as one line, without time stamps, to free, never NULL.
 */
extern char *console_reason (const char *console, size_t lines);

#endif
