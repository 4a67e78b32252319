/* SPDX-License-Identifier: BSD-3-Clause */
/* Guest kernels: where they are, what they are, how to get one. */
#ifndef POWERCUT_GUEST_KERNEL_KERNEL_H
#define POWERCUT_GUEST_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

struct kernel {
  char *image;                  /* path of the bootable image (vmlinuz, bzImage) */
  char *release;                /* as `uname -r` will say, for example 6.1.0-56-cloud-amd64: read from the image itself */
  char *modules;                /* folder with kernel/ and modules.dep, or NULL: everything needed is built in */
  char *suite;                  /* which it was fetched from, or NULL: not fetched, or nobody knows any more */
};

/* The file in a fetched kernel's directory that says its suite, in one line. */
#define KERNEL_SUITE_NAME "suite"

/* Debian's flavours: REL-cloud-amd64 is small, with the drivers of virtual machines alone; REL-amd64 has all. */
#define KERNEL_CLOUD "cloud"
#define KERNEL_FULL "full"

/* Which kernel to fetch. */
struct kernel_wish {
  const char *version;          /* its release begins so; NULL: the newest */
  const char *suite;            /* as trixie-backports; NULL: the machine's own, and if they have no such version some others */
  const char *flavour;          /* NULL: that of VERSION, if that is a whole release, else cloud */
};

/* Find the kernel that the user means.
 *   SPEC NULL       the first kernel of kernel_list_fetched, else the newest readable /boot/vmlinuz-* whose modules are readable
 *                   too
 *   a file          that image; its modules are sought in lib/modules/RELEASE and usr/lib/modules/RELEASE: beside it, one and three
 *                   directories above it, so that they are found in a built tree (TREE/arch/x86/boot), in a root or an unpacked
 *                   package (boot/vmlinuz-R, and lib/modules/R/vmlinuz since Debian's 6.19, in Fedora and Arch), and in /
 *   a directory     the newest image in arch/x86/boot, boot, the directory itself, lib/modules/R or usr/lib/modules/R
 *   other text      the first fetched kernel whose release begins with it: 6.1, 6.12, 6.1.0-56-amd64
 * Where modules.dep is missing, depmod makes it if the folder can be written.
 * Returns 0 and fills *kernel, to be freed with kernel_free, or returns -1 after one message that says what to do.
 */
extern int kernel_find (const char *spec, struct kernel *kernel);

/* The same, but of several fetched kernels that SPEC stands for, the first that has all of MODULES (NULL at the end),
 * built in or not; and the first of all if none has.
 */
extern int kernel_find_with (const char *spec, const char *const *modules, struct kernel *kernel);

/* Find the kernel of this RELEASE among those that are fetched and those in /boot, whatever else RELEASE might name.
 * Returns 0, or -1 after a message, which says that the log LOG was recorded on it.
 */
extern int kernel_find_release (const char *release, const char *log, struct kernel *kernel);
extern void kernel_free (struct kernel *kernel);

/* The release text in the header of an x86 boot image (Documentation/arch/x86/boot.rst, kernel_version at offset
 * 0x20e), to free, or NULL after a message.
 */
extern char *kernel_image_release (const char *image);

/* The same without the message: *why says, after the image's name, what is wrong. */
extern char *kernel_read_release (const char *image, const char **why);

/* The kernel inside IMAGE as a file that QEMU boots at once: unpacked, once, beside the image, if that is a fetched
 * kernel's.  To free.  NULL, without a message, where the image itself has to do.
 */
extern char *kernel_unpacked (const char *image);

/* Does the kernel in IMAGE know the module parameter MODULE.NAME by itself, which it does only if that module is built
 * in?  1 or 0, or -1 without a message: what is in the image cannot be seen.
 */
extern int kernel_has_builtin (const char *image, const char *parameter);

/* Whether KERNEL has all MODULES (NULL at the end), built in or not; one without modules has them for all that is
 * known.
 */
extern bool kernel_has_modules (const struct kernel *kernel, const char *const *modules);

/* All fetched kernels, newest first and of one version Debian's cloud flavour first, in an array to free (each with
 * kernel_free).  Returns their count or -1 after a message.
 */
extern int kernel_list_fetched (struct kernel **kernels);

/* The same for the kernels installed in /boot, as far as they and their modules can be read. */
extern int kernel_list_installed (struct kernel **kernels);

/* Does RELEASE begin with VERSION, as 6.1.0-56-cloud-amd64 does with 6.1 and 6.1.0-56 but not with 6.1.0-5? */
extern bool kernel_release_matches (const char *release, const char *version);

/* Which flavour of Debian's a kernel with this RELEASE is, or NULL: neither. */
extern const char *kernel_flavour (const char *release);

/* Get the newest of Debian's kernels that is what WISH says, and unpack it into the cache without installing it.
 * Where a version is named, a kernel in the cache that fits is kept, without a look at the network.  One that cannot
 * be had or has not all of its parts is passed over for the next older one, in one line.  Returns 0 and fills *kernel,
 * or -1 after a message.
 */
extern int kernel_fetch (const struct kernel_wish *wish, struct kernel *kernel);

/* The path of the folder of all that powercut keeps between commands, to free: $XDG_CACHE_HOME/powercut or
 * ~/.cache/powercut, whether it is there or not.  NULL without a message if neither can be said.
 */
extern char *cache_path (void);

/* Make the directory FOLDER of the cache, and those above it, if missing: private, as the XDG base directory
 * specification wants it.  Returns 0, or -1 with errno.
 */
extern int cache_make (char *folder);

/* The same as cache_path, made if missing.  NULL after a message. */
extern char *cache_folder (void);

/* The folder NAME in it, to free; made if missing.  NULL after a message. */
extern char *cache_folder_in (const char *name);

/* The folder in it that holds one folder for each fetched kernel, named after its release and laid out like an unpacked
 * package; to free; made if missing.  NULL after a message.
 */
extern char *kernel_cache_folder (void);

#endif
