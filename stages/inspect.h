/* The subcommands of wn-inspect, each in a file of its own. */
#ifndef WN_STAGES_INSPECT_H
#define WN_STAGES_INSPECT_H

#include "core/status.h"

/* statistics --input IN.h5 --output OUT.h5: see stats/arrays.h. On one rank. */
MUST_CHECK status_t inspect_statistics(const char *input, const char *output);

#endif
