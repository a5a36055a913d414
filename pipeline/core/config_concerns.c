/* Which keys the outputs of a stage can depend on. */
#include <string.h>

#include "core/config.h"

bool config_concerns(const char *stage, const char *line)
{
    static const struct {
        const char *stage, *sections[8];
    } table[] = {
        {"shard", {"corpora.", "benchmarks.", "model.tokenizer"}},
        {"collect", {"model.", "corpora.", "benchmarks.", "collect.", "resources.chunk"}},
        {"reduce", {"model.", "corpora.", "benchmarks.", "collect.", "reduce.", "resources.chunk"}},
        {"select", {"model.", "corpora.", "collect.", "reduce.", "select.", "evaluate."}},
        {"evaluate",
         {"model.", "corpora.", "benchmarks.", "collect.", "reduce.", "select.", "evaluate.",
          "resources.chunk"}},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        for (size_t k = 0; k < 8 && table[i].sections[k]; k++)
            if (strcmp(table[i].stage, stage) == 0 &&
                strncmp(line, table[i].sections[k], strlen(table[i].sections[k])) == 0)
                return true;
    return false;
}
