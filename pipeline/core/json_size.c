#include "core/json_size.h"

bool json_exceeds(const char *text, size_t length, size_t values)
{
    size_t count = 0;
    bool quoted = false;
    if (length <= values) return false;
    for (size_t i = 0; i < length && count <= values; i++) {
        if (text[i] == '"') quoted = !quoted;
        else if (quoted) i += text[i] == '\\';
        else count += text[i] == ',' || text[i] == '[' || text[i] == '{';
    }
    return count > values;
}
