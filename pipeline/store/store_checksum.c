/* Checksums of datasets: a sum for each page of elements, of a mixture of every element's bits with its
 * place. Sums do not depend on who wrote which block, or when; so any number of ranks gives the same. */
#include <string.h>

#include "core/memory.h"
#include "store/store_internal.h"

/* Elements of a page, at least, and pages of a dataset, at most. A page is what is read to check one
 * element of it. */
enum { PAGE = 1 << 12, PAGES = 1 << 22 };

static const char attribute[] = "checksums";

typedef struct sealed {
    char *name;
    uint64_t page, first, count; /* elements of a page; the first page in the file; elements */
    int width;                   /* bytes of an element */
    bool together;               /* ranks wrote it in collective calls */
} sealed_t;

/* ---- sums ---- */

static inline uint64_t mix(uint64_t bits, uint64_t place)
{
    uint64_t x = (bits + place * 0x9e3779b97f4a7c15u) * 0xd6e8feb86659fd93u;
    x = (x ^ x >> 32) * 0xff51afd7ed558ccdu;
    return x ^ x >> 32;
}

#define SUM(type)                                                              \
    do {                                                                       \
        const type *of = data;                                                 \
        for (uint64_t i = 0; i < count; i++) sum += mix(of[i], first + i + 1); \
    } while (0)

static uint64_t sum_of(const void *data, int width, uint64_t first, uint64_t count)
{
    uint64_t sum = 0;
    switch (width) {
    case 1: SUM(uint8_t); break;
    case 2: SUM(uint16_t); break;
    case 4: SUM(uint32_t); break;
    default: SUM(uint64_t); break;
    }
    return sum;
}

/* ---- writing ---- */

bool checksums_are(const char *name)
{
    return strcmp(name + (*name == '/'), attribute) == 0;
}

/* This rank's room for them. */
static status_t add_dataset(store_t *store, const char *name, sealed_t *it)
{
    uint64_t page = (it->count + PAGES - 1) / PAGES;
    it->page = page < PAGE ? PAGE : page;
    it->first = store->sums;
    uint64_t pages = (it->count + it->page - 1) / it->page;
    status_t status = mem_grow(&store->sealed, &store->sealed_room, store->datasets + 1, name);
    if (!status) status = mem_grow(&store->sum, &store->sum_room, it->first + pages, "checksums");
    if (!status) status = str_copy(&it->name, name);
    if (status) return status;
    memset(store->sum + it->first, 0, pages * sizeof *store->sum);
    store->sealed[store->datasets++] = *it;
    store->sums += pages;
    return NULL;
}

status_t checksums_define(store_t *store, const char *name, uint64_t count, int width)
{
    if (count == 0 || checksums_are(name)) return NULL;
    sealed_t it = {.count = count, .width = width};
    status_t status = store_agree(store, add_dataset(store, name, &it));
    const double place[] = {(double)it.first, (double)it.page};
    return status ? status : store_set_numbers(store, name, attribute, place, 2);
}

static void add_run(store_t *store, const sealed_t *it, uint64_t at, uint64_t count,
                    const char *data)
{
    while (count) {
        uint64_t page = at / it->page, left = (page + 1) * it->page - at;
        if (left > count) left = count;
        store->sum[it->first + page] += sum_of(data, it->width, at, left);
        data += left * (uint64_t)it->width;
        at += left;
        count -= left;
    }
}

static sealed_t *find(const store_t *store, const char *name)
{
    for (size_t i = store->datasets; i-- > 0;)
        if (strcmp(store->sealed[i].name, name) == 0) return &store->sealed[i];
    return NULL;
}

void checksums_add(store_t *store, const char *name, int dimensions, const uint64_t *shape,
                   const uint64_t *start, const uint64_t *count, const void *data)
{
    const sealed_t *it = find(store, name);
    if (!it || !data) return;
    uint64_t index[STORE_DIMENSIONS] = {0}, run = dimensions ? count[dimensions - 1] : 1, runs = 1;
    int outer = dimensions > 0 ? dimensions - 1 : 0;
    while (outer > 0 && count[outer] == shape[outer]) run *= count[--outer];
    for (int i = 0; i < outer; i++) runs *= count[i];
    if (run == 0) return;
    for (uint64_t r = 0; r < runs; r++) {
        uint64_t at = 0;
        for (int i = 0; i < dimensions; i++) at = at * shape[i] + start[i] + index[i];
        add_run(store, it, at, run, (const char *)data + r * run * (uint64_t)it->width);
        for (int i = outer; i-- > 0 && ++index[i] == count[i];) index[i] = 0;
    }
}

status_t checksums_write(store_t *store)
{
    if (store->sums == 0) return NULL;
    enum { PIECE = 1 << 20 };
    for (uint64_t at = 0; store->comm != MPI_COMM_NULL && at < store->sums; at += PIECE) {
        int count = (int)(store->sums - at < PIECE ? store->sums - at : PIECE);
        uint64_t *sum = store->sum + at;
        MPI_Reduce(store->rank == 0 ? MPI_IN_PLACE : sum, sum, count, MPI_UINT64_T, MPI_SUM, 0,
                   store->comm);
    }
    return store_write(store, attribute, STORE_I64, 1, &store->sums, store->sum);
}

void checksums_written_together(store_t *store, const char *name)
{
    sealed_t *it = find(store, name);
    if (it) it->together = true;
}

static status_t verify(const store_t *store, const store_t *written)
{
    int ranks = 1;
    int64_t *sum = NULL;
    status_t status = NULL;
    if (store->rank == 0 && store->sums) {
        status = store_read(written, attribute, STORE_I64, &sum, NULL);
        if (!status && memcmp(sum, store->sum, store->sums * sizeof *sum) != 0)
            status = status_new(EXIT_INPUT, "the checksums themselves are others");
    }
    mem_free(&sum);
    if (store->comm != MPI_COMM_NULL) MPI_Comm_size(store->comm, &ranks);
    for (size_t i = 0; !status && i < store->datasets; i++) {
        strings_t texts = {0};
        if (!store->sealed[i].together) continue;
        status = store_verify(written, store->sealed[i].name, store->rank, ranks);
        if (!status && store->sealed[i].width == 1 && store->rank == 0)
            status = store_read_texts(written, store->sealed[i].name, &texts);
        strings_free(&texts);
    }
    return status;
}

status_t checksums_verify(store_t *store)
{
    if (store->comm == MPI_COMM_NULL) return NULL;
    store_t *written = NULL;
    status_t status = store_open(store->temporary, &written);
    if (!status) status = verify(store, written);
    store_close(&written);
    if (status_code(status) == EXIT_INPUT) {
        status_t lost =
            status_new(EXIT_OUTPUT, "%s: cannot write: it was lost without an error: %s",
                       store->path, status_message(status));
        status_free(&status);
        status = lost;
    }
    return store_agree(store, status);
}

void checksums_free(store_t *store)
{
    for (size_t i = 0; i < store->datasets; i++) mem_free(&store->sealed[i].name);
    mem_free(&store->sealed);
    mem_free(&store->sum);
}

/* ---- reading ---- */

/* Elements [from, to) of a dataset, in its own type, block by block. */
static status_t read_range(const store_t *store, const char *name, const store_info_t *info,
                           uint64_t from, uint64_t to, void *data)
{
    const uint64_t width = H5Tget_size(store_memory_type(info->type));
    hid_t dataset = H5Dopen2(store->file, name, H5P_DEFAULT);
    if (dataset < 0) return store_error(store, name, "open");
    status_t status = NULL;
    char *at = data;
    while (!status && from < to) {
        hsize_t start[STORE_DIMENSIONS] = {0}, count[STORE_DIMENSIONS] = {0};
        uint64_t stride = info->count;
        int d = -1;
        /* The largest block that starts at from and does not go beyond to. */
        do stride /= info->shape[++d];
        while (d + 1 < info->dimensions && (from % stride || to - from < stride));
        uint64_t most = info->shape[d] - from / stride % info->shape[d],
                 some = (to - from) / stride;
        if (some > most) some = most;
        uint64_t rest = from;
        for (int i = info->dimensions; i-- > 0; rest /= info->shape[i]) {
            start[i] = rest % info->shape[i];
            count[i] = i < d ? 1 : i == d ? some : info->shape[i];
        }
        hid_t space = H5Dget_space(dataset),
              memory = H5Screate_simple(info->dimensions, count, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
        if (H5Dread(dataset, store_memory_type(info->type), memory, space, H5P_DEFAULT, at) < 0)
            status = store_error(store, name, "read");
        H5Sclose(memory);
        H5Sclose(space);
        at += some * stride * width;
        from += some * stride;
    }
    H5Dclose(dataset);
    return status;
}

/* Where a dataset's sums are; page 0: it has none. */
static status_t find_sums(const store_t *store, const char *name, uint64_t *first, uint64_t *page)
{
    double *numbers = NULL;
    size_t count = 0;
    hid_t object = H5Oopen(store->file, name, H5P_DEFAULT);
    htri_t has = object >= 0 ? H5Aexists(object, attribute) : -1;
    status_t status = has < 0 ? store_error(store, name, "look for checksums") : NULL;
    if (object >= 0) H5Oclose(object);
    *first = *page = 0;
    if (has <= 0) return status;
    status = store_get_numbers(store, name, attribute, &numbers, &count);
    if (!status && (count != 2 || !(numbers[0] >= 0 && numbers[0] < 0x1p53) ||
                    !(numbers[1] >= 1 && numbers[1] < 0x1p53)))
        status = status_new(EXIT_INPUT, "%s: %s: the attribute '%s' is not ours", store->path, name,
                            attribute);
    if (!status) *first = (uint64_t)numbers[0], *page = (uint64_t)numbers[1];
    mem_free(&numbers);
    return status;
}

status_t checksums_check(const store_t *store, const char *name, const store_info_t *info,
                         int width, uint64_t from, uint64_t to, const void *data)
{
    uint64_t first, page, *sum = NULL;
    void *room = NULL;
    if (store->writing || from >= to || checksums_are(name)) return NULL;
    status_t status = find_sums(store, name, &first, &page);
    if (status || !page) return status;
    uint64_t start = first + from / page, pages = (to - 1) / page - from / page + 1;
    status = mem_new(&sum, pages, "checksums");
    if (!status) status = store_get(store, attribute, STORE_I64, &start, &pages, sum);
    for (uint64_t p = 0; !status && p < pages; p++) {
        uint64_t a = (from / page + p) * page, b = info->count - a < page ? info->count : a + page;
        bool held = data && a >= from && b <= to;
        const void *at = held ? (const char *)data + (a - from) * (uint64_t)width : NULL;
        if (!held) {
            if (!room)
                status = mem_aligned_(&room, page < info->count ? page : info->count, width, name);
            if (!status) status = read_range(store, name, info, a, b, room);
            at = room;
        }
        if (!status && sum_of(at, width, a, b - a) != sum[p])
            status =
                status_new(EXIT_INPUT,
                           "%s: %s: damaged: values %llu to %llu are not what was written; "
                           "remove the file and run again to make it anew",
                           store->path, name, (unsigned long long)a, (unsigned long long)b - 1);
    }
    mem_free(&sum);
    mem_free_(&room);
    return status;
}
