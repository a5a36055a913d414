/* Any bytes as Megatron's .idx beside a fixed .bin; what does not start with the magic gets a
 * sound header for so many sequences and documents as its first two bytes say. */
#include "core/strings.h"
#include "tests/fuzz/id_file.h"

enum { BIN_BYTES = 4000 };

static void add(str_t *bytes, const void *more, size_t size)
{
    fuzz_require(!str_append(bytes, more, size));
}

/* Puts the header before the lists. */
static void add_header(str_t *file, const uint8_t counts[2], uint8_t type)
{
    uint64_t version = 1, sequences = counts[0], entries = counts[1];
    add(file, "MMIDIDX\0\0", 9);
    add(file, &version, sizeof version);
    add(file, &type, 1);
    add(file, &sequences, sizeof sequences);
    add(file, &entries, sizeof entries);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *bin;
    static char path[4200];
    uint8_t tokens[BIN_BYTES] = {0};
    str_t file = {0};
    id_file_t *ids = NULL;
    for (size_t i = 0; i < BIN_BYTES; i += 4) tokens[i] = (uint8_t)i;
    if (!bin) {
        snprintf(path, sizeof path, "%s", fuzz_named("tokens.bin", tokens, sizeof tokens));
        bin = path;
    }
    if (size >= 3 && data[0] != 'M') {
        add_header(&file, data, data[2]);
        data += 3;
        size -= 3;
    }
    fuzz_require(!str_append(&file, (const char *)data, size));
    fuzz_named("tokens.idx", file.data, file.length);
    status_t status = id_file_open_megatron(bin, &ids);
    if (!status) fuzz_ids(ids, BIN_BYTES);
    fuzz_refused(&status);
    id_file_close(&ids);
    str_free(&file);
    return 0;
}
