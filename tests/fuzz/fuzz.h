/* For the fuzzers: bytes as a file, and the end of a run that found something. */
#ifndef WN_TESTS_FUZZ_H
#define WN_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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

/* An error is a right answer, where it blames the input and says something. */
static inline void fuzz_refused(status_t *status)
{
    if (!*status) return;
    fuzz_require(status_code(*status) == EXIT_INPUT);
    fuzz_require(status_message(*status)[0] != '\0');
    status_free(status);
}

#endif
