/* Damaged files: whatever bit of one is turned over, or wherever it is cut off, it is refused or what is
 * read is what was written. */
#include "tests/parallel.h"

#include <fcntl.h>

#include "store/store.h"

enum { ROWS = 40, COLUMNS = 170, LONG = 9000 };

static char *path;
static double number[ROWS * COLUMNS];
static uint16_t half[ROWS * COLUMNS];
static int32_t id[LONG];
static const char *const texts[] = {"one", "another", "the third"};

static void fill(void)
{
    for (int i = 0; i < ROWS * COLUMNS; i++) number[i] = i % 7 ? 1.0 / (i + 1) : 0;
    for (int i = 0; i < ROWS * COLUMNS; i++) half[i] = (uint16_t)(i * 7);
    for (int i = 0; i < LONG; i++) id[i] = i / 3;
}

/* Datasets of each kind, written by all ranks: contiguous, chunked, packed, by rank 0, texts. */
static void write_file(void)
{
    static const uint64_t shape[] = {ROWS, COLUMNS}, chunk[] = {8, 64}, length = LONG;
    uint64_t rank = (uint64_t)world_rank(), ranks = (uint64_t)world_ranks(), rows = ROWS / ranks;
    uint64_t start[] = {rank * rows, 0},
             count[] = {rank + 1 < ranks ? rows : ROWS - rank * rows, COLUMNS};
    store_t *store = NULL;
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_set_text(store, "/", "key", "all that it depends on"));
    expect_ok(store_define(store, "/plain", STORE_F64, 2, shape, NULL));
    expect_ok(store_put(store, "/plain", start, count, number + start[0] * COLUMNS));
    expect_ok(store_define(store, "/group/chunked", STORE_F16, 2, shape, chunk));
    expect_ok(store_put_own(store, "/group/chunked", start, count, half + start[0] * COLUMNS));
    expect_ok(store_write(store, "/ids", STORE_I32, 1, &length, id));
    expect_ok(store_write_texts(store, "/texts", 3, texts));
    expect_ok(store_define_packed(store, "/packed", STORE_F64, 2, shape, shape, 1));
    if (rank != 0) count[0] = 0;
    else count[0] = ROWS, start[0] = 0;
    expect_ok(store_put(store, "/packed", start, count, number));
    expect_ok(store_publish(&store));
}

static status_t compare(const store_t *store, const char *name, store_type_t type,
                        const void *expected, size_t bytes, bool *same)
{
    void *data = NULL;
    store_info_t info = {0};
    status_t status = store_read(store, name, type, &data, &info);
    size_t width = type == STORE_F64 ? 8 : type == STORE_I32 ? 4 : 2;
    if (!status && (info.count * width != bytes || memcmp(data, expected, bytes) != 0))
        *same = false;
    mem_free_(&data);
    return status;
}

/* NULL, or why it was refused; *same: all that could be read is what was written. */
static status_t read_file(bool *same)
{
    store_t *store = NULL;
    strings_t found = {0};
    char *key = NULL;
    int32_t some[100];
    const uint64_t start = 4090, count = 100;
    *same = true;
    status_t status = store_open(path, &store);
    if (status) return status;
    status = compare(store, "/plain", STORE_F64, number, sizeof number, same);
    if (!status) status = compare(store, "/group/chunked", STORE_F16, half, sizeof half, same);
    if (!status) status = compare(store, "/packed", STORE_F64, number, sizeof number, same);
    if (!status) status = compare(store, "/ids", STORE_I32, id, sizeof id, same);
    if (!status) status = store_get(store, "/ids", STORE_I32, &start, &count, some);
    if (!status && memcmp(some, id + start, sizeof some) != 0) *same = false;
    if (!status) status = store_read_texts(store, "/texts", &found);
    for (size_t i = 0; !status && i < 3; i++)
        if (found.count != 3 || strcmp(found.item[i], texts[i]) != 0) *same = false;
    if (!status) status = store_get_text(store, "/", "key", &key);
    if (!status && strcmp(key, "all that it depends on") != 0) *same = false;
    mem_free(&key);
    strings_free(&found);
    store_close(&store);
    return status;
}

/* Reads the file as it was changed; it names itself in a refusal. */
static void expect_no_lie(uint64_t at, const char *change, size_t *refused)
{
    bool same;
    status_t status = read_file(&same);
    if (!same) fail_msg("byte %llu %s: other data, and no error", (unsigned long long)at, change);
    if (!status) return;
    if (status_code(status) != EXIT_INPUT || !strstr(status_message(status), path))
        fail_msg("byte %llu %s: %s", (unsigned long long)at, change, status_message(status));
    status_free(&status);
    (*refused)++;
}

static void no_damage_is_silent(void **state)
{
    expect_ok(path_join(*state, "file.h5", &path));
    fill();
    write_file();
    size_t refused = 0, tried = 0, size = (size_t)file_bytes(path);
    if (world_rank() == 0) {
        bool same;
        expect_ok(read_file(&same));
        assert_true(same);
        char byte, turned;
        int descriptor = open(path, O_RDWR);
        for (size_t at = 0; at < size; at += at < 4096 ? 1 : 13, tried++) {
            assert_int_equal(pread(descriptor, &byte, 1, (off_t)at), 1);
            turned = (char)(byte ^ 1 << at % 8);
            assert_int_equal(pwrite(descriptor, &turned, 1, (off_t)at), 1);
            expect_no_lie(at, "turned over", &refused);
            assert_int_equal(pwrite(descriptor, &byte, 1, (off_t)at), 1);
        }
        expect_ok(read_file(&same));
        print_message("# note: %zu of %zu flips refused, no other data in the rest\n", refused,
                      tried);
        assert_true(refused > tried / 2);
        refused = tried = 0;
        for (size_t cut = size; cut > 0; cut -= cut / 40 + 1, tried++) {
            assert_int_equal(ftruncate(descriptor, (off_t)cut - 1), 0);
            expect_no_lie(cut, "and all beyond cut off", &refused);
        }
        assert_int_equal(refused, tried);
        close(descriptor);
    }
    mem_free(&path);
    MPI_Barrier(MPI_COMM_WORLD);
}

/* The checksums do not tell how many ranks wrote: these are those of one rank, computed here anew. */
static void any_ranks_give_the_same(void **state)
{
    expect_ok(path_join(*state, "file.h5", &path));
    fill();
    write_file();
    if (world_rank() == 0) {
        store_t *alone = NULL, *together = NULL;
        const uint64_t shape[] = {ROWS, COLUMNS};
        int64_t *sum[2] = {NULL, NULL};
        char *other = NULL;
        store_info_t info[2];
        expect_ok(path_join(*state, "alone.h5", &other));
        expect_ok(store_create(other, MPI_COMM_SELF, &alone));
        expect_ok(store_write(alone, "/plain", STORE_F64, 2, shape, number));
        expect_ok(store_publish(&alone));
        expect_ok(store_open(other, &alone));
        expect_ok(store_open(path, &together));
        expect_ok(store_read(alone, "/checksums", STORE_I64, &sum[0], &info[0]));
        expect_ok(store_read(together, "/checksums", STORE_I64, &sum[1], &info[1]));
        assert_int_equal(info[0].count, 2);
        assert_true(info[1].count > 2);
        assert_memory_equal(sum[0], sum[1], 2 * sizeof(int64_t));
        for (int i = 0; i < 2; i++) mem_free(&sum[i]);
        store_close(&alone);
        store_close(&together);
        mem_free(&other);
    }
    mem_free(&path);
    MPI_Barrier(MPI_COMM_WORLD);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_damage_is_silent, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(any_ranks_give_the_same, common_create, common_destroy),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
