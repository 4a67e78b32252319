/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stddef.h>
#include <sys/syscall.h>

#include "guest/agent/system-calls.h"

/* What a machine, or the headers that this is built with, do not have. */
#define NO_CALL (-1)
#ifndef SYS_chmod
#define SYS_chmod NO_CALL
#endif
#ifndef SYS_chown
#define SYS_chown NO_CALL
#define SYS_lchown NO_CALL
#endif
#ifndef SYS_creat
#define SYS_creat NO_CALL
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 NO_CALL
#endif
#ifndef SYS_ftruncate
#define SYS_ftruncate SYS_ftruncate64
#define SYS_truncate SYS_truncate64
#endif
#ifndef SYS_futimesat
#define SYS_futimesat NO_CALL
#endif
#ifndef SYS_io_getevents
#define SYS_io_getevents NO_CALL
#endif
#ifndef SYS_io_pgetevents
#define SYS_io_pgetevents NO_CALL
#endif
#ifndef SYS_link
#define SYS_link NO_CALL
#endif
#ifndef SYS_mkdir
#define SYS_mkdir NO_CALL
#endif
#ifndef SYS_mknod
#define SYS_mknod NO_CALL
#endif
#ifndef SYS_open
#define SYS_open NO_CALL
#endif
#ifndef SYS_openat2
#define SYS_openat2 NO_CALL
#endif
#ifndef SYS_removexattrat
#define SYS_removexattrat NO_CALL
#endif
#ifndef SYS_rename
#define SYS_rename NO_CALL
#endif
#ifndef SYS_renameat
#define SYS_renameat NO_CALL
#endif
#ifndef SYS_rmdir
#define SYS_rmdir NO_CALL
#endif
#ifndef SYS_sendfile
#define SYS_sendfile SYS_sendfile64
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat NO_CALL
#endif
#ifndef SYS_symlink
#define SYS_symlink NO_CALL
#endif
#ifndef SYS_sync_file_range
#define SYS_sync_file_range NO_CALL
#endif
#ifndef SYS_unlink
#define SYS_unlink NO_CALL
#endif
#ifndef SYS_utime
#define SYS_utime NO_CALL
#endif
#ifndef SYS_utimensat
#define SYS_utimensat SYS_utimensat_time64
#endif
#ifndef SYS_utimes
#define SYS_utimes NO_CALL
#endif

/* On machines of 32 bits what is wide takes two arguments: the second is then printed for the next. */
static const struct system_call calls[] = {
  { SYS_bind, "bind", "jau", CALL_CHANGES },
  { SYS_chmod, "chmod", "pm", CALL_CHANGES },
  { SYS_chown, "chown", "pnn", CALL_CHANGES },
  { SYS_copy_file_range, "copy_file_range", "jbibuu", CALL_CHANGES },
  { SYS_creat, "creat", "pm", CALL_OPENS },
  { SYS_exit_group, "exit_group", "n", CALL_UNMAPS },
  { SYS_fallocate, "fallocate", "iFnn", CALL_CHANGES },
  { SYS_fchmod, "fchmod", "im", CALL_CHANGES },
  { SYS_fchmodat, "fchmodat", "dPm", CALL_CHANGES },
  { SYS_fchmodat2, "fchmodat2", "dPmA", CALL_CHANGES },
  { SYS_fchown, "fchown", "inn", CALL_CHANGES },
  { SYS_fchownat, "fchownat", "dPnnA", CALL_CHANGES },
  { SYS_fdatasync, "fdatasync", "i", CALL_SYNCS },
  { SYS_fremovexattr, "fremovexattr", "is", CALL_CHANGES },
  { SYS_fsetxattr, "fsetxattr", "isbun", CALL_CHANGES },
  { SYS_fsync, "fsync", "i", CALL_SYNCS },
  { SYS_ftruncate, "ftruncate", "in", CALL_CHANGES },
  { SYS_futimesat, "futimesat", "dPb", CALL_CHANGES },
  { SYS_io_getevents, "io_getevents", "hnnb", CALL_ASKS },
  { SYS_io_pgetevents, "io_pgetevents", "hnnb", CALL_ASKS },
  { SYS_io_submit, "io_submit", "hnb", CALL_ASKS },
  { SYS_io_uring_enter, "io_uring_enter", "juuh", CALL_ASKS },
  { SYS_ioctl, "ioctl", "ixb", CALL_CONTROLS },
  { SYS_lchown, "lchown", "pnn", CALL_CHANGES },
  { SYS_link, "link", "pp", CALL_CHANGES },
  { SYS_linkat, "linkat", "dPdPA", CALL_CHANGES },
  { SYS_lremovexattr, "lremovexattr", "ps", CALL_CHANGES },
  { SYS_lsetxattr, "lsetxattr", "psbun", CALL_CHANGES },
  { SYS_mkdir, "mkdir", "pm", CALL_CHANGES },
  { SYS_mkdirat, "mkdirat", "dPm", CALL_CHANGES },
  { SYS_mknod, "mknod", "pmh", CALL_CHANGES },
  { SYS_mknodat, "mknodat", "dPmh", CALL_CHANGES },
  { SYS_msync, "msync", "huh", CALL_STORES },
  { SYS_munmap, "munmap", "hu", CALL_UNMAPS },
  { SYS_open, "open", "pOm", CALL_OPENS },
  { SYS_open_by_handle_at, "open_by_handle_at", "jbO", CALL_OPENS },
  { SYS_openat, "openat", "dPOm", CALL_OPENS },
  { SYS_openat2, "openat2", "dPHu", CALL_OPENS },
  { SYS_pwrite64, "pwrite64", "ibun", CALL_CHANGES },
  { SYS_pwritev, "pwritev", "ibun", CALL_CHANGES },
  { SYS_pwritev2, "pwritev2", "ibun", CALL_CHANGES },
  { SYS_removexattr, "removexattr", "ps", CALL_CHANGES },
  { SYS_removexattrat, "removexattrat", "dPAs", CALL_CHANGES },
  { SYS_rename, "rename", "pp", CALL_CHANGES },
  { SYS_renameat, "renameat", "dPdP", CALL_CHANGES },
  { SYS_renameat2, "renameat2", "dPdPR", CALL_CHANGES },
  { SYS_rmdir, "rmdir", "p", CALL_CHANGES },
  { SYS_sendfile, "sendfile", "ijbu", CALL_CHANGES },
  { SYS_setxattr, "setxattr", "psbun", CALL_CHANGES },
  { SYS_setxattrat, "setxattrat", "dPAsbu", CALL_CHANGES },
  { SYS_splice, "splice", "jbibuh", CALL_CHANGES },
  { SYS_symlink, "symlink", "sp", CALL_CHANGES },
  { SYS_symlinkat, "symlinkat", "sdP", CALL_CHANGES },
  { SYS_sync, "sync", "", CALL_SYNCS },
  { SYS_sync_file_range, "sync_file_range", "innh", CALL_SYNCS },
  { SYS_syncfs, "syncfs", "i", CALL_SYNCS },
  { SYS_truncate, "truncate", "pn", CALL_CHANGES },
  { SYS_unlink, "unlink", "p", CALL_CHANGES },
  { SYS_unlinkat, "unlinkat", "dPA", CALL_CHANGES },
  { SYS_utime, "utime", "pb", CALL_CHANGES },
  { SYS_utimensat, "utimensat", "dPbA", CALL_CHANGES },
  { SYS_utimes, "utimes", "pb", CALL_CHANGES },
  { SYS_write, "write", "ibu", CALL_CHANGES },
  { SYS_writev, "writev", "ibu", CALL_CHANGES },
};

const struct system_call *
system_call_find (uint64_t number)
{
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
    if (calls[i].number >= 0 && (uint64_t) calls[i].number == number)
      return &calls[i];
  return NULL;
}
