/* Any bytes as a torch archive; or, so that the pickle is reached through its checksum, as the
 * pickle of a sound archive with three storages. */
#include "model/torch_archive.h"
#include "tests/fuzz/weight_file.h"
#include "tests/zip_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char storage[96];
    if (size >= 2 && data[0] == 'P' && data[1] == 'K') {
        fuzz_weight_file(data, size, torch_archive_list);
        return 0;
    }
    zip_builder_t builder = {0};
    zip_add(&builder, "m/data.pkl", data, size, false);
    zip_add(&builder, "m/data/0", storage, sizeof storage, false);
    zip_add(&builder, "m/data/1", storage, 12, false);
    zip_add(&builder, "m/data/2", storage, 0, false);
    zip_finish(&builder, false);
    fuzz_weight_file(builder.file.data, builder.file.length, torch_archive_list);
    zip_free(&builder);
    return 0;
}
