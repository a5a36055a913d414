#include "store/output.h"

#include "core/file.h"

status_t output_open(const char *path, const char *stage, store_t **store)
{
    status_t reason = store_open(path, store);
    if (status_code(reason) != EXIT_INPUT) return reason;
    status_t status = status_new(EXIT_INPUT, "%s; run the stage '%s' %s", status_message(reason),
                                 stage, file_exists(path) ? "again" : "first");
    status_free(&reason);
    return status;
}
