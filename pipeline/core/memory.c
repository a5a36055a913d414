#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

static status_t no_memory(size_t count, size_t size, const char *what)
{
    return status_new(EXIT_RESOURCE, "out of memory: %s (%zu x %zu bytes)", what, count, size);
}

status_t mem_product(size_t a, size_t b, const char *what, size_t *product)
{
    if (__builtin_mul_overflow(a, b, product))
        return status_new(EXIT_INPUT, "%s: %zu x %zu does not fit in memory", what, a, b);
    return NULL;
}

status_t mem_new_(void **pointer, size_t count, size_t size, const char *what)
{
    *pointer = calloc(count ? count : 1, size);
    return *pointer ? NULL : no_memory(count, size, what);
}

status_t mem_aligned_(void **pointer, size_t count, size_t size, const char *what)
{
    size_t bytes;
    *pointer = NULL;
    if (__builtin_mul_overflow(count, size, &bytes) || bytes > (size_t)-1 - 64)
        return no_memory(count, size, what);
    *pointer = aligned_alloc(64, (bytes + 64) / 64 * 64);
    return *pointer ? NULL : no_memory(count, size, what);
}

status_t mem_grow_(void **pointer, size_t *capacity, size_t needed, size_t size, const char *what)
{
    if (needed <= *capacity) return NULL;
    size_t grown = *capacity > (size_t)-1 / 2 ? needed : *capacity * 2;
    if (grown < needed) grown = needed;
    if (grown < 16) grown = 16;
    size_t bytes;
    if (__builtin_mul_overflow(grown, size, &bytes)) return no_memory(grown, size, what);
    void *moved = realloc(*pointer, bytes);
    if (!moved) return no_memory(grown, size, what);
    *pointer = moved;
    *capacity = grown;
    return NULL;
}

void mem_free_(void **pointer)
{
    free(*pointer);
    *pointer = NULL;
}
