/* Cohorts on disk: chosen from the statistics of a run, written, and read back.
 * A file selection/<cohort>.h5 has for each checkpoint a group with layer int32 [n], neuron int32
 * [n], value float64 [n], and for each layer that has statistics layers int32 [layers],
 * threshold float64 [layers] and size int32 [layers]; of a paired cohort partner int32 [n]; what
 * findings.h adds; the attributes rule and statistic. */
#ifndef WN_SELECT_SELECTION_H
#define WN_SELECT_SELECTION_H

#include "select/cohort.h"
#include "select/rules.h"
#include "store/store.h"

/* A statistic (index into the table) of a file that reduce wrote. */
MUST_CHECK status_t matrix_read(const char *path, int statistic, matrix_t *matrix);

/* The path of a checkpoint's statistics below the run's directory (owned by the caller). */
MUST_CHECK status_t selection_statistics_path(const char *directory, const char *checkpoint,
                                              char **path);

/* Applies a rule for a checkpoint (or, frozen, for the one that it names) to the statistics
 * below the run's directory; one that is made from other cohorts first applies their rules. What a search
 * found is read from its file. */
MUST_CHECK status_t selection_apply(const rules_t *rules, size_t rule, const char *directory,
                                    const char *checkpoint, cohort_t *cohort);

/* Writes a cohort as the group of a checkpoint. */
MUST_CHECK status_t selection_put(store_t *store, const rules_t *rules, size_t rule,
                                  const char *directory, const char *checkpoint,
                                  const cohort_t *cohort);
/* Applies a rule and writes the group of a checkpoint. The store is the calling rank's own. */
MUST_CHECK status_t selection_write(store_t *store, const rules_t *rules, size_t rule,
                                    const char *directory, const char *checkpoint);

/* Reads the group of a checkpoint. Neurons out of order or twice are an error. */
MUST_CHECK status_t selection_read(const store_t *store, const char *checkpoint, cohort_t *cohort);

#endif
