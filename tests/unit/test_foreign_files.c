/* HDF5 files that others made: what points out of the file is not followed, what claims more than the
 * file can hold is refused, and no code is loaded for it. */
#include "tests/scratch.h"

#include <hdf5.h>

#include "store/store.h"

enum { COUNT = 4 };
static const double secret[COUNT] = {1, 2, 3, 4};

static char *in(void **state, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(*state, name, &path));
    return path;
}

static hid_t new_file(const char *path)
{
    hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    assert_true(file >= 0);
    return file;
}

/* A dataset of so many numbers, with these properties, and the data where they are given. */
static void add(hid_t file, const char *name, hsize_t count, hid_t create, const double *data)
{
    hid_t space = H5Screate_simple(1, &count, NULL);
    hid_t dataset = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, create, H5P_DEFAULT);
    assert_true(dataset >= 0);
    if (data)
        assert_true(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) >= 0);
    H5Dclose(dataset);
    H5Sclose(space);
}

/* Every way of reading a dataset says this. */
static void expect_refused(const char *path, const char *name, const char *message)
{
    static const uint64_t start, count = 1;
    store_t *store = NULL;
    store_info_t info;
    double *data = NULL, one;
    strings_t texts = {0};
    expect_ok(store_open(path, &store));
    expect_error(store_read(store, name, STORE_F64, &data, NULL), EXIT_INPUT, message);
    expect_error(store_get(store, name, STORE_F64, &start, &count, &one), EXIT_INPUT, message);
    expect_error(store_find(store, name, &info), EXIT_INPUT, message);
    expect_error(store_verify(store, name, 0, 1), EXIT_INPUT, message);
    expect_error(store_read_texts(store, name, &texts), EXIT_INPUT, message);
    assert_null(data);
    store_close(&store);
}

static void write_secret(const char *path)
{
    hid_t file = new_file(path);
    add(file, "x", COUNT, H5P_DEFAULT, secret);
    H5Fclose(file);
}

static hid_t go_nowhere(const char *name, hid_t group, const void *value, size_t size, hid_t access,
                        hid_t transfer)
{
    (void)name, (void)group, (void)value, (void)size, (void)access, (void)transfer;
    return -1;
}

/* The library's own class was taken away when the program started. */
static void external_links(void **state)
{
    static const H5L_class_t class = {.version = H5L_LINK_CLASS_T_VERS,
                                      .id = H5L_TYPE_EXTERNAL,
                                      .comment = "for a test",
                                      .trav_func = go_nowhere};
    static const char value[] = "\0secret.h5\0/x";
    char *path = in(state, "out.h5"), *other = in(state, "secret.h5");
    write_secret(other);
    assert_true(H5Lregister(&class) >= 0);
    hid_t file = new_file(path);
    assert_true(H5Lcreate_ud(file, "x", H5L_TYPE_EXTERNAL, value, sizeof value, H5P_DEFAULT,
                             H5P_DEFAULT) >= 0);
    H5Fclose(file);
    assert_true(H5Lunregister(H5L_TYPE_EXTERNAL) >= 0);
    expect_refused(path, "/x", "out.h5: /x: cannot open: ");
    mem_free(&path);
    mem_free(&other);
}

static void external_storage(void **state)
{
    char *path = in(state, "out.h5"), *other = in(state, "secret");
    scratch_write(*state, "secret", secret, sizeof secret);
    hid_t file = new_file(path), create = H5Pcreate(H5P_DATASET_CREATE);
    assert_true(H5Pset_external(create, other, 0, sizeof secret) >= 0);
    add(file, "x", COUNT, create, NULL);
    H5Pclose(create);
    H5Fclose(file);
    expect_refused(path, "/x", "out.h5: /x: its data are in other files, which are not opened");
    mem_free(&path);
    mem_free(&other);
}

static void virtual_datasets(void **state)
{
    static const hsize_t count = COUNT;
    char *path = in(state, "out.h5"), *other = in(state, "secret.h5");
    write_secret(other);
    hid_t file = new_file(path), create = H5Pcreate(H5P_DATASET_CREATE);
    hid_t space = H5Screate_simple(1, &count, NULL);
    assert_true(H5Pset_virtual(create, space, other, "/x", space) >= 0);
    add(file, "x", COUNT, create, NULL);
    H5Sclose(space);
    H5Pclose(create);
    H5Fclose(file);
    expect_refused(path, "/x", "out.h5: /x: its data are in other files, which are not opened");
    mem_free(&path);
    mem_free(&other);
}

/* Chunks that were never written take no room in the file, but all in memory. */
static void sizes_beyond_the_file(void **state)
{
    static const hsize_t sizes[] = {1ull << 24, 1ull << 40, 1ull << 62};
    static const hsize_t chunk = 1024;
    char *path = in(state, "out.h5");
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hid_t file = new_file(path), create = H5Pcreate(H5P_DATASET_CREATE);
        H5Pset_chunk(create, 1, &chunk);
        H5Pset_deflate(create, 1);
        add(file, "x", sizes[i], create, NULL);
        H5Pclose(create);
        H5Fclose(file);
        expect_refused(path, "/x", "out.h5: /x: more data than a file of ");
    }
    mem_free(&path);
}

/* What deflate can do at best is read. */
static void zeros_that_were_packed(void **state)
{
    enum { MANY = 1 << 20 };
    static const hsize_t chunk = 1 << 18;
    char *path = in(state, "out.h5");
    double *data = NULL;
    expect_ok(mem_new(&data, MANY, "zeros"));
    hid_t file = new_file(path), create = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_chunk(create, 1, &chunk);
    H5Pset_deflate(create, 9);
    add(file, "x", MANY, create, data);
    H5Pclose(create);
    H5Fclose(file);
    mem_free(&data);
    store_t *store = NULL;
    expect_ok(store_open(path, &store));
    expect_ok(store_read(store, "/x", STORE_F64, &data, NULL));
    store_close(&store);
    mem_free(&data);
    mem_free(&path);
}

static void plug_ins(void **state)
{
    unsigned loading = 1;
    (void)state;
    assert_true(H5PLget_loading_state(&loading) >= 0);
    assert_int_equal(loading, 0);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(external_links),         WITH_SCRATCH(external_storage),
        WITH_SCRATCH(virtual_datasets),       WITH_SCRATCH(sizes_beyond_the_file),
        WITH_SCRATCH(zeros_that_were_packed), cmocka_unit_test(plug_ins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
