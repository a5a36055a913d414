#include "stats/top.h"

#include <string.h>

#include "core/memory.h"
#include "par/agree.h"

status_t tops_create(tops_t *tops, size_t lists, size_t count)
{
    size_t entries;
    *tops = (tops_t){.lists = lists, .count = count};
    status_t status = mem_product(lists, count, "extreme values", &entries);
    if (!status) status = mem_new(&tops->entry, entries, "extreme values");
    if (!status) status = mem_new(&tops->filled, lists, "extreme values");
    if (status) tops_destroy(tops);
    return status;
}

void tops_destroy(tops_t *tops)
{
    mem_free(&tops->entry);
    mem_free(&tops->filled);
    *tops = (tops_t){0};
}

static bool before(const entry_t *a, const entry_t *b)
{
    return a->key > b->key || (a->key == b->key && a->place < b->place);
}

void tops_add(tops_t *tops, size_t list, entry_t entry)
{
    entry_t *of = tops->entry + list * tops->count;
    size_t filled = (size_t)tops->filled[list], at = filled;
    while (at > 0 && before(&entry, &of[at - 1])) at--;
    if (at == tops->count) return;
    if (filled < tops->count) tops->filled[list] = (int64_t)++filled;
    memmove(of + at + 1, of + at, (filled - at - 1) * sizeof *of);
    of[at] = entry;
}

/* ---- over ranks ---- */

static void send(MPI_Comm comm, const tops_t *tops, size_t first, size_t lists)
{
    MPI_Send(tops->filled + first, (int)lists, MPI_INT64_T, 0, 0, comm);
    MPI_Send(tops->entry + first * tops->count, (int)(lists * tops->count * sizeof(entry_t)),
             MPI_BYTE, 0, 0, comm);
}

static void receive(MPI_Comm comm, int rank, tops_t *tops, size_t first, size_t lists,
                    int64_t *filled, entry_t *entry)
{
    MPI_Recv(filled, (int)lists, MPI_INT64_T, rank, 0, comm, MPI_STATUS_IGNORE);
    MPI_Recv(entry, (int)(lists * tops->count * sizeof(entry_t)), MPI_BYTE, rank, 0, comm,
             MPI_STATUS_IGNORE);
    for (size_t l = 0; l < lists; l++)
        for (int64_t i = 0; i < filled[l]; i++)
            tops_add(tops, first + l, entry[l * tops->count + (size_t)i]);
}

status_t tops_gather(MPI_Comm comm, tops_t *tops)
{
    enum { ENTRIES = 1 << 20 }; /* sent at a time, one list at least */
    size_t some = ENTRIES / tops->count ? ENTRIES / tops->count : 1;
    entry_t *entry = NULL;
    int64_t *filled = NULL;
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    if (some > tops->lists) some = tops->lists;
    status_t status = NULL;
    if (rank == 0) status = mem_new(&entry, some * tops->count, "extreme values");
    if (rank == 0 && !status) status = mem_new(&filled, some, "extreme values");
    status = agree(comm, status);
    for (size_t first = 0; !status && first < tops->lists; first += some) {
        size_t lists = tops->lists - first < some ? tops->lists - first : some;
        if (rank != 0) send(comm, tops, first, lists);
        for (int r = 1; rank == 0 && r < ranks; r++)
            receive(comm, r, tops, first, lists, filled, entry);
    }
    mem_free(&entry);
    mem_free(&filled);
    return status;
}
