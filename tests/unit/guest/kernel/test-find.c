/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache.h"
#include "common/process.h"
#include "guest/kernel/find.h"
#include "guest/kernel/image.h"
#include "guest/kernel/list.h"
#include "tests/unit/message.h"
#include "tests/unit/put-kernel.h"
#include "tests/unit/unit.h"
#include "tests/unit/work.h"

START_TEST (the_release_is_read_from_the_boot_header)
{
  put_image ("image", "6.1.0-56-cloud-amd64");
  char *release = kernel_image_release ("image");
  ck_assert_str_eq (release, "6.1.0-56-cloud-amd64");
  free (release);
}
END_TEST

/* Each damages one thing of a good image, which is SIZE bytes long then. */
static const struct {
  size_t size;
  size_t at;
  const char *bytes;
  size_t count;
} damages[] = {
  { 0, 0, "", 0 },
  { 0x20f, 0, "", 0 },                                  /* ends within the header */
  { IMAGE_SIZE, 0x202, "HdrX", 4 },
  { IMAGE_SIZE, 0x20e, "\0\0", 2 },                     /* no release at all */
  { IMAGE_SIZE, 0x20e, "\xff\xff", 2 },                 /* beyond file and setup code */
  { IMAGE_SIZE, 0x1f1, "\1", 1 },                       /* beyond the setup code */
  { IMAGE_RELEASE_AT, 0, "", 0 },                       /* beyond the file */
  { IMAGE_RELEASE_AT + 5, 0, "", 0 },                   /* cut off */
  { IMAGE_SIZE, IMAGE_RELEASE_AT, "6.1/../../etc", 13 },
  { IMAGE_SIZE, IMAGE_RELEASE_AT, "../x ", 5 },
  { IMAGE_SIZE, IMAGE_RELEASE_AT, "6.1\n", 4 },
  { IMAGE_SIZE, IMAGE_RELEASE_AT, "", 1 },
};

START_TEST (a_damaged_image_is_refused)
{
  unsigned char image[IMAGE_SIZE];

  fill_image (image, "6.1.0");
  memcpy (image + damages[_i].at, damages[_i].bytes, damages[_i].count);
  put_file ("image", 0644, image, damages[_i].size);
  ck_assert_ptr_null (kernel_image_release ("image"));
  ck_assert_ptr_nonnull (strstr (message, "image: "));
}
END_TEST

START_TEST (a_release_as_long_as_all_that_is_read_is_refused)
{
  unsigned char image[IMAGE_SIZE];

  fill_image (image, "6.1.0");
  memset (image + IMAGE_RELEASE_AT, '6', IMAGE_SIZE - IMAGE_RELEASE_AT);
  put_file ("image", 0644, image, sizeof image);
  ck_assert_ptr_null (kernel_image_release ("image"));
}
END_TEST

START_TEST (a_version_matches_whole_numbers)
{
  ck_assert (kernel_release_matches ("6.1.0-56-cloud-amd64", "6.1"));
  ck_assert (kernel_release_matches ("6.1.0-56-cloud-amd64", "6.1.0-56"));
  ck_assert (kernel_release_matches ("6.12.117+deb12-cloud-amd64", "6.12.117"));
  ck_assert (kernel_release_matches ("6.1.0", "6.1.0"));
  ck_assert (!kernel_release_matches ("6.12.117+deb12-cloud-amd64", "6.1"));
  ck_assert (!kernel_release_matches ("6.1.0-56-cloud-amd64", "6.1.0-5"));
  ck_assert (!kernel_release_matches ("6.1", "6.1.0"));
}
END_TEST

START_TEST (an_image_finds_the_modules_of_its_package)
{
  struct kernel kernel;

  put_package ("package", "6.1.0");
  ck_assert_int_eq (kernel_find ("package/boot/vmlinuz-6.1.0", &kernel), 0);
  ck_assert_str_eq (kernel.image, "package/boot/vmlinuz-6.1.0");
  ck_assert_str_eq (kernel.release, "6.1.0");
  ck_assert_ptr_nonnull (kernel.modules);
  ck_assert_int_eq (access ("package/lib/modules/6.1.0/modules.dep", F_OK), 0);
  ck_assert_ptr_nonnull (strstr (kernel.modules, "/lib/modules/6.1.0"));
  kernel_free (&kernel);
}
END_TEST

START_TEST (an_image_finds_modules_beside_it)
{
  struct kernel kernel;

  put_image ("image", "6.1.0");
  put_file ("usr/lib/modules/6.1.0/modules.dep", 0644, "", 0);
  ck_assert_int_eq (kernel_find ("./image", &kernel), 0);
  ck_assert_str_eq (kernel.modules, "./usr/lib/modules/6.1.0");
  kernel_free (&kernel);
}
END_TEST

/* KERNEL, a directory or an image, is RELEASE, and its modules are in the directory MODULES. */
static void
finds (const char *spec, const char *release, const char *modules)
{
  struct kernel kernel;
  struct stat found, expected;

  ck_assert_int_eq (kernel_find (spec, &kernel), 0);
  ck_assert_str_eq (kernel.release, release);
  ck_assert_ptr_nonnull (kernel.modules);
  ck_assert_int_eq (stat (kernel.modules, &found), 0);
  ck_assert_int_eq (stat (modules, &expected), 0);
  ck_assert_uint_eq (found.st_ino, expected.st_ino);
  kernel_free (&kernel);
}

/* SPEC is RELEASE and has no modules. */
static void
finds_alone (const char *spec, const char *release)
{
  struct kernel kernel;

  ck_assert_int_eq (kernel_find (spec, &kernel), 0);
  ck_assert_str_eq (kernel.release, release);
  ck_assert_ptr_null (kernel.modules);
  kernel_free (&kernel);
}

START_TEST (modules_of_another_release_are_not_taken)
{
  put_image ("image", "6.1.0-not-installed-here");
  put_file ("lib/modules/6.1.0/modules.dep", 0644, "", 0);
  finds_alone ("./image", "6.1.0-not-installed-here");
}
END_TEST

START_TEST (a_built_tree_has_its_image_in_arch)
{
  put_image ("linux/arch/x86/boot/bzImage", "6.12.0-rc1+");
  put_file ("linux/vmlinuz", 0644, "no image", 8);
  finds_alone ("linux", "6.12.0-rc1+");
}
END_TEST

START_TEST (an_image_in_a_built_tree_finds_its_modules)
{
  put_image ("linux/arch/x86/boot/bzImage", "6.12.0-rc1+");
  put_text ("linux/lib/modules/6.12.0-rc1+/modules.dep", 0644, "");
  finds ("linux/arch/x86/boot/bzImage", "6.12.0-rc1+", "linux/lib/modules/6.12.0-rc1+");
  finds ("linux", "6.12.0-rc1+", "linux/lib/modules/6.12.0-rc1+");
  ck_assert_int_eq (symlink ("linux/arch/x86/boot/bzImage", "bzImage"), 0);
  finds ("./bzImage", "6.12.0-rc1+", "linux/lib/modules/6.12.0-rc1+");
  ck_assert_int_eq (chdir ("linux"), 0);
  finds ("arch/x86/boot/bzImage", "6.12.0-rc1+", "lib/modules/6.12.0-rc1+");
  ck_assert_int_eq (chdir (".."), 0);
}
END_TEST

/* Fedora and Arch have the image beside the modules, as Debian has since 6.19. */
START_TEST (an_image_is_found_beside_its_modules)
{
  static const char *const tops[] = { "lib", "root/usr/lib" };

  for (size_t i = 0; i < sizeof tops / sizeof tops[0]; i++) {
    char modules[128], image[256], index[256];

    snprintf (modules, sizeof modules, "%s/modules/6.19.6-200.fc43.x86_64", tops[i]);
    snprintf (image, sizeof image, "%s/vmlinuz", modules);
    snprintf (index, sizeof index, "%s/modules.dep", modules);
    put_image (image, "6.19.6-200.fc43.x86_64");
    put_text (index, 0644, "");
    finds (image, "6.19.6-200.fc43.x86_64", modules);
    finds (modules, "6.19.6-200.fc43.x86_64", modules);
  }
  put_text ("root/usr/lib/modules/6.9.1/modules.dep", 0644, "");
  put_image ("root/usr/lib/modules/6.9.1/vmlinuz", "6.9.1");
  put_text ("root/usr/lib/modules/7.0.0-removed/modules.order", 0644, "");
  finds ("root", "6.19.6-200.fc43.x86_64", "root/usr/lib/modules/6.19.6-200.fc43.x86_64");
  put_image ("root/boot/vmlinuz-linux", "6.9.1");
  finds ("root", "6.9.1", "root/usr/lib/modules/6.9.1");
}
END_TEST

START_TEST (the_newest_image_of_a_folder_is_taken)
{
  struct kernel kernel;

  put_image ("images/vmlinuz-6.9.1", "6.9.1");
  put_image ("images/vmlinuz-6.10.1", "6.10.1");
  put_image ("images/vmlinuz-6.11.0.old", "6.11.0");
  ck_assert_int_eq (kernel_find ("images/", &kernel), 0);
  ck_assert_str_eq (kernel.image, "images/vmlinuz-6.10.1");
  kernel_free (&kernel);
}
END_TEST

START_TEST (a_folder_without_an_image_is_refused)
{
  struct kernel kernel;

  put_file ("empty/readme", 0644, "", 0);
  ck_assert_int_eq (kernel_find ("empty", &kernel), -1);
  ck_assert_ptr_nonnull (strstr (message, "empty: no kernel in it"));
}
END_TEST

START_TEST (a_version_means_the_newest_fetched_kernel_of_it)
{
  struct kernel kernel;

  put_fetched ("6.1.0-9-cloud-amd64");
  put_fetched ("6.1.0-10-cloud-amd64");
  put_fetched ("6.12.1-cloud-amd64");
  ck_assert_int_eq (kernel_find ("6.1", &kernel), 0);
  ck_assert_str_eq (kernel.release, "6.1.0-10-cloud-amd64");
  ck_assert_ptr_nonnull (strstr (kernel.modules, "/lib/modules/6.1.0-10-cloud-amd64"));
  kernel_free (&kernel);
  ck_assert_int_eq (kernel_find (NULL, &kernel), 0);
  ck_assert_str_eq (kernel.release, "6.12.1-cloud-amd64");
  kernel_free (&kernel);
}
END_TEST

/* The release of the fetched kernel that SPEC stands for where these modules, up to NULL, are needed; to free. */
static char *
release_with (const char *spec, const char *const *modules)
{
  struct kernel kernel;

  ck_assert_int_eq (kernel_find_with (spec, modules, &kernel), 0);
  char *release = strdup (kernel.release);
  kernel_free (&kernel);
  return release;
}

START_TEST (the_cloud_flavour_is_taken_unless_another_has_a_module_that_it_lacks)
{
  static const char *const full[] = { "6.1.0-11-amd64", "6.12.1-amd64" };

  put_fetched ("6.1.0-10-cloud-amd64");
  put_fetched ("6.12.1-cloud-amd64");
  for (size_t i = 0; i < sizeof full / sizeof full[0]; i++) {
    char path[256];

    snprintf (path, sizeof path, "powercut/kernels/%s/boot/vmlinuz-%s", full[i], full[i]);
    put_image (path, full[i]);
    snprintf (path, sizeof path, "powercut/kernels/%s/lib/modules/%s/modules.builtin", full[i], full[i]);
    put_file (path, 0644, "kernel/fs/f2fs/f2fs.ko\n", 23);
    snprintf (path, sizeof path, "powercut/kernels/%s/lib/modules/%s/modules.order", full[i], full[i]);
    put_file (path, 0644, "", 0);
    snprintf (path, sizeof path, "powercut/kernels/%s/lib/modules/%s/modules.builtin.modinfo", full[i], full[i]);
    put_file (path, 0644, "", 0);
  }
  const struct {
    const char *spec;
    const char *modules[2];
    const char *release;
  } cases[] = {
    { "6.1", { NULL }, "6.1.0-10-cloud-amd64" }, { "6.1", { "f2fs" }, "6.1.0-11-amd64" },
    { "6.1", { "nonsuch" }, "6.1.0-10-cloud-amd64" }, { "6.1.0-11", { NULL }, "6.1.0-11-amd64" },
    { "6.1.0-11-amd64", { NULL }, "6.1.0-11-amd64" }, { NULL, { NULL }, "6.12.1-cloud-amd64" },
    { NULL, { "f2fs" }, "6.12.1-amd64" }, { "6.12.1-cloud", { "f2fs" }, "6.12.1-cloud-amd64" },
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char *release = release_with (cases[i].spec, cases[i].modules);

    ck_assert_str_eq (release, cases[i].release);
    free (release);
  }
}
END_TEST

START_TEST (a_version_that_was_not_fetched_says_how_to_get_it)
{
  struct kernel kernel;

  put_fetched ("6.12.1-cloud-amd64");
  ck_assert_int_eq (kernel_find ("6.1", &kernel), -1);
  ck_assert_ptr_nonnull (strstr (message, "powercut kernel fetch 6.1"));
}
END_TEST

START_TEST (fetched_kernels_are_listed_newest_first_without_half_fetched_ones)
{
  struct kernel *kernels;

  ck_assert_int_eq (kernel_list_fetched (&kernels), 0);
  put_fetched ("6.1.0-9-cloud-amd64");
  put_fetched ("6.12.1-cloud-amd64");
  put_file ("powercut/kernels/6.13.0/boot/config-6.13.0", 0644, "", 0);
  put_image ("powercut/kernels/.fetch/boot/vmlinuz-.fetch", "6.14.0");
  ck_assert_int_eq (kernel_list_fetched (&kernels), 2);
  ck_assert_str_eq (kernels[0].release, "6.12.1-cloud-amd64");
  ck_assert_str_eq (kernels[1].release, "6.1.0-9-cloud-amd64");
  kernel_free (&kernels[0]);
  kernel_free (&kernels[1]);
  free (kernels);
}
END_TEST

START_TEST (a_missing_module_index_is_made)
{
  struct kernel kernel;

  put_image ("package/boot/vmlinuz-6.1.0", "6.1.0");
  put_file ("package/lib/modules/6.1.0/modules.order", 0644, "", 0);
  put_file ("package/lib/modules/6.1.0/modules.builtin", 0644, "kernel/fs/ext4/ext4.ko\n", 23);
  ck_assert_int_eq (kernel_find ("package", &kernel), 0);
  ck_assert_int_eq (access ("package/lib/modules/6.1.0/modules.dep", F_OK), 0);
  kernel_free (&kernel);
}
END_TEST

START_TEST (a_relative_cache_folder_is_ignored)
{
  char *expected;

  setenv ("XDG_CACHE_HOME", "relative", 1);
  setenv ("HOME", work, 1);
  char *found = cache_folder ();
  ck_assert_int_ne (asprintf (&expected, "%s/.cache/powercut", work), -1);
  ck_assert_str_eq (found, expected);
  ck_assert_int_eq (access (expected, W_OK), 0);
  free (found);
  free (expected);
}
END_TEST

/* The last test is left out where kmod is missing. */
int
main (void)
{
  const TTest *const tests[] = {
    the_release_is_read_from_the_boot_header, LOOP_OVER (a_damaged_image_is_refused, damages),
    a_release_as_long_as_all_that_is_read_is_refused, a_version_matches_whole_numbers,
    an_image_finds_the_modules_of_its_package, an_image_finds_modules_beside_it,
    modules_of_another_release_are_not_taken, a_built_tree_has_its_image_in_arch,
    an_image_in_a_built_tree_finds_its_modules, an_image_is_found_beside_its_modules,
    the_newest_image_of_a_folder_is_taken, a_folder_without_an_image_is_refused,
    a_version_means_the_newest_fetched_kernel_of_it,
    the_cloud_flavour_is_taken_unless_another_has_a_module_that_it_lacks,
    a_version_that_was_not_fetched_says_how_to_get_it,
    fetched_kernels_are_listed_newest_first_without_half_fetched_ones, a_relative_cache_folder_is_ignored,
    a_missing_module_index_is_made
  };

  return run_unit_tests_with ("depmod", 1, "kernel", use_empty_cache, leave_work, tests, sizeof tests / sizeof *tests);
}
