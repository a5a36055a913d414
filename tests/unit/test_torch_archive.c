/* torch .bin files: one that torch wrote, and archives put together here, sound and damaged. */
#include "tests/scratch.h"

#include "model/weights.h"
#include "tests/zip_builder.h"

/* Ends the archive and makes it the directory's weight file. */
static void write_zip(zip_builder_t *builder, const char *directory, bool large)
{
    zip_finish(builder, large);
    scratch_write(directory, "pytorch_model.bin", builder->file.data, builder->file.length);
    zip_free(builder);
}

/* An archive of this pickle and one storage of 16 bytes 0, 1, 2, ... */
static void write_archive(const char *directory, const char *pickle, size_t length, bool large)
{
    zip_builder_t builder = {0};
    char data[16];
    for (int i = 0; i < 16; i++) data[i] = (char)i;
    zip_add(&builder, "m/data.pkl", pickle, length, large);
    zip_add(&builder, "m/data/0", data, sizeof data, large);
    write_zip(&builder, directory, large);
}

/* --- pickles of one tensor "w" ------------------------------------------------------------------ */

/* _rebuild_tensor_v2(('storage', torch.<type>Storage, '0', 'cpu', numel), rest...) under "w". */
#define TENSOR(type, numel, rest)                                                   \
    "\x80\x02}U\x01wctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\n" type \
    "Storage\nU\x01"                                                                \
    "0U\x03"                                                                        \
    "cpu" numel "tQ" rest "\x89}tRs."

static void expect_damage(const char *directory, const char *message)
{
    weights_t *weights = NULL;
    expect_error(weights_open(directory, &weights), EXIT_INPUT, message);
    assert_null(weights);
}

static void expect_damaged_pickle(const char *directory, const char *pickle, size_t length,
                                  const char *message)
{
    write_archive(directory, pickle, length, false);
    expect_damage(directory, message);
    expect_damage(directory, "/pytorch_model.bin: ");
}

#define DAMAGED(pickle, message) \
    expect_damaged_pickle(*state, (pickle), sizeof(pickle) - 1, (message))

/* --- tests ---------------------------------------------------------------------------------------- */

static void expect_values(const weights_t *weights, const char *name, dtype_t type, uint64_t count,
                          const double *expected)
{
    const tensor_t *tensor = weights_find(weights, name);
    unsigned char bytes[8 * 24];
    float values[24];
    assert_non_null(tensor);
    assert_int_equal(tensor->type, type);
    assert_int_equal(tensor->count, count);
    expect_ok(weights_read(weights, tensor, 0, count, bytes));
    dtype_expand(values, bytes, count, type);
    for (uint64_t i = 0; i < count; i++) assert_true(values[i] == expected[i]);
}

/* The expected values are those of tests/data/weights/make_weights.py. */
static void reads_what_torch_writes(void **state)
{
    const char *directory = *state;
    weights_t *weights = NULL;
    str_t bytes = {0};
    double values[24];
    for (int i = 0; i < 24; i++) values[i] = i / 8.0 - 1;
    expect_ok(file_read("tests/data/weights/torch.bin", 100000, &bytes));
    scratch_write(directory, "pytorch_model.bin", bytes.data, bytes.length);
    expect_ok(weights_open(directory, &weights));
    assert_int_equal(weights_count(weights), 10);
    expect_values(weights, "f32", DTYPE_F32, 24, values);
    expect_values(weights, "f16", DTYPE_F16, 6, values);
    expect_values(weights, "bf16", DTYPE_BF16, 5, values);
    expect_values(weights, "f64", DTYPE_F64, 4, values);
    expect_values(weights, "parameter", DTYPE_F32, 2, values);
    expect_values(weights, "scalar", DTYPE_F32, 1, (double[]){0.375});
    expect_values(weights, "empty", DTYPE_F32, 0, values);
    expect_values(weights, "shared.head", DTYPE_F32, 8, values);
    expect_values(weights, "shared.tail", DTYPE_F32, 4, values + 20);
    expect_values(weights, "row.of.one", DTYPE_F32, 4, values + 4);
    const tensor_t *tensor = weights_find(weights, "f32");
    assert_int_equal(tensor->dimensions, 3);
    assert_int_equal(tensor->shape[0], 2);
    assert_int_equal(tensor->shape[1], 3);
    assert_int_equal(tensor->shape[2], 4);
    assert_int_equal(weights_find(weights, "scalar")->dimensions, 0);
    assert_int_equal(weights_find(weights, "empty")->shape[1], 7);

    assert_string_equal(weights_unreadable(weights, "step"),
                        "its type is I64; F32, F16, BF16 and F64 are read");
    assert_string_equal(weights_unreadable(weights, "mask"),
                        "its type is BOOL; F32, F16, BF16 and F64 are read");
    assert_string_equal(weights_unreadable(weights, "epoch"), "it is an integer, not a tensor");
    assert_string_equal(weights_unreadable(weights, "five.dimensions"),
                        "it has 5 dimensions; at most 4 are read");
    assert_string_equal(weights_unreadable(weights, "transposed"),
                        "its elements are not stored in row-major order");
    assert_non_null(weights_unreadable(weights, "every.other"));
    weights_close(&weights);

    for (size_t length = 0; length < bytes.length; length += 7) { /* a file cut anywhere */
        scratch_write(directory, "pytorch_model.bin", bytes.data, length);
        expect_damage(directory, "/pytorch_model.bin: ");
    }
    str_free(&bytes);
}

static void reads_an_archive(void **state)
{
    static const char pickle[] = TENSOR("Half", "K\x08", "K\1K\2K\3\x86K\3K\1\x86");
    for (int large = 0; large <= 1; large++) { /* zip64, as torch writes above 4 GiB */
        weights_t *weights = NULL;
        unsigned char bytes[12];
        write_archive(*state, pickle, sizeof pickle - 1, large);
        expect_ok(weights_open(*state, &weights));
        const tensor_t *tensor = weights_find(weights, "w");
        assert_int_equal(tensor->type, DTYPE_F16);
        assert_int_equal(tensor->dimensions, 2);
        assert_int_equal(tensor->shape[1], 3);
        expect_ok(weights_read(weights, tensor, 0, 6, bytes));
        for (int i = 0; i < 12; i++) assert_int_equal(bytes[i], 2 + i);
        weights_close(&weights);
    }
}

static void refuses_tensors_that_do_not_fit(void **state)
{
    DAMAGED(TENSOR("Half", "K\x09", "K\0K\2\x85K\1\x85"),
            "tensor \"w\": its storage of 9 elements of F16 does not fit in entry \"m/data/0\" of "
            "16 bytes");
    DAMAGED(TENSOR("Half", "K\x08", "K\7K\2\x85K\1\x85"),
            "tensor \"w\": elements [7, +2) of a storage of 8");
    DAMAGED(TENSOR("Half", "K\x08", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7fK\2\x85K\1\x85"),
            "elements [9223372036854775807, +2) of a storage of 8");
    DAMAGED(TENSOR("Half", "K\x08", "J\xff\xff\xff\xffK\2\x85K\1\x85"),
            "tensor \"w\": its offset is not a size");
    DAMAGED(TENSOR("Half", "K\x08", "K\0J\xff\xff\xff\xff\x85K\1\x85"),
            "its size or stride holds something other than sizes");
    DAMAGED(TENSOR("Half", "K\x08", "K\0K\2K\2\x86K\1\x85"),
            "its size and stride are not tuples of one length");
    DAMAGED(TENSOR("Half", "K\x08",
                   "K\0\x8a\x05\0\0\0\0\1\x8a\x05\0\0\0\0\1\x86\x8a\x05\0\0\0\0\1K\1\x86"),
            "the product of its size exceeds 64 bits");
    DAMAGED(TENSOR("Half", "J\xff\xff\xff\xff", "K\0K\2\x85K\1\x85"),
            "its storage is not described as torch does");
}

static void refuses_other_pickles(void **state)
{
    DAMAGED("cposix\nsystem\nU\x04true\x85R.",
            "the global \"posix.system\" is not among those that are read; nothing was executed");
    DAMAGED("ctorch._utils\n_rebuild_tensor\n.", "the global \"torch._utils._rebuild_tensor\"");
    DAMAGED("].", "holds a list, not a dict of tensors");
    DAMAGED("}K\1Ns.", "a tensor's name is an integer, not a text");
    DAMAGED("}U\3a\0bNs.", "a NUL in its name");
    DAMAGED("}U\1aq\0Nsh\0Ns.", "tensor \"a\": listed twice");
    DAMAGED("}U\1aNsU\1aNs.", "tensor \"a\" is listed twice");
    DAMAGED("}U\1wctorch._utils\n_rebuild_tensor_v2\n(K\0K\0K\2\x85K\1\x85\x89}tRs.",
            "its storage is not described as torch does");
}

/* A tuple of a million dimensions that many tensors share must not be walked for each. */
static void bounds_shared_dimensions(void **state)
{
    str_t pickle = {0};
    expect_ok(str_add(&pickle, "}U\x01wctorch._utils\n_rebuild_tensor_v2\n(NI0\n("));
    for (int i = 0; i < 100; i++) expect_ok(str_add(&pickle, "K\1"));
    expect_ok(str_add(&pickle, "t2tRs."));
    expect_damaged_pickle(*state, pickle.data, pickle.length, "it has more than 64 dimensions");
    str_free(&pickle);
}

static void refuses_other_archives(void **state)
{
    const char *directory = *state;
    zip_builder_t builder = {0};
    scratch_write(directory, "pytorch_model.bin", "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9", 9);
    expect_damage(directory, "the format of torch before 1.6, which is not read");
    scratch_write(directory, "pytorch_model.bin", "", 0);
    expect_damage(directory, "not a torch archive: it does not begin as a zip file");
    scratch_write(directory, "pytorch_model.bin", "version https://git-lfs.github.com", 34);
    expect_damage(directory, "a git-lfs pointer");
    scratch_write(directory, "pytorch_model.bin", "PK\3\4PK\5\6", 8);
    expect_damage(directory, "zip archive: truncated: no central directory at the file's end");

    zip_add(&builder, "m/other", "}.", 2, false);
    write_zip(&builder, directory, false);
    expect_damage(directory, "no entry \"<folder>/data.pkl\": not a torch archive");
    zip_add(&builder, "m/data.pkl", "}.", 2, false);
    zip_add(&builder, "n/data.pkl", "}.", 2, false);
    write_zip(&builder, directory, false);
    expect_damage(directory, "both \"m/data.pkl\" and \"n/data.pkl\" are there");
    zip_add(&builder, "m/data.pkl", "}.", 2, false);
    zip_add(&builder, "m/data.pkl", "}.", 2, false);
    write_zip(&builder, directory, false);
    expect_damage(directory, "entry \"m/data.pkl\": listed twice");
    zip_add(&builder, "m/data.pkl", "}.", 2, false);
    zip_add(&builder, "m/byteorder", "big", 3, false);
    write_zip(&builder, directory, false);
    expect_damage(directory, "byte order \"big\", only \"little\" is read");
    zip_add(&builder, "m/data.pkl", TENSOR("Half", "K\x08", "K\0K\2\x85K\1\x85"),
            sizeof TENSOR("Half", "K\x08", "K\0K\2\x85K\1\x85") - 1, false);
    write_zip(&builder, directory, false);
    expect_damage(directory, "tensor \"w\": the archive has no entry \"m/data/0\"");
}

/* Writes an archive whose bytes at so many from a mark's last occurrence are replaced. */
static void write_patched(const char *directory, const char *mark, size_t skip, const char *patch,
                          size_t length)
{
    static const char pickle[] = TENSOR("Half", "K\x08", "K\0K\2\x85K\1\x85");
    str_t path = {0}, bytes = {0};
    write_archive(directory, pickle, sizeof pickle - 1, false);
    expect_ok(str_printf(&path, "%s/pytorch_model.bin", directory));
    expect_ok(file_read(path.data, 100000, &bytes));
    size_t at = bytes.length - 4;
    while (memcmp(bytes.data + at, mark, 4) != 0) at--;
    memcpy(bytes.data + at + skip, patch, length);
    scratch_write(directory, "pytorch_model.bin", bytes.data, bytes.length);
    str_free(&path);
    str_free(&bytes);
}

/* The last entry of the directory is m/data/0; offsets are those of APPNOTE.TXT 4.3. */
static void refuses_a_damaged_archive(void **state)
{
    const char *directory = *state;
    write_patched(directory, "PK\1\2", 10, "\x08", 1);
    expect_damage(directory, "entry \"m/data/0\": compressed; a torch archive stores its entries");
    write_patched(directory, "PK\1\2", 8, "\x01", 1);
    expect_damage(directory, "entry \"m/data/0\": encrypted");
    write_patched(directory, "PK\1\2", 20, "\x0f", 1);
    expect_damage(directory, "entry \"m/data/0\": its two sizes differ");
    write_patched(directory, "PK\1\2", 20, "\0\1\0\0\0\1\0\0", 8);
    expect_damage(directory, "entry \"m/data/0\": it lies outside the file");
    write_patched(directory, "PK\1\2", 20, "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    expect_damage(directory, "entry \"m/data/0\": it lies outside the file");
    write_patched(directory, "PK\1\2", 42, "\0\0\0\x7f", 4);
    expect_damage(directory, "entry \"m/data/0\": it lies outside the file");
    write_patched(directory, "PK\1\2", 42, "\1", 1);
    expect_damage(directory, "entry \"m/data/0\": its local header is damaged");
    write_patched(directory, "PK\1\2", 28, "\xff\xff", 2);
    expect_damage(directory, "the central directory is damaged");
    write_patched(directory, "PK\1\2", 0, "XX", 2);
    expect_damage(directory, "the central directory is damaged");
    write_patched(directory, "PK\1\2", 48, "\0", 1);
    expect_damage(directory, "a NUL in its name");
    write_patched(directory, "PK\3\4", 28, "\xff\xff", 2);
    expect_damage(directory, "entry \"m/data/0\": it lies outside the file");
    write_patched(directory, "PK\5\6", 10, "\7", 1);
    expect_damage(directory, "2 entries, 7 are declared");
    write_patched(directory, "PK\5\6", 16, "\xf0\xf0\xf0\x10", 4);
    expect_damage(directory, "the central directory lies outside the file");
    write_patched(directory, "PK\5\6", 16, "\xff\xff\xff\xff", 4);
    expect_damage(directory, "the zip64 locator is missing");
    write_patched(directory, "PK\5\6", 20, "\1", 1);
    expect_damage(directory, "truncated: no central directory");
    write_patched(directory, "cpuK", 0, "gpu", 3);
    expect_damage(directory, "entry \"m/data.pkl\": damaged: its CRC-32 does not agree");
}

static void reads_shards(void **state)
{
    static const char index[] = "{\"weight_map\":{\"w\":\"pytorch_model.bin\"}}";
    static const char pickle[] = TENSOR("Float", "K\x04", "K\0K\4\x85K\1\x85");
    weights_t *weights = NULL;
    write_archive(*state, pickle, sizeof pickle - 1, false);
    scratch_write(*state, "pytorch_model.bin.index.json", index, sizeof index - 1);
    expect_ok(weights_open(*state, &weights));
    assert_int_equal(weights_find(weights, "w")->count, 4);
    weights_close(&weights);
}

#define with_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scratch(reads_what_torch_writes),         with_scratch(reads_an_archive),
        with_scratch(refuses_tensors_that_do_not_fit), with_scratch(refuses_other_pickles),
        with_scratch(bounds_shared_dimensions),        with_scratch(refuses_other_archives),
        with_scratch(refuses_a_damaged_archive),       with_scratch(reads_shards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
