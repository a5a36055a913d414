/* Any bytes as the configuration of a run. */
#include "core/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    config_t *config = NULL;
    str_t text = {0}, again = {0};
    status_t status = config_parse("run.yaml", (const char *)data, size, NULL, &config);
    if (!status) {
        /* What it says in full is what it says. */
        fuzz_require(!config_dump(config, "", &text) && !config_dump(config, "", &again));
        fuzz_require(text.length > 0 && strcmp(text.data, again.data) == 0);
        for (size_t i = 0; i < config_key_count; i++)
            if (!strpbrk(config_keys[i].path, "*[")) config_has(config, config_keys[i].path);
    }
    fuzz_refused_as(EXIT_USAGE, &status);
    config_close(&config);
    str_free(&text);
    str_free(&again);
    return 0;
}
