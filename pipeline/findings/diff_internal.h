/* Shared by the files that compare runs. */
#ifndef WN_FINDINGS_DIFF_INTERNAL_H
#define WN_FINDINGS_DIFF_INTERNAL_H

#include "findings/diff.h"
#include "store/store.h"

/* ---- a file that both have; name: "results/step1/task.h5" ---- */

/* Appends settings that differ between the configurations of two outputs of one stage, and what else they
 * depend on; each once. */
MUST_CHECK status_t diff_add_settings(diff_t *diff, const char *name,
                                      const store_t *const store[2]);
/* Of statistics/ CHECKPOINT .h5. */
MUST_CHECK status_t diff_add_statistics(diff_t *diff, const char *name);
/* Of selection/ COHORT .h5. */
MUST_CHECK status_t diff_add_cohort(diff_t *diff, const char *name, const store_t *const store[2]);
/* Of results/ CHECKPOINT / TASK .h5. */
MUST_CHECK status_t diff_add_results(diff_t *diff, const char *name, const store_t *const store[2]);

/* Whether two attributes "inputs" list the same files, by their digests, wherever they lie. */
bool diff_same_inputs(const char *a, const char *b);

/* The part of name between the last slash and ".h5"; to be freed. */
MUST_CHECK status_t diff_stem(const char *name, char **stem);

#endif
