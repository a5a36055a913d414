/* Reading datasets and attributes. */
#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "par/work.h"
#include "store/store_internal.h"

/* Bytes of an element. */
static const int width[STORE_TYPES] = {4, 8, 4, 8, 2, 2};

/* What cannot be told, for the file is damaged, counts as there: who opens it is told. */
bool store_has(const store_t *store, const char *name)
{
    char path[1024];
    htri_t is = 1;
    for (const char *end = name + 1; is > 0 && *end; end += *end == '/') {
        end += strcspn(end, "/");
        snprintf(path, sizeof path, "%.*s", (int)(end - name), name);
        is = H5Lexists(store->file, path, H5P_DEFAULT);
    }
    H5Eclear2(H5E_DEFAULT);
    return is != 0;
}

static herr_t add_name(hid_t group, const char *name, const H5L_info_t *info, void *list)
{
    (void)group, (void)info;
    if (checksums_are(name)) return 0;
    status_t status = strings_append(list, name);
    bool failed = status != NULL;
    status_free(&status);
    return failed ? -1 : 0;
}

status_t store_list(const store_t *store, const char *group, strings_t *names)
{
    hid_t id = H5Gopen2(store->file, group, H5P_DEFAULT);
    if (id < 0) return store_error(store, group, "open as a group");
    herr_t code = H5Literate(id, H5_INDEX_NAME, H5_ITER_INC, NULL, add_name, names);
    H5Gclose(id);
    return code < 0 ? store_error(store, group, "list") : NULL;
}

/* Refuses data that lie in other files, which a file from elsewhere may name, and sizes that the file's
 * own cannot stand for: deflate makes 1 byte of 1032 at most (zlib.net/zlib_tech.html). What
 * this program itself is writing is not in question. */
static status_t check_place(const store_t *store, const char *name, hid_t dataset, uint64_t count)
{
    enum { LEAST = 1 << 20, DEFLATE = 1040 };
    if (store->writing) return NULL;
    hsize_t file = 0;
    uint64_t bytes;
    hid_t create = H5Dget_create_plist(dataset), type = H5Dget_type(dataset);
    bool elsewhere = H5Pget_layout(create) == H5D_VIRTUAL || H5Pget_external_count(create) > 0;
    bool overflows = __builtin_mul_overflow(count, H5Tget_size(type), &bytes);
    H5Pclose(create);
    H5Tclose(type);
    if (elsewhere)
        return status_new(EXIT_INPUT, "%s: %s: its data are in other files, which are not opened",
                          store->path, name);
    H5Fget_filesize(store->file, &file);
    if (overflows || (bytes > LEAST && bytes / DEFLATE > file))
        return status_new(EXIT_INPUT, "%s: %s: more data than a file of %llu bytes can hold",
                          store->path, name, (unsigned long long)file);
    return NULL;
}

static status_t examine(const store_t *store, const char *name, hid_t dataset, store_info_t *info)
{
    hsize_t shape[H5S_MAX_RANK];
    hid_t space = H5Dget_space(dataset);
    int dimensions = H5Sget_simple_extent_dims(space, shape, NULL);
    H5Sclose(space);
    *info = (store_info_t){.type = store_type_of(dataset), .dimensions = dimensions, .count = 1};
    if (dimensions < 0 || dimensions > STORE_DIMENSIONS)
        return status_new(EXIT_INPUT, "%s: %s: %d dimensions, at most %d are expected", store->path,
                          name, dimensions, STORE_DIMENSIONS);
    for (int i = 0; i < dimensions; i++) {
        info->shape[i] = shape[i];
        if (__builtin_mul_overflow(info->count, shape[i], &info->count))
            return status_new(EXIT_INPUT, "%s: %s: its size overflows", store->path, name);
    }
    return check_place(store, name, dataset, info->count);
}

status_t store_find(const store_t *store, const char *name, store_info_t *info)
{
    hid_t dataset = H5Dopen2(store->file, name, H5P_DEFAULT);
    if (dataset < 0) return store_error(store, name, "open");
    status_t status = examine(store, name, dataset, info);
    H5Dclose(dataset);
    return status;
}

/* 16-bit floats are read as their bits: converting is core/dtype.h's, and faster. */
static status_t check_type(const store_t *store, const char *name, store_type_t is,
                           store_type_t wanted)
{
    bool narrow =
        is == STORE_F16 || is == STORE_BF16 || wanted == STORE_F16 || wanted == STORE_BF16;
    if (is == STORE_TYPES || (narrow && is != wanted))
        return status_new(EXIT_INPUT, "%s: %s: holds another type than expected", store->path,
                          name);
    return NULL;
}

/* Checks the block that was read, where it is one run of the dataset's elements. */
static status_t check_block(const store_t *store, const char *name, store_type_t type,
                            const store_info_t *info, const uint64_t *start, const uint64_t *count,
                            const void *data)
{
    uint64_t from = 0, length = 1;
    bool one = true; /* so far each dimension has one entry */
    for (int i = 0; i < info->dimensions; i++) {
        if (!one && count[i] != info->shape[i]) return NULL;
        one = one && count[i] == 1;
        from = from * info->shape[i] + start[i];
        length *= count[i];
    }
    if (info->dimensions == 0 && type != info->type) return NULL;
    return checksums_check(store, name, info, width[info->type], from, from + length,
                           type == info->type ? data : NULL);
}

status_t store_get(const store_t *store, const char *name, store_type_t type, const uint64_t *start,
                   const uint64_t *count, void *data)
{
    hid_t dataset = H5Dopen2(store->reader >= 0 ? store->reader : store->file, name, H5P_DEFAULT);
    if (dataset < 0) return store_error(store, name, "open");
    store_info_t info;
    status_t status = examine(store, name, dataset, &info);
    if (!status) status = check_type(store, name, info.type, type);
    hsize_t from[STORE_DIMENSIONS], size[STORE_DIMENSIONS];
    for (int i = 0; !status && i < info.dimensions; i++) {
        from[i] = start[i], size[i] = count[i];
        if (start[i] > info.shape[i] || count[i] > info.shape[i] - start[i])
            status =
                status_new(EXIT_INPUT, "%s: %s: dimension %d has %llu entries, %llu are needed",
                           store->path, name, i, (unsigned long long)info.shape[i],
                           (unsigned long long)(start[i] + count[i]));
    }
    if (!status) {
        hid_t space = H5Dget_space(dataset);
        hid_t memory =
            info.dimensions ? H5Screate_simple(info.dimensions, size, NULL) : H5Screate(H5S_SCALAR);
        if (info.dimensions) H5Sselect_hyperslab(space, H5S_SELECT_SET, from, NULL, size, NULL);
        if (H5Dread(dataset, store_memory_type(type), memory, space, H5P_DEFAULT, data) < 0)
            status = store_error(store, name, "read");
        H5Sclose(memory);
        H5Sclose(space);
    }
    H5Dclose(dataset);
    return status ? status : check_block(store, name, type, &info, start, count, data);
}

status_t store_verify(const store_t *store, const char *name, int share, int shares)
{
    store_info_t info;
    status_t status = store_find(store, name, &info);
    if (status || info.type == STORE_TYPES || info.dimensions == 0) return status;
    size_t first, count;
    work_share(share, shares, info.count, &first, &count);
    return checksums_check(store, name, &info, width[info.type], first, first + count, NULL);
}

status_t store_read(const store_t *store, const char *name, store_type_t type, void *data,
                    store_info_t *info)
{
    static const uint64_t origin[STORE_DIMENSIONS];
    store_info_t found;
    void *block = NULL;
    status_t status = store_find(store, name, &found);
    if (!status) status = mem_new_(&block, found.count, (size_t)width[type], name);
    if (!status) status = store_get(store, name, type, origin, found.shape, block);
    if (status) mem_free_(&block);
    if (info) *info = found;
    memcpy(data, &block, sizeof block);
    return status;
}

status_t store_read_texts(const store_t *store, const char *name, strings_t *texts)
{
    hid_t dataset = H5Dopen2(store->file, name, H5P_DEFAULT);
    if (dataset < 0) return store_error(store, name, "open");
    store_info_t info;
    char *block = NULL;
    hid_t type = H5Dget_type(dataset);
    size_t room = H5Tget_size(type);
    status_t status = examine(store, name, dataset, &info);
    if (!status && (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0))
        status =
            status_new(EXIT_INPUT, "%s: %s: fixed-length texts are expected", store->path, name);
    if (!status) status = mem_new_((void **)&block, info.count, room, name);
    if (!status && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, block) < 0)
        status = store_error(store, name, "read");
    const store_info_t bytes = {.count = info.count * room};
    if (!status) status = checksums_check(store, name, &bytes, 1, 0, bytes.count, block);
    for (size_t i = 0; !status && i < info.count; i++)
        status = strings_append_n(texts, block + i * room, strnlen(block + i * room, room));
    mem_free(&block);
    H5Tclose(type);
    H5Dclose(dataset);
    return status;
}

static herr_t add_attribute(hid_t object, const char *name, const H5A_info_t *info, void *list)
{
    (void)info;
    return axes_are(name) ? 0 : add_name(object, name, NULL, list);
}

status_t store_attributes(const store_t *store, const char *object, strings_t *names)
{
    hsize_t first = 0;
    herr_t code = H5Aiterate_by_name(store->file, object, H5_INDEX_NAME, H5_ITER_INC, &first,
                                     add_attribute, names, H5P_DEFAULT);
    return code < 0 ? store_error(store, object, "list the attributes") : NULL;
}

bool store_has_attribute(const store_t *store, const char *object, const char *key)
{
    htri_t has =
        store_has(store, object) ? H5Aexists_by_name(store->file, object, key, H5P_DEFAULT) : 0;
    H5Eclear2(H5E_DEFAULT);
    return has != 0;
}

static status_t open_attribute(const store_t *store, const char *object, const char *key,
                               hid_t *attribute)
{
    *attribute = H5Aopen_by_name(store->file, object, key, H5P_DEFAULT, H5P_DEFAULT);
    if (*attribute >= 0) return NULL;
    status_t status = store_error(store, object, "read attributes");
    if (store_has_attribute(store, object, key)) return status;
    status_free(&status);
    return status_new(EXIT_INPUT, "%s: %s: the attribute '%s' is missing", store->path, object,
                      key);
}

/* One takes no more room in memory than in the file. */
static status_t check_attribute(const store_t *store, const char *object, const char *key,
                                hid_t attribute)
{
    hsize_t file = 0;
    H5Fget_filesize(store->file, &file);
    if (store->writing || H5Aget_storage_size(attribute) <= file) return NULL;
    return status_new(EXIT_INPUT, "%s: %s: the attribute '%s' is larger than the file", store->path,
                      object, key);
}

status_t store_get_text(const store_t *store, const char *object, const char *key, char **text)
{
    hid_t attribute;
    status_t status = open_attribute(store, object, key, &attribute);
    if (status) return status;
    hid_t type = H5Aget_type(attribute);
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) > 0)
        status = status_new(EXIT_INPUT, "%s: %s: the attribute '%s' is not a fixed-length text",
                            store->path, object, key);
    if (!status) status = check_attribute(store, object, key, attribute);
    if (!status) status = mem_new(text, H5Tget_size(type) + 1, "attribute");
    if (!status && H5Aread(attribute, type, *text) < 0) {
        status = store_error(store, key, "read the attribute");
        mem_free(text);
    }
    H5Tclose(type);
    H5Aclose(attribute);
    return status;
}

status_t store_get_numbers(const store_t *store, const char *object, const char *key,
                           double **numbers, size_t *count)
{
    hid_t attribute;
    status_t status = open_attribute(store, object, key, &attribute);
    if (status) return status;
    hid_t space = H5Aget_space(attribute);
    hssize_t points = H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    status = check_attribute(store, object, key, attribute);
    if (!status) status = mem_new(numbers, points > 0 ? (size_t)points : 0, "attribute");
    if (!status && points > 0 && H5Aread(attribute, H5T_NATIVE_DOUBLE, *numbers) < 0) {
        status = store_error(store, key, "read the attribute");
        mem_free(numbers);
    }
    *count = points > 0 ? (size_t)points : 0;
    H5Aclose(attribute);
    return status;
}

status_t store_get_number(const store_t *store, const char *object, const char *key, double *number)
{
    double *numbers = NULL;
    size_t count = 0;
    status_t status = store_get_numbers(store, object, key, &numbers, &count);
    if (!status && count != 1)
        status = status_new(EXIT_INPUT, "%s: %s: the attribute '%s' is not a single number",
                            store->path, object, key);
    if (!status) *number = numbers[0];
    mem_free(&numbers);
    return status;
}
