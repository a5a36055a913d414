/* For the fuzzers: bytes as a file, and the end of a run that found something. */
#ifndef WN_TESTS_FUZZ_H
#define WN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The path of a file in memory that holds these bytes, until the next call. */
static inline const char *fuzz_file(const void *data, size_t size)
{
    static int descriptor = -1;
    static char path[64];
    if (descriptor < 0) {
        descriptor = (int)syscall(SYS_memfd_create, "fuzz", 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", descriptor);
    }
    if (descriptor < 0 || ftruncate(descriptor, 0) != 0 ||
        pwrite(descriptor, data, size, 0) != (ssize_t)size)
        abort();
    return path;
}

/* A finding that no sanitizer would see. */
static inline void fuzz_require(int condition)
{
    if (!condition) abort();
}

/* A directory of this run's own, below $TMPDIR; it is left behind. */
static inline const char *fuzz_directory(void)
{
    static char path[4096];
    const char *base = getenv("TMPDIR");
    if (*path) return path;
    snprintf(path, sizeof path, "%s/fuzz-XXXXXX", base ? base : "/tmp");
    fuzz_require(mkdtemp(path) != NULL);
    return path;
}

/* The path of a file of this name that holds these bytes, for readers that look at names; kept
 * until the next call. */
static inline const char *fuzz_named(const char *name, const void *data, size_t size)
{
    static char path[4200];
    snprintf(path, sizeof path, "%s/%s", fuzz_directory(), name);
    FILE *file = fopen(path, "wb");
    fuzz_require(file && fwrite(data, 1, size, file) == size && fclose(file) == 0);
    return path;
}

/* Cuts the bytes up to the next NUL (or the end) off the front: several files in one input. */
static inline const char *fuzz_part(const uint8_t **data, size_t *size, size_t *length)
{
    const char *part = (const char *)*data;
    const uint8_t *nul = *size ? memchr(*data, '\0', *size) : NULL;
    *length = nul ? (size_t)(nul - *data) : *size;
    size_t taken = *length + (nul != NULL);
    *data += taken;
    *size -= taken;
    return part;
}

/* An error is a right answer, where it blames the input and says something. */
static inline void fuzz_refused_as(exit_code_t code, status_t *status)
{
    if (!*status) return;
    fuzz_require(status_code(*status) == code);
    fuzz_require(status_message(*status)[0] != '\0');
    status_free(status);
}

static inline void fuzz_refused(status_t *status)
{
    fuzz_refused_as(EXIT_INPUT, status);
}

#endif
