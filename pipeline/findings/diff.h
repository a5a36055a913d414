/* What two runs have in common and what not: settings, files, statistics of neurons, cohorts, results.
 * From the files in their directories alone, by name; one rank calls it. */
#ifndef WN_FINDINGS_DIFF_H
#define WN_FINDINGS_DIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "core/strings.h"
#include "eval/resampling.h"
#include "stats/compare.h"

/* A key whose values differ in what both runs made; a side is NULL where the key is not set. Or what
 * else outputs depend on: "numerics", "version", "shards/wiki.h5: inputs". */
typedef struct {
    char *key, *value[2];
} diff_setting_t;

/* An output by its name below the run's directory. */
typedef struct {
    char *name;
    bool there[2];
    bool same; /* both are there with the same data, bit for bit, by their checksums */
} diff_file_t;

/* One statistic of a checkpoint's neurons, all layers together. */
typedef struct {
    char *checkpoint;
    int statistic; /* of comparables */
    comparison_t is;
    double largest; /* difference of any neuron; NaN: none has both values */
} diff_statistic_t;

/* A cohort at a checkpoint. */
typedef struct {
    char *checkpoint, *cohort;
    int64_t neurons[2], both;
} diff_cohort_t;

/* A summary: of a task, a condition, and all items (term NULL) or a phenomenon's. */
typedef struct {
    char *checkpoint, *task, *condition, *term;
    const char *metric;  /* "accuracy", "acc", "acc_norm", "loss" */
    int64_t n[2];        /* items or windows */
    double value[2];     /* a share of items; nats a token */
    double difference;   /* second less first */
    bool paired;         /* on the same items; else intervals are those of each side */
    bool same;           /* every score is the same, bit for bit */
    interval_t interval; /* paired: of the difference */
    interval_t own[2];   /* else */
    bool beyond;         /* paired: the interval does not hold 0; else: the intervals lie apart */
    int64_t gained,
        lost;       /* paired shares: items right in the second alone, in the first alone; -1 */
    double p, holm; /* McNemar's, corrected for all tests here of what differs (all
                     * items and phenomena apart); NaN: none */
} diff_result_t;

typedef struct {
    const char *directory[2]; /* borrowed */
    resampling_t resampling;
    double percent; /* of the tops of statistics */
    diff_setting_t *setting;
    size_t settings, setting_room;
    diff_file_t *file; /* by stage, then name */
    size_t files, file_room;
    diff_statistic_t *statistic;
    size_t statistics, statistic_room;
    diff_cohort_t *cohort;
    size_t cohorts, cohort_room;
    diff_result_t *result;
    size_t results, result_room;
    strings_t alone[2]; /* conditions that only one side has, each once */
} diff_t;

/* Compares the runs in two directories. A directory without outputs is an EXIT_INPUT error, as is a
 * damaged file. Intervals: options of the bootstrap; percent: the top of a layer, for statistics. */
MUST_CHECK status_t diff_runs(const char *first, const char *second, const resampling_t *options,
                              double percent, diff_t *diff);
void diff_free(diff_t *diff);

/* Whether anything at all differs. */
bool diff_any(const diff_t *diff);

#endif
