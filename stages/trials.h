/* Perplexities that were measured, kept in a journal (core/journal.h): a search that is stopped, or
 * made anew with another tolerance, does not measure them again. */
#ifndef WN_STAGES_TRIALS_H
#define WN_STAGES_TRIALS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/hash.h"
#include "core/journal.h"

/* Of one rank. */
typedef struct {
    char (*key)[SHA256_HEX]; /* [count] of all that each one depends on */
    double *perplexity;      /* [count] */
    size_t count, keys_capacity, values_capacity;
    journal_t *journal;
} trials_t;

MUST_CHECK status_t trials_open(const char *path, trials_t *trials);
bool trials_find(const trials_t *trials, const char *key, double *perplexity);
/* It survives this process, and the machine, once this returns. */
MUST_CHECK status_t trials_add(trials_t *trials, const char *key, double perplexity);
void trials_close(trials_t *trials);

#endif
