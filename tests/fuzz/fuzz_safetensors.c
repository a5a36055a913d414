/* Any bytes as a safetensors file; what starts as JSON does gets its length before it, so that
 * headers of any length are reached. */
#include <string.h>

#include "core/strings.h"
#include "model/safetensors.h"
#include "tests/fuzz/weight_file.h"

/* The length of the header that text starts with: to the last brace before the first newline. */
static uint64_t header_length(const uint8_t *data, size_t size)
{
    const uint8_t *newline = memchr(data, '\n', size);
    size_t length = newline ? (size_t)(newline - data) : size;
    while (length > 1 && data[length - 1] != '}') length--;
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t file = {0};
    if (size && data[0] == '{') {
        uint64_t length = header_length(data, size);
        fuzz_require(!str_append(&file, (const char *)&length, sizeof length));
    }
    fuzz_require(!str_append(&file, (const char *)data, size));
    fuzz_weight_file(file.data, file.length, safetensors_list);
    str_free(&file);
    return 0;
}
