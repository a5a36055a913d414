/* Journals: what was appended comes back; what is damaged, anywhere, costs its record and no other. */
#include "tests/scratch.h"

#include <sys/wait.h>
#include <unistd.h>

#include "core/file.h"
#include "core/journal.h"
#include "core/random.h"

enum { RECORDS = 12 };

/* Records of growing length, the first of none; the payload of record i says i. */
static void fill(int i, journal_record_t *record, uint8_t payload[RECORDS * 97])
{
    *record = (journal_record_t){
        .number = (uint64_t)i * 1000000007u, .data = payload, .bytes = (size_t)i * 97};
    memset(record->key, 'a' + i, SHA256_HEX - 1);
    for (size_t b = 0; b < record->bytes; b++) payload[b] = (uint8_t)(b * 7 + (size_t)i);
    if (record->bytes >= 8) memcpy(payload, "wnrecord", 8); /* no payload may look like a record */
}

static void append(const char *path, int first, int end)
{
    journal_t *journal = NULL;
    expect_ok(journal_open(path, &journal));
    for (int i = first; i < end; i++) {
        journal_record_t record;
        uint8_t payload[RECORDS * 97];
        fill(i, &record, payload);
        expect_ok(journal_append(journal, &record));
    }
    expect_ok(journal_sync(journal));
    journal_close(&journal);
}

typedef struct {
    int seen[RECORDS], count;
} found_t;

static status_t take(void *context, const journal_record_t *record)
{
    found_t *found = context;
    journal_record_t expected;
    uint8_t payload[RECORDS * 97];
    int i = (int)(record->number / 1000000007u);
    assert_in_range(i, 0, RECORDS - 1);
    fill(i, &expected, payload);
    assert_string_equal(record->key, expected.key);
    assert_int_equal(record->number, expected.number);
    assert_int_equal(record->bytes, expected.bytes);
    if (expected.bytes) assert_memory_equal(record->data, payload, expected.bytes);
    found->seen[i]++;
    found->count++;
    return NULL;
}

static found_t read_all(const char *path, uint64_t *lost)
{
    found_t found = {0};
    expect_ok(journal_read(path, take, &found, lost));
    return found;
}

static char *journal_path(void **state, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(*state, name, &path));
    return path;
}

static void test_appends_and_reads(void **state)
{
    char *path = journal_path(state, "deep/er/journal");
    uint64_t lost;
    append(path, 0, 5);
    append(path, 5, RECORDS);
    found_t found = read_all(path, &lost);
    assert_int_equal(found.count, RECORDS);
    assert_int_equal(lost, 0);
    mem_free(&path);
}

/* Cut anywhere, the records before the cut are all there, and records appended later too. */
static void test_cut(void **state)
{
    char *path = journal_path(state, "whole"), *cut = journal_path(state, "cut");
    str_t bytes = {0};
    uint64_t lost;
    append(path, 0, 4);
    expect_ok(file_read(path, 1 << 20, &bytes));
    for (size_t length = 0, whole = 0, end = 0; length < bytes.length; length++) {
        if (length == end + 104 + whole * 97) end = length, whole++;
        expect_ok(file_write(cut, bytes.data, length));
        found_t found = read_all(cut, &lost);
        assert_int_equal(found.count, whole);
        assert_int_equal(lost, length - end);
        append(cut, 7, 9);
        found = read_all(cut, &lost);
        assert_int_equal(found.count, whole + 2);
        assert_int_equal(found.seen[7], 1);
        assert_int_equal(found.seen[8], 1);
        assert_int_equal(lost, length - end);
    }
    str_free(&bytes);
    mem_free(&path);
    mem_free(&cut);
}

/* Every single flipped bit costs one record. */
static void test_flipped_bits(void **state)
{
    char *path = journal_path(state, "whole"), *bad = journal_path(state, "bad");
    str_t bytes = {0};
    uint64_t lost;
    append(path, 0, 4);
    expect_ok(file_read(path, 1 << 20, &bytes));
    for (size_t bit = 0; bit < 8 * bytes.length; bit += 3) {
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
        expect_ok(file_write(bad, bytes.data, bytes.length));
        assert_int_equal(read_all(bad, &lost).count, 3);
        assert_true(lost >= 104);
        bytes.data[bit / 8] = (char)(bytes.data[bit / 8] ^ 1 << bit % 8);
    }
    str_free(&bytes);
    mem_free(&path);
    mem_free(&bad);
}

/* Several processes append to one file; any of them may be killed. */
static void test_processes(void **state)
{
    char *path = journal_path(state, "shared");
    uint64_t lost;
    for (int p = 0; p < 4; p++)
        if (fork() == 0) {
            for (int turn = 0; turn < 50; turn++) append(path, 3 * p, 3 * p + 3);
            _exit(0);
        }
    for (int p = 0, code; p < 4; p++) {
        wait(&code);
        assert_int_equal(code, 0);
    }
    found_t found = read_all(path, &lost);
    assert_int_equal(lost, 0);
    for (int i = 0; i < RECORDS; i++) assert_int_equal(found.seen[i], 50);
    mem_free(&path);
}

static void test_nothing_but_noise(void **state)
{
    char *path = journal_path(state, "noise"), *noise = NULL;
    random_t random = random_stream(1, "noise", 0);
    uint64_t lost;
    size_t length = 300000;
    expect_ok(mem_new(&noise, length, "noise"));
    for (size_t i = 0; i < length; i++) noise[i] = (char)random_below(&random, 256);
    memcpy(noise + 65532, "wnrecord", 8); /* across two blocks of the search */
    expect_ok(file_write(path, noise, length));
    assert_int_equal(read_all(path, &lost).count, 0);
    assert_int_equal(lost, length);
    append(path, 0, 2);
    assert_int_equal(read_all(path, &lost).count, 2);
    assert_int_equal(lost, length);
    mem_free(&noise);
    mem_free(&path);
}

static void test_errors(void **state)
{
    journal_t *journal = NULL;
    journal_record_t record = {.data = "x", .bytes = 1};
    uint64_t lost;
    memset(record.key, '0', SHA256_HEX - 1);
    expect_error(journal_open(*state, &journal), EXIT_OUTPUT, "cannot open");
    assert_null(journal);
    expect_ok(journal_open("/dev/full", &journal));
    expect_error(journal_append(journal, &record), EXIT_OUTPUT,
                 "/dev/full: cannot write: No space");
    journal_close(&journal);
    char *path = journal_path(state, "absent");
    expect_error(journal_read(path, take, NULL, &lost), EXIT_INPUT, "absent");
    mem_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_appends_and_reads, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_cut, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_flipped_bits, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_processes, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_nothing_but_noise, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_errors, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
