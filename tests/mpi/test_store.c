/* HDF5 files written by one to four ranks: the data, the bytes, the failures. */
#include "tests/parallel.h"

#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "core/dtype.h"
#include "store/store.h"
#include "store/store_internal.h"

static char *in(void **state, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(*state, name, &path));
    return path;
}

static void expect_names(void **state, const char *const *expected, size_t count)
{
    strings_t names = {0};
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(directory_list(*state, &names));
    if (names.count != count || (count && strcmp(names.item[0], expected[0]) != 0))
        fail_msg("%zu files, the first is %s", names.count, names.count ? names.item[0] : "");
    strings_free(&names);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* ---- what is written is read ---- */

enum { ROWS = 37, COLUMNS = 11 };

static double value(uint64_t row, uint64_t column)
{
    return (double)row * 100 + (double)column + 0.25;
}

/* This rank's rows: uneven shares, some of them empty. */
static void own_rows(uint64_t *first, uint64_t *count)
{
    uint64_t ranks = (uint64_t)world_ranks(), rank = (uint64_t)world_rank();
    *first = rank ? ROWS * rank * rank / (ranks * ranks) : 0;
    *count = ROWS * (rank + 1) * (rank + 1) / (ranks * ranks) - *first;
}

/* Rows of every type, in this type's bits. */
static void fill(store_type_t type, uint64_t first, uint64_t count, void *data)
{
    for (uint64_t i = 0; i < count * COLUMNS; i++) {
        double x = value(first + i / COLUMNS, i % COLUMNS);
        float f = (float)x;
        if (type == STORE_I32) ((int32_t *)data)[i] = (int32_t)x;
        if (type == STORE_I64) ((int64_t *)data)[i] = (int64_t)x << 32;
        if (type == STORE_F32) ((float *)data)[i] = f;
        if (type == STORE_F64) ((double *)data)[i] = x / 3;
        if (type == STORE_F16) dtype_round((uint16_t *)data + i, &f, 1, DTYPE_F16);
        if (type == STORE_BF16) dtype_round((uint16_t *)data + i, &f, 1, DTYPE_BF16);
    }
}

static const size_t width[STORE_TYPES] = {4, 8, 4, 8, 2, 2};

typedef status_t (*put_t)(store_t *store, const char *name, const uint64_t *start,
                          const uint64_t *count, const void *data);

static void put_own_rows(store_t *store, put_t put, const char *name, store_type_t type)
{
    double block[ROWS * COLUMNS];
    uint64_t start[2] = {0, 0}, count[2] = {0, COLUMNS};
    own_rows(&start[0], &count[0]);
    fill(type, start[0], count[0], block);
    expect_ok(put(store, name, start, count, block));
}

static void expect_rows(const store_t *store, const char *name, store_type_t type)
{
    double expected[ROWS * COLUMNS];
    store_info_t info;
    void *data = NULL;
    fill(type, 0, ROWS, expected);
    expect_ok(store_read(store, name, type, &data, &info));
    assert_int_equal(info.type, type);
    assert_int_equal(info.dimensions, 2);
    assert_int_equal(info.shape[0], ROWS);
    assert_int_equal(info.shape[1], COLUMNS);
    assert_memory_equal(data, expected, width[type] * ROWS * COLUMNS);
    mem_free_(&data);
}

/* Every type, from rank 0, from every rank together or each for itself, in one piece or chunks. */
static void data_come_back(void **state)
{
    static const uint64_t shape[] = {ROWS, COLUMNS}, chunk[] = {5, 4};
    char *path = in(state, "out.h5"), name[32];
    store_t *store = NULL;
    double block[ROWS * COLUMNS];
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    for (int type = 0; type < STORE_TYPES; type++) {
        fill((store_type_t)type, 0, ROWS, block);
        snprintf(name, sizeof name, "/deep/er/root%d", type);
        /* only rank 0's data count */
        if (world_rank() != 0) memset(block, 77, sizeof block);
        expect_ok(store_write(store, name, (store_type_t)type, 2, shape, block));
        for (int chunked = 0; chunked <= 1; chunked++) {
            snprintf(name, sizeof name, "/together%d%d", type, chunked);
            expect_ok(
                store_define(store, name, (store_type_t)type, 2, shape, chunked ? chunk : NULL));
            put_own_rows(store, store_put, name, (store_type_t)type);
            snprintf(name, sizeof name, "/alone%d%d", type, chunked);
            expect_ok(
                store_define(store, name, (store_type_t)type, 2, shape, chunked ? chunk : NULL));
            put_own_rows(store, store_put_own, name, (store_type_t)type);
        }
    }
    expect_ok(store_publish(&store));
    assert_null(store);
    expect_ok(store_open(path, &store));
    for (int type = 0; type < STORE_TYPES; type++) {
        snprintf(name, sizeof name, "/deep/er/root%d", type);
        expect_rows(store, name, (store_type_t)type);
        for (int chunked = 0; chunked <= 1; chunked++) {
            snprintf(name, sizeof name, "/together%d%d", type, chunked);
            expect_rows(store, name, (store_type_t)type);
            snprintf(name, sizeof name, "/alone%d%d", type, chunked);
            expect_rows(store, name, (store_type_t)type);
        }
    }
    store_close(&store);
    mem_free(&path);
}

/* Texts and attributes; the file and its groups too have attributes. */
static void write_words(store_t *store, bool root)
{
    static const char *const texts[] = {"", "a", "caf\xc3\xa9", "the longest of them"};
    static const double levels[] = {0.1, 0.5, 1e300};
    uint64_t shape = 3;
    int32_t number[] = {7, 8, 9};
    expect_ok(store_write_texts(store, "/words", 4, root ? texts : NULL));
    expect_ok(store_write_texts(store, "/none", 0, NULL));
    expect_ok(store_write(store, "/group/numbers", STORE_I32, 1, &shape, number));
    shape = 0;
    expect_ok(store_write(store, "/group/nothing", STORE_F32, 1, &shape, NULL));
    expect_ok(store_write(store, "/group/scalar", STORE_I32, 0, NULL, number));
    expect_ok(store_set_text(store, "/", "key", "abc"));
    expect_ok(store_set_text(store, "/group", "empty", ""));
    expect_ok(store_set_number(store, "/words", "number", 2.5));
    expect_ok(store_set_numbers(store, "/words", "levels", levels, 3));
    expect_ok(store_set_integer(store, "/words", "integer", (int64_t)1 << 52));
    expect_ok(store_describe(store, "/group/numbers", "numbers", "nats", "what it is"));
}

static void words_come_back(void **state)
{
    static const char *const names[] = {"group", "none", "words"};
    char *path = in(state, "out.h5"), *text = NULL;
    store_t *store = NULL;
    strings_t list = {0};
    double number, *numbers = NULL;
    size_t count = 0;
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    write_words(store, world_rank() == 0);
    expect_ok(store_publish(&store));
    expect_ok(store_open(path, &store));
    assert_string_equal(store_path(store), path);
    expect_ok(store_read_texts(store, "/words", &list));
    assert_int_equal(list.count, 4);
    assert_string_equal(list.item[0], "");
    assert_string_equal(list.item[2], "caf\xc3\xa9");
    assert_string_equal(list.item[3], "the longest of them");
    strings_free(&list);
    expect_ok(store_read_texts(store, "/none", &list));
    assert_int_equal(list.count, 0);
    expect_ok(store_list(store, "/", &list));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) assert_string_equal(list.item[i], names[i]);
    strings_free(&list);
    expect_ok(store_get_text(store, "/", "key", &text));
    assert_string_equal(text, "abc");
    mem_free(&text);
    expect_ok(store_get_text(store, "/group", "empty", &text));
    assert_string_equal(text, "");
    mem_free(&text);
    expect_ok(store_get_text(store, "/group/numbers", "unit", &text));
    assert_string_equal(text, "nats");
    mem_free(&text);
    expect_ok(store_get_number(store, "/words", "number", &number));
    assert_true(number == 2.5);
    expect_ok(store_get_number(store, "/words", "integer", &number));
    assert_true(number == 0x1p52);
    expect_ok(store_get_numbers(store, "/words", "levels", &numbers, &count));
    assert_int_equal(count, 3);
    assert_true(numbers[0] == 0.1 && numbers[2] == 1e300);
    mem_free(&numbers);
    expect_ok(store_attributes(store, "/words", &list));
    assert_int_equal(list.count, 3);
    assert_string_equal(list.item[0], "integer");
    strings_free(&list);
    assert_true(store_has(store, "/group/numbers") && store_has(store, "/group"));
    assert_false(store_has(store, "/group/none") || store_has(store, "/no/where"));
    store_info_t info;
    void *data = NULL;
    expect_ok(store_read(store, "/group/nothing", STORE_F32, &data, &info));
    assert_int_equal(info.count, 0);
    mem_free_(&data);
    expect_ok(store_read(store, "/group/scalar", STORE_I32, &data, &info));
    assert_int_equal(info.dimensions, 0);
    assert_int_equal(info.count, 1);
    assert_int_equal(*(int32_t *)data, 7);
    mem_free_(&data);
    store_close(&store);
    mem_free(&path);
}

/* Parts of a dataset, converted. */
static void blocks_come_back(void **state)
{
    static const uint64_t shape[] = {ROWS, COLUMNS}, start[] = {30, 4}, count[] = {3, 5};
    char *path = in(state, "out.h5");
    store_t *store = NULL;
    float block[ROWS * COLUMNS];
    double part[15];
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    fill(STORE_F32, 0, ROWS, block);
    expect_ok(store_write(store, "/x", STORE_F32, 2, shape, block));
    expect_ok(store_publish(&store));
    expect_ok(store_open(path, &store));
    expect_ok(store_get(store, "/x", STORE_F64, start, count, part));
    for (uint64_t i = 0; i < 15; i++) assert_true(part[i] == value(30 + i / 5, 4 + i % 5));
    static const uint64_t beyond[] = {35, 4}, none[] = {0, 5}, huge[] = {UINT64_MAX, 5};
    expect_error(store_get(store, "/x", STORE_F64, beyond, count, part), EXIT_INPUT,
                 "out.h5: /x: dimension 0 has 37 entries, 38 are needed");
    expect_error(store_get(store, "/x", STORE_F64, start, huge, part), EXIT_INPUT,
                 "dimension 0 has 37 entries");
    expect_ok(store_get(store, "/x", STORE_F64, start, none, part));
    store_close(&store);
    mem_free(&path);
}

/* Equal contents are equal bytes: on all ranks, on one, and a moment later. */
/* More attributes and groups than HDF5 keeps in an object's header unless told to. */
static void write_many(store_t *store)
{
    static const uint64_t one = 1;
    char text[301] = "", key[8];
    memset(text, 'x', 300);
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "key%d", i);
        expect_ok(store_set_text(store, "/", key, text));
    }
    for (int i = 0; i < 20; i++) {
        snprintf(key, sizeof key, "/g%d/x", i);
        expect_ok(store_define(store, key, STORE_I32, 1, &one, NULL));
    }
}

static void bytes_do_not_depend_on_ranks(void **state)
{
    static const uint64_t shape[] = {ROWS, COLUMNS}, all[] = {ROWS, COLUMNS}, zero[2];
    char *path = in(state, "out.h5"), *single = in(state, "single.h5");
    store_t *store = NULL;
    double block[ROWS * COLUMNS];
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    write_many(store);
    write_words(store, world_rank() == 0);
    expect_ok(store_define(store, "/x", STORE_F64, 2, shape, NULL));
    put_own_rows(store, store_put, "/x", STORE_F64);
    expect_ok(store_publish(&store));
    if (world_rank() == 0) {
        sleep(1); /* a time stamp would show */
        expect_ok(store_create(single, MPI_COMM_SELF, &store));
        write_many(store);
        write_words(store, true);
        expect_ok(store_define(store, "/x", STORE_F64, 2, shape, NULL));
        fill(STORE_F64, 0, ROWS, block);
        expect_ok(store_put(store, "/x", zero, all, block));
        expect_ok(store_publish(&store));
        expect_same_bytes(path, single);
    }
    mem_free(&path);
    mem_free(&single);
}

/* ---- whole or absent ---- */

static void abandoned_files_vanish(void **state)
{
    static const char *const one[] = {"out.h5"};
    static const uint64_t shape[] = {ROWS, COLUMNS};
    char *path = in(state, "out.h5");
    store_t *store = NULL;
    double block[ROWS * COLUMNS];
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    fill(STORE_F64, 0, ROWS, block);
    expect_ok(store_write(store, "/x", STORE_F64, 2, shape, block));
    store_close(&store);
    assert_null(store);
    expect_names(state, NULL, 0);
    /* what is there stays until the new one is published */
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_write(store, "/old", STORE_F64, 2, shape, block));
    expect_ok(store_publish(&store));
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    store_close(&store);
    expect_names(state, one, 1);
    expect_ok(store_open(path, &store));
    assert_true(store_has(store, "/old"));
    store_close(&store);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_publish(&store));
    expect_names(state, one, 1);
    expect_ok(store_open(path, &store));
    assert_false(store_has(store, "/old"));
    store_close(&store);
    mem_free(&path);
}

/* Places where not even root may write, and a directory in the way. */
static void places_that_cannot_be_written(void **state)
{
    static const char *const missing = "none/out.h5";
    char *path = in(state, missing), *taken = in(state, "taken");
    store_t *store = NULL;
    expect_common_error(store_create(path, MPI_COMM_WORLD, &store), EXIT_OUTPUT,
                        "cannot create: No such file or directory");
    assert_null(store);
    expect_common_error(store_create("/proc/out.h5", MPI_COMM_WORLD, &store), EXIT_OUTPUT,
                        "/proc/out.h5.tmp.");
    assert_null(store);
    if (world_rank() == 0) assert_int_equal(mkdir(taken, 0777), 0);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(store_create(taken, MPI_COMM_WORLD, &store));
    expect_common_error(store_publish(&store), EXIT_OUTPUT, "taken: cannot rename to: ");
    assert_null(store);
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) assert_int_equal(rmdir(taken), 0);
    expect_names(state, NULL, 0);
    mem_free(&path);
    mem_free(&taken);
}

/* One rank's mistake is every rank's error, and nobody waits. */
static void a_block_that_leaves_the_dataset(void **state)
{
    static const uint64_t shape[] = {ROWS, COLUMNS};
    char *path = in(state, "out.h5");
    store_t *store = NULL;
    double block[ROWS * COLUMNS] = {0};
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_define(store, "/x", STORE_F64, 2, shape, NULL));
    bool last = world_rank() == world_ranks() - 1;
    uint64_t start[] = {last ? ROWS - 1 : 0, 0}, count[] = {last ? 2 : 0, COLUMNS};
    expect_common_error(store_put(store, "/x", start, count, block), EXIT_BUG,
                        "out.h5: /x: entries 36 to 38 of 37 in dimension 0");
    expect_common_error(store_put(store, "/none", start, count, block), EXIT_OUTPUT, "/none");
    store_close(&store);
    expect_names(state, NULL, 0);
    mem_free(&path);
}

static void names_that_cannot_be_made(void **state)
{
    char *path = in(state, "out.h5");
    uint64_t shape = 1;
    int32_t one = 1;
    store_t *store = NULL;
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_write(store, "/a", STORE_I32, 1, &shape, &one));
    expect_common_error(store_write(store, "/a", STORE_I32, 1, &shape, &one), EXIT_OUTPUT,
                        "out.h5: /a: cannot create: ");
    expect_common_error(store_define(store, "/a/b", STORE_I32, 1, &shape, NULL), EXIT_OUTPUT,
                        "out.h5: /a/b: cannot create: ");
    expect_common_error(store_set_text(store, "/none", "key", "x"), EXIT_OUTPUT, "out.h5: /none");
    expect_ok(store_set_text(store, "/a", "key", "x"));
    expect_common_error(store_set_text(store, "/a", "key", "y"), EXIT_OUTPUT, "out.h5: key");
    store_close(&store);
    mem_free(&path);
}

/* ---- reading what is not ours ---- */

static void refuses_other_files(void **state)
{
    char *path = in(state, "other.h5");
    store_t *store = NULL;
    if (world_rank() == 0) {
        uint64_t shape = 4;
        int32_t number[] = {1, 2, 3, 4};
        str_t whole = {0};
        expect_error(store_open(path, &store), EXIT_INPUT, "other.h5: no such file");
        assert_null(store);
        scratch_write(*state, "other.h5", "not HDF5 at all", 15);
        expect_error(store_open(path, &store), EXIT_INPUT, "other.h5: cannot open as HDF5: ");
        scratch_write(*state, "other.h5", "", 0);
        expect_error(store_open(path, &store), EXIT_INPUT, "other.h5: cannot open as HDF5: ");
        expect_error(store_open(*state, &store), EXIT_INPUT, ": cannot open as HDF5: ");
        expect_ok(store_create(path, MPI_COMM_SELF, &store));
        expect_ok(store_write(store, "/x", STORE_I32, 1, &shape, number));
        expect_ok(store_set_number(store, "/x", "number", 1));
        expect_ok(store_set_text(store, "/x", "text", "1"));
        expect_ok(store_publish(&store));

        void *data = NULL;
        char *text = NULL;
        double single;
        strings_t names = {0};
        expect_ok(store_open(path, &store));
        expect_error(store_read(store, "/y", STORE_I32, &data, NULL), EXIT_INPUT,
                     "other.h5: /y: cannot open: ");
        assert_null(data);
        expect_error(store_read(store, "/", STORE_I32, &data, NULL), EXIT_INPUT, "cannot open: ");
        expect_error(store_read(store, "/x", STORE_F16, &data, NULL), EXIT_INPUT,
                     "other.h5: /x: holds another type than expected");
        expect_error(store_read_texts(store, "/x", &names), EXIT_INPUT,
                     "other.h5: /x: fixed-length texts are expected");
        expect_error(store_get_text(store, "/x", "none", &text), EXIT_INPUT,
                     "other.h5: /x: the attribute 'none' is missing");
        expect_error(store_get_text(store, "/x", "number", &text), EXIT_INPUT,
                     "other.h5: /x: the attribute 'number' is not a fixed-length text");
        assert_null(text);
        expect_error(store_get_number(store, "/x", "text", &single), EXIT_INPUT,
                     "cannot read the attribute");
        expect_error(store_list(store, "/x", &names), EXIT_INPUT, "cannot open as a group");
        expect_error(store_attributes(store, "/y", &names), EXIT_INPUT,
                     "other.h5: /y: cannot list");
        expect_ok(store_read(store, "/x", STORE_F64, &data, NULL));
        assert_true(((double *)data)[3] == 4);
        mem_free_(&data);
        store_close(&store);

        /* cut anywhere, it is refused or reads as it was: never a crash */
        expect_ok(file_read(path, 1 << 20, &whole));
        for (size_t length = 0; length < whole.length; length += 97) {
            scratch_write(*state, "other.h5", whole.data, length);
            status_t status = store_open(path, &store);
            if (!status) status = store_read(store, "/x", STORE_I32, &data, NULL);
            if (status) assert_int_equal(status_code(status), EXIT_INPUT);
            status_free(&status);
            mem_free_(&data);
            store_close(&store);
        }
        str_free(&whole);
    }
    mem_free(&path);
}

/* ---- a full disk ---- */

/* Files of this process may have so many bytes, as if the disk were full then. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* Wherever the disk is full, every rank learns of it and nothing is left; and the program then
 * ends in peace, with the limit still there. */
static void a_full_disk(void **state)
{
    static const rlim_t limits[] = {100, 1000, 3000, 100000, 1 << 20, 8000000};
    enum { COUNT = 1 << 20 };
    char *path = in(state, "out.h5");
    double *block = NULL;
    uint64_t shape = COUNT, rank = (uint64_t)world_rank(), ranks = (uint64_t)world_ranks();
    uint64_t start = COUNT / ranks * rank, count = rank + 1 < ranks ? COUNT / ranks : COUNT - start;
    signal(SIGXFSZ, SIG_IGN);
    expect_ok(mem_new(&block, COUNT, "numbers"));
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
        for (int kind = 0; kind < 3; kind++) {
            store_t *store = NULL;
            limit_files(limits[i]);
            status_t status = store_create(path, MPI_COMM_WORLD, &store);
            if (!status && kind == 0)
                status = store_write(store, "/x", STORE_F64, 1, &shape, block);
            if (!status && kind == 1) {
                status = store_define(store, "/x", STORE_F64, 1, &shape, NULL);
                if (!status) status = store_put(store, "/x", &start, &count, block);
            }
            if (!status && kind == 2)
                status =
                    agree(MPI_COMM_WORLD, store_define(store, "/x", STORE_F64, 1, &shape, NULL));
            if (!status && kind == 2)
                status = agree(MPI_COMM_WORLD, store_put_own(store, "/x", &start, &count, block));
            if (!status) status = store_publish(&store);
            store_close(&store);
            expect_common_error(status, EXIT_OUTPUT, "out.h5");
            expect_names(state, NULL, 0);
        }
    mem_free(&block);
    mem_free(&path);
}

/* So many compressed chunks that HDF5, left alone, writes metadata out from within a write: with 36,864 of
 * them two ranks then wait for each other for ever, or hand each other's calls bad addresses. */
static void many_packed_chunks(void **state)
{
    enum { CHUNKS = 36864, EACH = 256, WIDTH = 8 };
    char *path = in(state, "packed.h5");
    const uint64_t shape[] = {1, CHUNKS, WIDTH}, chunk[] = {1, 1, WIDTH};
    uint64_t rank = (uint64_t)world_rank(), ranks = (uint64_t)world_ranks();
    uint64_t mine = EACH / ranks, first = rank * mine;
    if (rank + 1 == ranks) mine = EACH - first;
    int64_t(*data)[WIDTH] = NULL;
    store_t *store = NULL;
    expect_ok(mem_new(&data, CHUNKS, "numbers"));
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_define_packed(store, "/x", STORE_I64, 3, shape, chunk, 1));
    for (uint64_t c = 0; c < CHUNKS; c++)
        for (uint64_t i = 0; i < WIDTH; i++) data[c][i] = (int64_t)(c * WIDTH + i);
    for (uint64_t from = 0; from < CHUNKS; from += EACH) {
        const uint64_t start[] = {0, from + first, 0}, count[] = {1, mine, WIDTH};
        expect_ok(store_put(store, "/x", start, count, data[from + first]));
    }
    expect_ok(store_publish(&store));
    if (rank == 0) {
        const uint64_t start[] = {0, 0, 0}, count[] = {1, CHUNKS, WIDTH};
        memset(data, 0, CHUNKS * sizeof *data);
        expect_ok(store_open(path, &store));
        expect_ok(store_get(store, "/x", STORE_I64, start, count, data));
        for (uint64_t c = 0; c < CHUNKS; c++)
            for (uint64_t i = 0; i < WIDTH; i++)
                assert_int_equal(data[c][i], (int64_t)(c * WIDTH + i));
        store_close(&store);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    mem_free(&data);
    mem_free(&path);
}

/* Written in one directory, published in another; what is not published leaves nothing in either. */
static void written_elsewhere(void **state)
{
    static const char *const outputs[] = {"out.h5"};
    static const uint64_t shape = 5;
    static const double numbers[] = {1, 2, 3, 4, 5};
    char *fast = in(state, "fast"), *there = in(state, "there"), *path = in(state, "there/out.h5");
    char *taken = in(state, "there/taken"), *beside = in(state, "there/out.h5.raw");
    store_t *store = NULL, *aside = NULL;
    if (world_rank() == 0) {
        assert_int_equal(mkdir(fast, 0700), 0);
        assert_int_equal(mkdir(there, 0755), 0);
    }
    MPI_Barrier(MPI_COMM_WORLD);
    store_setup(fast, MPI_INFO_NULL);
    for (int publish = 0; publish < 2; publish++) {
        expect_ok(store_create(path, MPI_COMM_WORLD, &store));
        expect_ok(store_create_scratch(beside, MPI_COMM_WORLD, &aside));
        expect_ok(store_write(store, "/x", STORE_F64, 1, &shape, numbers));
        expect_ok(store_write(aside, "/y", STORE_F64, 1, &shape, numbers));
        store_close(&aside);
        if (publish) expect_ok(store_publish(&store));
        store_close(&store);
        expect_names((void **)&fast, NULL, 0);
        expect_names((void **)&there, outputs, publish);
    }
    double *read = NULL;
    expect_ok(store_open(path, &store));
    expect_ok(store_read(store, "/x", STORE_F64, &read, NULL));
    assert_memory_equal(read, numbers, sizeof numbers);
    store_close(&store);
    mem_free(&read);
    struct stat info;
    mode_t mask = umask(0);
    umask(mask);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0666 & ~mask); /* not that of a private directory */

    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) assert_int_equal(unlink(path) + mkdir(taken, 0777), 0);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(store_create(taken, MPI_COMM_WORLD, &store));
    expect_common_error(store_publish(&store), EXIT_OUTPUT, "taken: cannot rename to: ");
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) assert_int_equal(rmdir(taken), 0);
    expect_names((void **)&fast, NULL, 0);
    expect_names((void **)&there, NULL, 0);
    store_setup("/nonexistent", MPI_INFO_NULL);
    expect_common_error(store_create(path, MPI_COMM_WORLD, &store), EXIT_OUTPUT, "/nonexistent/");
    expect_names((void **)&there, NULL, 0);
    store_setup(NULL, MPI_INFO_NULL);
    mem_free(&beside);
    mem_free(&taken);
    mem_free(&path);
    mem_free(&there);
    mem_free(&fast);
}

/* MPI-IO has the hints of the file that it opened; a rank that writes alone does without it. */
static void passes_hints_on(void **state)
{
    if (world_ranks() == 1) return;
    char *path = in(state, "out.h5"), value[MPI_MAX_INFO_VAL + 1] = "";
    store_t *store = NULL;
    MPI_Info hints, used;
    MPI_File *file = NULL;
    int there = 0;
    MPI_Info_create(&hints);
    MPI_Info_set(hints, "cb_buffer_size", "1234567");
    MPI_Info_set(hints, "wn_unknown", "1");
    store_setup(NULL, hints);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    assert_true(H5Fget_vfd_handle(store->file, H5P_DEFAULT, (void **)&file) >= 0);
    MPI_File_get_info(*file, &used);
    MPI_Info_get(used, "cb_buffer_size", MPI_MAX_INFO_VAL, value, &there);
    assert_true(there);
    assert_string_equal(value, "1234567");
    MPI_Info_free(&used);
    store_close(&store);
    store_setup(NULL, MPI_INFO_NULL);
    MPI_Info_free(&hints);
    mem_free(&path);
}

#define WITH_COMMON(test) cmocka_unit_test_setup_teardown(test, common_create, common_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_COMMON(data_come_back),
        WITH_COMMON(words_come_back),
        WITH_COMMON(blocks_come_back),
        WITH_COMMON(bytes_do_not_depend_on_ranks),
        WITH_COMMON(abandoned_files_vanish),
        WITH_COMMON(places_that_cannot_be_written),
        WITH_COMMON(a_block_that_leaves_the_dataset),
        WITH_COMMON(names_that_cannot_be_made),
        WITH_COMMON(refuses_other_files),
        WITH_COMMON(written_elsewhere),
        WITH_COMMON(passes_hints_on),
        WITH_COMMON(a_full_disk),
        WITH_COMMON(many_packed_chunks),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
