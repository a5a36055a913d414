/* What a stage is going to do, told before (--dry-run) and compared with what came of it.
 *
 * A stage works in units: an output file of the run's directory each. For every unit that is not
 * up to date it makes an estimate from the plan that it would run; a dry run collects these and
 * ends, a run logs each beside what the unit took. */
#ifndef WN_STAGES_PLAN_H
#define WN_STAGES_PLAN_H

#include "par/usage.h"
#include "stages/stage.h"

/* Numbers are NaN where they do not apply or cannot be known. */
typedef struct {
    double chunks, rows; /* of the plan: pieces of work, and what they consist of */
    double flops;        /* of matrix products and attention */
    double read;         /* bytes read from files, by all ranks together */
    double memory;       /* bytes of a node at the peak, all its processes */
    double disk;         /* bytes of the output, and of scratch files beside it */
    double seconds;
    const char *bound; /* "", "at most", "about": how the numbers are meant */
    const char *note;  /* why, or NULL */
} estimate_t;

extern const estimate_t estimate_nothing; /* NaN everywhere */

typedef struct {
    char *name; /* the output below the run's directory */
    bool current;
    char *unknown; /* why nothing is known of it, or NULL */
    char *stale;   /* why what is there is to be made anew, or NULL */
    estimate_t estimate;
} unit_t;

/* Ranks, and the nodes they are on; ranks that the largest node has. 0 ranks: those there are. */
typedef struct {
    int ranks, nodes, node_ranks;
} layout_t;

/* "10000" or "10000x80": ranks, on one node or so many. */
MUST_CHECK status_t layout_parse(const char *text, layout_t *layout);

/* A table and a line of JSON with estimates; what is done and what is not, without, for people and as a
 * line of JSON. */
typedef enum { PLAN_TABLE, PLAN_JSON, PLAN_STATUS, PLAN_STATUS_JSON } plan_format_t;

typedef struct plan {
    plan_format_t format;
    unit_t *unit;
    size_t units, capacity;
    char *stale;          /* of the unit that is added next, or NULL */
    strings_t conditions; /* evaluate: as they were expanded */
    node_usage_t base;    /* at the start */
    layout_t layout;      /* that estimates are for */
    double slower;        /* how many times as long a rank takes there as one of ours does here */
    usage_t clock;        /* since the end of the last unit */
    double rate;          /* FLOP/s of a rank as last measured; 0: not measured */
    double reading;       /* bytes/s likewise */
    double calibrating;   /* seconds spent on that since the end of the last unit */
} plan_t;

/* Seconds that may be spent to measure the machine: in a dry run, and in a run, first and for
 * each second that the work will take. */
#define CALIBRATION_DRY 2.0
#define CALIBRATION_FIRST 0.05
#define CALIBRATION_SHARE 0.01

/* Collective. Estimates are for the layout, with so many threads a rank; for one other than ours each of
 * them has a core. */
MUST_CHECK status_t plan_create(MPI_Comm comm, plan_format_t format, layout_t layout, int threads,
                                plan_t **plan);
void plan_destroy(plan_t **plan);

/* Dry run: the unit of this path is up to date; or is to be made at this cost. */
MUST_CHECK status_t plan_add_current(const stage_t *stage, const char *path);
MUST_CHECK status_t plan_add(const stage_t *stage, const char *path, const estimate_t *estimate);

/* Dry run: the unit that is added next has an output, which is not up to date, because why. */
MUST_CHECK status_t plan_stale(const stage_t *stage, const char *why);

/* Dry run: nothing is known of the unit until another stage (maker) has run; why is the error of
 * reading what that makes (borrowed). */
MUST_CHECK status_t plan_add_unknown(const stage_t *stage, const char *path, const char *maker,
                                     status_t why);

/* Takes over the status of reading what another stage makes (the same on all ranks). In a dry run
 * an EXIT_INPUT error adds a unit of which nothing is known, and *known is false. */
MUST_CHECK status_t plan_input(const stage_t *stage, const char *path, const char *maker,
                               status_t status, bool *known);

/* Bytes that the processes of a node hold before they start, in the layout that is planned. */
double plan_base(const plan_t *plan);

/* Whether estimates are wanted: else what they take to measure is left out. */
bool plan_estimates(const stage_t *stage);

/* Collective: how fast rank 0 reads a file and hashes it, in bytes a second. Measured once. */
MUST_CHECK status_t plan_read_rate(const stage_t *stage, const char *path, double *rate);

/* Collective: after a unit was made, logs time and memory beside the estimate. label names it for
 * people ("step512 perplexity-wiki"). */
void plan_compare(const stage_t *stage, const char *label, const estimate_t *estimate);

/* Rank 0: prints the plan of a dry run. */
MUST_CHECK status_t plan_print(const stage_t *stage);

#endif
