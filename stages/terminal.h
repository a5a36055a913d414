/* Messages and progress for people: one rank writes to standard error, one line that is updated where
 * that is a terminal, few plain lines elsewhere; and where colours are wanted. */
#ifndef WN_STAGES_TERMINAL_H
#define WN_STAGES_TERMINAL_H

#include <stdbool.h>

/* Becomes the library's log sink. name goes in front of each line. */
void terminal_open(const char *name);
/* Ends the updated line; prints the error message unless it is empty. */
void terminal_close(const char *message);

/* The one line of an error: "wn-NAME: error: MESSAGE". */
void terminal_error(const char *name, const char *message);

/* Whether standard output takes colours: it is a terminal, and NO_COLOR is not set. */
bool terminal_has_colour(void);

#endif
