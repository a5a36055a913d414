#include "eval/budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* Memory of the node, or the limit of the control group that the process runs in (cgroup 2, then
 * cgroup 1), whichever is less. */
static double node_memory(void)
{
    static const char *const limits[] = {"/sys/fs/cgroup/memory.max",
                                         "/sys/fs/cgroup/memory/memory.limit_in_bytes"};
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGE_SIZE);
    for (size_t i = 0; i < 2; i++) {
        double limit = 0;
        FILE *file = fopen(limits[i], "r");
        if (!file) continue;
        if (fscanf(file, "%lf", &limit) == 1 && limit > 0 && limit < memory) memory = limit;
        fclose(file);
    }
    return memory;
}

size_t memory_budget(const config_t *config)
{
    double share;
    size_t bytes;
    if (!memory_parse(config_text(config, "resources.memory_per_node"), &share, &bytes)) return 0;
    return share > 0 ? (size_t)(share * node_memory()) : bytes;
}

size_t memory_for_weights(const config_t *config)
{
    return memory_budget(config) / 4 * 3;
}

size_t memory_for_states(const config_t *config, const model_t *model, int ranks)
{
    size_t budget = memory_budget(config), weights = model->memory.bytes;
    size_t each = model->memory.ranks > 0 ? (size_t)model->memory.ranks : (size_t)ranks;
    return budget > weights ? (budget - weights) / each / 2 : 0;
}
