/* Files and directories: whole or absent, exact lengths, and what each failure says. */
#include "tests/scratch.h"

#include <errno.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "core/file.h"

static char *in(const char *directory, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(directory, name, &path));
    return path;
}

static void expect_names(const char *directory, size_t count, const char *const *expected)
{
    strings_t names = {0};
    expect_ok(directory_list(directory, &names));
    assert_int_equal(names.count, count);
    for (size_t i = 0; i < count; i++) assert_string_equal(names.item[i], expected[i]);
    strings_free(&names);
}

static void reads_whole_files(void **state)
{
    char *path = in(*state, "text");
    str_t text = {0};
    scratch_write(*state, "text", "line\0two", 8);
    expect_ok(str_add(&text, "before "));
    expect_ok(file_read(path, 8, &text));
    assert_int_equal(text.length, 15);
    assert_memory_equal(text.data, "before line\0two", 16);
    expect_error(file_read(path, 7, &text), EXIT_INPUT, "text: 8 bytes, at most 7 are expected");
    assert_int_equal(text.length, 15);
    str_free(&text);
    scratch_write(*state, "text", "", 0);
    expect_ok(file_read(path, 0, &text));
    assert_string_equal(text.data, "");
    str_free(&text);
    expect_error(file_read(*state, 100, &text), EXIT_INPUT, ": not a plain file");
    unlink(path);
    expect_error(file_read(path, 100, &text), EXIT_INPUT,
                 "text: cannot open: No such file or directory");
    mem_free(&path);
}

static void reads_parts(void **state)
{
    char *path = in(*state, "text"), bytes[16];
    file_t file;
    scratch_write(*state, "text", "0123456789", 10);
    expect_ok(file_open(&file, path));
    assert_int_equal(file.size, 10);
    expect_ok(file_read_at(&file, 3, bytes, 4));
    assert_memory_equal(bytes, "3456", 4);
    expect_ok(file_read_at(&file, 10, bytes, 0));
    expect_error(file_read_at(&file, 8, bytes, 5), EXIT_INPUT,
                 "text: truncated: 5 bytes wanted at offset 8, 2 are there");
    expect_error(file_read_at(&file, 1000, bytes, 1), EXIT_INPUT, "truncated: 1 bytes wanted");
    /* one that shrinks while it is open */
    assert_int_equal(truncate(path, 4), 0);
    expect_error(file_read_at(&file, 0, bytes, 10), EXIT_INPUT,
                 "truncated: 10 bytes wanted at offset 0, 4 are there");
    file_close(&file);
    file_close(&file);
    expect_error(file_open(&file, *state), EXIT_INPUT, "not a plain file");
    expect_error(file_open(&file, "/dev/zero"), EXIT_INPUT, "/dev/zero: not a plain file");
    file_close(&file);
    mem_free(&path);
}

static void writes_whole_files(void **state)
{
    static const char *const names[] = {"out"};
    char *path = in(*state, "out");
    str_t text = {0};
    expect_ok(file_write(path, "first", 5));
    expect_ok(file_write(path, "2\0", 2));
    expect_ok(file_read(path, 100, &text));
    assert_int_equal(text.length, 2);
    assert_memory_equal(text.data, "2\0", 2);
    expect_names(*state, 1, names);
    str_free(&text);
    mem_free(&path);
}

/* A directory stands in the way of the rename: the old thing stays, nothing is left beside it. */
static void leaves_nothing_after_failure(void **state)
{
    static const char *const names[] = {"taken"};
    char *path = in(*state, "taken");
    assert_int_equal(mkdir(path, 0777), 0);
    expect_error(file_write(path, "x", 1), EXIT_OUTPUT, "taken: cannot rename to: ");
    expect_names(*state, 1, names);
    assert_int_equal(rmdir(path), 0);
    mem_free(&path);
    path = in(*state, "none/out");
    expect_error(file_write(path, "x", 1), EXIT_OUTPUT, "cannot create: No such file or directory");
    mem_free(&path);
    expect_error(file_write("/dev/null/out", "x", 1), EXIT_OUTPUT, "Not a directory");
}

/* A child whose files may have 1000 bytes: as a full disk is, after some have been written. */
static void leaves_nothing_on_a_full_disk(void **state)
{
    static const char *const names[] = {"out"};
    char *path = in(*state, "out");
    expect_ok(file_write(path, "old", 3));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        static char block[100000];
        struct rlimit limit = {1000, 1000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        status_t status = file_write(path, block, sizeof block);
        bool right = status_code(status) == EXIT_OUTPUT &&
                     strstr(status_message(status), "cannot write: File too large");
        status_free(&status);
        mem_free(&path);
        _exit(right ? 0 : 1);
    }
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(how, 0);
    expect_names(*state, 1, names);
    str_t text = {0};
    expect_ok(file_read(path, 100, &text));
    assert_string_equal(text.data, "old");
    str_free(&text);
    mem_free(&path);
}

static mode_t mode_of(const char *path)
{
    struct stat info;
    assert_int_equal(lstat(path, &info), 0);
    return info.st_mode & 07777;
}

/* What is published has the mode that the umask leaves; directories that hand on their group do. */
static void keeps_umask_and_group(void **state)
{
    static const mode_t masks[] = {0, 022, 027, 077};
    char *path = in(*state, "out"), *deep = in(*state, "a/b"), *outer = in(*state, "a");
    gid_t groups[64], other = 12345;
    int count = getgroups(64, groups);
    for (int i = 0; i < count && geteuid() != 0; i++)
        if (groups[i] != getegid()) other = groups[i];
    mode_t before = umask(0);
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        umask(masks[i]);
        expect_ok(file_write(path, "x", 1));
        expect_ok(directory_create(deep));
        assert_int_equal(mode_of(path), 0666 & ~masks[i]);
        assert_int_equal(mode_of(outer) & 0777, 0777 & ~masks[i]);
        assert_int_equal(mode_of(deep) & 0777, 0777 & ~masks[i]);
        assert_int_equal(rmdir(deep) + rmdir(outer) + unlink(path), 0);
    }
    umask(before);
    struct stat info;
    if (chown(*state, (uid_t)-1, other) == 0) {
        assert_int_equal(chmod(*state, 02755), 0);
        expect_ok(file_write(path, "x", 1));
        expect_ok(directory_create(deep));
        assert_int_equal(stat(path, &info), 0);
        assert_int_equal(info.st_gid, other);
        assert_int_equal(stat(deep, &info), 0);
        assert_int_equal(info.st_gid, other);
    }
    mem_free(&path);
    mem_free(&deep);
    mem_free(&outer);
}

/* Who can write into the directory may have guessed the temporary's name. */
static void follows_no_links(void **state)
{
    static const char *const names[] = {"out", "victim"};
    char *path = in(*state, "out"), *victim = in(*state, "victim"), *temporary = NULL;
    str_t text = {0};
    scratch_write(*state, "victim", "precious", 8);
    expect_ok(file_temporary(path, &temporary, NULL));
    assert_int_equal(unlink(temporary), 0);
    assert_int_equal(symlink(victim, temporary), 0);
    expect_ok(file_write(path, "x", 1));
    expect_names(*state, 2, names);
    expect_ok(file_read(victim, 100, &text));
    assert_string_equal(text.data, "precious");
    str_clear(&text);
    expect_ok(file_read(path, 100, &text));
    assert_string_equal(text.data, "x");
    assert_int_equal(symlink(victim, temporary), 0);
    expect_error(file_copy(path, temporary), EXIT_OUTPUT, "cannot open: ");
    str_free(&text);
    mem_free(&temporary);
    mem_free(&victim);
    mem_free(&path);
}

/* What a process that is no more left goes, what may belong to others stays. */
static void removes_what_the_dead_left(void **state)
{
    char host[64] = "", *dead = NULL, *temporary = NULL, *path = in(*state, "out");
    gethostname(host, sizeof host - 1);
    pid_t child = fork();
    if (child == 0) _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
    expect_ok(str_format(&dead, "other.tmp.wn.%s.%ld", host, (long)child));
    scratch_write(*state, dead, "", 0);
    scratch_write(*state, "out.tmp.wn.elsewhere.1", "", 0);
    scratch_write(*state, "out.tmp.1", "", 0);
    expect_ok(file_temporary(path, &temporary, NULL));
    const char *const names[] = {path_base(temporary), "out.tmp.1", "out.tmp.wn.elsewhere.1"};
    strings_t expected = {0};
    for (size_t i = 0; i < 3; i++) expect_ok(strings_append(&expected, names[i]));
    strings_sort(&expected);
    expect_names(*state, 3, (const char *const *)expected.item);
    strings_free(&expected);
    mem_free(&temporary);
    mem_free(&dead);
    mem_free(&path);
}

static void copies(void **state)
{
    enum { LENGTH = (17 << 20) + 3 };
    char *from = in(*state, "from"), *to = in(*state, "to"), *bytes = NULL;
    str_t text = {0};
    expect_ok(mem_new(&bytes, LENGTH, "bytes"));
    for (size_t i = 0; i < LENGTH; i++) bytes[i] = (char)(i * 2654435761u >> 7);
    scratch_write(*state, "from", bytes, LENGTH);
    expect_error(file_copy(from, to), EXIT_OUTPUT, "to: cannot open: No such file");
    scratch_write(*state, "to", bytes + 1, LENGTH - 1);
    assert_int_equal(truncate(to, LENGTH + 5), 0);
    expect_ok(file_copy(from, to));
    expect_ok(file_read(to, LENGTH, &text));
    assert_int_equal(text.length, LENGTH);
    assert_memory_equal(text.data, bytes, LENGTH);
    str_free(&text);
    mem_free(&bytes);
    mem_free(&from);
    mem_free(&to);
}

/* Root may write anywhere: then a child does this as nobody. */
static void names_a_directory_that_cannot_be_written(void **state)
{
    char *closed = in(*state, "closed"), *path = in(*state, "closed/out");
    char *below = in(*state, "closed/a/b");
    assert_int_equal(mkdir(closed, 0777), 0);
    assert_int_equal(chmod(closed, 0555), 0);
    assert_int_equal(chmod(*state, 0755), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        const struct passwd *nobody = getpwnam("nobody");
        if (geteuid() == 0 && (!nobody || setuid(nobody->pw_uid) != 0)) _exit(77);
        status_t first = file_write(path, "x", 1), second = directory_create(below);
        bool right = status_code(first) == EXIT_OUTPUT && status_code(second) == EXIT_OUTPUT &&
                     strstr(status_message(first), "cannot create: Permission denied") &&
                     strstr(status_message(second), "closed/a: cannot create directory: Perm");
        if (!right) fprintf(stderr, "%s\n%s\n", status_message(first), status_message(second));
        status_free(&first);
        status_free(&second);
        mem_free(&closed);
        mem_free(&path);
        mem_free(&below);
        _exit(right ? 0 : 1);
    }
    int how = -1;
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_int_equal(rmdir(closed), 0);
    mem_free(&closed);
    mem_free(&path);
    mem_free(&below);
    if (WEXITSTATUS(how) == 77) skip();
    assert_int_equal(how, 0);
}

static void makes_directories(void **state)
{
    char *deep = in(*state, "a//b/c/"), *file = in(*state, "x/y/file"), *path;
    expect_ok(directory_create(deep));
    expect_ok(directory_create(deep));
    assert_true(file_is_directory(deep));
    expect_ok(directory_create_for(file));
    assert_false(file_exists(file));
    expect_ok(directory_create_for("file"));
    expect_ok(directory_create_for("/file"));
    expect_ok(directory_create(""));
    path = in(*state, "x/y");
    assert_true(file_is_directory(path));
    scratch_write(path, "file", "", 0);
    assert_true(file_exists(file) && !file_is_directory(file));
    char *through = in(*state, "x/y/file/z");
    expect_error(directory_create(through), EXIT_OUTPUT, "cannot create directory: ");
    scratch_remove(path, "file");
    rmdir(path);
    static const char *const names[] = {"x", "a/b/c", "a/b", "a"};
    for (size_t i = 0; i < 4; i++) {
        char *name = in(*state, names[i]);
        assert_int_equal(rmdir(name), 0);
        mem_free(&name);
    }
    mem_free(&through);
    mem_free(&path);
    mem_free(&deep);
    mem_free(&file);
}

static void lists(void **state)
{
    static const char *const names[] = {".hidden", "B", "a", "a10", "a2"};
    strings_t none = {0};
    for (size_t i = 0; i < 5; i++) scratch_write(*state, names[4 - i], "", 0);
    expect_names(*state, 5, names);
    char *path = in(*state, "a");
    expect_error(directory_list(path, &none), EXIT_INPUT, "a: cannot list: Not a directory");
    mem_free(&path);
    path = in(*state, "none");
    expect_error(directory_list(path, &none), EXIT_INPUT, "none: cannot list: No such file");
    mem_free(&path);
}

static void globs(void **state)
{
    static const char *const names[] = {"a1.txt", "a10.txt", "a2.txt", "b.txt", "[x].txt"};
    static const struct {
        const char *pattern;
        size_t count;
        const char *found[4];
    } cases[] = {
        {"a*.txt", 3, {"a1.txt", "a10.txt", "a2.txt"}},
        {"a?.txt", 2, {"a1.txt", "a2.txt"}},
        {"[cd]*", 0, {NULL}},
        {"[x].txt", 0, {NULL}}, /* a file of that very name is not meant */
        {"[b].txt", 1, {"b.txt"}},
        {"missing.txt", 1, {"missing.txt"}}, /* no pattern: whoever opens it will say */
    };
    for (size_t i = 0; i < 5; i++) scratch_write(*state, names[i], "", 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *pattern = in(*state, cases[i].pattern);
        strings_t paths = {0};
        expect_ok(strings_append(&paths, "kept"));
        if (cases[i].count == 0) {
            expect_error(file_glob(pattern, &paths), EXIT_INPUT, "no file matches this pattern");
            assert_int_equal(paths.count, 1);
        } else {
            expect_ok(file_glob(pattern, &paths));
            assert_int_equal(paths.count, cases[i].count + 1);
        }
        assert_string_equal(paths.item[0], "kept");
        for (size_t k = 0; k < cases[i].count; k++)
            assert_string_equal(path_base(paths.item[k + 1]), cases[i].found[k]);
        strings_free(&paths);
        mem_free(&pattern);
    }
    assert_true(is_glob("a*") && is_glob("?") && is_glob("[a]") && !is_glob("a.txt"));
}

static void joins(void **state)
{
    static const char *const cases[][3] = {
        {"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"", "b", "b"},
        {"a", "/b", "/b"}, {"/", "b", "/b"},   {"a/b", "c/d", "a/b/c/d"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *path = in(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        mem_free(&path);
    }
    assert_string_equal(path_base("a/b/c"), "c");
    assert_string_equal(path_base("c"), "c");
    assert_string_equal(path_base("a/"), "");
    assert_true(has_suffix("a.json", ".json") && has_suffix("a", "") && !has_suffix("n", ".json"));
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(reads_whole_files),
        WITH_SCRATCH(reads_parts),
        WITH_SCRATCH(writes_whole_files),
        WITH_SCRATCH(leaves_nothing_after_failure),
        WITH_SCRATCH(leaves_nothing_on_a_full_disk),
        WITH_SCRATCH(names_a_directory_that_cannot_be_written),
        WITH_SCRATCH(keeps_umask_and_group),
        WITH_SCRATCH(follows_no_links),
        WITH_SCRATCH(removes_what_the_dead_left),
        WITH_SCRATCH(copies),
        WITH_SCRATCH(makes_directories),
        WITH_SCRATCH(lists),
        WITH_SCRATCH(globs),
        cmocka_unit_test(joins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
