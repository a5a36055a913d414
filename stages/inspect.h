/* The subcommands of wn-inspect, each in a file of its own. */
#ifndef WN_STAGES_INSPECT_H
#define WN_STAGES_INSPECT_H

#include "core/status.h"

/* forward --model DIR --input IN.h5 --output OUT.h5. IN: /ids, /lengths, optionally /neurons
 * [layers][k]. OUT: /logits, /nll, /preact, /mlp_input and, with neurons, /ablated/<op>/logits
 * and /ablated/<op>/nll for every ablation. On one rank. */
MUST_CHECK status_t inspect_forward(const char *model, const char *input, const char *output);

/* statistics --input IN.h5 --output OUT.h5: see stats/arrays.h. On one rank. */
MUST_CHECK status_t inspect_statistics(const char *input, const char *output);

#endif
