/* Life of a store: creating, publishing, opening, closing; its types and errors. */
#define _GNU_SOURCE /* fallocate */
#include "store/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.h"
#include "core/hash.h"
#include "core/memory.h"
#include "par/agree.h"
#include "par/watch.h"
#include "store/store_internal.h"

/* A file that could not be closed (a full disk) stays known to HDF5 1.10, half freed, and its
 * cleaning up at the program's end, or at MPI_Finalize if MPI is there when it starts, crashes on
 * it. All of our files are closed by then: it is told, before main, not to clean up.
 *
 * Files come from others: no code is loaded for a filter that one names, and no other file is opened
 * for a link in one. */
__attribute__((constructor)) static void start_library(void)
{
    H5dont_atexit();
    H5open();
    H5PLset_loading_state(0);
    H5Lunregister(H5L_TYPE_EXTERNAL);
}

/* Of what the system said when a file could not be written, HDF5 makes several lines, with the time
 * and addresses in memory: what the system said is enough. */
static herr_t innermost(unsigned n, const H5E_error2_t *error, void *reason)
{
    static const char system[] = "error message = '";
    if (n != 0 || !error->desc || !*error->desc) return 0;
    const char *text = strstr(error->desc, system);
    if (text) text += sizeof system - 1;
    int length = text ? (int)strcspn(text, "'") : (int)strcspn(error->desc, "\n");
    snprintf(reason, 256, "%.*s", length, text ? text : error->desc);
    return 0;
}

status_t store_error(const store_t *store, const char *object, const char *verb)
{
    char reason[256] = "unknown reason";
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, innermost, reason);
    H5Eclear2(H5E_DEFAULT);
    return status_new(store->writing ? EXIT_OUTPUT : EXIT_INPUT, "%s%s%s: cannot %s: %s",
                      store->path, object ? ": " : "", object ? object : "", verb, reason);
}

/* IEEE binary16: sign 15, exponent 10..14 with bias 15, mantissa 0..9. */
static hid_t half_type(void)
{
    static hid_t type = -1;
    if (type >= 0) return type;
    type = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(type, 15, 10, 5, 0, 10);
    H5Tset_size(type, 2);
    H5Tset_ebias(type, 15);
    return type;
}

hid_t store_file_type(store_type_t type)
{
    switch (type) {
    case STORE_I32: return H5T_STD_I32LE;
    case STORE_I64: return H5T_STD_I64LE;
    case STORE_F32: return H5T_IEEE_F32LE;
    case STORE_F64: return H5T_IEEE_F64LE;
    case STORE_F16: return half_type();
    default: return H5T_STD_U16LE;
    }
}

hid_t store_memory_type(store_type_t type)
{
    switch (type) {
    case STORE_I32: return H5T_NATIVE_INT32;
    case STORE_I64: return H5T_NATIVE_INT64;
    case STORE_F32: return H5T_NATIVE_FLOAT;
    case STORE_F64: return H5T_NATIVE_DOUBLE;
    case STORE_F16: return half_type();
    default: return H5T_NATIVE_UINT16;
    }
}

store_type_t store_type_of(hid_t dataset)
{
    hid_t type = H5Dget_type(dataset);
    H5T_class_t class = H5Tget_class(type);
    size_t size = H5Tget_size(type);
    H5Tclose(type);
    if (class == H5T_FLOAT)
        return size == 8 ? STORE_F64 : size == 4 ? STORE_F32 : size == 2 ? STORE_F16 : STORE_TYPES;
    if (class != H5T_INTEGER) return STORE_TYPES;
    if (size == 2 && H5Aexists(dataset, "encoding") > 0) return STORE_BF16;
    return size == 8 ? STORE_I64 : STORE_I32;
}

/* HDF5 writes metadata out as soon as so many bytes of them have changed, even from within a collective
 * write of compressed chunks: some ranks alone, by a call that waits for the others (1.10.8). It must have
 * no reason to: store_put flushes before there are as many (32 MiB is the most that HDF5 takes). */
static void keep_metadata(hid_t access)
{
    H5AC_cache_config_t cache = {.version = H5AC__CURR_CACHE_CONFIG_VERSION};
    if (H5Pget_mdc_config(access, &cache) < 0) return;
    cache.dirty_bytes_threshold = 32 << 20;
    H5Pset_mdc_config(access, &cache);
}

static struct {
    const char *scratch;
    MPI_Info hints;
} setup = {NULL, MPI_INFO_NULL};

void store_setup(const char *scratch, MPI_Info hints)
{
    setup.scratch = scratch;
    setup.hints = hints;
}

void store_plain_object(hid_t create)
{
    H5Pset_obj_track_times(create, 0);
    H5Pset_attr_phase_change(create, 65535, 0);
}

void store_plain_group(hid_t create)
{
    store_plain_object(create);
    H5Pset_link_phase_change(create, 65535, 0);
}

static status_t create_file(store_t *store)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), create = H5Pcreate(H5P_FILE_CREATE);
    keep_metadata(access);
    H5Pset_libver_bounds(access, H5F_LIBVER_V18, H5F_LIBVER_LATEST);
    if (store->comm != MPI_COMM_NULL) H5Pset_fapl_mpio(access, store->comm, setup.hints);
    H5Pset_sieve_buf_size(access,
                          0); /* what cannot be written is said by the call that writes it */
    store_plain_group(create);
    store->file = H5Fcreate(store->temporary, H5F_ACC_TRUNC, create, access);
    status_t status = store->file < 0 ? store_error(store, NULL, "create") : NULL;
    H5Pclose(access); /* which forgets HDF5's reasons */
    H5Pclose(create);
    return status;
}

/* HDF5 and MPI-IO report a directory that cannot be written in many ways, or hang, and would follow a
 * link: rank 0 makes the files first, with plain calls. In scratch, files of one name in several
 * directories must differ. */
static status_t make_files(store_t *store, bool publish)
{
    char *name = NULL;
    if (!setup.scratch) return file_temporary(store->path, &store->temporary, NULL);
    status_t status = publish ? file_temporary(store->path, &store->landing, NULL) : NULL;
    if (!status)
        status = str_format(&name, "%s/%016llx.%s", setup.scratch,
                            (unsigned long long)checksum(store->path, strlen(store->path)),
                            path_base(store->path));
    if (!status) status = file_temporary(name, &store->temporary, NULL);
    mem_free(&name);
    return status;
}

static status_t create(const char *path, MPI_Comm comm, bool publish, store_t **store)
{
    int ranks, rank;
    str_t name = {0};
    MPI_Comm_size(comm, &ranks);
    MPI_Comm_rank(comm, &rank);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    status_t status = mem_new(store, 1, "HDF5 file");
    if (!status) {
        **store = (store_t){
            .file = -1, .reader = -1, .comm = MPI_COMM_NULL, .writing = true, .rank = rank};
        if (ranks > 1) (*store)->comm = comm;
        status = str_copy(&(*store)->path, path);
    }
    if (!status && rank == 0) {
        status = make_files(*store, publish);
        if (!status) status = str_add(&name, (*store)->temporary);
    }
    status = share_text(comm, status, &name);
    if (!status && rank != 0) status = str_copy(&(*store)->temporary, name.data);
    status = agree(comm, status);
    if (!status) status = agree(comm, create_file(*store));
    if (!status) status = store_reserve(*store);
    str_free(&name);
    if (status) store_close(store);
    return status;
}

status_t store_create(const char *path, MPI_Comm comm, store_t **store)
{
    return create(path, comm, true, store);
}

status_t store_create_scratch(const char *path, MPI_Comm comm, store_t **store)
{
    return create(path, comm, false, store);
}

status_t store_agree(store_t *store, status_t status)
{
    if (store->comm != MPI_COMM_NULL) status = agree(store->comm, status);
    if (status) store->failed = true;
    return status;
}

/* More than the headers of a file, and of an object or attribute, take. */
enum { SPARE_BYTES = 1 << 20, HEADER_BYTES = 1 << 11 };

void store_count(store_t *store, uint64_t bytes)
{
    store->bytes += bytes + HEADER_BYTES;
}

/* Blocks beyond the end of the file, where the file system can; the size is HDF5's to say. The reason
 * for which it cannot, or 0. */
static int reserve_in(const char *path, uint64_t bytes)
{
    int reason = 0, descriptor = open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0 || fallocate(descriptor, FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) != 0)
        reason = errno;
    if (descriptor >= 0) close(descriptor);
    return reason == EOPNOTSUPP || reason == ENOSYS ? 0 : reason;
}

static status_t reserve(store_t *store)
{
    uint64_t bytes = store->bytes + SPARE_BYTES;
    struct rlimit limit;
    int reason = 0;
    if (store->bytes + SPARE_BYTES / 4 <= store->reserved) return NULL;
    if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && limit.rlim_cur < bytes) reason = EFBIG;
    else if (store->rank == 0) reason = reserve_in(store->temporary, bytes);
    if (reason == 0 && store->landing) reason = reserve_in(store->landing, bytes);
    store->reserved = bytes;
    if (reason == 0) return NULL;
    return status_new(EXIT_OUTPUT, "%s: cannot reserve %llu bytes: %s", store->path,
                      (unsigned long long)bytes, strerror(reason));
}

/* Gives back what was reserved and not needed. */
static void release(const char *temporary)
{
    struct stat info;
    if (stat(temporary, &info) == 0 && truncate(temporary, info.st_size) != 0) return;
}

status_t store_reserve(store_t *store)
{
    return store_agree(store, reserve(store));
}

/* Where a rank cannot write what describes the file, HDF5 leaves ranks waiting for each other: in there,
 * or for one that came back with the error. */
static status_t close_file(const store_t *store)
{
    status_t stuck =
        status_new(EXIT_OUTPUT,
                   "%s: cannot close: HDF5 does not come back, as when a rank could not "
                   "write",
                   store->path);
    watch_wait(stuck, store->temporary);
    herr_t code = H5Fclose(store->file);
    watch_wait(NULL, NULL);
    status_free(&stuck);
    if (code >= 0) return NULL;
    status_t status = store_error(store, NULL, "close");
    unlink(store->temporary);
    return status;
}

/* Where the file was written elsewhere, it is copied; the temporary goes with the store. */
static status_t land(store_t *store)
{
    if (!store->landing) return file_publish(store->temporary, store->path);
    status_t status = file_copy(store->temporary, store->landing);
    if (!status) status = file_publish(store->landing, store->path);
    if (!status) unlink(store->temporary);
    if (!status) mem_free(&store->landing);
    return status;
}

status_t store_publish(store_t **store)
{
    store_t *it = *store;
    store_leave_reader(it);
    status_t status = axes_write(it);
    if (!status) status = checksums_write(it);
    if (!status) status = store_reserve(it);
    if (!status) status = close_file(it);
    if (!it->failed) it->file = -1;
    status = store_agree(it, status);
    if (!status) status = checksums_verify(it);
    if (!status && it->rank == 0) release(it->temporary);
    if (!status && it->rank == 0) status = land(it);
    status = store_agree(it, status);
    if (!status) mem_free(&it->temporary);
    store_close(store);
    return status;
}

status_t store_open(const char *path, store_t **store)
{
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    status_t status = mem_new(store, 1, "HDF5 file");
    if (status) return status;
    **store = (store_t){.file = -1, .reader = -1, .comm = MPI_COMM_NULL};
    status = str_copy(&(*store)->path, path);
    if (!status) {
        (*store)->file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        if ((*store)->file < 0)
            status = file_exists(path) ? store_error(*store, NULL, "open as HDF5")
                                       : status_new(EXIT_INPUT, "%s: no such file", path);
    }
    if (status) store_close(store);
    return status;
}

status_t store_reread(store_t *store)
{
    store_leave_reader(store);
    store->reader = H5Fopen(store->temporary, H5F_ACC_RDONLY, H5P_DEFAULT);
    return store->reader < 0 ? store_error(store, NULL, "open to read") : NULL;
}

void store_leave_reader(store_t *store)
{
    if (store->reader >= 0) H5Fclose(store->reader);
    store->reader = -1;
}

void store_close(store_t **store)
{
    store_t *it = *store;
    if (!it) return;
    store_leave_reader(it);
    /* Closing flushes; where that fails HDF5 keeps half of the file, and ranks that do not fail
     * alike wait for each other for ever. What failed stays open until the program ends, empty. */
    if (it->file >= 0 && !it->failed) H5Fclose(it->file);
    bool give_room = it->failed && it->temporary && it->rank == 0;
    if (give_room && truncate(it->temporary, 0) != 0) give_room = false;
    if (it->temporary && it->rank == 0) unlink(it->temporary);
    if (it->landing) unlink(it->landing);
    checksums_free(it);
    mem_free(&it->landing);
    axes_free(it);
    mem_free(&it->temporary);
    mem_free(&it->path);
    mem_free(store);
}

const char *store_path(const store_t *store)
{
    return store->path;
}

const char *store_library_version(void)
{
    static char text[32];
    unsigned major, minor, release;
    H5get_libversion(&major, &minor, &release);
    snprintf(text, sizeof text, "%u.%u.%u", major, minor, release);
    return text;
}
