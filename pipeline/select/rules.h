/* The rules by which a configuration chooses its cohorts. An entry of select stands for several
 * cohorts where it lists percentages or counts, asks for draws, or is matched to such an entry:
 * each is a rule of its own, whose name says what is its own (top-p5, top-n20, random-p5-d2). */
#ifndef WN_SELECT_RULES_H
#define WN_SELECT_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/config.h"
#include "core/hash.h"
#include "core/strings.h"

typedef enum {
    RULE_HIGHEST,
    RULE_LOWEST,
    RULE_ALL,
    RULE_RANDOM,
    RULE_PAIRED, /* each neuron of another cohort with the nearest one outside it */
    RULE_LISTED,
    RULE_UNION,
    RULE_INTERSECTION,
    RULE_DIFFERENCE, /* of the first cohort and all others */
    RULE_UNTIL       /* as many from one end as raise the perplexity so far */
} rule_kind_t;

/* How far RULE_UNTIL goes: texts are the configuration's. */
typedef struct {
    const char *condition, *corpus;
    int64_t window, stride, windows; /* of the corpus, as a task of evaluate has them */
    bool bos;
    const char *ablate; /* in place of the condition's; NULL: that one */
    double tolerance;   /* share of the rise */
    double least, most; /* per cent */
    int trials;         /* at most */
    bool matched;       /* layers in the proportions of the condition's cohort */
    bool closest;       /* goes on with the closest where none will do */
    bool highest;       /* the end */
} until_t;

typedef struct {
    const char *name;  /* of the cohort */
    const char *entry; /* of select that it comes from; the configuration's, as are other texts */
    rule_kind_t kind;
    int statistic;  /* index into the table of statistics; paired: mean or variance */
    double percent; /* highest, lowest: where count is 0 */
    int64_t count;
    size_t like; /* random, paired: index of the rule it is matched to */
    bool outside;
    uint64_t seed;
    int draw;     /* from 1, where the entry asks for several; else 0 */
    size_t *part; /* union, intersection, difference: [parts] indices of rules */
    size_t parts;
    const char *neurons; /* listed: the file */
    const char *from;    /* checkpoint that freezes it, or NULL */
    until_t until;
} rule_t;

typedef struct {
    rule_t *rule; /* entries in the configuration's order, those of one together */
    size_t count;
    strings_t names;
} rules_t;

/* Reads, expands and checks all of select.*: each cohort has one kind, what its kind needs and
 * nothing else; names differ; those that a rule is made from are there, and none is made from
 * itself in the end; from is one of the run's checkpoints (NULL: not checked). Errors are
 * EXIT_USAGE with file, line and key. Does not open any file. */
MUST_CHECK status_t rules_read(const config_t *config, const strings_t *checkpoints,
                               rules_t *rules);
void rules_destroy(rules_t *rules);

/* Index of the rule of a cohort, or -1. */
ptrdiff_t rules_find(const rules_t *rules, const char *name);

/* What a name in the configuration means: a cohort, or all those of an entry: rules first,
 * first + 1, ... first + count - 1. An error at key, with the nearest name, where it is none. */
MUST_CHECK status_t rules_resolve(const rules_t *rules, const config_t *config, const char *key,
                                  const char *name, size_t *first, size_t *count);
/* The same, where one cohort alone will do. */
MUST_CHECK status_t rules_resolve_one(const rules_t *rules, const config_t *config, const char *key,
                                      const char *name, size_t *index);

/* The k-th rule that a rule is made from; false: there are no more. */
bool rule_part(const rule_t *rule, size_t k, size_t *index);

/* Whether a rule, or one that it is made from, is a search that runs the model. */
bool rules_search(const rules_t *rules, size_t rule);

/* Appends what a rule says, for a reader: "wd above percentile 99 of its layer". */
MUST_CHECK status_t rule_describe(const rules_t *rules, size_t rule, str_t *text);

/* Adds all that a rule says itself: not what its parts or the file of a list say. */
MUST_CHECK status_t rule_hash(const rules_t *rules, size_t rule, hash_t *hash);

#endif
