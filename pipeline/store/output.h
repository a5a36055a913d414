/* Reading what another stage of ours wrote. */
#ifndef WN_STORE_OUTPUT_H
#define WN_STORE_OUTPUT_H

#include "store/store.h"

/* Opens the output of a stage ("collect"). Where it is missing or damaged, the error says to run
 * that stage. */
MUST_CHECK status_t output_open(const char *path, const char *stage, store_t **store);

#endif
