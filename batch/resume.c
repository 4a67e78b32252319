/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <fts.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "batch/resume.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "common/journal.h"
#include "common/message.h"
#include "common/text.h"

#define TITLE "powercut corpus 2"
#define READ_AT_ONCE 65536      /* bytes */

/* A record: this, then what the job said, its result as JSON, each with a NUL. */
struct job_head {
  int64_t status;
  double seconds;
  uint64_t text_bytes;          /* with its NUL; 0: it said nothing */
};

/* What is known of a job. */
struct known_job {
  uint64_t key;
  size_t number;                /* among all records: of one job, that was done again, the last counts */
  char *record;
  size_t bytes;
};

struct batch_resume {
  struct journal_file *more;
  struct known_job *known;      /* sorted by key, of one key the last first */
  size_t count;
  const char *path;             /* of the file that is read */
};

/* Add what is in the file PATH to HASH, if it is a regular one. */
static void
hash_file (XXH3_state_t *hash, const char *path)
{
  CLEANUP_FCLOSE FILE *file = NULL;
  struct stat status;
  char bytes[READ_AT_ONCE];
  size_t count;

  if (stat (path, &status) == 0 && S_ISREG (status.st_mode))
    file = fopen (path, "re");
  while (file && (count = fread (bytes, 1, sizeof bytes, file)) > 0)
    XXH3_64bits_update (hash, bytes, count);
}

static int
compare_names (const FTSENT **left, const FTSENT **right)
{
  return strcmp ((*left)->fts_name, (*right)->fts_name);
}

/* Add ENTRY, which is in a directory, to HASH.  Returns 0, or -1 with errno. */
static int
hash_entry (XXH3_state_t *hash, const FTSENT *entry)
{
  const struct stat *status = entry->fts_statp;
  char target[PATH_MAX];
  ssize_t length = 0;

  if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
    errno = entry->fts_errno;
    return -1;
  }
  const uint64_t about[] = { (uint64_t) entry->fts_level, status->st_mode, status->st_uid, status->st_gid };
  XXH3_64bits_update (hash, entry->fts_name, entry->fts_namelen + 1u);
  XXH3_64bits_update (hash, about, sizeof about);
  if (entry->fts_info == FTS_SL && (length = readlink (entry->fts_accpath, target, sizeof target)) == -1)
    return -1;
  XXH3_64bits_update (hash, target, (size_t) length);
  if (entry->fts_info == FTS_F)
    hash_file (hash, entry->fts_accpath);
  return 0;
}

/* Add all that is in FOLDER to HASH, whatever it is called itself.  Returns 0, or -1 after a message. */
static int
hash_folder (XXH3_state_t *hash, const char *folder)
{
  char *const roots[] = { (char *) folder, NULL };
  FTS *walk = fts_open (roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, compare_names);
  int r = walk ? 0 : -1;
  FTSENT *entry;

  while (r == 0 && (entry = fts_read (walk)) != NULL)
    if (entry->fts_level > 0)
      r = hash_entry (hash, entry);
  if (r == 0 && errno != 0)
    r = -1;
  if (r == -1)
    error_message ("%s: %m", folder);
  if (walk)
    fts_close (walk);
  return r;
}

/* Add WORD to HASH, wherever PLACE, a path or NULL, is that it names. */
static void
hash_word (XXH3_state_t *hash, const char *word, const char *place)
{
  const char *at;

  for (; place && (at = strstr (word, place)) != NULL; word = at + strlen (place)) {
    XXH3_64bits_update (hash, word, (size_t) (at - word));
    XXH3_64bits_update (hash, "", 1);
  }
  XXH3_64bits_update (hash, word, strlen (word) + 1);
}

/* What JOB is known by, in *key.  A kernel is known by what is in its file, and a workload, which may be in a temporary
 * directory, by what it says; and the job's directory may be elsewhere another time.  Returns 0, or -1 after a message.
 */
static int
find_key (const struct pool_job *job, uint64_t *key)
{
  XXH3_state_t *hash = XXH3_createState ();
  CLEANUP_FREE char *folder = job->folder ? realpath (job->folder, NULL) : NULL;

  if (hash == NULL)
    return out_of_memory ();
  XXH3_64bits_reset (hash);
  XXH3_64bits_update (hash, PACKAGE_VERSION, sizeof PACKAGE_VERSION);
  for (size_t i = 0; i < job->word_count; i++) {
    const char *word = job->words[i], *option = i > 0 ? job->words[i - 1] : "";
    const bool placed = strcmp (option, "--workload") == 0 || strcmp (option, "--confine") == 0
      || strcmp (option, "--kernel") == 0;

    if (!placed)
      hash_word (hash, word, folder);
    if (strcmp (option, "--kernel") != 0)
      hash_file (hash, word);
  }
  if (job->log)
    hash_file (hash, job->log);
  if (job->guest)
    XXH3_64bits_update (hash, job->guest, strlen (job->guest) + 1);
  const int r = job->folder ? hash_folder (hash, job->folder) : 0;
  *key = XXH3_64bits_digest (hash);
  XXH3_freeState (hash);
  return r;
}

static int
note_record (void *opaque, const struct journal_record *record)
{
  struct batch_resume *resume = opaque;
  struct job_head head;

  if (record->count > sizeof head)
    memcpy (&head, record->bytes, sizeof head);
  if (record->count <= sizeof head || head.text_bytes >= record->count - sizeof head
      || (head.text_bytes > 0 && record->bytes[sizeof head + head.text_bytes - 1] != '\0')) {
    error_message ("%s: has a record that makes no sense: name another file", resume->path);
    return -1;
  }
  struct known_job *added = array_add (resume->known, resume->count);
  char *copy = malloc (record->count + 1);
  if (added == NULL || copy == NULL) {
    free (copy);
    resume->count -= added != NULL;
    return out_of_memory ();
  }
  memcpy (copy, record->bytes, record->count + 1);
  *added = (struct known_job) { record->key, resume->count, copy, record->count };
  return 0;
}

static int
compare_keys (const void *left, const void *right)
{
  const struct known_job *a = left, *b = right;

  return a->key != b->key ? (a->key < b->key ? -1 : 1) : a->number > b->number ? -1 : 1;
}

/* Read the file PATH, which is to take MORE or only to be read. */
static int
read_file (struct batch_resume *resume, const char *path, bool more)
{
  struct journal_file *journal = more ? journal_open (path, TITLE) : journal_look (path, TITLE);

  resume->path = path;
  int r = journal ? journal_walk (journal, note_record, resume) : -1;
  if (more)
    resume->more = journal;
  else
    journal_close (journal);
  return r;
}

struct batch_resume *
batch_resume_open (const struct option_texts *paths)
{
  struct batch_resume *resume = calloc (1, sizeof *resume);
  int r = resume ? 0 : out_of_memory ();

  for (size_t i = 0; r == 0 && i < paths->count; i++)
    r = read_file (resume, paths->texts[i], i == 0);
  if (r == -1) {
    batch_resume_close (resume);
    return NULL;
  }
  if (resume->count > 0)
    qsort (resume->known, resume->count, sizeof *resume->known, compare_keys);
  return resume;
}

static void
free_known (struct known_job *known)
{
  free (known->record);
}

int
batch_resume_close (struct batch_resume *resume)
{
  int r = 0;

  if (resume == NULL)
    return 0;
  r = journal_close (resume->more);
  array_free (resume->known, resume->count, free_known);
  free (resume);
  return r;
}

int
batch_resume_find (struct batch_resume *resume, struct pool_job *job)
{
  struct job_head head;

  if (find_key (job, &job->key) == -1)
    return -1;
  const size_t place = array_place (resume->count, i, resume->known[i].key < job->key);
  if (place == resume->count || resume->known[place].key != job->key)
    return 0;
  const char *record = resume->known[place].record;
  memcpy (&head, record, sizeof head);
  record += sizeof head;
  job->result = cJSON_Parse (record + head.text_bytes);
  if (job->result == NULL)
    return 0;
  job->text = head.text_bytes > 0 ? strdup (record) : NULL;
  job->status = (int) head.status;
  job->seconds = head.seconds;
  job->ended = true;
  return 1;
}

void
batch_resume_forget (struct pool_job *job)
{
  cJSON_Delete (job->result);
  free (job->text);
  job->result = NULL;
  job->text = NULL;
  job->ended = false;
}

int
batch_resume_add (struct batch_resume *resume, struct pool_job *job)
{
  const size_t text_bytes = job->text ? strlen (job->text) + 1 : 0;
  const struct job_head head = { .status = job->status, .seconds = job->seconds, .text_bytes = text_bytes };
  CLEANUP_FREE char *result = job->result ? cJSON_PrintUnformatted (job->result) : NULL;
  struct text_stream stream;
  uint64_t key;

  if (job->result == NULL)
    return 0;
  if (find_key (job, &key) == -1)
    return -1;
  if (key != job->key)          /* a file was changed: nobody knows whether it was done with the old one */
    return 0;
  if (result == NULL || !text_begin (&stream))
    return out_of_memory ();
  fwrite (&head, sizeof head, 1, stream.file);
  if (text_bytes > 0)
    fwrite (job->text, 1, text_bytes, stream.file);
  fwrite (result, 1, strlen (result) + 1, stream.file);
  CLEANUP_FREE char *bytes = text_end (&stream);
  if (bytes == NULL)
    return out_of_memory ();
  return journal_add (resume->more, 1, key, bytes, stream.length);
}
