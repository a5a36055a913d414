/* Writing datasets and attributes. */
#include <string.h>

#include "core/memory.h"
#include "store/store_internal.h"

/* At most this many bytes of a rank in one call: MPI-IO counts in ints. */
enum { CALL_BYTES = 1 << 30 };

/* Makes the missing groups on the way to name. HDF5 would make them by itself, but with the time
 * of day in them. */
static void create_groups(store_t *store, const char *name)
{
    char path[1024];
    hid_t list = H5Pcreate(H5P_GROUP_CREATE);
    store_plain_group(list);
    for (const char *slash = strchr(name + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - name);
        if (length >= sizeof path) break; /* creating the dataset then fails and says so */
        memcpy(path, name, length);
        path[length] = '\0';
        if (H5Lexists(store->file, path, H5P_DEFAULT) > 0) continue;
        hid_t group = H5Gcreate2(store->file, path, H5P_DEFAULT, list, H5P_DEFAULT);
        if (group >= 0) H5Gclose(group);
    }
    H5Pclose(list);
}

/* deflate: 0, not; else the level. Bytes of a place are put side by side first, which packs numbers
 * better. */
static hid_t create_properties(int dimensions, const hsize_t *chunk, int deflate)
{
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    store_plain_object(list);
    H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    H5Pset_fill_time(list, H5D_FILL_TIME_NEVER);
    if (chunk) H5Pset_chunk(list, dimensions, chunk);
    if (deflate) {
        H5Pset_shuffle(list);
        H5Pset_deflate(list, (unsigned)deflate);
    }
    return list;
}

static hid_t transfer(const store_t *store, bool together)
{
    hid_t list = H5Pcreate(H5P_DATASET_XFER);
    if (store->comm != MPI_COMM_NULL)
        H5Pset_dxpl_mpio(list, together ? H5FD_MPIO_COLLECTIVE : H5FD_MPIO_INDEPENDENT);
    return list;
}

static void widen(int dimensions, const uint64_t *from, hsize_t *to)
{
    for (int i = 0; i < dimensions; i++) to[i] = from[i];
}

static hid_t create_dataset(store_t *store, const char *name, hid_t type, int dimensions,
                            const uint64_t *shape, const uint64_t *chunk, int deflate)
{
    hsize_t size[STORE_DIMENSIONS], piece[STORE_DIMENSIONS];
    widen(dimensions, shape, size);
    if (chunk) widen(dimensions, chunk, piece);
    hid_t space = dimensions ? H5Screate_simple(dimensions, size, NULL) : H5Screate(H5S_SCALAR);
    hid_t create = create_properties(dimensions, chunk ? piece : NULL, deflate);
    create_groups(store, name);
    hid_t dataset = H5Dcreate2(store->file, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT);
    H5Pclose(create);
    H5Sclose(space);
    return dataset;
}

/* A text counts as many elements as it has bytes. */
static status_t seal(store_t *store, const char *name, hid_t dataset)
{
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    uint64_t count = (uint64_t)H5Sget_simple_extent_npoints(space), width = H5Tget_size(type);
    bool text = H5Tget_class(type) == H5T_STRING;
    H5Sclose(space);
    H5Tclose(type);
    return checksums_define(store, name, text ? count * width : count, text ? 1 : (int)width);
}

/* What became of create_dataset, on all ranks. */
static status_t created(store_t *store, const char *name, hid_t dataset)
{
    status_t status = dataset < 0 ? store_error(store, name, "create") : NULL;
    status = store_agree(store, status);
    if (!status) store_count(store, H5Dget_storage_size(dataset));
    if (!status) status = seal(store, name, dataset);
    return status ? status : store_reserve(store);
}

static status_t mark_encoding(store_t *store, const char *name, store_type_t type)
{
    return type == STORE_BF16 ? store_set_text(store, name, "encoding", "bfloat16") : NULL;
}

/* HDF5 may write what it has kept of a dataset now. Not collective. */
static status_t close_dataset(const store_t *store, const char *name, hid_t dataset)
{
    if (dataset < 0 || H5Dclose(dataset) >= 0) return NULL;
    return store_error(store, name, "write");
}

/* All elements; a text is as many as it has bytes. */
static void add_all(store_t *store, const char *name, hssize_t points, hid_t type, const void *data)
{
    static const uint64_t origin;
    uint64_t count = (uint64_t)points;
    if (H5Tget_class(type) == H5T_STRING) count *= H5Tget_size(type);
    checksums_add(store, name, 1, &count, &origin, &count, data);
}

/* Rank 0 writes everything, the others take part with nothing. */
static status_t write_from_root(store_t *store, const char *name, hid_t dataset, hid_t type,
                                const void *data)
{
    hid_t space = H5Dget_space(dataset);
    if (H5Sget_simple_extent_npoints(space) == 0) {
        H5Sclose(space);
        return NULL;
    }
    hid_t list = transfer(store, true);
    if (store->rank != 0) H5Sselect_none(space);
    checksums_written_together(store, name);
    if (store->rank == 0) add_all(store, name, H5Sget_simple_extent_npoints(space), type, data);
    /* A selection of the file's own shape serves as the memory's: data is contiguous. */
    status_t status = NULL;
    if (H5Dwrite(dataset, type, space, space, list, data) < 0)
        status = store_error(store, name, "write"); /* before the next call forgets the reason */
    H5Pclose(list);
    H5Sclose(space);
    return store_agree(store, status);
}

status_t store_write(store_t *store, const char *name, store_type_t type, int dimensions,
                     const uint64_t *shape, const void *data)
{
    hid_t dataset = create_dataset(store, name, store_file_type(type), dimensions, shape, NULL, 0);
    status_t status = created(store, name, dataset);
    if (!status) status = write_from_root(store, name, dataset, store_memory_type(type), data);
    status = store_agree(store, status_first(status, close_dataset(store, name, dataset)));
    return status ? status : mark_encoding(store, name, type);
}

status_t store_write_texts(store_t *store, const char *name, size_t count, const char *const *texts)
{
    unsigned long long width = 1;
    char *block = NULL;
    bool root = store->rank == 0;
    for (size_t i = 0; root && i < count; i++)
        if (strlen(texts[i]) > width) width = strlen(texts[i]);
    status_t status = root ? mem_new_((void **)&block, count, width, "texts") : NULL;
    for (size_t i = 0; root && !status && i < count; i++)
        memcpy(block + i * width, texts[i], strlen(texts[i]));
    status = store_agree(store, status);
    if (status) return status;
    if (store->comm != MPI_COMM_NULL) MPI_Bcast(&width, 1, MPI_UNSIGNED_LONG_LONG, 0, store->comm);
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, width);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    uint64_t shape = count;
    hid_t dataset = create_dataset(store, name, type, 1, &shape, NULL, 0);
    status = created(store, name, dataset);
    if (!status) status = write_from_root(store, name, dataset, type, block);
    status = store_agree(store, status_first(status, close_dataset(store, name, dataset)));
    H5Tclose(type);
    mem_free(&block);
    return status;
}

static status_t define(store_t *store, const char *name, store_type_t type, int dimensions,
                       const uint64_t *shape, const uint64_t *chunk, int deflate)
{
    hid_t dataset =
        create_dataset(store, name, store_file_type(type), dimensions, shape, chunk, deflate);
    status_t status = created(store, name, dataset);
    status = store_agree(store, status_first(status, close_dataset(store, name, dataset)));
    return status ? status : mark_encoding(store, name, type);
}

status_t store_define(store_t *store, const char *name, store_type_t type, int dimensions,
                      const uint64_t *shape, const uint64_t *chunk)
{
    return define(store, name, type, dimensions, shape, chunk, 0);
}

status_t store_define_packed(store_t *store, const char *name, store_type_t type, int dimensions,
                             const uint64_t *shape, const uint64_t *chunk, int level)
{
    return define(store, name, type, dimensions, shape, chunk, level);
}

/* What is written joins the checksums. */
static void add_block(store_t *store, const char *name, hid_t dataset, const uint64_t *start,
                      const uint64_t *count, const void *data)
{
    hsize_t shape[STORE_DIMENSIONS];
    uint64_t size[STORE_DIMENSIONS];
    hid_t space = H5Dget_space(dataset);
    int dimensions = H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    for (int i = 0; i < dimensions; i++) size[i] = shape[i];
    checksums_add(store, name, dimensions, size, start, count, data);
}

/* One call of put: slices [first, first + rows) of the block; rows 0: nothing, but taking part. */
static herr_t put_slices(hid_t dataset, hid_t list, int dimensions, const uint64_t *start,
                         const uint64_t *count, uint64_t first, uint64_t rows, const void *at)
{
    hsize_t from[STORE_DIMENSIONS], size[STORE_DIMENSIONS], one = 1;
    hid_t space = H5Dget_space(dataset), memory;
    if (rows) {
        widen(dimensions, start, from);
        widen(dimensions, count, size);
        from[0] += first;
        size[0] = rows;
        H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, size, NULL);
        memory = H5Screate_simple(dimensions, size, NULL);
    } else {
        memory = H5Screate_simple(1, &one, NULL);
        H5Sselect_none(memory);
        H5Sselect_none(space);
    }
    herr_t code =
        H5Dwrite(dataset, store_memory_type(store_type_of(dataset)), memory, space, list, at);
    if (code >= 0) {
        H5Sclose(memory);
        H5Sclose(space);
    } /* else closing them would make HDF5 forget why */
    return code;
}

/* A block that leaves the dataset would fail on this rank before the others are in the call. */
static status_t open_block(const store_t *store, const char *name, const uint64_t *start,
                           const uint64_t *count, hid_t *dataset, int *dimensions)
{
    hsize_t shape[H5S_MAX_RANK];
    *dataset = H5Dopen2(store->file, name, H5P_DEFAULT);
    if (*dataset < 0) return store_error(store, name, "open");
    hid_t space = H5Dget_space(*dataset);
    *dimensions = H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    for (int i = 0; i < *dimensions; i++)
        if (start[i] > shape[i] || count[i] > shape[i] - start[i])
            return status_new(EXIT_BUG, "%s: %s: entries %llu to %llu of %llu in dimension %d",
                              store->path, name, (unsigned long long)start[i],
                              (unsigned long long)(start[i] + count[i]),
                              (unsigned long long)shape[i], i);
    return NULL;
}

/* Collective. A rank's chunk of 10,000 ranks' is 100 bytes of metadata: so many calls have half of what may
 * be kept (keep_metadata). */
enum { PACKED_CALLS = 16 };
static status_t flush_packed(store_t *store, const char *name, hid_t dataset)
{
    hid_t list = H5Dget_create_plist(dataset);
    bool packed = H5Pget_nfilters(list) > 0;
    H5Pclose(list);
    if (!packed || ++store->packed < PACKED_CALLS) return NULL;
    store->packed = 0;
    return H5Fflush(store->file, H5F_SCOPE_LOCAL) < 0 ? store_error(store, name, "flush") : NULL;
}

/* Writes slices along the first dimension so that each call stays below CALL_BYTES; every rank
 * makes as many calls as the one with most, and goes on after a failure. */
static status_t put(store_t *store, const char *name, const uint64_t *start, const uint64_t *count,
                    const void *data, bool together)
{
    hid_t dataset;
    int dimensions = 0;
    status_t status = open_block(store, name, start, count, &dataset, &dimensions);
    if (together) status = store_agree(store, status);
    if (status) {
        if (dataset >= 0) H5Dclose(dataset);
        return status;
    }
    hid_t list = transfer(store, together);
    uint64_t row = H5Tget_size(store_memory_type(store_type_of(dataset))), total = count[0];
    for (int i = 1; i < dimensions; i++) row *= count[i];
    uint64_t rows = row && row < CALL_BYTES ? CALL_BYTES / row : 1;
    unsigned long long calls = row && total ? (total + rows - 1) / rows : 0, most = calls;
    if (together && store->comm != MPI_COMM_NULL)
        MPI_Allreduce(&calls, &most, 1, MPI_UNSIGNED_LONG_LONG, MPI_MAX, store->comm);
    for (unsigned long long call = 0; call < most; call++) {
        uint64_t first = call < calls ? call * rows : total;
        uint64_t some = total - first < rows ? total - first : rows;
        if (put_slices(dataset, list, dimensions, start, count, first, call < calls ? some : 0,
                       (const char *)data + (call < calls ? first * row : 0)) < 0 &&
            !status)
            status = store_error(store, name, "write");
    }
    add_block(store, name, dataset, start, count, data);
    if (together) checksums_written_together(store, name);
    H5Pclose(list);
    if (together && store->comm != MPI_COMM_NULL)
        status = status_first(status, flush_packed(store, name, dataset));
    status = status_first(status, close_dataset(store, name, dataset));
    return together ? store_agree(store, status) : status;
}

status_t store_put(store_t *store, const char *name, const uint64_t *start, const uint64_t *count,
                   const void *data)
{
    return put(store, name, start, count, data, true);
}

status_t store_put_own(store_t *store, const char *name, const uint64_t *start,
                       const uint64_t *count, const void *data)
{
    return put(store, name, start, count, data, false);
}

/* MPI-IO's rule for files that several write and read: sync, barrier, sync. */
status_t store_sync(store_t *store)
{
    herr_t code = H5Fflush(store->file, H5F_SCOPE_LOCAL);
    if (store->comm != MPI_COMM_NULL) MPI_Barrier(store->comm);
    if (code >= 0 && store->comm != MPI_COMM_NULL) code = H5Fflush(store->file, H5F_SCOPE_LOCAL);
    status_t status = code < 0 ? store_error(store, NULL, "flush") : NULL;
    if (!status && store->comm != MPI_COMM_NULL) status = store_reread(store);
    return store_agree(store, status);
}

status_t store_set_attribute(store_t *store, const char *object, const char *key, hid_t type,
                             const hsize_t *length, const void *value)
{
    hid_t owner = H5Oopen(store->file, object, H5P_DEFAULT);
    if (owner < 0) return store_error(store, object, "open");
    hid_t space = length ? H5Screate_simple(1, length, NULL) : H5Screate(H5S_SCALAR);
    hid_t attribute = H5Acreate2(owner, key, type, space, H5P_DEFAULT, H5P_DEFAULT);
    herr_t code = attribute < 0 ? -1 : H5Awrite(attribute, type, value);
    store_count(store, (length ? *length : 1) * H5Tget_size(type));
    status_t status = code < 0 ? store_error(store, key, "write the attribute") : NULL;
    if (attribute >= 0) H5Aclose(attribute);
    H5Sclose(space);
    H5Oclose(owner);
    return status;
}

/* HDF5 keeps an attribute of up to 64 KiB in the object's header; longer text is cut there. */
status_t store_set_text(store_t *store, const char *object, const char *key, const char *text)
{
    size_t length = strlen(text);
    if (length > 60000) length = 60000;
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, length ? length : 1);
    H5Tset_strpad(type, H5T_STR_NULLPAD);
    H5Tset_cset(type, H5T_CSET_UTF8);
    status_t status = store_set_attribute(store, object, key, type, NULL, text);
    H5Tclose(type);
    return status;
}

status_t store_set_number(store_t *store, const char *object, const char *key, double number)
{
    return store_set_attribute(store, object, key, H5T_NATIVE_DOUBLE, NULL, &number);
}

status_t store_set_numbers(store_t *store, const char *object, const char *key,
                           const double *numbers, size_t count)
{
    hsize_t length = count;
    return store_set_attribute(store, object, key, H5T_NATIVE_DOUBLE, &length, numbers);
}

status_t store_set_integer(store_t *store, const char *object, const char *key, int64_t integer)
{
    return store_set_attribute(store, object, key, H5T_NATIVE_INT64, NULL, &integer);
}
