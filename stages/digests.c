#include "stages/digests.h"

#include "core/file.h"
#include "core/hash_cache.h"
#include "core/log.h"
#include "core/memory.h"
#include "par/agree.h"

status_t digests_open(const stage_t *stage, char **path)
{
    str_t lines = {0};
    bool writes = stage->rank == 0 && !stage->dry;
    status_t status = path_join(stage->directory, "digests", path);
    if (!status && stage->rank == 0) status = hash_cache_read(*path, &lines);
    status = share_text(stage->comm, status, &lines);
    if (!status) status = hash_cache_open(writes ? *path : NULL, lines.data);
    str_free(&lines);
    status = agree(stage->comm, status);
    if (status) mem_free(path);
    return status;
}

/* Rank 0 gets the lines of all ranks. */
static status_t gather(const stage_t *stage, str_t *lines)
{
    int *length = NULL, *start = NULL, mine = 0, total = 0;
    str_t own = {0};
    status_t status = hash_cache_added(&own);
    if (!status) mine = (int)own.length;
    if (!status) status = mem_new(&length, (size_t)stage->ranks, "lengths");
    if (!status) status = mem_new(&start, (size_t)stage->ranks, "lengths");
    status = agree(stage->comm, status);
    if (!status) MPI_Gather(&mine, 1, MPI_INT, length, 1, MPI_INT, 0, stage->comm);
    for (int r = 0; !status && r < stage->ranks; r++) {
        start[r] = total;
        total += length[r];
    }
    if (!status) status = mem_grow(&lines->data, &lines->capacity, (size_t)total + 1, "digests");
    status = agree(stage->comm, status);
    if (!status) {
        MPI_Gatherv(own.data, mine, MPI_CHAR, lines->data, length, start, MPI_CHAR, 0, stage->comm);
        lines->data[total] = '\0';
    }
    str_free(&own);
    mem_free(&length);
    mem_free(&start);
    return status;
}

void digests_close(const stage_t *stage, char **path)
{
    str_t lines = {0};
    status_t status = NULL;
    if (*path && !stage->dry) {
        status = gather(stage, &lines);
        if (!status && stage->rank == 0 && *lines.data)
            status = hash_cache_write(*path, lines.data);
        if (status && stage->rank == 0)
            log_warning("%s; files will be hashed again", status_message(status));
    }
    hash_cache_close();
    status_free(&status);
    str_free(&lines);
    mem_free(path);
}
