/* SPDX-License-Identifier: BSD-3-Clause */
/* Fetching kernels, with stand-ins for apt, dpkg and depmod. */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest/kernel/fetch.h"
#include "tests/unit/message.h"
#include "tests/unit/put-kernel.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

/* `machine` is what apt prints of the machine's sources, and suites/NAME what that suite lists.  Of these packages
 * those in `mirror` can be had; images/REL is in the image package of REL, binaries/REL in its binary package.
 */
static const char apt_get[] =
  "#!/bin/sh\n"
  "at=$XDG_CACHE_HOME\n"
  "for last; do :; done\n"
  "case \" $* \" in\n"
  "*' --print-uris '*) cat \"$at/machine\" ;;\n"
  "*' update '*)\n"
  "  echo update >> \"$at/updates\"; : > \"$at/listed\"\n"
  "  sed 's/.*\\] //' \"$at/powercut/apt/sources.list\" | while read -r mirror suite main; do\n"
  "    if [ -e \"$at/suites/$suite\" ]; then sed \"s|^|$suite |\" \"$at/suites/$suite\" >> \"$at/listed\"\n"
  "    else echo \"E: no $suite at $mirror\"; fi\n"
  "  done ;;\n"
  "*) grep -qx \"$last\" \"$at/mirror\" || { echo 'E: gone' >&2; exit 100; }; : > \"${last}_1_amd64.deb\" ;;\n"
  "esac\n";
static const char apt_cache[] =
  "#!/bin/sh\n"
  "at=$XDG_CACHE_HOME\n"
  "for last; do :; done\n"
  "case \" $* \" in\n"
  "*' search '*) cut -d ' ' -f 2- \"$at/listed\" ;;\n"
  "*' madison '*)\n"
  "  sed -n \"s|^\\([^ ]*\\) $last - .*|$last \\| 1 \\| http://mirror \\1/main amd64 Packages|p\" \"$at/listed\" ;;\n"
  "*) printf '%s\\n  Depends: kmod\\nkmod\\n' \"$last\"; [ ! -e \"$at/parts\" ] || cat \"$at/parts\" ;;\n"
  "esac\n";
static const char dpkg_deb[] =
  "#!/bin/sh\n"
  "at=$XDG_CACHE_HOME name=${2#./}; name=${name%_1_amd64.deb}; release=${name#linux-*-}; release=${release%-unsigned}\n"
  "case $name in\n"
  "linux-image-*)\n"
  "  [ -e \"$at/images/$release\" ] || exit 0\n"
  "  mkdir -p \"$3/boot\" \"$3/usr/lib/modules/$release/kernel\"\n"
  "  cp \"$at/images/$release\" \"$3/boot/vmlinuz-$release\"\n"
  "  : > \"$3/boot/config-$release\"; : > \"$3/boot/System.map-$release\" ;;\n"
  "linux-binary-*)\n"
  "  mkdir -p \"$3/usr/lib/modules/$release\"; cp \"$at/binaries/$release\" \"$3/usr/lib/modules/$release/vmlinuz\"\n"
  "  : > \"$3/usr/lib/modules/$release/config\"; : > \"$3/usr/lib/modules/$release/System.map\" ;;\n"
  "user-mode-linux)\n"
  "  mkdir -p \"$3/usr/bin\" \"$3/usr/lib/uml/modules/6.12.3\"\n"
  "  cp \"$at/linux\" \"$3/usr/bin/linux.uml\" ;;\n"
  "libc6) mkdir -p \"$3/lib/x86_64-linux-gnu\"; echo ld > \"$3/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\"\n"
  "  echo libc > \"$3/lib/x86_64-linux-gnu/libc.so.6\" ;;\n"
  "linux-modules-*) mkdir -p \"$3/usr/lib/modules/$release/kernel\" ;;\n"
  "esac\n";
static const char depmod[] = "#!/bin/sh\n: >\"$2/lib/modules/$3/modules.dep\"\n";

static const char bookworm[] = "'http://mirror/debian/dists/bookworm/InRelease' mirror_dists_bookworm_InRelease 0 \n";

static void
put_program (const char *path, const char *text)
{
  put_text (path, 0644, text);
  ck_assert_int_eq (chmod (path, 0755), 0);
}

/* Put the stand-ins in front of PATH.  The machine has bookworm, which lists LISTED. */
static void
use_fake_packages (const char *listed, const char *mirror)
{
  char path[1024];

  put_program ("bin/apt-get", apt_get);
  put_program ("bin/apt-cache", apt_cache);
  put_program ("bin/dpkg-deb", dpkg_deb);
  put_program ("bin/depmod", depmod);
  put_text ("machine", 0644, bookworm);
  put_text ("suites/bookworm", 0644, listed);
  put_text ("mirror", 0644, mirror);
  snprintf (path, sizeof path, "%s/bin:%s", work, getenv ("PATH"));
  setenv ("PATH", path, 1);
}

/* Fetch, and hold the release against RELEASE. */
static void
fetches (const char *version, const char *suite, const char *flavour, const char *release)
{
  struct kernel kernel;

  ck_assert_int_eq (kernel_fetch (&(struct kernel_wish) { version, suite, flavour }, &kernel), 0);
  ck_assert_str_eq (kernel.release, release);
  ck_assert_int_eq (access (kernel.image, R_OK), 0);
  kernel_free (&kernel);
}

/* Fetch, and find TEXT in the message that says why it cannot be. */
static void
refuses (const char *version, const char *suite, const char *flavour, const char *text)
{
  struct kernel kernel;

  ck_assert_int_eq (kernel_fetch (&(struct kernel_wish) { version, suite, flavour }, &kernel), -1);
  ck_assert_msg (strstr (message, text) != NULL, "%s", message);
}

static const char listed_packages[] =
  "linux-image-6.1.0-9-cloud-amd64 - Linux 6.1 (signed)\n"
  "linux-image-6.1.0-10-cloud-amd64-unsigned - Linux 6.1\n"
  "linux-image-6.1.0-10-cloud-amd64 - Linux 6.1 (signed)\n"
  "linux-image-6.1.0-11-cloud-amd64 - Linux 6.1 (signed)\n"
  "linux-image-6.1.0-12-amd64 - Linux 6.1 (signed)\n"
  "linux-image-6.1.0-13-rt-amd64 - Linux 6.1, PREEMPT_RT (signed)\n"
  "linux-image-6.1-cloud-amd64 - Linux (meta-package)\n"
  "linux-image-6.12-cloud-amd64 - Linux (meta-package)\n"
  "linux-image-6.12.3-cloud-amd64 - Linux 6.12 (signed)\n";

START_TEST (the_newest_package_is_fetched)
{
  use_fake_packages (listed_packages, "linux-image-6.1.0-11-cloud-amd64\nlinux-image-6.12.3-cloud-amd64\n");
  put_image ("images/6.1.0-11-cloud-amd64", "6.1.0-11-cloud-amd64");
  put_image ("images/6.12.3-cloud-amd64", "6.12.3-cloud-amd64");
  fetches ("6.1", NULL, "cloud", "6.1.0-11-cloud-amd64");
  fetches (NULL, NULL, NULL, "6.12.3-cloud-amd64");
}
END_TEST

START_TEST (an_older_package_is_fetched_if_the_newest_is_gone)
{
  use_fake_packages (listed_packages, "linux-image-6.1.0-10-cloud-amd64\nlinux-image-6.1.0-9-cloud-amd64\n");
  put_image ("images/6.1.0-10-cloud-amd64", "6.1.0-10-cloud-amd64");
  put_text ("powercut/kernels/.fetch/left-over", 0644, "");
  fetches ("6.1", NULL, NULL, "6.1.0-10-cloud-amd64");
  ck_assert_str_eq (message, "linux-image-6.1.0-11-cloud-amd64: E: gone: took 6.1.0-10-cloud-amd64 instead");
  ck_assert_int_eq (chdir ("powercut/kernels"), 0);
  ck_assert_int_eq (access ("6.1.0-10-cloud-amd64/lib/modules/6.1.0-10-cloud-amd64/modules.dep", F_OK), 0);
  ck_assert_int_eq (access ("6.1.0-10-cloud-amd64/boot/config-6.1.0-10-cloud-amd64", F_OK), 0);
  ck_assert_int_eq (access ("6.1.0-10-cloud-amd64/boot/System.map-6.1.0-10-cloud-amd64", F_OK), -1);
  ck_assert_int_eq (access (".fetch", F_OK), -1);
}
END_TEST

/* Debian's layout since 6.19: the package of the image is empty and depends on the others. */
START_TEST (a_kernel_in_several_packages_is_put_together)
{
  use_fake_packages ("linux-image-7.3.4-cloud-amd64 - Linux 7.3.4\n",
                     "linux-image-7.3.4-cloud-amd64\nlinux-binary-7.3.4-cloud-amd64\n"
                     "linux-modules-7.3.4-cloud-amd64\n");
  put_text ("parts", 0644, "  Depends: <linux-base-7.3.4-cloud-amd64>\nlinux-binary-7.3.4-cloud-amd64\n"
            "linux-modules-7.3.4-cloud-amd64\n");
  put_image ("binaries/7.3.4-cloud-amd64", "7.3.4-cloud-amd64");
  fetches ("7.3", NULL, NULL, "7.3.4-cloud-amd64");
  ck_assert_int_eq (chdir ("powercut/kernels/7.3.4-cloud-amd64"), 0);
  ck_assert_int_eq (access ("boot/config-7.3.4-cloud-amd64", F_OK), 0);
  ck_assert_int_eq (access ("lib/modules/7.3.4-cloud-amd64/kernel", F_OK), 0);
  ck_assert_int_eq (access ("lib/modules/7.3.4-cloud-amd64/System.map", F_OK), -1);
}
END_TEST

START_TEST (a_kernel_without_its_modules_is_passed_over)
{
  use_fake_packages (listed_packages, "linux-image-6.12.3-cloud-amd64\nlinux-binary-6.12.3-cloud-amd64\n"
                     "linux-image-6.1.0-11-cloud-amd64\n");
  put_text ("parts", 0644, "linux-binary-6.12.3-cloud-amd64\n");
  put_image ("binaries/6.12.3-cloud-amd64", "6.12.3-cloud-amd64");
  put_image ("images/6.1.0-11-cloud-amd64", "6.1.0-11-cloud-amd64");
  fetches (NULL, NULL, NULL, "6.1.0-11-cloud-amd64");
  ck_assert_str_eq (message,
                    "6.12.3-cloud-amd64: there are no modules in its packages: took 6.1.0-11-cloud-amd64 instead");
}
END_TEST

START_TEST (the_full_flavour_is_neither_cloud_nor_real_time)
{
  use_fake_packages (listed_packages, "linux-image-6.1.0-12-amd64\nlinux-image-6.1.0-13-rt-amd64\n");
  put_image ("images/6.1.0-12-amd64", "6.1.0-12-amd64");
  put_fetched ("6.1.0-9-cloud-amd64");
  fetches ("6.1", NULL, "full", "6.1.0-12-amd64");
  fetches ("6.1.0-12-amd64", NULL, NULL, "6.1.0-12-amd64");
}
END_TEST

START_TEST (a_fetched_kernel_that_fits_is_kept_without_a_look_at_the_network)
{
  use_fake_packages (listed_packages, "");
  put_fetched ("6.1.0-9-cloud-amd64");
  fetches ("6.1", NULL, "cloud", "6.1.0-9-cloud-amd64");
  ck_assert_int_eq (access ("updates", F_OK), -1);
}
END_TEST

START_TEST (without_a_network_the_newest_is_the_newest_fetched)
{
  use_fake_packages (listed_packages, "");
  ck_assert_int_eq (unlink ("suites/bookworm"), 0);
  refuses (NULL, NULL, NULL, "no bookworm at http://mirror/debian");
  put_fetched ("6.1.0-9-cloud-amd64");
  fetches (NULL, NULL, NULL, "6.1.0-9-cloud-amd64");
}
END_TEST

/* SUITE, which is listed already if it is NULL, has the one kernel RELEASE to take. */
static void
publish (const char *suite, const char *release)
{
  char package[64], path[64], line[128];

  snprintf (package, sizeof package, "linux-image-%s\n", release);
  use_fake_packages (listed_packages, package);
  if (suite) {
    snprintf (path, sizeof path, "suites/%s", suite);
    snprintf (line, sizeof line, "linux-image-%s - Linux %.5s\n", release, release);
    put_text (path, 0644, line);
  }
  snprintf (path, sizeof path, "images/%s", release);
  put_image (path, release);
}

START_TEST (a_suite_is_sought_at_the_machines_mirrors)
{
  publish ("sid", "7.2.1-cloud-amd64");
  put_fetched ("6.1.0-9-cloud-amd64");
  fetches (NULL, "sid", NULL, "7.2.1-cloud-amd64");
  ck_assert_int_eq (unlink ("mirror"), 0);
  fetches ("7.2", "sid", NULL, "7.2.1-cloud-amd64");
  refuses ("7.2", "bookworm", NULL, "no cloud kernel 7.2 in bookworm: the newest there is 6.12.3-cloud-amd64");
  refuses (NULL, "nonsuch", NULL, "no nonsuch at http://mirror/debian");
  refuses (NULL, "sid main\ndeb", NULL, "no name of a suite");
}
END_TEST

/* Where the machine's sources cannot be read, there are Debian's own mirrors. */
START_TEST (a_suite_is_found_on_a_machine_without_sources)
{
  publish (NULL, "6.12.3-cloud-amd64");
  put_text ("machine", 0644, "");
  fetches (NULL, "bookworm", NULL, "6.12.3-cloud-amd64");
}
END_TEST

START_TEST (a_version_that_the_machine_has_not_is_sought_in_other_suites)
{
  publish ("trixie-backports", "7.3.4-cloud-amd64");
  fetches ("7.3", NULL, NULL, "7.3.4-cloud-amd64");
  ck_assert_str_eq (message,
                    "no kernel 7.3 in this machine's own suites: took 7.3.4-cloud-amd64 from trixie-backports");
  refuses ("9.9", NULL, NULL, "no cloud kernel 9.9 in this machine's own suites, nor in trixie");
}
END_TEST

START_TEST (a_package_that_is_gone_says_so)
{
  use_fake_packages (listed_packages, "linux-image-6.12-cloud-amd64\n");
  refuses ("6.12", NULL, NULL, "linux-image-6.12.3-cloud-amd64: E: gone");
}
END_TEST

/* Put the program `linux`, a copy of a real one, or one that runs nowhere. */
static void
put_program_kernel (const char *command)
{
  ck_assert_int_eq (system (command), 0);
  use_fake_packages ("user-mode-linux - User-mode Linux (kernel)\n", "user-mode-linux\nlibc6\n");
}

START_TEST (a_program_is_put_where_other_kernels_are)
{
  put_program_kernel ("cp /bin/true linux");
  fetches (NULL, NULL, "uml", "6.12.3-uml");
  ck_assert_int_eq (access ("powercut/kernels/6.12.3-uml/lib/modules/6.12.3/modules.dep", F_OK), 0);
  ck_assert_int_eq (access ("powercut/kernels/6.12.3-uml/libc", F_OK), -1);
  ck_assert_int_eq (unlink ("mirror"), 0);
  fetches ("6.12", NULL, "uml", "6.12.3-uml");
  fetches ("6.12-uml", NULL, NULL, "6.12.3-uml");
  refuses ("6.13", "bookworm", "uml", "no kernel 6.13 of User Mode Linux: bookworm has 1");
}
END_TEST

/* Its loader is then the one beside it. */
START_TEST (a_program_that_does_not_run_here_comes_with_its_library)
{
  put_program_kernel ("cp /bin/false linux");
  fetches (NULL, NULL, "uml", "6.12.3-uml");
  ck_assert_int_eq (chdir ("powercut/kernels/6.12.3-uml"), 0);
  ck_assert_int_eq (system ("test $(cat libc/ld-linux-x86-64.so.2 libc/libc.so.6 | tr -d '\n') = ldlibc"), 0);
  ck_assert_int_eq (system ("grep -q libc/ld-linux-x86-64.so.2 bin/linux && ! cmp -s bin/linux /bin/false"), 0);
}
END_TEST

START_TEST (suites_without_kernels_say_what_to_do)
{
  use_fake_packages ("", "");
  refuses (NULL, NULL, NULL, "--suite");
}
END_TEST

START_TEST (an_unknown_flavour_is_refused)
{
  refuses (NULL, NULL, "rt", "rt");
}
END_TEST

UNIT_TEST_MAIN_WITH ("kernel-fetch", use_empty_cache, leave_work,
  the_newest_package_is_fetched,
  an_older_package_is_fetched_if_the_newest_is_gone,
  a_kernel_in_several_packages_is_put_together,
  a_kernel_without_its_modules_is_passed_over,
  the_full_flavour_is_neither_cloud_nor_real_time,
  a_fetched_kernel_that_fits_is_kept_without_a_look_at_the_network,
  without_a_network_the_newest_is_the_newest_fetched,
  a_suite_is_sought_at_the_machines_mirrors,
  a_suite_is_found_on_a_machine_without_sources,
  a_version_that_the_machine_has_not_is_sought_in_other_suites,
  a_package_that_is_gone_says_so,
  a_program_is_put_where_other_kernels_are,
  a_program_that_does_not_run_here_comes_with_its_library,
  suites_without_kernels_say_what_to_do,
  an_unknown_flavour_is_refused)
