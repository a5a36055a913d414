/* Signals that ask to stop: SIGTERM, SIGINT and SIGUSR1. They are noted, and long work looks for them
 * between its pieces:
 *
 *     for (...) {
 *         status = interrupt_check();
 *         if (!status) status = next_piece();
 *     }
 *
 * The error goes up as every other one does: a unit that is not finished is dropped, the ranks agree,
 * and the program ends with EXIT_INTERRUPTED. */
#ifndef WN_CORE_INTERRUPT_H
#define WN_CORE_INTERRUPT_H

#include <stdatomic.h>

#include "core/status.h"

/* From now on these signals are noted. Once a process, before threads.
 *
 * For tests: with WN_TEST_PAUSE set, each check takes as many milliseconds, less when a signal
 * comes. */
void interrupt_catch(void);

/* Notes them in *word from now on, which other processes may look at too; what was noted is kept. NULL:
 * in the process's own word again. */
void interrupt_use(atomic_int *word);

/* NULL, or an EXIT_INTERRUPTED error that names the signal. Any thread; not collective. */
MUST_CHECK status_t interrupt_check(void);

#endif
