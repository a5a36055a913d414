/* What every stage's main shares: MPI, arguments, configuration, messages, exit codes, and the
 * record of what made an output. A stage is a function of stage_t; stage_main does the rest. */
#ifndef WN_STAGES_STAGE_H
#define WN_STAGES_STAGE_H

#include <mpi.h>
#include <stdbool.h>

#include "core/config.h"
#include "core/hash.h"
#include "core/lock.h"
#include "core/status.h"
#include "core/strings.h"
#include "eval/deviation.h"
#include "model/gemm.h"
#include "par/team.h"
#include "store/store.h"

typedef struct {
    MPI_Comm comm;
    int rank, ranks;
    const char *name; /* "collect" */
    config_t *config;
    const char *directory; /* run.directory */
    const char *scratch;   /* this run's below paths.scratch, or NULL */
    team_t *team;          /* this rank's threads */
    strings_t checkpoints; /* all of the run */
    strings_t chosen;      /* those of --checkpoint, else all */
    bool dry;              /* --dry-run: says what it would do, writes nothing */
    struct plan *plan;     /* stages/plan.h */
    lock_t **lock;         /* of the unit at hand; rank 0 */
} stage_t;

/* Runs a stage by the command line of "wn-NAME" (stages/programs.h): returns the exit code for main.
 * Prints a failure's one message from one rank. */
int stage_main(int argc, char **argv, const char *name, status_t (*run)(stage_t *stage));

/* --version of every program: ours, the git revision, and the libraries'. */
void print_version(const char *program);

/* Appends the versions of the libraries that this program runs with, a line each. That of oneDNN is in
 * gemm_kernel's. */
MUST_CHECK status_t library_versions(str_t *text);

/* Path of an output, "<run.directory>/<format...>", its directory made by rank 0 when create is
 * set (then collective) and the run is no dry one. Owned by the caller. */
MUST_CHECK status_t stage_path(const stage_t *stage, bool create, char **path, const char *format,
                               ...) PRINTF_LIKE(4, 5);

/* A unit's key: a digest over everything its result depends on. Starts with the version of the
 * numerical code; add fields, then finish. */
MUST_CHECK status_t stage_key_create(hash_t **key);

/* Collective. Whether it takes the unit's key to know if path is up to date: a dry run, which may
 * not read everything there is to hash, looks for the file first. */
bool stage_needs_key(const stage_t *stage, const char *path);

/* *current = whether path is a finished output with this key. Says so in the log, or in the plan of
 * a dry run. Where it is not, and this is no dry run, the output is this run's to make until the next
 * call of this or the stage's end: an EXIT_RESOURCE error where another run is making it. Rank 0. */
MUST_CHECK status_t stage_look(const stage_t *stage, const char *path, const char *key,
                               bool *current);
/* Collective: the same; rank 0 looks. */
MUST_CHECK status_t stage_is_current(const stage_t *stage, const char *path, const char *key,
                                     bool *current);

/* Makes what stands at path this run's to make, likewise. Rank 0. */
MUST_CHECK status_t stage_claim(const stage_t *stage, const char *path);

/* Collective. model.arithmetic, or an error where it cannot be had on some rank. */
MUST_CHECK status_t stage_arithmetic(const stage_t *stage, arithmetic_t *arithmetic);

/* Writes the attributes of an output that say how its matrix products were made. */
MUST_CHECK status_t stage_write_arithmetic(store_t *store, arithmetic_t arithmetic);

/* Writes how far an object's contents are from float32, in attributes of it. */
MUST_CHECK status_t stage_write_deviation(store_t *store, const char *object,
                                          const deviation_t *deviation);

/* Reads what that wrote. */
MUST_CHECK status_t stage_read_deviation(const store_t *store, const char *object,
                                         deviation_t *deviation);

/* Creates an output (collective over comm) and writes what made it: stage, key, versions, and
 * the configuration in effect. */
MUST_CHECK status_t stage_create(const stage_t *stage, const char *path, const char *key,
                                 MPI_Comm comm, store_t **store);

/* The key of a finished file of ours; hint names the stage that makes it, for the message when
 * the file is missing. */
MUST_CHECK status_t stage_read_key(const char *path, const char *hint, char **key);

#endif
