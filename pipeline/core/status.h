/* The project's only error type. A status_t is NULL on success, else an owned
 * error with an exit code and a message. Errors are values until main: no
 * function of the library prints or exits. A message names the file, the field,
 * the value, and what was expected.
 *
 *     status_t status = file_read(path, limit, &text);
 *     if (status) goto done;
 *
 * status_wrap adds context on the way up; status_free ends an error that was
 * dealt with. Out of memory while making an error yields a static one. */
#ifndef WN_CORE_STATUS_H
#define WN_CORE_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))

/* The exit codes of every program of the project (docs/running.md, "Exit codes"). */
typedef enum {
    EXIT_OK = 0,
    EXIT_BUG = 1,         /* an invariant of ours does not hold */
    EXIT_USAGE = 2,       /* command line or configuration */
    EXIT_INPUT = 3,       /* an input is missing, damaged or inconsistent */
    EXIT_OUTPUT = 4,      /* an output cannot be written */
    EXIT_RESOURCE = 5,    /* memory, shared memory, MPI, what a build or processor lacks */
    EXIT_NUMERIC = 6,     /* a non-finite value */
    EXIT_INTERRUPTED = 7, /* a signal asked to stop; run again to continue */
    EXIT_UNREACHED = 8,   /* no cohort has the effect that was asked for */
    EXIT_DIFFERENT = 9,   /* no error: two runs differ, and the program was asked to say so */
} exit_code_t;

typedef struct status *status_t;

/* A new error. The message is one line without a final period or newline. */
MUST_CHECK status_t status_new(exit_code_t code, const char *format, ...) PRINTF_LIKE(2, 3);

/* Puts "context: " before the message of an error, in place; NULL stays NULL. */
MUST_CHECK status_t status_wrap(status_t status, const char *format, ...) PRINTF_LIKE(2, 3);

/* Code and message of a status; EXIT_OK and "" for NULL. */
exit_code_t status_code(status_t status);
const char *status_message(status_t status);

/* Frees the error and sets the variable to NULL. */
void status_free(status_t *status);

/* Frees an error of that code, which the caller can do without; any other stays (want of memory is never
 * a reason to leave something out). */
void status_excuse(status_t *status, exit_code_t code);

/* The first error of two; the other is freed. For cleanup that can fail. */
MUST_CHECK status_t status_first(status_t first, status_t second);

#endif
