/* For tests: a directory of one's own that disappears, small files in it, and the check of an
 * expected error. */
#ifndef WN_TESTS_SCRATCH_H
#define WN_TESTS_SCRATCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
/* after those four, which it needs */
#include <cmocka.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/status.h"

/* Fails the test with the error's message. */
static inline void expect_ok(status_t status)
{
    if (status) fail_msg("%s", status_message(status));
}

/* Fails unless the status has this code and its message holds this text; frees it. */
static inline void expect_error(status_t status, exit_code_t code, const char *text)
{
    if (!status) fail_msg("no error, but one with \"%s\" was expected", text);
    if (!strstr(status_message(status), text))
        fail_msg("\"%s\" is not in the error \"%s\"", text, status_message(status));
    assert_int_equal(status_code(status), code);
    status_free(&status);
}

/* Two files have the same bytes. */
static inline void expect_same_bytes(const char *first, const char *second)
{
    str_t a = {0}, b = {0};
    expect_ok(file_read(first, 1 << 24, &a));
    expect_ok(file_read(second, 1 << 24, &b));
    assert_int_equal(a.length, b.length);
    assert_memory_equal(a.data, b.data, a.length);
    str_free(&a);
    str_free(&b);
}

/* cmocka setup and teardown: *state is the path of a fresh directory below $TMPDIR. */
static inline int scratch_create(void **state)
{
    const char *base = getenv("TMPDIR");
    char *path = NULL;
    expect_ok(str_format(&path, "%s/wn-test-XXXXXX", base ? base : "/tmp"));
    *state = path;
    return mkdtemp(path) ? 0 : -1;
}

/* Like rm -r. */
static inline int scratch_remove_all(const char *path)
{
    strings_t names = {0};
    if (!file_is_directory(path)) return unlink(path);
    expect_ok(directory_list(path, &names));
    for (size_t i = 0; i < names.count; i++) {
        char *name = NULL;
        expect_ok(path_join(path, names.item[i], &name));
        scratch_remove_all(name);
        mem_free(&name);
    }
    strings_free(&names);
    return rmdir(path);
}

static inline int scratch_destroy(void **state)
{
    char *path = *state;
    int code = scratch_remove_all(path);
    mem_free(&path);
    return code;
}

/* Writes bytes to directory/name, replacing what was there. */
static inline void scratch_write(const char *directory, const char *name, const void *bytes,
                                 size_t length)
{
    char *path = NULL;
    expect_ok(path_join(directory, name, &path));
    FILE *file = fopen(path, "wb"); /* not file_write, which waits for the disk */
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
    mem_free(&path);
}

static inline void scratch_remove(const char *directory, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(directory, name, &path));
    assert_int_equal(unlink(path), 0);
    mem_free(&path);
}

#endif
