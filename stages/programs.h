/* The command lines of all programs: wn, the stages, wn-inspect, wn-manual. */
#ifndef WN_STAGES_PROGRAMS_H
#define WN_STAGES_PROGRAMS_H

#include "core/options.h"

/* Ended by NULL. */
extern const program_t *const programs[];

/* By name ("wn-collect"); NULL: there is none. */
const program_t *program_find(const char *name);

/* Whether a program is a stage. */
bool program_is_stage(const program_t *program);

#endif
