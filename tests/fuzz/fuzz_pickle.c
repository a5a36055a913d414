/* Any bytes as a pickle: every value of an accepted one can be looked at. */
#include <string.h>

#include "core/pickle.h"
#include "tests/fuzz/fuzz.h"

static void look_at(const pickle_t *pickle, pickle_ref_t value)
{
    pickle_kind_t kind = pickle_kind(pickle, value);
    size_t length;
    fuzz_require(pickle_kind_name(kind)[0] != '\0');
    switch (kind) {
    case PICKLE_NONE: break;
    case PICKLE_BOOL: fuzz_require((pickle_integer(pickle, value) | 1) == 1); break;
    case PICKLE_INTEGER: pickle_integer(pickle, value); break;
    case PICKLE_TEXT:
    case PICKLE_GLOBAL: {
        const char *text = pickle_text(pickle, value, &length);
        fuzz_require(text[length] == '\0' && strlen(text) <= length);
        break;
    }
    default:
        for (size_t i = 0; i < pickle_items(pickle, value); i++)
            fuzz_require(pickle_item(pickle, value, i) < pickle_count(pickle));
    }
    if (kind == PICKLE_DICT) fuzz_require(pickle_items(pickle, value) % 2 == 0);
    if (kind == PICKLE_CALL) fuzz_require(pickle_items(pickle, value) == 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const globals[] = {"collections.OrderedDict", "a.b", NULL};
    pickle_t *pickle = NULL;
    status_t status = pickle_parse("fuzz", (const char *)data, size, globals, &pickle);
    if (!status) {
        fuzz_require(pickle_root(pickle) < pickle_count(pickle));
        /* four constants, and at most one value a byte */
        fuzz_require(pickle_count(pickle) <= size + 4);
        for (size_t i = 0; i < pickle_count(pickle); i++) look_at(pickle, (pickle_ref_t)i);
    }
    fuzz_refused(&status);
    pickle_destroy(&pickle);
    return 0;
}
