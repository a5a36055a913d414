/* Any bytes as a model's config.json. */
#include <math.h>

#include "model/architecture.h"
#include "tests/fuzz/fuzz.h"

/* What the executor takes for granted of a shape that was accepted. */
static void look_at(const model_shape_t *shape)
{
    fuzz_require(shape->layers > 0 && shape->width > 0 && shape->mlp > 0);
    fuzz_require(shape->heads > 0 && shape->kv_heads > 0 && shape->head_width > 0);
    fuzz_require(shape->heads % shape->kv_heads == 0);
    fuzz_require(shape->vocabulary > 0 && shape->positions_max > 0);
    fuzz_require(shape->rotary >= 0 && shape->rotary <= shape->head_width);
    fuzz_require(shape->rotary % 2 == 0 && shape->window >= 0);
    for (int i = 0; i < shape->rotary / 2; i++) fuzz_require(!isnan(shape->frequency[i]));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    model_shape_t shape;
    fuzz_named("config.json", data, size);
    status_t status = model_shape_read(fuzz_directory(), &shape);
    if (!status) {
        look_at(&shape);
        model_shape_free(&shape);
    }
    fuzz_refused(&status);
    return 0;
}
