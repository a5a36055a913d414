/* Any bytes as the index of weights in several files, beside one file, a.safetensors, that holds
 * the tensors x and y. */
#include "model/weights.h"
#include "tests/fuzz/fuzz.h"

static void write_shard(void)
{
    static const char header[] = "{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                                 "\"y\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[8,10]}}";
    char file[256] = {0};
    uint64_t length = strlen(header);
    memcpy(file, &length, sizeof length);
    memcpy(file + 8, header, length);
    fuzz_named("a.safetensors", file, 8 + length + 10);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int written;
    weights_t *weights = NULL;
    if (!written++) write_shard();
    fuzz_named("model.safetensors.index.json", data, size);
    status_t status = weights_open(fuzz_directory(), &weights);
    if (!status) {
        fuzz_require(weights_count(weights) > 0 && weights_count(weights) <= 2);
        for (size_t i = 0; i < weights_count(weights); i++) {
            const tensor_t *tensor = weights_at(weights, i);
            uint64_t value = 0;
            fuzz_require(weights_find(weights, tensor->name) == tensor);
            fuzz_require(!weights_read(weights, tensor, 0, tensor->count, &value));
        }
    }
    fuzz_refused(&status);
    weights_close(&weights);
    return 0;
}
