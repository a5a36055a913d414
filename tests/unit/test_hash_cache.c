/* Digests that are kept: given back for files that have not changed, for no others. */
#define _GNU_SOURCE
#include "tests/scratch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "core/hash_cache.h"

static char *in(void **state, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(*state, name, &path));
    return path;
}

/* A file of so many bytes, and what it is, with its last changes so many seconds ago. */
static struct stat make(void **state, const char *name, off_t size, int age)
{
    struct stat info;
    char *path = in(state, name);
    int file = open(path, O_RDWR | O_CREAT, 0666);
    assert_true(file >= 0);
    assert_int_equal(ftruncate(file, size), 0);
    assert_int_equal(fstat(file, &info), 0);
    close(file);
    mem_free(&path);
    info.st_mtim.tv_sec -= age;
    info.st_ctim.tv_sec -= age;
    return info;
}

static struct timespec now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time;
}

static void digest_of(int number, char hex[SHA256_HEX])
{
    snprintf(hex, SHA256_HEX, "%064x", (unsigned)number);
}

/* Opens what path holds. */
static void open_cache(const char *path)
{
    str_t lines = {0};
    expect_ok(hash_cache_read(path, &lines));
    expect_ok(hash_cache_open(NULL, lines.data));
    str_free(&lines);
}

static void write_cache(const char *path)
{
    str_t lines = {0};
    expect_ok(hash_cache_added(&lines));
    expect_ok(hash_cache_write(path, lines.data));
    str_free(&lines);
    hash_cache_close();
}

static void expect_known(const struct stat *file, int number)
{
    char hex[SHA256_HEX] = "", expected[SHA256_HEX];
    digest_of(number, expected);
    assert_true(hash_cache_find(file, hex));
    assert_string_equal(hex, expected);
}

static void gives_back_what_has_not_changed(void **state)
{
    char *path = in(state, "digests"), hex[SHA256_HEX];
    struct timespec begun = now();
    struct stat file = make(state, "a", 2 << 20, 60), other = make(state, "b", 2 << 20, 60);
    digest_of(7, hex);
    assert_false(hash_cache_find(&file, hex)); /* none is open */
    open_cache(path);
    expect_ok(hash_cache_add(&file, &begun, hex));
    expect_known(&file, 7);
    write_cache(path);
    open_cache(path);
    expect_known(&file, 7);
    assert_false(hash_cache_find(&other, hex));
    for (int i = 0; i < 5; i++) {
        struct stat changed = file;
        if (i == 0) changed.st_size++;
        if (i == 1) changed.st_mtim.tv_nsec ^= 1;
        if (i == 2) changed.st_ctim.tv_nsec ^= 1;
        if (i == 3) changed.st_ino++;
        if (i == 4) changed.st_dev++;
        assert_false(hash_cache_find(&changed, hex));
    }
    hash_cache_close();
    mem_free(&path);
}

static void keeps_nothing_that_may_change_yet(void **state)
{
    char hex[SHA256_HEX];
    struct timespec begun = now();
    struct stat fresh = make(state, "a", 2 << 20, 0), small = make(state, "b", 1000, 60);
    struct stat state_only = make(state, "a", 2 << 20, 60), future = make(state, "a", 2 << 20, -60);
    state_only.st_ctim.tv_sec += 60;
    digest_of(7, hex);
    expect_ok(hash_cache_open(NULL, ""));
    expect_ok(hash_cache_add(&fresh, &begun, hex));
    expect_ok(hash_cache_add(&small, &begun, hex));
    expect_ok(hash_cache_add(&state_only, &begun, hex));
    expect_ok(hash_cache_add(&future, &begun, hex));
    str_t lines = {0};
    expect_ok(hash_cache_added(&lines));
    assert_int_equal(lines.length, 0);
    str_free(&lines);
    hash_cache_close();
}

/* Each bit of it turned, and cut at each place: a digest is right or not there. */
static void survives_damage(void **state)
{
    char *path = in(state, "digests"), hex[SHA256_HEX];
    struct timespec begun = now();
    struct stat a = make(state, "a", 2 << 20, 60), b = make(state, "b", 3 << 20, 60);
    str_t whole = {0}, text = {0};
    open_cache(path);
    digest_of(1, hex);
    expect_ok(hash_cache_add(&a, &begun, hex));
    digest_of(2, hex);
    expect_ok(hash_cache_add(&b, &begun, hex));
    write_cache(path);
    expect_ok(file_read(path, 10000, &whole));
    int found = 0;
    for (size_t bit = 0; bit < 8 * whole.length; bit++) {
        str_clear(&text);
        expect_ok(str_append(&text, whole.data, whole.length));
        text.data[bit / 8] ^= (char)(1 << bit % 8);
        expect_ok(hash_cache_open(NULL, text.data));
        if (hash_cache_find(&a, hex)) expect_known(&a, 1), found++;
        if (hash_cache_find(&b, hex)) expect_known(&b, 2), found++;
        hash_cache_close();
    }
    /* a turned bit harms its own line, or where it is the line's end the next one as well; but a checksum
     * may be spelled with large letters */
    assert_in_range(found, 8 * whole.length - 8, 8 * whole.length + 2 * 16);
    for (size_t length = 0; length < whole.length; length++) {
        scratch_write(*state, "digests", whole.data, length);
        open_cache(path);
        if (hash_cache_find(&a, hex)) expect_known(&a, 1);
        assert_false(hash_cache_find(&b, hex));
        hash_cache_close();
    }
    str_free(&whole);
    str_free(&text);
    mem_free(&path);
}

/* Several at once: the file is always whole, and has in the end what the last one knew and wrote. */
static void several_write_at_once(void **state)
{
    enum { PROCESSES = 4, EACH = 25 };
    char *path = in(state, "digests"), hex[SHA256_HEX];
    struct timespec begun = now();
    struct stat file = make(state, "a", 2 << 20, 60);
    ino_t base = file.st_ino;
    pid_t child[PROCESSES];
    fflush(NULL);
    for (int p = 0; p < PROCESSES; p++) {
        child[p] = fork();
        if (child[p]) continue;
        for (int i = 0; i < EACH; i++) {
            file.st_ino = base + (ino_t)(p * EACH + i);
            open_cache(path);
            digest_of(p * EACH + i, hex);
            expect_ok(hash_cache_add(&file, &begun, hex));
            write_cache(path);
        }
        _exit(0);
    }
    for (int p = 0; p < PROCESSES; p++) {
        int how = -1;
        assert_int_equal(waitpid(child[p], &how, 0), child[p]);
        assert_int_equal(how, 0);
    }
    int found = 0;
    open_cache(path);
    for (int i = 0; i < PROCESSES * EACH; i++) {
        file.st_ino = base + (ino_t)i;
        if (!hash_cache_find(&file, hex)) continue;
        expect_known(&file, i);
        found++;
    }
    hash_cache_close();
    assert_in_range(found, EACH, PROCESSES * EACH);
    mem_free(&path);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(gives_back_what_has_not_changed),
        WITH_SCRATCH(keeps_nothing_that_may_change_yet),
        WITH_SCRATCH(survives_damage),
        WITH_SCRATCH(several_write_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
