/* Files of token ids: .npy of every type and shape and Megatron's .bin with .idx, written here byte
 * by byte after the formats' descriptions, read back in pieces of any size; and damaged ones. */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/id_file.h"

static char *path_of(void **state, const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", (char *)*state, name);
    return path;
}

static void add_number(str_t *bytes, int64_t value, size_t size)
{
    expect_ok(str_append(bytes, (const char *)&value, size)); /* little-endian, as the machine */
}

/* version 1 has a header length of two bytes, the others of four. */
static void npy(str_t *bytes, int version, const char *header)
{
    size_t before = 6 + 2 + (version == 1 ? 2 : 4), length = strlen(header);
    size_t padded = (before + length + 1 + 63) / 64 * 64 - before;
    str_clear(bytes);
    expect_ok(str_append(bytes, "\x93NUMPY", 6));
    add_number(bytes, version, 1);
    add_number(bytes, 0, 1);
    add_number(bytes, (int64_t)padded, version == 1 ? 2 : 4);
    expect_ok(str_add(bytes, header));
    while (length++ < padded - 1) expect_ok(str_add(bytes, " "));
    expect_ok(str_add(bytes, "\n"));
}

/* Reads everything in pieces and compares with id [tokens] and start [documents]. */
static void check(id_file_t *ids, const int32_t *id, uint64_t tokens, const int64_t *start,
                  uint64_t documents)
{
    static const uint64_t pieces[] = {1, 7, 1000, 1 << 20};
    assert_int_equal(id_file_tokens(ids), tokens);
    assert_int_equal(id_file_documents(ids), documents);
    for (size_t p = 0; p < 4; p++) {
        uint64_t piece = pieces[p] < tokens / 100 ? tokens / 100 : pieces[p];
        int32_t *got = NULL;
        int64_t *first = NULL;
        expect_ok(mem_new(&got, tokens, "ids"));
        expect_ok(mem_new(&first, documents, "documents"));
        for (uint64_t at = 0; at < tokens; at += piece)
            expect_ok(id_file_read(ids, at, tokens - at < piece ? tokens - at : piece, 1 << 30,
                                   got + at));
        for (uint64_t at = 0; at < documents; at += piece)
            expect_ok(id_file_starts(ids, at, documents - at < piece ? documents - at : piece,
                                     first + at));
        if (tokens) assert_memory_equal(got, id, tokens * sizeof *id);
        for (uint64_t i = 0; i < documents; i++) assert_int_equal(first[i], start[i]);
        /* And from the end. */
        if (documents) expect_ok(id_file_starts(ids, documents - 1, 1, first));
        if (documents) assert_int_equal(first[0], start[documents - 1]);
        if (tokens) expect_ok(id_file_read(ids, tokens - 1, 1, 1 << 30, got));
        if (tokens) assert_int_equal(got[0], id[tokens - 1]);
        mem_free(&got);
        mem_free(&first);
    }
}

static void test_npy(void **state)
{
    static const struct {
        const char *type;
        size_t size;
        int32_t most;
    } types[] = {{"<u2", 2, 65535}, {"<u4", 4, 1000000}, {"<i4", 4, 1000000}, {"<i8", 8, 1000000}};
    enum { ROWS = 30, COLUMNS = 41, TOKENS = ROWS * COLUMNS };
    int32_t id[TOKENS];
    int64_t start[ROWS];
    for (int i = 0; i < ROWS; i++) start[i] = i * COLUMNS;
    for (int version = 1; version <= 3; version++)
        for (size_t t = 0; t < 4; t++)
            for (int dimensions = 1; dimensions <= 2; dimensions++) {
                str_t bytes = {0};
                char header[200];
                id_file_t *ids = NULL;
                random_t random = random_stream(t, "test", (uint64_t)version);
                if (dimensions == 1)
                    snprintf(header, sizeof header,
                             "{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }",
                             types[t].type, TOKENS);
                else
                    snprintf(header, sizeof header,
                             "{\"shape\":(%d, %d),\"descr\":\"%s\",\"fortran_order\":False}", ROWS,
                             COLUMNS, types[t].type);
                npy(&bytes, version, header);
                for (int i = 0; i < TOKENS; i++) {
                    id[i] = (int32_t)random_below(&random, (uint64_t)types[t].most + 1);
                    add_number(&bytes, id[i], types[t].size);
                }
                scratch_write(*state, "it.npy", bytes.data, bytes.length);
                expect_ok(id_file_open_npy(path_of(state, "it.npy"), &ids));
                check(ids, id, TOKENS, start, dimensions == 1 ? 1 : ROWS);
                id_file_close(&ids);
                str_free(&bytes);
            }
    scratch_remove(*state, "it.npy");
}

static void test_damaged_npy(void **state)
{
#define HEADER(type, shape) "{'descr': '" type "', 'fortran_order': False, 'shape': " shape ", }"
    static const struct {
        const char *header, *message;
        size_t bytes; /* behind the header */
    } cases[] = {
        {HEADER("<u2", "(5,)"), "promises more numbers than there are", 9},
        {HEADER("<u2", "(5,)"), "more bytes than the .npy header promises", 11},
        {HEADER("<u2", "(999999999999999999,)"), "promises more numbers than there are", 8},
        {HEADER("<u2", "(4000000000, 4000000000)"), "promises more numbers than there are", 8},
        {HEADER("<u2", "(9999999999999999999999,)"), "one or two dimensions is expected", 8},
        {HEADER("<u2", "(1, 2, 2)"), "one or two dimensions is expected", 8},
        {HEADER("<u2", "()"), "one or two dimensions is expected", 2},
        {HEADER("<u2", "4"), "names no shape", 8},
        {HEADER("<u2", "(4"), "one or two dimensions is expected", 8},
        {HEADER("<f4", "(2,)"), "of type <f4 are not supported (known: <u2 <u4 <i4 <i8)", 8},
        {HEADER(">u2", "(4,)"), "of type >u2 are not supported", 8},
        {"{'fortran_order': False, 'shape': (4,)}", "names no type", 8},
        {"{'descr': [('a', '<u2')], 'fortran_order': False, 'shape': (4,)}", "names no type", 8},
        {"{'descr': '<u2', 'fortran_order': True, 'shape': (2, 2)}", "C order", 8},
        {"", "names no type", 8},
    };
    str_t bytes = {0};
    id_file_t *ids = NULL;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        npy(&bytes, 1, cases[i].header);
        for (size_t k = 0; k < cases[i].bytes; k++) add_number(&bytes, 1, 1);
        scratch_write(*state, "it.npy", bytes.data, bytes.length);
        expect_error(id_file_open_npy(path_of(state, "it.npy"), &ids), EXIT_INPUT,
                     cases[i].message);
        assert_null(ids);
    }
    npy(&bytes, 1, HEADER("<u2", "(4,)"));
    bytes.data[6] = 4;
    scratch_write(*state, "it.npy", bytes.data, bytes.length);
    expect_error(id_file_open_npy(path_of(state, "it.npy"), &ids), EXIT_INPUT, "version 4");
    bytes.data[6] = 1;
    bytes.data[9] = 100;
    scratch_write(*state, "it.npy", bytes.data, bytes.length);
    expect_error(id_file_open_npy(path_of(state, "it.npy"), &ids), EXIT_INPUT, "damaged");
    bytes.data[0] = 'x';
    scratch_write(*state, "it.npy", bytes.data, bytes.length);
    expect_error(id_file_open_npy(path_of(state, "it.npy"), &ids), EXIT_INPUT, "not a .npy file");
    scratch_write(*state, "it.npy", bytes.data, 5);
    expect_error(id_file_open_npy(path_of(state, "it.npy"), &ids), EXIT_INPUT, "too short");
    scratch_remove(*state, "it.npy");
    str_free(&bytes);
}

static void test_ids_beyond_the_vocabulary(void **state)
{
    str_t bytes = {0};
    id_file_t *ids = NULL;
    int32_t id[6];
    npy(&bytes, 1, HEADER("<i4", "(2, 3)"));
    for (int i = 0; i < 6; i++) add_number(&bytes, i == 5 ? -1 : i * 10, 4);
    scratch_write(*state, "it.npy", bytes.data, bytes.length);
    expect_ok(id_file_open_npy(path_of(state, "it.npy"), &ids));
    expect_ok(id_file_read(ids, 0, 5, 41, id));
    expect_error(id_file_read(ids, 0, 5, 40, id), EXIT_INPUT,
                 "it.npy: token 4 (row 1, column 1) has the id 40, from 0 to 39 are expected");
    expect_error(id_file_read(ids, 5, 1, 100, id), EXIT_INPUT,
                 "token 5 (row 1, column 2) has the "
                 "id -1");
    expect_error(id_file_read(ids, 5, 2, 100, id), EXIT_BUG, "beyond");
    id_file_close(&ids);
    scratch_remove(*state, "it.npy");
    str_free(&bytes);
}

/* ---- Megatron ---- */

typedef struct {
    str_t bin, idx;
    int32_t *id;
    int64_t *start;
    uint64_t tokens, documents;
} megatron_t;

/* Sequences of random lengths, some empty, whose places in the .bin are shuffled. */
static void make(random_t *random, int code, size_t size, size_t sequences, megatron_t *it)
{
    int64_t *order = NULL, *offset = NULL;
    int32_t *length = NULL, **at = NULL;
    str_t documents = {0};
    size_t capacity = 0, starts = 0;
    *it = (megatron_t){0};
    expect_ok(mem_new(&order, sequences, "order"));
    expect_ok(mem_new(&offset, sequences, "offsets"));
    expect_ok(mem_new(&length, sequences, "lengths"));
    expect_ok(mem_new(&at, sequences, "places"));
    for (size_t i = 0; i < sequences; i++) {
        length[i] = random_below(random, 5) ? (int32_t)random_below(random, 30) : 0;
        expect_ok(mem_grow(&it->id, &capacity, it->tokens + 31, "ids"));
        for (int32_t k = 0; k < length[i]; k++)
            it->id[it->tokens + (uint64_t)k] =
                (int32_t)random_below(random, size == 1 ? 127 : 32767);
        it->tokens += (uint64_t)length[i];
    }
    for (uint64_t i = 0, token = 0; i < sequences; i++) {
        if (i == 0 || random_below(random, 3) == 0) {
            expect_ok(mem_grow(&it->start, &starts, it->documents + 1, "documents"));
            it->start[it->documents++] = (int64_t)token;
            add_number(&documents, (int64_t)i, 8);
        }
        token += (uint64_t)length[i];
    }
    add_number(&documents, (int64_t)sequences, 8);
    random_permutation(random, sequences, order);
    for (size_t i = 0; i < sequences; i++) {
        uint64_t first = 0;
        for (int64_t k = 0; k < order[i]; k++) first += (uint64_t)length[k];
        offset[order[i]] = (int64_t)it->bin.length;
        for (int32_t k = 0; k < length[order[i]]; k++)
            add_number(&it->bin, it->id[first + (uint64_t)k], size);
    }
    expect_ok(str_append(&it->idx, "MMIDIDX\0\0", 9));
    add_number(&it->idx, 1, 8);
    add_number(&it->idx, code, 1);
    add_number(&it->idx, (int64_t)sequences, 8);
    add_number(&it->idx, (int64_t)it->documents + 1, 8);
    for (size_t i = 0; i < sequences; i++) add_number(&it->idx, length[i], 4);
    for (size_t i = 0; i < sequences; i++) add_number(&it->idx, offset[i], 8);
    expect_ok(str_append(&it->idx, documents.data, documents.length));
    mem_free(&order);
    mem_free(&offset);
    mem_free(&length);
    mem_free(&at);
    str_free(&documents);
}

static void write_both(void **state, const megatron_t *it)
{
    scratch_write(*state, "it.bin", it->bin.data ? it->bin.data : "", it->bin.length);
    scratch_write(*state, "it.idx", it->idx.data, it->idx.length);
}

static void free_megatron(megatron_t *it)
{
    str_free(&it->bin);
    str_free(&it->idx);
    mem_free(&it->id);
    mem_free(&it->start);
}

static void test_megatron(void **state)
{
    static const struct {
        int code;
        size_t size;
    } types[] = {{1, 1}, {2, 1}, {3, 2}, {4, 4}, {5, 8}, {8, 2}};
    for (size_t t = 0; t < 6; t++)
        for (size_t sequences = 1; sequences < 2000; sequences = 3 * sequences + 5) {
            random_t random = random_stream(t, "test", sequences);
            megatron_t it;
            id_file_t *ids = NULL;
            make(&random, types[t].code, types[t].size, sequences, &it);
            write_both(state, &it);
            expect_ok(id_file_open_megatron(path_of(state, "it.bin"), &ids));
            check(ids, it.id, it.tokens, it.start, it.documents);
            id_file_close(&ids);
            free_megatron(&it);
        }
    scratch_remove(*state, "it.bin");
    scratch_remove(*state, "it.idx");
}

/* More sequences than a block of the reader, each of one token. */
static void test_many_sequences(void **state)
{
    enum { SEQUENCES = 150000 };
    megatron_t it = {.tokens = SEQUENCES, .documents = SEQUENCES / 3};
    id_file_t *ids = NULL;
    expect_ok(mem_new(&it.id, SEQUENCES, "ids"));
    expect_ok(mem_new(&it.start, SEQUENCES, "documents"));
    expect_ok(str_append(&it.idx, "MMIDIDX\0\0", 9));
    add_number(&it.idx, 1, 8);
    add_number(&it.idx, 8, 1);
    add_number(&it.idx, SEQUENCES, 8);
    add_number(&it.idx, SEQUENCES / 3 + 1, 8);
    for (int i = 0; i < SEQUENCES; i++) {
        it.id[i] = i % 50000;
        add_number(&it.bin, it.id[i], 2);
        add_number(&it.idx, 1, 4);
    }
    for (int i = 0; i < SEQUENCES; i++) add_number(&it.idx, 2 * i, 8);
    for (int i = 0; i <= SEQUENCES / 3; i++) add_number(&it.idx, 3 * i, 8);
    for (int i = 0; i < SEQUENCES / 3; i++) it.start[i] = 3 * i;
    write_both(state, &it);
    expect_ok(id_file_open_megatron(path_of(state, "it.bin"), &ids));
    check(ids, it.id, it.tokens, it.start, it.documents);
    id_file_close(&ids);
    free_megatron(&it);
    scratch_remove(*state, "it.bin");
    scratch_remove(*state, "it.idx");
}

static void set(str_t *bytes, size_t at, int64_t value, size_t size)
{
    memcpy(bytes->data + at, &value, size);
}

static void test_damaged_megatron(void **state)
{
    /* Three sequences of 2, 3 and 1 tokens in two documents. */
    enum { LENGTHS = 34, OFFSETS = LENGTHS + 12, DOCUMENTS = OFFSETS + 24 };
    static const struct {
        size_t at, size;
        int64_t value;
        const char *message;
    } cases[] = {
        {0, 1, 'X', "not a Megatron index"},
        {9, 8, 2, "of another version than 1"},
        {17, 1, 6, "of type 6 are not supported"},
        {18, 8, 4, "longer than the file"},
        {18, 8, 2, "more bytes than its lists need"},
        {18, 8, INT64_MAX, "longer than the file"},
        {26, 8, INT64_MAX, "longer than the file"},
        {26, 8, 2, "more bytes than its lists need"},
        {LENGTHS, 4, -1, "sequence 0 (-1 tokens at byte 0) is not within"},
        {LENGTHS + 8, 4, 2, "sequence 2 (2 tokens at byte 10) is not within"},
        {OFFSETS + 16, 8, 11, "sequence 2 (1 tokens at byte 11) is not within"},
        {OFFSETS + 16, 8, -2, "sequence 2 (1 tokens at byte -2) is not within"},
        {OFFSETS + 16, 8, INT64_MAX, "is not within"},
        {LENGTHS, 4, 6, "10 tokens do not fit"}, /* that overlap */
        {DOCUMENTS, 8, 1, "does not ascend from 0"},
        {DOCUMENTS + 8, 8, 4, "does not ascend from 0"},
        {DOCUMENTS + 16, 8, 1, "does not ascend from 0"},
        {DOCUMENTS + 16, 8, 2, "does not end at the number of sequences"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        megatron_t it = {0};
        id_file_t *ids = NULL;
        for (int k = 0; k < 6; k++) add_number(&it.bin, k, 2);
        expect_ok(str_append(&it.idx, "MMIDIDX\0\0", 9));
        static const int64_t numbers[] = {1, 8, 3, 3, 2, 3, 1, 0, 4, 10, 0, 2, 3};
        static const size_t sizes[] = {8, 1, 8, 8, 4, 4, 4, 8, 8, 8, 8, 8, 8};
        for (size_t k = 0; k < 13; k++) add_number(&it.idx, numbers[k], sizes[k]);
        assert_int_equal(it.idx.length, DOCUMENTS + 24);
        write_both(state, &it);
        expect_ok(id_file_open_megatron(path_of(state, "it.bin"), &ids));
        assert_int_equal(id_file_documents(ids), 2);
        id_file_close(&ids);
        set(&it.idx, cases[i].at, cases[i].value, cases[i].size);
        write_both(state, &it);
        expect_error(id_file_open_megatron(path_of(state, "it.bin"), &ids), EXIT_INPUT,
                     cases[i].message);
        assert_null(ids);
        scratch_write(*state, "it.idx", it.idx.data, 20);
        expect_error(id_file_open_megatron(path_of(state, "it.bin"), &ids), EXIT_INPUT,
                     "it.idx: too short");
        free_megatron(&it);
    }
    id_file_t *ids = NULL;
    scratch_remove(*state, "it.idx");
    expect_error(id_file_open_megatron(path_of(state, "it.bin"), &ids), EXIT_INPUT, "it.idx");
    scratch_remove(*state, "it.bin");
    scratch_write(*state, "it.ids", "", 0);
    expect_error(id_file_open_megatron(path_of(state, "it.ids"), &ids), EXIT_INPUT,
                 "a name that ends in .bin is expected");
    scratch_remove(*state, "it.ids");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_npy, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_damaged_npy, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_ids_beyond_the_vocabulary, scratch_create,
                                        scratch_destroy),
        cmocka_unit_test_setup_teardown(test_megatron, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_many_sequences, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_damaged_megatron, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
