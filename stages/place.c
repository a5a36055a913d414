#include "stages/place.h"

#include <string.h>
#include <unistd.h>

#include "core/file.h"
#include "core/memory.h"
#include "par/agree.h"

static status_t make_hints(const config_t *config, MPI_Info *hints)
{
    size_t count = config_count(config, "resources.hints");
    if (count) MPI_Info_create(hints);
    for (size_t i = 0; i < count; i++) {
        const char *name = config_name(config, "resources.hints", i);
        const char *path = config_path("resources.hints.%s", name);
        const char *value = config_text(config, path);
        if (strlen(name) >= MPI_MAX_INFO_KEY || strlen(value) >= MPI_MAX_INFO_VAL || !*value)
            return config_error(config, path,
                                "MPI takes names of hints of up to %d characters, with values of "
                                "1 to %d",
                                MPI_MAX_INFO_KEY - 1, MPI_MAX_INFO_VAL - 1);
        MPI_Info_set(*hints, name, value);
    }
    return NULL;
}

/* Rank 0 makes the directory, under a name that there has never been; who does not find it looks at
 * another disk. */
static status_t make_scratch(const stage_t *stage, const char *key, place_t *place)
{
    const char *text = config_text(stage->config, key);
    char *base = NULL, host[64] = "host";
    str_t name = {0};
    status_t status = NULL;
    if (stage->rank == 0) {
        status = staging_expand(text, &base);
        if (status) {
            status_t wrong = config_error(stage->config, key, "%s", status_message(status));
            status_free(&status);
            status = wrong;
        }
        if (!status) status = status_wrap(staging_create(base, &place->staging), "%s", key);
        if (!status) status = str_add(&name, staging_directory(place->staging));
    }
    status = share_text(stage->comm, status, &name);
    if (!status) status = str_copy(&place->directory, name.data);
    gethostname(host, sizeof host - 1);
    if (!status && !file_is_directory(place->directory))
        status = config_error(stage->config, key,
                              "'%s' is not the same directory on all nodes (rank %d on %s does not "
                              "see what rank 0 made there); name one that all share, or none",
                              text, stage->rank, host);
    str_free(&name);
    mem_free(&base);
    return agree(stage->comm, status);
}

status_t place_open(stage_t *stage, place_t *place)
{
    static const char key[] = "paths.scratch";
    status_t status = make_hints(stage->config, &place->hints);
    if (!status && !stage->dry && config_has(stage->config, key))
        status = make_scratch(stage, key, place);
    stage->scratch = place->directory;
    store_setup(place->directory, place->hints);
    return status;
}

void place_close(stage_t *stage, place_t *place)
{
    stage->scratch = NULL;
    store_setup(NULL, MPI_INFO_NULL);
    if (place->hints != MPI_INFO_NULL) MPI_Info_free(&place->hints);
    staging_destroy(&place->staging);
    mem_free(&place->directory);
}
