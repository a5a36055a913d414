/* The rules by which a configuration chooses its cohorts. */
#ifndef WN_SELECT_RULES_H
#define WN_SELECT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/strings.h"

typedef enum { RULE_HIGHEST, RULE_LOWEST, RULE_ALL, RULE_RANDOM, RULE_LISTED } rule_kind_t;

typedef struct {
    const char *name; /* of the cohort; texts are the configuration's */
    rule_kind_t kind;
    int statistic;  /* index into the table of statistics */
    double percent; /* highest, lowest: where count is 0 */
    int64_t count;
    size_t like; /* random: index of the rule it is matched to */
    bool outside;
    uint64_t seed;
    const char *neurons; /* listed: the file */
    const char *from;    /* checkpoint that freezes it, or NULL */
} rule_t;

typedef struct {
    rule_t *rule;
    size_t count;
} rules_t;

/* Reads and checks all of select.*: each cohort has one kind, what its kind needs and nothing
 * else; like names another cohort without going in a circle; from is one of the run's checkpoints.
 * Errors are EXIT_USAGE with file, line and key. Does not open any file. */
MUST_CHECK status_t rules_read(const config_t *config, const strings_t *checkpoints,
                               rules_t *rules);
void rules_destroy(rules_t *rules);

/* Index of the rule of a cohort, or -1. */
ptrdiff_t rules_find(const rules_t *rules, const char *name);

/* Appends what a rule says, for a reader: "wd above percentile 99 of its layer". */
MUST_CHECK status_t rule_describe(const rules_t *rules, size_t rule, str_t *text);

#endif
