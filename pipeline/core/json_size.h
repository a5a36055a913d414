/* How large a JSON text becomes in memory, before it is parsed: a value of two bytes takes up to 150
 * there. */
#ifndef WN_CORE_JSON_SIZE_H
#define WN_CORE_JSON_SIZE_H

#include <stdbool.h>
#include <stddef.h>

/* Far more than any file has that this project knows, and 600 MB. */
enum { JSON_VALUES = 4 << 20 };

/* Whether there are more than so many values: what follows a comma or an opening bracket outside of
 * strings. Any bytes; what is not JSON gets some answer. */
bool json_exceeds(const char *text, size_t length, size_t values);

#endif
