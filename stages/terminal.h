/* Messages and progress for people: one rank writes to standard error, a bar where that is a
 * terminal, plain lines elsewhere. */
#ifndef WN_STAGES_TERMINAL_H
#define WN_STAGES_TERMINAL_H

/* Becomes the library's log sink. name goes in front of each line. */
void terminal_open(const char *name);
/* Ends the bar; prints the error message unless it is empty. */
void terminal_close(const char *name, const char *message);

#endif
