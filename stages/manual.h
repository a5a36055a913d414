/* What is made of the table of options (stages/programs.h): manual pages and completion. */
#ifndef WN_STAGES_MANUAL_H
#define WN_STAGES_MANUAL_H

#include "core/options.h"

/* Appends a program's page of section 1, in mdoc(7). */
MUST_CHECK status_t manual_program(const program_t *program, str_t *text);
/* Appends wn-config(5): every key of a configuration. */
MUST_CHECK status_t manual_config(str_t *text);

/* Append what completes command lines of every program in bash (4 or later) and zsh. */
MUST_CHECK status_t completion_bash(str_t *text);
MUST_CHECK status_t completion_zsh(str_t *text);

#endif
