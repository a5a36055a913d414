#include "eval/budget.h"

#include <stdlib.h>
#include <string.h>

#include "core/machine.h"

bool memory_parse(const char *text, double *share, size_t *bytes)
{
    static const struct {
        const char *unit;
        double factor;
    } units[] = {{"", 1},
                 {"B", 1},
                 {"KB", 1e3},
                 {"MB", 1e6},
                 {"GB", 1e9},
                 {"TB", 1e12},
                 {"KiB", 1024.0},
                 {"MiB", 1048576.0},
                 {"GiB", 1073741824.0},
                 {"TiB", 1099511627776.0}};
    char *end;
    double number = strtod(text, &end);
    *share = 0, *bytes = 0;
    if (end == text || !(number > 0)) return false;
    while (*end == ' ') end++;
    if (strcmp(end, "%") == 0) {
        *share = number / 100;
        return number <= 100;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].unit) != 0) continue;
        if (number * units[i].factor >= 9e18) return false;
        *bytes = (size_t)(number * units[i].factor);
        return true;
    }
    return false;
}

size_t memory_budget(const config_t *config)
{
    double share;
    size_t bytes;
    if (!memory_parse(config_text(config, "resources.memory_per_node"), &share, &bytes)) return 0;
    return share > 0 ? (size_t)(share * machine_memory("")) : bytes;
}

size_t memory_for_weights(const config_t *config)
{
    return memory_budget(config) / 4 * 3;
}

size_t memory_beside_weights(const config_t *config, size_t weights, int ranks)
{
    size_t budget = memory_budget(config);
    size_t share = budget > weights ? (budget - weights) / (size_t)ranks / 2 : 0;
    return share ? share : 1; /* 0 would be no bound */
}

size_t memory_for_states(const config_t *config, const model_t *model)
{
    const share_t *share = &model->memory;
    return memory_beside_weights(config, share->bytes * (size_t)share->copies, share->node_ranks);
}

share_scope_t memory_sharing(const config_t *config)
{
    const char *scope = config_text(config, "resources.share");
    if (strcmp(scope, "none") == 0) return SHARE_NONE;
    return strcmp(scope, "numa") == 0 ? SHARE_NUMA : SHARE_NODE;
}
