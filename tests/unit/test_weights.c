/* Weight directories of safetensors files: what is read, and every kind of damage with its
 * message. The files are laid out here byte by byte after the format's description. */
#include "tests/scratch.h"

#include <unistd.h>

#include "core/json_size.h"
#include "model/weights.h"

/* A safetensors file of this header and so many bytes of data 0, 1, 2, ... */
static void write_safetensors(const char *directory, const char *name, const char *header,
                              size_t data)
{
    str_t text = {0};
    uint64_t length = strlen(header);
    for (int i = 0; i < 8; i++) {
        char byte = (char)(length >> 8 * i);
        expect_ok(str_append(&text, &byte, 1));
    }
    expect_ok(str_add(&text, header));
    for (size_t i = 0; i < data; i++) {
        char byte = (char)i;
        expect_ok(str_append(&text, &byte, 1));
    }
    scratch_write(directory, name, text.data, text.length);
    str_free(&text);
}

static void expect_damage(const char *directory, const char *message)
{
    weights_t *weights = NULL;
    expect_error(weights_open(directory, &weights), EXIT_INPUT, message);
    assert_null(weights);
}

/* The one file of a directory, with this header and data, is refused with this message. */
static void expect_damaged(const char *directory, const char *header, size_t data,
                           const char *message)
{
    write_safetensors(directory, "model.safetensors", header, data);
    expect_damage(directory, message);
    expect_damage(directory, "/model.safetensors: ");
}

static void reads_every_type(void **state)
{
    const char *directory = *state;
    weights_t *weights = NULL;
    write_safetensors(directory, "model.safetensors",
                      "{\"__metadata__\":{\"format\":\"pt\"},"
                      "\"d\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[16,24]},"
                      "\"b\":{\"dtype\":\"BF16\",\"shape\":[1,2,1],\"data_offsets\":[12,16]},"
                      "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                      "\"h\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[8,12]},"
                      "\"scalar\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[24,26]},"
                      "\"none\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[26,26]}}   ",
                      26);
    expect_ok(weights_open(directory, &weights));
    assert_int_equal(weights_count(weights), 6);
    static const char *const order[] = {"a", "b", "d", "h", "none", "scalar"};
    for (size_t i = 0; i < 6; i++) assert_string_equal(weights_at(weights, i)->name, order[i]);

    const tensor_t *tensor = weights_find(weights, "b");
    assert_int_equal(tensor->type, DTYPE_BF16);
    assert_int_equal(tensor->dimensions, 3);
    assert_int_equal(tensor->shape[1], 2);
    assert_int_equal(tensor->count, 2);
    unsigned char bytes[8];
    expect_ok(weights_read(weights, tensor, 1, 1, bytes));
    assert_int_equal(bytes[0], 14);
    assert_int_equal(bytes[1], 15);

    tensor = weights_find(weights, "d");
    expect_ok(weights_read(weights, tensor, 0, 1, bytes));
    for (int i = 0; i < 8; i++) assert_int_equal(bytes[i], 16 + i);

    assert_int_equal(weights_find(weights, "scalar")->dimensions, 0);
    assert_int_equal(weights_find(weights, "scalar")->count, 1);
    assert_int_equal(weights_find(weights, "none")->count, 0);
    expect_ok(weights_read(weights, weights_find(weights, "none"), 0, 0, bytes));
    assert_null(weights_find(weights, "missing"));
    assert_null(weights_unreadable(weights, "missing"));
    assert_null(weights_find(weights, "__metadata__"));
    assert_non_null(strstr(weights_file(weights, tensor), "/model.safetensors"));
    weights_close(&weights);
    assert_null(weights);
}

/* The values are those of tests/data/weights/make_weights.py. */
static void reads_what_safetensors_writes(void **state)
{
    weights_t *weights = NULL;
    str_t bytes = {0};
    expect_ok(file_read("tests/data/weights/mixed.safetensors", 10000, &bytes));
    scratch_write(*state, "model.safetensors", bytes.data, bytes.length);
    expect_ok(weights_open(*state, &weights));
    static const char *const name[] = {"bf16", "f16", "f32", "f64"};
    static const dtype_t type[] = {DTYPE_BF16, DTYPE_F16, DTYPE_F32, DTYPE_F64};
    static const uint64_t count[] = {5, 6, 24, 4};
    for (int t = 0; t < 4; t++) {
        const tensor_t *tensor = weights_find(weights, name[t]);
        unsigned char raw[24 * 8];
        float values[24];
        assert_int_equal(tensor->type, type[t]);
        assert_int_equal(tensor->count, count[t]);
        expect_ok(weights_read(weights, tensor, 0, tensor->count, raw));
        dtype_expand(values, raw, tensor->count, tensor->type);
        for (uint64_t i = 0; i < count[t]; i++) assert_true(values[i] == (float)i / 8 - 1);
    }
    assert_int_equal(weights_count(weights), 6);
    assert_non_null(weights_unreadable(weights, "step"));
    weights_close(&weights);

    for (size_t length = 0; length < bytes.length; length++) { /* a file cut anywhere */
        scratch_write(*state, "model.safetensors", bytes.data, length);
        expect_damage(*state, "/model.safetensors: ");
    }
    str_free(&bytes);
}

static void refuses_to_read_beyond_a_tensor(void **state)
{
    weights_t *weights = NULL;
    char bytes[64];
    write_safetensors(*state, "model.safetensors",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                      "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}",
                      16);
    expect_ok(weights_open(*state, &weights));
    const tensor_t *a = weights_find(weights, "a");
    expect_error(weights_read(weights, a, 1, 2, bytes), EXIT_BUG, "tensor \"a\" has 2 elements");
    expect_error(weights_read(weights, a, 3, 0, bytes), EXIT_BUG, "tensor \"a\" has 2 elements");
    expect_error(weights_read(weights, a, UINT64_MAX, 2, bytes), EXIT_BUG, "has 2 elements");
    weights_close(&weights);
}

static void remembers_what_it_cannot_read(void **state)
{
    weights_t *weights = NULL;
    write_safetensors(*state, "model.safetensors",
                      "{\"mask\":{\"dtype\":\"BOOL\",\"shape\":[3],\"data_offsets\":[0,3]},"
                      "\"six\":{\"dtype\":\"F6_E2M3\",\"shape\":[4],\"data_offsets\":[3,6]},"
                      "\"new\":{\"dtype\":\"Q3\",\"shape\":[4],\"data_offsets\":[6,8]},"
                      "\"deep\":{\"dtype\":\"F16\",\"shape\":[1,1,1,1,2],\"data_offsets\":[8,12]},"
                      "\"w\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[12,16]}}",
                      16);
    expect_ok(weights_open(*state, &weights));
    assert_int_equal(weights_count(weights), 1);
    assert_null(weights_find(weights, "mask"));
    assert_string_equal(weights_unreadable(weights, "mask"),
                        "its type is BOOL; F32, F16, BF16 and F64 are read");
    assert_string_equal(weights_unreadable(weights, "new"),
                        "its type is Q3; F32, F16, BF16 and F64 are read");
    assert_string_equal(weights_unreadable(weights, "six"),
                        "its type is F6_E2M3; F32, F16, BF16 and F64 are read");
    assert_string_equal(weights_unreadable(weights, "deep"),
                        "it has 5 dimensions; at most 4 are read");
    assert_null(weights_unreadable(weights, "w"));
    weights_close(&weights);
}

static void refuses_a_damaged_start(void **state)
{
    const char *directory = *state;
    expect_damage(directory, "no weights: expected model.safetensors.index.json");
    expect_damage("/nonexistent", "/nonexistent: cannot list: No such file");
    scratch_write(directory, "model.safetensors", "", 0);
    expect_damage(directory, "0 bytes are too few for a safetensors header");
    scratch_write(directory, "model.safetensors", "1234567", 7);
    expect_damage(directory, "7 bytes are too few");
    scratch_write(directory, "model.safetensors", "\x80\0\0\0\0\0\0\0{}", 10);
    expect_damage(directory, "truncated: the header takes 128 bytes, 2 are there");
    scratch_write(directory, "model.safetensors", "\x01\xe1\xf5\x05\0\0\0\0{}", 10);
    expect_damage(directory, "header length 100000001, at most 100000000 is valid");
    scratch_write(directory, "model.safetensors", "\xff\xff\xff\xff\xff\xff\xff\xff{}", 10);
    expect_damage(directory, "header length 18446744073709551615");
    scratch_write(directory, "model.safetensors", "version https://git-lfs.github.com/spec/v1\n",
                  43);
    expect_damage(directory, "a git-lfs pointer stands in place of the weights");
}

static void refuses_a_damaged_header(void **state)
{
    const char *d = *state;
    expect_damaged(d, "", 0, "the header does not begin with {");
    expect_damaged(d, " {}", 0, "the header does not begin with {");
    expect_damaged(d, "{\"a\":", 0, "the header is not valid JSON at byte 5");
    expect_damaged(d, "{} {}", 0, "the header is not valid JSON");
    expect_damaged(d, "{\"\xff\":1}", 0, "the header is not valid JSON");
    expect_damaged(d, "{\"a\":1,\"a\":1}", 0, "duplicate object key");
    expect_damaged(d, "{\"a\":7}", 0, "tensor \"a\": no string \"dtype\"");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\"}}", 0, "tensor \"a\": no array \"shape\"");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4,
                   "tensor \"a\": \"shape\" holds something other than sizes");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4,
                   "\"shape\" holds something other than sizes");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4,
                   "tensor \"a\": \"data_offsets\" is not [begin, end]");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4,
                   "\"data_offsets\" is not [begin, end]");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4,
                   "\"data_offsets\" is not [begin, end]");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 4,
                   "\"data_offsets\" is not [begin, end]");
}

static void refuses_sizes_that_do_not_agree(void **state)
{
    const char *d = *state;
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
                   "tensor \"a\": 2 elements of F32 do not take the 4 bytes of its data_offsets");
    expect_damaged(d, "{\"a\":{\"dtype\":\"I64\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4,
                   "2 elements of I64 do not take the 4 bytes");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1,
                   "3 elements of F4 do not take the 1 bytes");
    expect_damaged(d,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],"
                   "\"data_offsets\":[0,0]}}",
                   0, "tensor \"a\": the product of its shape exceeds 64 bits");
    /* 2^62 elements of 4 bytes are 2^64 bytes, which 64 bits would hold as 0 */
    expect_damaged(d,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904],"
                   "\"data_offsets\":[0,0]}}",
                   0, "do not take the 0 bytes");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 7,
                   "tensor \"a\" ends 8 bytes behind the header, the file has 7 there: truncated");
    expect_damaged(d,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],"
                   "\"data_offsets\":[9223372036854775807,9223372036854775807]}}",
                   7, "ends 9223372036854775807 bytes behind the header");
}

static void refuses_overlap_and_holes(void **state)
{
    const char *d = *state;
    expect_damaged(d,
                   "{\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]},"
                   "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}",
                   12, "tensors \"a\" and \"b\" overlap");
    expect_damaged(d,
                   "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
                   "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]}}",
                   16, "4 bytes before tensor \"b\" belong to none");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 5,
                   "1 bytes before tensor \"a\" belong to none");
    expect_damaged(d, "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 6,
                   "2 bytes behind the last tensor belong to none");
}

/* Two shards; the second also holds a tensor that the index places in the first, as published
 * sets with stale shards do. */
static void write_shards(const char *directory)
{
    write_safetensors(directory, "model-1.safetensors",
                      "{\"x\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4);
    write_safetensors(directory, "model-2.safetensors",
                      "{\"x\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[0,2]},"
                      "\"a\":{\"dtype\":\"F16\",\"shape\":[1],\"data_offsets\":[2,4]},"
                      "\"i\":{\"dtype\":\"I32\",\"shape\":[1],\"data_offsets\":[4,8]}}",
                      8);
}

static void write_index(const char *directory, const char *text)
{
    scratch_write(directory, "model.safetensors.index.json", text, strlen(text));
}

static void reads_shards(void **state)
{
    const char *directory = *state;
    weights_t *weights = NULL;
    unsigned char bytes[4];
    write_shards(directory);
    scratch_write(directory, "model.safetensors", "damaged", 7); /* the index goes first */
    write_index(directory, "{\"metadata\":{\"total_size\":-3},\"weight_map\":{"
                           "\"i\":\"model-2.safetensors\",\"a\":\"model-2.safetensors\","
                           "\"x\":\"model-1.safetensors\"}}");
    expect_ok(weights_open(directory, &weights));
    assert_int_equal(weights_count(weights), 2);
    assert_string_equal(weights_at(weights, 0)->name, "a");
    assert_int_equal(weights_find(weights, "x")->count, 2);
    expect_ok(weights_read(weights, weights_find(weights, "a"), 0, 1, bytes));
    assert_int_equal(bytes[0], 2);
    assert_non_null(strstr(weights_file(weights, weights_find(weights, "x")), "/model-1."));
    assert_non_null(strstr(weights_file(weights, weights_find(weights, "a")), "/model-2."));
    assert_non_null(weights_unreadable(weights, "i"));
    weights_close(&weights);
}

static void refuses_a_damaged_index(void **state)
{
    const char *d = *state;
    write_shards(d);
    write_index(d, "{");
    expect_damage(d, "/model.safetensors.index.json: not valid JSON at line 1");
    write_index(d, "{\"weight_map\":[]}");
    expect_damage(d, "no object \"weight_map\"");
    write_index(d, "{\"weight_map\":{}}");
    expect_damage(d, "\"weight_map\" is empty");
    write_index(d, "{\"weight_map\":{\"x\":3}}");
    expect_damage(d, "tensor \"x\" lies in no string, the name of a file");
    write_index(d, "{\"weight_map\":{\"x\":\"../model-1.safetensors\"}}");
    expect_damage(d, "tensor \"x\" lies in \"../model-1.safetensors\", the name of a file");
    write_index(d, "{\"weight_map\":{\"x\":\"sub/model-1.safetensors\"}}");
    expect_damage(d, "the name of a file in the same directory is expected");
    write_index(d, "{\"weight_map\":{\"x\":\"/etc/passwd\"}}");
    expect_damage(d, "the name of a file in the same directory is expected");
    write_index(d, "{\"weight_map\":{\"x\":\"..\"}}");
    expect_damage(d, "the name of a file in the same directory is expected");
    write_index(d, "{\"weight_map\":{\"x\":\"\"}}");
    expect_damage(d, "the name of a file in the same directory is expected");
    write_index(d, "{\"weight_map\":{\"x\":\"model-3.safetensors\"}}");
    expect_damage(d, "/model-3.safetensors: cannot open: No such file");
    write_index(d, "{\"weight_map\":{\"a\":\"model-1.safetensors\"}}");
    expect_damage(d, "tensor \"a\" is not in model-1.safetensors, which should hold it");
}

/* A cache of Hugging Face holds links to blobs of other names. */
static void follows_links(void **state)
{
    const char *directory = *state;
    weights_t *weights = NULL;
    char *link = NULL;
    write_safetensors(directory, "blob",
                      "{\"x\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4);
    expect_ok(path_join(directory, "model.safetensors", &link));
    assert_int_equal(symlink("blob", link), 0);
    expect_ok(weights_open(directory, &weights));
    assert_non_null(weights_find(weights, "x"));
    weights_close(&weights);
    scratch_remove(directory, "blob");
    expect_damage(directory, "/model.safetensors: cannot open: No such file");
    mem_free(&link);
}

/* Of a sharded set: SHA-256 of the files' hex digests, joined in the order of their names. */
static void hashes_the_files(void **state)
{
    const char *directory = *state;
    weights_t *weights = NULL;
    char one[SHA256_HEX], two[SHA256_HEX], all[SHA256_HEX], got[SHA256_HEX];
    str_t path = {0}, joined = {0};
    write_shards(directory);
    expect_ok(str_printf(&path, "%s/model-1.safetensors", directory));
    expect_ok(hash_file(path.data, one));
    path.data[path.length - strlen("1.safetensors")] = '2';
    expect_ok(hash_file(path.data, two));
    expect_ok(str_printf(&joined, "%s%s", one, two));
    expect_ok(hash_bytes(joined.data, joined.length, all));

    write_index(directory, "{\"weight_map\":{\"a\":\"model-2.safetensors\","
                           "\"x\":\"model-1.safetensors\"}}");
    expect_ok(weights_open(directory, &weights));
    expect_ok(weights_hash(weights, got));
    assert_string_equal(got, all);
    weights_close(&weights);

    scratch_remove(directory, "model.safetensors.index.json");
    write_safetensors(directory, "model.safetensors", "{}", 0);
    expect_ok(weights_open(directory, &weights));
    expect_ok(weights_hash(weights, got));
    /* printf '\2\0\0\0\0\0\0\0{}' | sha256sum */
    assert_string_equal(got, "411a485216e432ece6b9af94fa32154cf79a2a56d4f81266baa50063f45092bd");
    weights_close(&weights);
    str_free(&path);
    str_free(&joined);
}

static void names_a_file_that_shrinks_while_open(void **state)
{
    weights_t *weights = NULL;
    char bytes[8];
    write_safetensors(*state, "model.safetensors",
                      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
    expect_ok(weights_open(*state, &weights));
    const tensor_t *tensor = weights_find(weights, "a");
    assert_int_equal(truncate(weights_file(weights, tensor), (off_t)tensor->offset + 3), 0);
    expect_error(weights_read(weights, tensor, 0, 2, bytes), EXIT_INPUT,
                 "/model.safetensors: truncated: 8 bytes wanted");
    weights_close(&weights);
}

/* Two bytes of JSON may take a hundred in memory. */
static void refuses_many_values(void **state)
{
    const char *directory = *state;
    str_t text = {0};
    expect_ok(str_add(&text, "{\"a\":["));
    for (int i = 0; i < JSON_VALUES; i++) expect_ok(str_append(&text, "0,", 2));
    expect_ok(str_add(&text, "0]}"));
    expect_damaged(directory, text.data, 0, "the header holds more than 4194304 values");
    scratch_write(directory, "model.safetensors.index.json", text.data, text.length);
    expect_damage(directory, "model.safetensors.index.json: more than 4194304 values");
    str_free(&text);
}

#define with_scratch(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        with_scratch(refuses_many_values),
        with_scratch(reads_every_type),
        with_scratch(reads_what_safetensors_writes),
        with_scratch(refuses_to_read_beyond_a_tensor),
        with_scratch(remembers_what_it_cannot_read),
        with_scratch(refuses_a_damaged_start),
        with_scratch(refuses_a_damaged_header),
        with_scratch(refuses_sizes_that_do_not_agree),
        with_scratch(refuses_overlap_and_holes),
        with_scratch(reads_shards),
        with_scratch(refuses_a_damaged_index),
        with_scratch(follows_links),
        with_scratch(hashes_the_files),
        with_scratch(names_a_file_that_shrinks_while_open),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
