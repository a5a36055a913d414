/* What a run directory holds, read into summaries: the one source of every table and figure.
 * Whatever is configured but not there is listed, not an error; a file that is damaged or
 * contradicts another is one. */
#ifndef WN_FINDINGS_RUN_H
#define WN_FINDINGS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/config.h"
#include "core/strings.h"
#include "eval/condition.h"
#include "eval/deviation.h"
#include "eval/resampling.h"
#include "eval/summary.h"
#include "eval/task.h"
#include "model/dissimilarity.h"
#include "select/findings.h"
#include "select/rules.h"
#include "select/search_file.h"
#include "stats/compare.h"

/* A task of the configuration. */
typedef struct {
    const task_t *is;  /* one of the run's plan */
    const char *name;  /* of its results */
    const char *label; /* for people: the name it was given, else its data's */
    const char
        *metric;  /* "perplexity", "accuracy" of pairs, "acc", "acc_norm" of multiple choice */
    char *key;    /* for files: the name, and where a name has two metrics, the second's */
    bool counted; /* items are right or wrong; else losses */
    bool norm;    /* multiple choice: sums over characters, acc_norm */
    /* counted, of the benchmark's shard; empty where that is missing */
    bool shard;             /* it is there */
    char *convention;       /* "original", "harness"; NULL: unknown */
    bool ties_right;        /* pairs by the harness's convention: its first maximum wins */
    double chance;          /* the share that guesses would get right */
    strings_t files, terms; /* terms: phenomena */
    int32_t *file, *term;   /* [items], indices into these */
    int64_t items;
    cells_t cells;
    /* perplexity */
    int64_t scored; /* tokens scored in all windows; 0: unknown */
} run_task_t;

typedef struct {
    const char *name;
    const char *ablate, *cohort; /* NULL for the baseline */
} run_condition_t;

/* A corpus or benchmark that the run uses, as its shard tells. */
typedef struct {
    const char *name; /* the configuration's */
    bool benchmark, there;
    const char *what; /* its parts: "documents", "pairs", "questions" */
    int64_t tokens, parts;
} run_data_t;

/* Two groups of conditions, compared on the same items: single conditions, or the mean of several. */
typedef struct {
    char *name, *against; /* for people: "negative-top", "negative-random (mean of 5)" */
    size_t *left, lefts, *right, rights;
    bool baseline; /* against the baseline */
} run_contrast_t;

/* Conditions that differ in the seed of their random cohorts alone. */
typedef struct {
    char *name; /* "negative-random" */
    size_t *member, members;
} run_draws_t;

/* A contrast's result at a checkpoint, over all items of a task or a phenomenon's. */
typedef struct {
    size_t checkpoint, task, contrast;
    ptrdiff_t term; /* -1: all */
    double
        value; /* accuracy of the left less that of the right; losses: the mean change, in nats */
    interval_t interval;
    int64_t n; /* items or windows */
    int64_t gained,
        lost; /* items that are right under the left alone, the right alone; -1: no such thing */
    double p,
        holm; /* McNemar's, and corrected for all tests of the checkpoint and grouping; NaN: none */
    int64_t family; /* their number */
} run_change_t;

/* Several draws of a random cohort. */
typedef struct {
    size_t checkpoint, task, draws;
    ptrdiff_t term;                          /* -1: all */
    int64_t n;                               /* items or windows */
    double mean, deviation, lowest, highest; /* over draws; of accuracy or perplexity */
    interval_t
        interval; /* of the mean over draws (of perplexities: the geometric mean), over items */
} run_spread_t;

/* Whether a contrast of cohorts is one of grammar: (what grammar loses under the left less what it
 * loses under the right) less (the same of other tasks); shares of items. */
typedef struct {
    size_t checkpoint, contrast;
    size_t tasks[2]; /* grammar, other */
    int64_t n[2];    /* items or windows */
    double drop[2], difference;
    interval_t drop_interval[2], interval;
    bool losses; /* the others are losses, in nats: there is no difference */
} run_dissociation_t;

/* One checkpoint, task and condition. */
typedef struct {
    bool there;
    loss_t loss;             /* perplexity */
    bool compared;           /* with the baseline of the same checkpoint: */
    loss_t change;           /* the loss's change, window by window */
    accuracy_t all;          /* counted: over all items, */
    accuracy_t *file, *term; /* and each group, [files], [terms] */
} run_result_t;

/* The quantiles of WD over neurons: levels of run_wd_levels. */
enum { WD_LOWEST, WD_P5, WD_P25, WD_MEDIAN, WD_P75, WD_P95, WD_P99, WD_HIGHEST, WD_LEVELS };
extern const double run_wd_levels[WD_LEVELS];
extern const char *const run_wd_names[WD_LEVELS]; /* "wd_median" */

/* Means over neurons of the other statistics, those with a value. */
enum { MEAN_MEAN, MEAN_VARIANCE, MEAN_SKEWNESS, MEAN_KURTOSIS, MEAN_NEGATIVE, MEANS };
extern const char *const run_mean_names[MEANS]; /* "negative_fraction": the dataset's name */

/* The neurons of a layer, or of all layers. */
typedef struct {
    int64_t neurons, undefined; /* undefined: whose WD is NaN */
    double wd[WD_LEVELS];       /* NaN where no neuron has one */
    double mean[MEANS];         /* NaN also where the file lacks the statistic */
} run_layer_t;

typedef struct {
    bool there;
    int32_t layers, *number; /* [layers]: numbers in the model */
    run_layer_t *layer;      /* [layers + 1]; the last one is all layers together */
    int64_t tokens;          /* that each neuron was measured on; 0: unknown */
    bool sketched;           /* from sketches, not from all values */
} run_statistics_t;

/* A cohort at a checkpoint. */
typedef struct {
    bool there;
    int64_t neurons, fewest, most; /* in all layers, in one layer */
    int64_t layers;
    double stability; /* mean over its neurons; NaN where it is unknown */
    bool signs_known;
    int64_t signs[SIDES][SIGNS]; /* of pairs of tokens */
} run_cohort_t;

/* How the size of a cohort at a checkpoint was found. */
typedef struct {
    size_t rule, checkpoint;
    search_t is;
} run_search_t;

/* Two measurements of the same neurons: one checkpoint's statistics with each other, or one statistic
 * here and there. */
typedef enum { AGAINST_ITSELF, AGAINST_PREVIOUS, AGAINST_LAST, AGAINST_RUN } against_t;
extern const char *const against_names[]; /* "itself", ... */

typedef struct {
    against_t kind;
    size_t checkpoint;
    const char *against; /* the other checkpoint or the other run's directory; borrowed */
    int first, second;   /* of the comparable statistics */
    int32_t layer;       /* its number; -1: all together */
    comparison_t is;
} run_comparison_t;

/* The neurons of a cohort as chosen at one checkpoint, at another. */
typedef struct {
    size_t rule, checkpoint;
    const char *reference; /* the checkpoint they were chosen at; borrowed */
    int64_t neurons;       /* of the cohort */
    int64_t own, both;  /* that the rule chooses here, and of these in the cohort; -1: no such thing
                              (random and listed cohorts) */
    int64_t ranked, of; /* neurons that have a value here; neurons of a layer */
    double rank;        /* their mean place in their layer, 1: the end that the rule takes */
    double wd;          /* their mean WD */
} run_drift_t;

/* How far neurons' weights have turned between two checkpoints: the quantiles over neurons. */
enum { TURN_P5, TURN_MEDIAN, TURN_P95, TURN_LEVELS };
typedef struct {
    against_t kind;
    size_t checkpoint;
    char *against;
    weights_part_t part;
    int32_t layer; /* -1: all together */
    int64_t neurons, undefined;
    double quantile[TURN_LEVELS], mean;
} run_turn_t;

/* The residual stream entering a layer (or, middle, between its attention and its MLP) under a
 * condition. */
enum { RESIDUAL_CHANNELS = 3 };
typedef struct {
    size_t task, checkpoint, condition; /* task: of the plan */
    bool middle, last;                  /* last: leaving the last layer */
    int32_t place;                      /* the layer */
    int64_t tokens, channels;
    double rms, lowest, highest; /* over tokens and channels */
    double shift;                /* RMS of the difference from no ablation; NaN: not measured */
    int32_t channel[RESIDUAL_CHANNELS]; /* those that are shifted most; -1: none */
    double channel_shift[RESIDUAL_CHANNELS];
} run_residual_t;

/* The surprisal of a group of tagged tokens under a condition (contrast -1), or how much a contrast
 * changes it: excess surprisal where that is against the baseline. */
typedef struct {
    size_t task, checkpoint; /* task: of the plan */
    ptrdiff_t contrast;
    size_t condition;  /* where contrast is -1 */
    int way;           /* BY_UPOS, ... */
    const char *group; /* borrowed from the run */
    int64_t tokens, windows;
    double value; /* nats a token */
    interval_t interval;
} run_surprisal_t;

/* What tells a checkpoint from others. */
typedef struct {
    char *
        weights; /* the digest of its weights and config.json, as its results tell; NULL: unknown */
    ptrdiff_t
        same_as; /* an earlier checkpoint whose digest or whose every WD equals its own; -1: none */
} run_point_t;

/* A cohort at a checkpoint, as it was chosen there. */
typedef struct {
    size_t checkpoint, rule;
    int64_t neurons;
    double wd;      /* mean over its neurons, those that have one */
    double overlap; /* with the same cohort at the last checkpoint that has it, Jaccard's */
} run_emergence_t;

/* Over checkpoints: the mean WD of a cohort with a task's result. Checkpoints that repeat an earlier
 * one do not count. */
typedef struct {
    size_t rule;
    const char *chosen_at; /* the neurons chosen there; NULL: at each checkpoint anew; borrowed */
    size_t task;
    ptrdiff_t term;           /* -1: all */
    ptrdiff_t contrast;       /* -1: the baseline's result; else what the contrast changes */
    int64_t n;                /* checkpoints */
    double pearson, spearman; /* NaN: not defined */
    interval_t pearson_interval, spearman_interval;
} run_correlation_t;

typedef struct {
    const config_t *config; /* borrowed, as are directory and checkpoints */
    const char *directory;
    const strings_t *checkpoints;
    tasks_t plan;
    conditions_t planned;
    run_task_t *task;
    size_t tasks;
    run_condition_t *condition;
    size_t conditions;
    run_data_t *data; /* corpora, then benchmarks */
    size_t data_count;
    rules_t rules;
    run_result_t *result;         /* [checkpoints][tasks][conditions] */
    run_statistics_t *statistics; /* [checkpoints] */
    run_cohort_t *cohort;         /* [checkpoints][rules] */
    run_comparison_t *comparison;
    size_t comparisons, comparison_capacity;
    run_drift_t *drift;
    size_t drifts, drift_capacity;
    run_turn_t *turn;
    size_t turns, turn_capacity;
    run_residual_t *residual;
    size_t residuals, residual_capacity;
    run_point_t *point; /* [checkpoints] */
    run_emergence_t *emergence;
    size_t emergences, emergence_capacity;
    run_correlation_t *correlation;
    size_t correlations, correlation_capacity;
    run_surprisal_t *surprisal;
    size_t surprisals, surprisal_capacity;
    strings_t token_groups; /* names of their groups, each once */
    resampling_t resampling;
    run_contrast_t *contrast;
    size_t contrasts, contrast_capacity;
    run_draws_t *draws;
    size_t draws_count;
    run_change_t *change; /* by checkpoint, task, contrast, grouping */
    size_t changes, change_capacity;
    run_spread_t *spread;
    size_t spreads, spread_capacity;
    run_dissociation_t *dissociation;
    size_t dissociations, dissociation_capacity;
    str_t *extremes_csv;  /* [plan.count]: of tasks of extremes */
    str_t cohorts_csv;    /* checkpoint,cohort,layer,neuron,value */
    run_search_t *search; /* by rule, then checkpoint */
    size_t searches, search_capacity;
    str_t sizes_csv;       /* checkpoint,cohort,layer,neurons,threshold */
    strings_t products;    /* of the results, each once: "bfloat16 (oneDNN ...)" */
    deviation_t deviation; /* of all scores that say how far they are from float32 */
    strings_t missing;     /* a line each, for people */
    strings_t versions;    /* of the software that wrote the files, each once */
} run_t;

/* all: the checkpoints of the configuration; chosen: those to report on. Both must stay alive. */
MUST_CHECK status_t run_open(const config_t *config, const char *directory, const strings_t *all,
                             const strings_t *chosen, run_t *run);
void run_close(run_t *run);

const run_result_t *run_result(const run_t *run, size_t checkpoint, size_t task, size_t condition);
/* A contrast's result (term -1: over all items), or NULL; what several draws give, or NULL. */
const run_change_t *run_change(const run_t *run, size_t checkpoint, size_t task, size_t contrast,
                               ptrdiff_t term);
const run_spread_t *run_spread(const run_t *run, size_t checkpoint, size_t task, size_t draws,
                               ptrdiff_t term);
/* The condition that the report is about first: the first that has controls, else the first ablation
 * of all layers, or -1. */
ptrdiff_t run_chief(const run_t *run);
/* The first condition without an ablation, or -1. */
ptrdiff_t run_baseline(const run_t *run);
/* Whether two conditions do the same, in the same layers, to cohorts that may differ. */
bool run_same_ablation(const run_t *run, size_t a, size_t b);
/* Whether neither side of a contrast is a single one of several draws: wide tables show their mean. */
bool run_contrast_stands_out(const run_t *run, size_t contrast);
/* "pairs", "questions", "windows"; how intervals of a task are made, in a few words. */
const char *run_items_name(const run_task_t *task);
const char *run_interval_name(const run_task_t *task);
/* Whether anything of a task (SIZE_MAX: of any) is there. */
bool run_has_results(const run_t *run, size_t task);
/* Whether a cohort is chosen by what the model does, so that it may change along training: not random
 * ones, lists, and all neurons. */
bool run_rule_varies(const run_t *run, size_t rule);
/* Jaccard's index of a cohort and what its rule chooses at another checkpoint; NaN: no such thing. */
double run_drift_overlap(const run_drift_t *drift);
/* How many groups of layers a condition is one of, or 0. */
int run_groups(const run_t *run, size_t condition);
/* The last checkpoint with statistics / with results of a task (SIZE_MAX: of any), or -1. */
ptrdiff_t run_last_statistics(const run_t *run);
ptrdiff_t run_last_result(const run_t *run, size_t task);

#endif
