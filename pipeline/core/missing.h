/* What might have been meant by the name of a file that is not there. */
#ifndef WN_CORE_MISSING_H
#define WN_CORE_MISSING_H

#include "core/status.h"
#include "core/strings.h"

/* Appends the end of a message about path: "; did you mean PATH?" where a name in its directory is near,
 * ", nor its directory" where that is not there either, else nothing. */
MUST_CHECK status_t file_suggest(const char *path, str_t *text);

/* An EXIT_INPUT error that says of path what problem says ("no such file"), and that end. */
MUST_CHECK status_t file_missing(const char *path, const char *problem);

#endif
