/* SPDX-License-Identifier: BSD-3-Clause */
/* A session whose guests, which are played here, say where the data of files are: what it counts is what a run of every
 * state sees.  Sector 0 is the file system: where it has a letter, there are two files, f and g, of which g is one
 * sector more to the right when that letter is `B`; recovery writes sector 7, the last one of g, if the letter is `C`;
 * f is shorter if it is `D`; if it is `E` there is f alone, and nobody says where its data are.
 *
 * Long because the guests are of no use to another test.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "checker/observe/sectors.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "replay/session.h"
#include "tests/unit/make-log.h"
#include "tests/unit/message.h"

#define SECTORS 16
#define FILE_SECTORS 3
#define TREE_SIZE 1024

struct runner {
  struct crash_state *state;
  struct control_seen seen[SECTORS + 1];
  size_t seen_count;
  char tree[TREE_SIZE];
  char lines[TREE_SIZE];        /* about sectors, in the end a part of the tree */
  bool wrote;
};

static const struct write_log *history;
static unsigned real_runs, located_runs;
static bool paged;              /* sectors are asked for */

struct runner *
runner_start (const struct runner_config *config, const char *directory)
{
  struct runner *runner = calloc (1, sizeof *runner);

  (void) config, (void) directory;
  runner->state = crash_state_new (history);
  return runner;
}

void
runner_stop (struct runner *runner)
{
  if (runner)
    crash_state_free (runner->state);
  free (runner);
}

int
runner_change (struct runner *runner, const struct runner_config *config)
{
  (void) runner, (void) config;
  return 0;
}

int
runner_serve (struct runner *runner, const char *path)
{
  (void) runner, (void) path;
  return 0;
}

struct log_tape
runner_tape (struct runner *runner)
{
  (void) runner;
  return (struct log_tape) { .bytes = NULL };
}

const char *
runner_release (const struct runner *runner)
{
  (void) runner;
  return "played";
}

double
runner_cpu_seconds (const struct runner *runner)
{
  (void) runner;
  return 1;
}

void
runner_renew (struct runner *runner)
{
  (void) runner;
}

char *
runner_tree (struct runner *runner)
{
  return strdup (runner->tree);
}

int
runner_written (struct runner *runner, const struct control_seen **written, size_t *count)
{
  static const struct control_seen block = { .sectors = 1u << 7 };

  *written = &block;
  *count = runner->wrote;
  return 0;
}

int
runner_read_written (struct runner *runner, void *buffer, size_t count, uint64_t offset)
{
  ck_assert (runner->wrote && count == LOG_SECTOR && offset == 7 * LOG_SECTOR);
  fill_sector ('w', buffer);
  return 0;
}

static void
read_sector (struct runner *runner, uint32_t sector, char *bytes)
{
  char block[BLOCK_SIZE];

  if (sector == 7 && runner->wrote) {
    fill_sector ('w', bytes);
    return;
  }
  runner->seen[runner->seen_count] = (struct control_seen) {
    .block = sector / BLOCK_SECTORS, .sectors = 1u << sector % BLOCK_SECTORS
  };
  crash_state_read_block (runner->state, 0, sector / BLOCK_SECTORS, runner->seen[runner->seen_count++].sectors, block);
  memcpy (bytes, block + sector % BLOCK_SECTORS * LOG_SECTOR, LOG_SECTOR);
}

/* Add the line about the sectors of the file NAME, which has the SIZE bytes at BYTES. */
static void
add_sector_line (struct runner *runner, const char *name, const char *bytes, size_t size)
{
  struct sector_writer writer = { .count = 0 };
  struct text_stream word;

  ck_assert (text_begin (&word));
  writer.file = word.file;
  sectors_add (&writer, bytes, size);
  sectors_end (&writer);
  CLEANUP_FREE char *text = text_end (&word);
  sprintf (strchr (runner->lines, '\0'), "= %s %s\n", text, name);
}

/* Add what is seen of the file NAME of COUNT sectors, the last one of which is half in it, from sector FIRST on. */
static void
look_at_file (struct runner *runner, const char *name, uint32_t first, uint32_t count, bool located)
{
  char bytes[FILE_SECTORS * LOG_SECTOR], digits[TREE_DIGEST_LENGTH + 1], *end = strchr (runner->tree, '\0');
  const size_t size = (size_t) count * LOG_SECTOR - LOG_SECTOR / 2;

  for (uint32_t i = 0; i < count && !located; i++)
    read_sector (runner, first + i, bytes + (size_t) i * LOG_SECTOR);
  if (located) {
    sprintf (end, "f 0644 0 0 %zu @%u+%u - %s\n", size, first, count, name);
    return;
  }
  tree_content (bytes, size, digits);
  sprintf (end, "f 0644 0 0 %zu %s - %s\n", size, all_zero (bytes, size) ? "zero" : digits, name);
  if (paged)
    add_sector_line (runner, name, bytes, size);
}

/* Recover the state that is selected, and look at it. */
static void
recover (struct runner *runner, bool located)
{
  char root[LOG_SECTOR];

  runner->seen_count = 0;
  runner->wrote = false;
  strcpy (runner->tree, "d 0755 0 0 - - - .\n");
  runner->lines[0] = '\0';
  read_sector (runner, 0, root);
  const char letter = sector_letter (root);
  runner->wrote = letter == 'C';
  if (letter != '.')
    look_at_file (runner, "f", 1, letter == 'D' ? FILE_SECTORS - 1 : FILE_SECTORS, located && letter != 'E');
  if (letter != '.' && letter != 'E')
    look_at_file (runner, "g", letter == 'B' ? 6 : 5, FILE_SECTORS, located);
  memcpy (strchr (runner->tree, '\0'), runner->lines, strlen (runner->lines) + 1);
}

static int
run (struct runner *runner, const struct selection *selection, bool located, struct outcome *outcome,
     struct device_report *report)
{
  size_t decided;

  *outcome = (struct outcome) { .kind = OUTCOME_TREE };
  ck_assert_int_eq (crash_state_select (runner->state, selection), 0);
  recover (runner, located);
  tree_digest (runner->tree, outcome->digest);
  report->decisions = crash_state_decisions (runner->state, &decided);
  report->seen = runner->seen;
  report->head = (struct control_report) { .decision_count = (uint32_t) decided, .seen_count = runner->seen_count };
  return 0;
}

int
runner_run (struct runner *runner, const struct selection *selection, const char *marks, struct outcome *outcome,
            struct device_report *report)
{
  (void) marks;
  real_runs++;
  return run (runner, selection, false, outcome, report);
}

int
runner_run_located (struct runner *runner, const struct selection *selection, struct outcome *outcome,
                    struct device_report *report)
{
  located_runs++;
  return run (runner, selection, true, outcome, report);
}

/* The tree at POSITION with everything there, to free. */
static char *
tree_at (uint32_t position)
{
  const struct selection selection = { .point = position, .rule = { .tear = { TEAR_NONE, LOG_SECTOR } } };
  struct runner *runner = runner_start (NULL, NULL);
  struct device_report report;
  struct outcome outcome;
  char *tree;

  run (runner, &selection, false, &outcome, &report);
  tree = runner_tree (runner);
  runner_stop (runner);
  return tree;
}

static const struct runner_config runner_config = { .filesystem = "ext4", .mount_options = "", .observe = true };

/* How a log went, and how its writes may be torn. */
static const struct scene {
  const char *before, *update;
  struct tear tear;
} scenes[] = {
  { "w0=A d0 w1=abcdefg d2", "w1=ABC d5 w6=F d7 f d9", { TEAR_ANY, LOG_SECTOR } },
  { "w0=A d0 w1=abcdefg d2", "w1=ABCDEFG d5 w2=XYZ d7 w0=A d9 f d11", { TEAR_PREFIX, LOG_SECTOR } },
  { "w0=A d0 w1=abcdefgh d2", "w6=EFG d5 w0=B d7 f d9 w1=ABC d11 f d13", { TEAR_ANY, LOG_SECTOR } },
  { "w0=C d0 w1=abcdefw d2", "w5=EFG d5 w1=A d7 f d9", { TEAR_ANY, LOG_SECTOR } },
  { "w0=A d0 w1=abcdefw d2", "w5=EFG d5 w0=C d7 w1=A d9 w3=c d11 f d13", { TEAR_PREFIX, LOG_SECTOR } },
  { "w0=A d0 w1=abcdefg d2", "w1=ABCDEFG d5 w2=BXY d7 w1=ABCD d9 z6+1 d11 f d13", { TEAR_NONE, LOG_SECTOR } },
};

/* In few rounds writes are torn into pieces twice as large, which makes 64 states of 4096. */
static struct tear
few_pieces (const struct tear *tear)
{
  return (struct tear) { tear->mode, (unit_rounds (2) == 2 ? 1 : 2) * tear->atomic_bytes };
}

static struct trees trees;
static char *tree_texts[2];
static struct session_config config;
static struct pages pages;

/* Pages are asked for unless PAGE_SECTORS is 0. */
static void
set_up_scene (const struct scene *scene, unsigned page_sectors)
{
  struct log_maker *maker = make_log (1, SECTORS);

  add_events (maker, scene->before);
  add_mark (maker, "begin");
  add_events (maker, scene->update);
  add_mark (maker, "commit");
  add_mark (maker, "end");
  history = finish_log (maker);
  paged = page_sectors > 0;
  tree_texts[0] = tree_at (4);
  tree_texts[1] = tree_at (history->event_count - 1);
  trees = (struct trees) { tree_texts, 2 };
  config = (struct session_config) {
    .log = history, .runner = runner_config, .folder = unit_directory (), .jobs = 1, .tear = few_pieces (&scene->tear),
    .trees = trees
  };
  if (paged) {
    ck_assert_int_eq (pages_init (&pages, tree_texts, 2, page_sectors * LOG_SECTOR), 0);
    config.pages = &pages;
  }
  real_runs = located_runs = 0;
  forget_messages ();
}

static void
forget_scene (void)
{
  free (tree_texts[0]);
  free (tree_texts[1]);
  if (paged)
    pages_free (&pages);
  write_log_close ((struct write_log *) history);
}

/* How many states of a crash point were old, new, and neither, by the trees that were seen. */
static void
count_kinds (const struct tally *tally, mpz_t kinds[3])
{
  for (size_t i = 0; i < tally->count; i++) {
    char digest[TREE_DIGEST_LENGTH + 1], old[TREE_DIGEST_LENGTH + 1], new[TREE_DIGEST_LENGTH + 1];

    ck_assert (tally_tree (&tally->entries[i], digest));
    tree_digest (tree_texts[0], old);
    tree_digest (tree_texts[1], new);
    unsigned kind = strcmp (digest, old) == 0 ? 0 : strcmp (digest, new) == 0 ? 1 : 2;
    mpz_add (kinds[kind], kinds[kind], tally->entries[i].states);
  }
}

static struct session *
run_session (void)
{
  struct session *session = session_new (&config);

  ck_assert_ptr_nonnull (session);
  ck_assert_int_eq (session_run (session), 0);
  return session;
}

static void
assert_same_counts (const struct results *located, const struct results *every)
{
  for (size_t i = 0; i < located->points.count; i++) {
    mpz_t a[3], b[3];

    for (int kind = 0; kind < 3; kind++)
      mpz_inits (a[kind], b[kind], NULL);
    count_kinds (&located->found[i].tally, a);
    count_kinds (&every->found[i].tally, b);
    for (int kind = 0; kind < 3; kind++) {
      ck_assert_msg (mpz_cmp (a[kind], b[kind]) == 0, "point %zu, kind %d: %lu, not %lu", i, kind,
                     mpz_get_ui (a[kind]), mpz_get_ui (b[kind]));
      mpz_clears (a[kind], b[kind], NULL);
    }
  }
}

START_TEST (located_data_are_counted_as_every_state_shows_them)
{
  set_up_scene (&scenes[_i], 0);
  config.audit_percent = 100;
  struct session *located = run_session ();
  ck_assert_uint_gt (located_runs, 0);
  ck_assert_uint_eq (session_results (located)->mismatches, 0);
  config.no_reduction = true;
  located_runs = 0;
  struct session *every = run_session ();
  ck_assert_uint_eq (located_runs, 0);
  assert_same_counts (session_results (located), session_results (every));
  ck_assert_uint_eq (session_results (located)->findings.count > 0, session_results (every)->findings.count > 0);
  session_free (located);
  session_free (every);
  forget_scene ();
}
END_TEST

static void
assert_same_pages (const struct page_counts *located, const struct page_counts *every, const char *update)
{
  for (size_t page = 0; page < pages.page_count; page++)
    for (int i = 0; i < PAGES_WHEN_COUNT * PAGE_CLASS_COUNT; i++) {
      const int when = i / PAGE_CLASS_COUNT, class = i % PAGE_CLASS_COUNT;
      mpz_srcptr a = located->rows[page].states[when][class], b = every->rows[page].states[when][class];

      ck_assert_msg (mpz_cmp (a, b) == 0, "%s: page %zu, %s: %lu, not %lu", update, page,
                     page_class_name ((enum page_class) class), mpz_get_ui (a), mpz_get_ui (b));
    }
}

/* Count the pages of SCENE, and let every state be visited, too. */
static void
compare_pages (const struct scene *scene, unsigned page_sectors)
{
  set_up_scene (scene, page_sectors);
  config.audit_percent = 100;
  struct session *located = run_session ();
  ck_assert_uint_eq (session_results (located)->mismatches, 0);
  config.no_reduction = true;
  struct session *every = run_session ();
  assert_same_pages (&session_results (located)->pages, &session_results (every)->pages, scene->update);
  session_free (located);
  session_free (every);
  forget_scene ();
}

START_TEST (pages_of_located_data_are_counted_as_every_state_shows_them)
{
  /* In few rounds each scene has one of the three sizes of a page. */
  for (unsigned round = 0; round < unit_rounds (3); round++) {
    compare_pages (&scenes[_i], 1u << ((unsigned) _i + round) % 3);
    ck_assert_uint_gt (located_runs, 0);
  }
}
END_TEST

/* Write a random update: of the files, and of what they are. */
static void
make_update (struct dice *dice, FILE *file)
{
  const unsigned count = 2 + roll (dice, 2);
  unsigned position = 5, late = 0;      /* what is completed after the next one only */

  for (unsigned i = 0; i < count; i++) {
    const unsigned issue = position++, sector = roll (dice, 4) ? 1 + roll (dice, 7) : 0;
    const unsigned length = sector ? 1 + roll (dice, 3) : 1;

    fprintf (file, "w%u=", sector);
    for (unsigned j = 0; j < length; j++)
      putc (sector ? ".abAB"[roll (dice, 5)] : "ABCDE"[roll (dice, 5)], file);
    if (late == 0 && roll (dice, 4) == 0)
      late = issue;
    else {
      fprintf (file, " d%u", issue);
      position++;
    }
    putc (' ', file);
  }
  if (late)
    fprintf (file, "d%u ", late);
  if (roll (dice, 2))
    fprintf (file, "f d%u", position + (late > 0));
}

static const struct tear tears[] = { { TEAR_ANY, LOG_SECTOR }, { TEAR_PREFIX, LOG_SECTOR }, { TEAR_ANY, 1024 } };

START_TEST (pages_of_random_updates_are_counted_as_every_state_shows_them)
{
  struct dice dice = { 5 + (uint64_t) _i };
  unsigned located = 0;

  for (unsigned round = 0; round < unit_rounds (25); round++) {
    struct text_stream update;

    ck_assert (text_begin (&update));
    make_update (&dice, update.file);
    CLEANUP_FREE char *text = text_end (&update);
    const struct scene scene = { "w0=A d0 w1=a.cABAb d2", text, tears[_i] };
    compare_pages (&scene, 1 + roll (&dice, 4));
    located += located_runs;
  }
  ck_assert_uint_gt (located, 0);
}
END_TEST

/* Every finding is one that a guest, which reads the data, has confirmed. */
START_TEST (what_was_located_is_confirmed_by_reading)
{
  set_up_scene (&scenes[0], 0);
  struct session *session = run_session ();
  const struct results *results = session_results (session);

  ck_assert_uint_gt (results->findings.count, 0);
  for (size_t i = 0; i < results->findings.count; i++)
    ck_assert_int_eq (results->findings.list[i].confirmation, FINDING_REPEATED);
  ck_assert_int_eq (results->findings.list[0].kind, VIOLATION_ATOMICITY);
  ck_assert_uint_eq (real_runs, results->findings.count);
  ck_assert_uint_eq (results->mismatches, 0);
  session_free (session);
  forget_scene ();
}
END_TEST

/* A file system that transforms data, a checker and a request for no reduction: data are read. */
START_TEST (data_are_read_where_locating_them_tells_too_little)
{
  set_up_scene (&scenes[0], 0);
  for (int i = 0; i < 3; i++) {
    config.runner.filesystem = i == 0 ? "btrfs" : "ext4";
    config.runner.mount_options = i == 1 ? "noatime,data=journal" : "";
    config.no_reduction = i == 2;
    session_free (run_session ());
    ck_assert_uint_eq (located_runs, 0);
  }
  forget_scene ();
}
END_TEST

UNIT_TEST_MAIN ("located", LOOP_OVER (located_data_are_counted_as_every_state_shows_them, scenes),
                LOOP_OVER (pages_of_located_data_are_counted_as_every_state_shows_them, scenes),
                LOOP_OVER (pages_of_random_updates_are_counted_as_every_state_shows_them, tears),
                what_was_located_is_confirmed_by_reading, data_are_read_where_locating_them_tells_too_little)
