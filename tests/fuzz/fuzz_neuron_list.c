/* Any bytes as a list of neurons. */
#include "select/neuron_list.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    neuron_list_t list = {0};
    int64_t line = 0;
    status_t status = neuron_list_parse("fuzz", (const char *)data, size, &list);
    for (int64_t i = 0; !status && i < list.count; i++) {
        fuzz_require(list.place[i].layer >= 0 && list.place[i].neuron >= 0);
        fuzz_require(list.place[i].line > line);
        line = list.place[i].line;
    }
    fuzz_refused(&status);
    neuron_list_destroy(&list);
    return 0;
}
