/* SHA-256 against the examples of FIPS 180-2 and NIST's long messages, XXH3 against its
 * specification's value of nothing. */
#include "tests/scratch.h"

#include "core/hash.h"

static const char empty[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char abc[] = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
static const char two_blocks[] = "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
static const char million[] = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

static void of_bytes(void **state)
{
    char hex[SHA256_HEX];
    (void)state;
    expect_ok(hash_bytes("", 0, hex));
    assert_string_equal(hex, empty);
    expect_ok(hash_bytes("abc", 3, hex));
    assert_string_equal(hex, abc);
    expect_ok(hash_bytes("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, hex));
    assert_string_equal(hex, two_blocks);
}

static void of_parts(void **state)
{
    char hex[SHA256_HEX], block[1000];
    hash_t *hash = NULL;
    (void)state;
    memset(block, 'a', sizeof block);
    expect_ok(hash_create(&hash));
    for (int i = 0; i < 1000; i++) expect_ok(hash_add(hash, block, sizeof block));
    expect_ok(hash_add(hash, NULL, 0));
    expect_ok(hash_finish(&hash, hex));
    assert_null(hash);
    assert_string_equal(hex, million);
    hash_destroy(&hash);
}

/* More than one read buffer, and not a whole number of them. */
static void of_files(void **state)
{
    enum { LENGTH = (2 << 20) + 17 };
    char *path = NULL, *bytes = NULL, hex[SHA256_HEX], expected[SHA256_HEX];
    expect_ok(path_join(*state, "file", &path));
    scratch_write(*state, "file", "", 0);
    expect_ok(hash_file(path, hex));
    assert_string_equal(hex, empty);
    scratch_write(*state, "file", "abc", 3);
    expect_ok(hash_file(path, hex));
    assert_string_equal(hex, abc);
    expect_ok(mem_new(&bytes, LENGTH, "bytes"));
    for (int i = 0; i < LENGTH; i++) bytes[i] = (char)(i * 31 >> 3);
    scratch_write(*state, "file", bytes, LENGTH);
    expect_ok(hash_file(path, hex));
    expect_ok(hash_bytes(bytes, LENGTH, expected));
    assert_string_equal(hex, expected);
    scratch_remove(*state, "file");
    expect_error(hash_file(path, hex), EXIT_INPUT, "file: cannot open: No such file");
    mem_free(&bytes);
    mem_free(&path);
}

/* What is where, and where one ends, changes the digest. */
static void fields_do_not_run_together(void **state)
{
    static const char *const fields[][4] = {
        {"a", "bc", "d", ""}, {"ab", "c", "d", ""}, {"a", "b", "cd", ""},
        {"a", "bc", "", "d"}, {"d", "", "a", "bc"}, {"a", "1:1:bc", "d", ""},
    };
    enum { N = sizeof fields / sizeof *fields };
    char hex[N][SHA256_HEX];
    (void)state;
    for (int i = 0; i < N; i++) {
        hash_t *hash = NULL;
        expect_ok(hash_create(&hash));
        expect_ok(hash_add_field(hash, fields[i][0], fields[i][1]));
        expect_ok(hash_add_field(hash, fields[i][2], fields[i][3]));
        expect_ok(hash_finish(&hash, hex[i]));
        for (int j = 0; j < i; j++) assert_string_not_equal(hex[i], hex[j]);
    }
}

static void checksums(void **state)
{
    char bytes[1000] = {0};
    (void)state;
    assert_true(checksum("", 0) == 0x2d06800538d394c2u);
    uint64_t before = checksum(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i += 37) {
        bytes[i] ^= 1;
        assert_true(checksum(bytes, sizeof bytes) != before);
        bytes[i] ^= 1;
    }
    assert_true(checksum(bytes, sizeof bytes) == before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_bytes),
        cmocka_unit_test(of_parts),
        cmocka_unit_test_setup_teardown(of_files, scratch_create, scratch_destroy),
        cmocka_unit_test(fields_do_not_run_together),
        cmocka_unit_test(checksums),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
