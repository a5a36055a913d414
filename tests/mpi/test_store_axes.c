/* Axes of datasets, and the dimension scales and labels that HDF5 itself then finds in a file, looked at
 * with the library as any other program would. */
#include "tests/parallel.h"

#include <hdf5.h>

#include "store/store.h"

static const int32_t layers[] = {3, 5, 8};
static const double levels[] = {0.25, 0.75};
static const double values[24];
static const uint64_t by_layer[] = {3, 4}, by_level[] = {2, 3, 4}, other[] = {2};

/* Two groups with layers of their own, and one that uses those of the root. */
static void write_all(store_t *store)
{
    expect_ok(store_write(store, "/layers", STORE_I32, 1, by_layer, layers));
    expect_ok(store_describe(store, "/layers", "layers", "1", "numbers"));
    expect_ok(store_write(store, "quantiles", STORE_F64, 3, by_level, values));
    expect_ok(store_describe(store, "quantiles", "levels layers neurons", "1", "quantiles"));
    expect_ok(store_write(store, "/levels", STORE_F64, 1, by_level, levels));
    expect_ok(store_describe(store, "/levels", "levels", "1", "probabilities"));
    expect_ok(store_write(store, "/here/wd", STORE_F64, 2, by_layer, values));
    expect_ok(store_describe(store, "/here/wd", "layers neurons", "1", "distances"));
    expect_ok(store_write(store, "/there/layers", STORE_I32, 1, other, layers));
    expect_ok(store_describe(store, "/there/layers", "layers", "1", "numbers"));
    expect_ok(store_write(store, "/there/size", STORE_I32, 1, other, layers));
    expect_ok(store_describe(store, "/there/size", "layers", "neurons", "sizes"));
    expect_ok(store_write(store, "/there/longer", STORE_I32, 1, by_layer, layers));
    expect_ok(store_describe(store, "/there/longer", "layers", "1", "as long as the root's"));
    expect_ok(store_write(store, "/count", STORE_I32, 0, NULL, layers));
    expect_ok(store_describe(store, "/count", "", "1", "a number"));
}

static char *write_file(void **state, MPI_Comm comm, const char *name)
{
    char *path = NULL;
    store_t *store = NULL;
    expect_ok(path_join(*state, name, &path));
    expect_ok(store_create(path, comm, &store));
    write_all(store);
    expect_ok(store_publish(&store));
    return path;
}

/* The name of the dataset that DIMENSION_LIST gives for a dimension; "" for none. */
static void scale_name(hid_t file, const char *dataset, int dimension, char name[64])
{
    hvl_t list[4];
    hid_t attribute = H5Aopen_by_name(file, dataset, "DIMENSION_LIST", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    assert_true(H5Aread(attribute, type, list) >= 0);
    name[0] = '\0';
    if (list[dimension].len) {
        hid_t scale = H5Rdereference2(attribute, H5P_DEFAULT, H5R_OBJECT, list[dimension].p);
        assert_true(scale >= 0);
        H5Iget_name(scale, name, 64);
        H5Oclose(scale);
    }
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, list);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
}

static void expect_label(hid_t file, const char *dataset, int dimension, const char *expected)
{
    char *label[4];
    hid_t attribute = H5Aopen_by_name(file, dataset, "DIMENSION_LABELS", H5P_DEFAULT, H5P_DEFAULT);
    assert_true(attribute >= 0);
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    assert_true(H5Aread(attribute, type, label) >= 0);
    assert_string_equal(label[dimension], expected);
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, label);
    H5Sclose(space);
    H5Tclose(type);
    H5Aclose(attribute);
}

/* How many dimensions a scale belongs to; 0: it is none. */
static int uses_of(hid_t file, const char *dataset)
{
    char class[16] = "";
    if (H5Aexists_by_name(file, dataset, "CLASS", H5P_DEFAULT) <= 0) return 0;
    hid_t attribute = H5Aopen_by_name(file, dataset, "CLASS", H5P_DEFAULT, H5P_DEFAULT);
    hid_t type = H5Aget_type(attribute);
    assert_int_equal(H5Tget_size(type), 16); /* the specification's, with the zero byte */
    assert_true(H5Aread(attribute, type, class) >= 0);
    assert_string_equal(class, "DIMENSION_SCALE");
    H5Tclose(type);
    H5Aclose(attribute);
    attribute = H5Aopen_by_name(file, dataset, "REFERENCE_LIST", H5P_DEFAULT, H5P_DEFAULT);
    hid_t space = H5Aget_space(attribute);
    int uses = (int)H5Sget_simple_extent_npoints(space);
    H5Sclose(space);
    H5Aclose(attribute);
    return uses;
}

static void scales_are_found(void **state)
{
    static const struct {
        const char *dataset;
        int dimension;
        const char *label, *scale;
    } expected[] = {
        {"/quantiles", 0, "levels", "/levels"},
        {"/quantiles", 1, "layers", "/layers"},
        {"/quantiles", 2, "neurons", ""},
        {"/here/wd", 0, "layers", "/layers"},
        {"/there/size", 0, "layers", "/there/layers"},
        {"/there/longer", 0, "layers", "/layers"},
    };
    char *path = write_file(state, MPI_COMM_WORLD, "out.h5"), name[64];
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        expect_label(file, expected[i].dataset, expected[i].dimension, expected[i].label);
        scale_name(file, expected[i].dataset, expected[i].dimension, name);
        assert_string_equal(name, expected[i].scale);
    }
    assert_int_equal(uses_of(file, "/layers"), 3);
    assert_int_equal(uses_of(file, "/levels"), 1);
    assert_int_equal(uses_of(file, "/there/layers"), 1);
    assert_int_equal(uses_of(file, "/there/size"), 0);
    expect_label(file, "/layers", 0, "layers");
    assert_true(H5Aexists_by_name(file, "/count", "axes", H5P_DEFAULT) == 0);
    H5Fclose(file);
    mem_free(&path);
}

/* Those that have HDF5's types are not listed: axes says the same. */
static void axes_come_back(void **state)
{
    static const char *const names[] = {"axes", "description", "unit"};
    char *path = write_file(state, MPI_COMM_WORLD, "out.h5"), *axes = NULL;
    store_t *store = NULL;
    strings_t list = {0};
    expect_ok(store_open(path, &store));
    expect_ok(store_get_text(store, "/quantiles", "axes", &axes));
    assert_string_equal(axes, "levels layers neurons");
    expect_ok(store_attributes(store, "/quantiles", &list));
    assert_int_equal(list.count, 3);
    for (size_t i = 0; i < 3; i++) assert_string_equal(list.item[i], names[i]);
    strings_free(&list);
    store_close(&store);
    mem_free(&axes);
    mem_free(&path);
}

static void bytes_do_not_depend_on_ranks(void **state)
{
    char *path = write_file(state, MPI_COMM_WORLD, "out.h5"), *single = NULL;
    if (world_rank() == 0) {
        single = write_file(state, MPI_COMM_SELF, "single.h5");
        expect_same_bytes(path, single);
    }
    mem_free(&single);
    mem_free(&path);
}

/* A dataset of two dimensions with one axis is a mistake of ours, and is never published. */
static void too_few_axes(void **state)
{
    char *path = NULL;
    store_t *store = NULL;
    expect_ok(path_join(*state, "out.h5", &path));
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(store_write(store, "/x", STORE_F64, 2, by_layer, values));
    expect_ok(store_describe(store, "/x", "layers", "1", "numbers"));
    status_t status = store_publish(&store);
    expect_common_error(status, EXIT_BUG, "'layers' names 1 axes of 2");
    assert_false(file_exists(path));
    mem_free(&path);
}

#define WITH_COMMON(test) cmocka_unit_test_setup_teardown(test, common_create, common_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_COMMON(scales_are_found),
        WITH_COMMON(axes_come_back),
        WITH_COMMON(bytes_do_not_depend_on_ranks),
        WITH_COMMON(too_few_axes),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
