/* Any bytes as compressed text: gzip and zstd, by their first byte; what has neither's is tried as
 * both. */
#include "tests/fuzz/fuzz.h"
#include "text/lines.h"

/* Far more than the longest input of a fuzzer may stand for by gzip; zstd's bombs go on. */
enum { ENOUGH = 32 << 20 };

static void read_lines(const char *path, size_t size)
{
    lines_t *lines = NULL;
    const char *line;
    size_t length = 1;
    uint64_t total = 0;
    int64_t number = 0;
    status_t status = lines_open(path, &lines);
    fuzz_require(!status);
    while (!status && length && total < ENOUGH) {
        status = lines_next(lines, &line, &length);
        if (status || !length) break;
        fuzz_require(lines_offset(lines) == total && lines_number(lines) == ++number);
        fuzz_require(lines_position(lines) <= size);
        fuzz_require(memchr(line, '\n', length - 1) == NULL || length == 1);
        total += length;
    }
    /* The end is only there where every byte was read. */
    if (!status && !length) fuzz_require(lines_position(lines) == size);
    fuzz_refused(&status);
    lines_close(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t first = size ? data[0] : 0;
    if (first != 0x1f) read_lines(fuzz_named("text.zst", data, size), size);
    if (first != 0x28) read_lines(fuzz_named("text.gz", data, size), size);
    return 0;
}
