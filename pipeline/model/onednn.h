/* Blocks of bfloat16 products through oneDNN, where the build has it. Every block has the same
 * shape but for its depth, so that an element is computed the same way wherever it stands. */
#ifndef WN_MODEL_ONEDNN_H
#define WN_MODEL_ONEDNN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A block: ROWS of x times COLUMNS rows of W, both STRIDE apart, over a depth of 1 to DEPTHS times
 * DEPTH. */
enum {
    ONEDNN_ROWS = 128,
    ONEDNN_COLUMNS = 256,
    ONEDNN_DEPTH = 256,
    ONEDNN_DEPTHS = 4,
    ONEDNN_STRIDE = 3072
};

typedef struct onednn onednn_t;

/* An EXIT_RESOURCE error where this build has no oneDNN, or where this processor (or oneDNN's
 * ONEDNN_MAX_CPU_ISA) has neither AMX for bfloat16 nor AVX512-BF16. */
MUST_CHECK status_t onednn_check(void);

/* What computes: "oneDNN 2.6.3 amx-bf16" or "... avx512-bf16"; "" where onednn_check fails. */
const char *onednn_kernel(void);

/* For one thread. The errors of onednn_check, or EXIT_RESOURCE for what oneDNN refuses. */
MUST_CHECK status_t onednn_create(onednn_t **onednn);
void onednn_destroy(onednn_t **onednn);

/* y [ROWS][COLUMNS] = or, where add is set, += x W^T over depths * DEPTH: bfloat16 products, added
 * up in float32. False where oneDNN failed, for want of memory as a rule. */
MUST_CHECK bool onednn_multiply(onednn_t *onednn, int depths, bool add, const uint16_t *x,
                                const uint16_t *w, float *y);

#endif
