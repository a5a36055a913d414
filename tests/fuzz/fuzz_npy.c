/* Any bytes as a .npy file of token ids; what starts with a brace gets the prefix with its length
 * before it, so that headers of any length are reached. */
#include "core/strings.h"
#include "tests/fuzz/id_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str_t file = {0};
    id_file_t *ids = NULL;
    if (size && data[0] == '{') {
        const uint8_t *end = memchr(data, '\n', size);
        uint32_t length = (uint32_t)(end ? (size_t)(end + 1 - data) : size);
        fuzz_require(!str_append(&file, "\x93NUMPY\x02\x00", 8));
        fuzz_require(!str_append(&file, (const char *)&length, sizeof length));
    }
    fuzz_require(!str_append(&file, (const char *)data, size));
    status_t status = id_file_open_npy(fuzz_file(file.data, file.length), &ids);
    if (!status) fuzz_ids(ids, file.length);
    fuzz_refused(&status);
    id_file_close(&ids);
    str_free(&file);
    return 0;
}
