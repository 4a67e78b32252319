/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cache.h"
#include "common/capture.h"
#include "common/cleanup.h"
#include "common/process.h"
#include "common/text.h"
#include "guest/kernel/apt.h"

#define KEYRING "/usr/share/keyrings/debian-archive-keyring.gpg"
#define RELEASE_NAME "/InRelease'"
#define SOURCE_FORMAT "deb [arch=amd64 target=Packages signed-by=" KEYRING "] %s %s main\n"
#define SUITE_CHARACTERS "abcdefghijklmnopqrstuvwxyz0123456789-/"

/* Where the machine's sources name no mirror at all. */
static const char *const default_mirrors[] = {
  "http://deb.debian.org/debian", "http://deb.debian.org/debian-security",
};

/* Read after the machine's own configuration, which says how the network is reached.  %1$s is our directory.  Pins
 * would hide packages, hooks are for who updates the system, and as root apt would change to a user who may not enter
 * the cache.
 */
static const char config_format[] =
  "Dir::State \"%1$s\";\n"
  "Dir::State::lists \"%1$s/lists\";\n"
  "Dir::State::status \"%1$s/status\";\n"
  "Dir::Cache \"%1$s\";\n"
  "Dir::Cache::pkgcache \"pkgcache.bin\";\n"
  "Dir::Cache::srcpkgcache \"\";\n"
  "Dir::Etc::preferences \"/dev/null\";\n"
  "Dir::Etc::preferencesparts \"/dev/null\";\n"
  "APT::Sandbox::User \"root\";\n"
  "APT::Get::List-Cleanup \"false\";\n"
  "Acquire::GzipIndexes \"true\";\n"
  "Acquire::Retries \"1\";\n"
  "Acquire::Retries::Delay \"false\";\n"
  "#clear APT::Default-Release;\n"
  "#clear APT::Update::Pre-Invoke;\n"
  "#clear APT::Update::Post-Invoke;\n"
  "#clear APT::Update::Post-Invoke-Success;\n";

static const char sources_format[] =
  "Dir::Etc::sourcelist \"%1$s/sources.list\";\n"
  "Dir::Etc::sourceparts \"/dev/null\";\n";

/* What is asked of apt, its configuration being $1.  `exec`: the tools must end when we do, not just their shell. */
static const char mirrors_script[] = "LC_ALL=C exec apt-get -c \"$1\" --print-uris update";
static const char update_script[] = "LC_ALL=C exec apt-get -c \"$1\" -qq update 2>&1";
static const char search_script[] = "LC_ALL=C exec apt-cache -c \"$1\" search --names-only \"$2\"";
static const char madison_script[] = "LC_ALL=C exec apt-cache -c \"$1\" madison \"$2\"";
static const char depends_script[] = "LC_ALL=C exec apt-cache -c \"$1\" depends --recurse --important \"$2\"";
static const char download_script[] = "cd \"$3\" && LC_ALL=C exec apt-get -c \"$1\" -qq download \"$2\"";
static const char unpack_script[] = "cd \"$3\" && exec dpkg-deb -x ./\"$2\"_*.deb unpacked";

/* Run SCRIPT with PACKAGE as $2 and DIRECTORY as $3, both perhaps NULL.  As capture_run. */
static int
run (const struct apt *apt, const char *script, const char *package, const char *directory, struct capture *answer)
{
  const char *const words[] = { "sh", "-c", script, "sh", apt->config, package, directory, NULL };

  return capture_run (words, answer);
}

/* The same for what does not fail for good reasons: its output, to free, or NULL after a message. */
static char *
ask (const struct apt *apt, const char *script, const char *package)
{
  struct capture answer;
  char *output = NULL;

  if (run (apt, script, package, NULL, &answer) == -1)
    return NULL;
  if (answer.status == 0) {
    output = answer.output;
    answer.output = NULL;
  }
  else
    error_message ("apt: %s", *answer.complaint ? answer.complaint : "it failed without a word");
  capture_free (&answer);
  return output;
}

/* FILE is closed.  -1 after a message that names PATH. */
static int
close_file (FILE *file, const char *path)
{
  bool failed = file && ferror (file);

  if (file && fclose (file) == 0 && !failed)
    return 0;
  error_message ("%s: %m", path);
  return -1;
}

/* Write apt's configuration for the directory FOLDER: with sources of its own, or with the machine's. */
static int
write_config (const struct apt *apt, const char *folder, bool own_sources)
{
  FILE *file = fopen (apt->config, "w");

  if (file) {
    fprintf (file, config_format, folder);
    if (own_sources)
      fprintf (file, sources_format, folder);
  }
  return close_file (file, apt->config);
}

/* The source line for SUITE at MIRROR, unless LINES has it: as an element of its own. */
static int
add_source (char **lines, const char *mirror, const char *suite)
{
  CLEANUP_FREE char *line = text_format (SOURCE_FORMAT, mirror, suite);

  if (line == NULL)
    return -1;
  if (strstr (*lines, line))
    return 0;
  char *more = text_format ("%s%s", *lines, line);
  if (more == NULL)
    return -1;
  free (*lines);
  *lines = more;
  return 0;
}

/* Add the source that LINE, one of apt's as `'http://deb.debian.org/debian/dists/trixie/InRelease' FILE 0`, is about.
 * Lines about anything else, media and directories without suites are passed over.
 */
static int
add_machine_source (char **lines, char *line, const char *suite)
{
  char *end = strstr (line, RELEASE_NAME), *dists = strstr (line, "/dists/");

  if (*line != '\'' || end == NULL || dists == NULL || dists >= end || strncmp (line, "'cdrom:", 7) == 0)
    return 0;
  *dists = *end = '\0';
  return add_source (lines, line + 1, suite ? suite : dists + strlen ("/dists/"));
}

/* The lines of our own sources.list, to free, or NULL after a message. */
static char *
make_sources (const struct apt *apt, const char *suite)
{
  CLEANUP_FREE char *machine = ask (apt, mirrors_script, NULL);
  char *lines = machine ? text_format ("%s", "") : NULL, *rest = machine, *line;
  int failed = 0;

  while (lines && failed == 0 && (line = strsep (&rest, "\n")) != NULL)
    failed = add_machine_source (&lines, line, suite);
  if (lines && *lines == '\0' && suite)
    for (size_t i = 0; failed == 0 && i < sizeof default_mirrors / sizeof default_mirrors[0]; i++)
      failed = add_source (&lines, default_mirrors[i], suite);
  if (failed) {
    free (lines);
    lines = NULL;
  }
  return lines;
}

/* Write the sources, and have apt read them instead of the machine's. */
static int
write_sources (const struct apt *apt, const char *folder, const char *suite)
{
  CLEANUP_FREE char *lines = make_sources (apt, suite);
  CLEANUP_FREE char *path = text_format ("%s/sources.list", folder);
  FILE *file = lines && path ? fopen (path, "w") : NULL;

  if (lines == NULL || path == NULL)
    return -1;
  if (file)
    fputs (lines, file);
  return close_file (file, path) == 0 ? write_config (apt, folder, true) : -1;
}

/* What is installed is nothing to us: apt is told of an empty system. */
static int
write_status (const char *folder)
{
  CLEANUP_FREE char *path = text_format ("%s/status", folder);

  return path ? close_file (fopen (path, "w"), path) : -1;
}

/* The first complaint in OUTPUT, lines as `E: The repository ... is not signed.`, to free. */
static char *
first_complaint (char *output)
{
  char *line;

  while ((line = strsep (&output, "\n")) != NULL)
    if (strncmp (line, "E: ", 3) == 0 || strncmp (line, "W: ", 3) == 0)
      return text_format ("%s", line + 3);
  return text_format ("%s", "");
}

static int
update (struct apt *apt)
{
  struct capture answer;

  if (run (apt, update_script, NULL, NULL, &answer) == -1)
    return -1;
  if (access (KEYRING, R_OK) == -1)
    apt->complaint = text_format ("%s: %m: install the package debian-archive-keyring", KEYRING);
  else
    apt->complaint = first_complaint (answer.output);
  capture_free (&answer);
  return apt->complaint ? 0 : -1;
}

/* Text of ours goes into apt's sources: a suite is letters, digits and some signs. */
static int
check_suite (const char *suite)
{
  if (suite == NULL || (*suite >= 'a' && *suite <= 'z' && suite[strspn (suite, SUITE_CHARACTERS)] == '\0'))
    return 0;
  error_message ("--suite=%s: no name of a suite: give one as trixie-backports", suite);
  return -1;
}

int
apt_open (const char *suite, struct apt *apt)
{
  *apt = (struct apt) { 0 };
  if (check_suite (suite) == -1)
    return -1;
  CLEANUP_FREE char *program = process_find ("apt-get");
  if (program == NULL) {
    error_message ("apt-get not found: kernels are fetched as Debian packages; name one of yours with --kernel=FILE");
    return -1;
  }
  CLEANUP_FREE char *folder = cache_folder_in ("apt");
  apt->config = folder ? text_format ("%s/apt.conf", folder) : NULL;
  if (apt->config && write_status (folder) == 0 && write_config (apt, folder, false) == 0
      && write_sources (apt, folder, suite) == 0 && update (apt) == 0)
    return 0;
  apt_close (apt);
  return -1;
}

void
apt_close (struct apt *apt)
{
  free (apt->config);
  free (apt->complaint);
  *apt = (struct apt) { 0 };
}

char *
apt_search (const struct apt *apt, const char *pattern)
{
  return ask (apt, search_script, pattern);
}

char *
apt_suite (const struct apt *apt, const char *package)
{
  /* Lines as `linux-image-7.2.13-amd64 | 7.2.13-1 | http://deb.debian.org/debian sid/main amd64 Packages`. */
  CLEANUP_FREE char *answer = ask (apt, madison_script, package);
  if (answer == NULL)
    return NULL;
  char *mirror = strchr (answer, '|');
  mirror = mirror ? strchr (mirror + 1, '|') : NULL;
  char *suite = mirror && mirror[1] ? strchr (mirror + 2, ' ') : NULL;
  char *component = suite ? strpbrk (suite + 1, " \n") : NULL;
  while (component && component > suite && *component != '/')
    component--;
  if (component)
    return text_format ("%.*s", (int) (component - suite - 1), suite + 1);
  error_message ("apt does not know where %s comes from", package);
  return NULL;
}

char *
apt_version (const struct apt *apt, const char *package)
{
  CLEANUP_FREE char *answer = ask (apt, madison_script, package);
  const char *version = answer ? strchr (answer, '|') : NULL;

  if (answer == NULL)
    return NULL;
  version = version ? version + 1 + strspn (version + 1, " ") : "";
  return text_format ("%.*s", (int) strcspn (version, " |\n"), version);
}

int
apt_parts (const struct apt *apt, const char *package, const char *word, struct words *names)
{
  /* Each package that is there stands at the start of a line, once; what it depends on follows, indented. */
  CLEANUP_FREE char *answer = ask (apt, depends_script, package);
  size_t count = 0;

  *names = (struct words) { 0 };
  if (answer == NULL || words_split (answer, "\n", names) == -1)
    return -1;
  for (size_t i = 0; i < names->count; i++)
    if (names->list[i][0] >= 'a' && names->list[i][0] <= 'z' && strstr (names->list[i], word))
      names->list[count++] = names->list[i];
  names->count = count;
  return 0;
}

int
apt_unpack (const struct apt *apt, const char *package, const char *work, char **why)
{
  static const char *const scripts[] = { download_script, unpack_script };
  struct capture answer;
  int result = 0;

  for (size_t i = 0; i < sizeof scripts / sizeof scripts[0] && result == 0; i++) {
    if (run (apt, scripts[i], package, work, &answer) == -1)
      return -1;
    if (answer.status != 0) {
      *why = text_format ("%s: %s", package, answer.complaint);
      result = 1;
    }
    capture_free (&answer);
  }
  return result;
}
