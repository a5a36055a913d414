#include "store/output.h"

#include "core/file.h"

status_t output_open(const char *path, const char *stage, store_t **store)
{
    *store = NULL;
    if (!file_exists(path))
        return status_new(EXIT_INPUT, "%s: no such file; run the stage '%s' first", path, stage);
    status_t reason = store_open(path, store);
    if (status_code(reason) != EXIT_INPUT) return reason;
    status_t status =
        status_new(EXIT_INPUT, "%s; run the stage '%s' again", status_message(reason), stage);
    status_free(&reason);
    return status;
}
