#include "core/file.h"
#include "core/memory.h"
#include "store/store.h"

/* Ours are a few groups deep; a link back up must not last. */
enum { DEPTH = 16 };

static status_t add_group(const store_t *store, const char *group, int depth, strings_t *names)
{
    strings_t within = {0};
    status_t status = store_list(store, group, &within);
    if (!status && depth == 0)
        status = status_new(EXIT_INPUT, "%s: %s: groups within groups without end",
                            store_path(store), group);
    for (size_t i = 0; !status && i < within.count; i++) {
        char *name = NULL;
        store_info_t info;
        status = path_join(group, within.item[i], &name);
        status_t none = status ? NULL : store_find(store, name, &info);
        if (!status && none) status = add_group(store, name, depth - 1, names);
        else if (!status) status = strings_append(names, name);
        status_free(&none);
        mem_free(&name);
    }
    strings_free(&within);
    return status;
}

status_t store_datasets(const store_t *store, strings_t *names)
{
    return add_group(store, "/", DEPTH, names);
}
