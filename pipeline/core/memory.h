/* Checked allocation. Every allocation of the library goes through here, so
 * that sizes are multiplied with care and failures can be injected in tests. */
#ifndef WN_CORE_MEMORY_H
#define WN_CORE_MEMORY_H

#include <stddef.h>

#include "core/status.h"

/* *pointer = zeroed array of count elements (count 0 gives a valid pointer);
 * what names it in the error ("hidden states"). Free with mem_free. */
#define mem_new(pointer, count, what) \
    mem_new_((void **)(pointer), (count), sizeof **(pointer), (what))

/* The same, uninitialised and on a 64-byte boundary: for numerical buffers. */
#define mem_aligned(pointer, count, what) \
    mem_aligned_((void **)(pointer), (count), sizeof **(pointer), (what))

/* Makes room for at least needed elements in a growing array, at least doubling
 * its capacity; contents are kept, new elements are uninitialised. On failure
 * the array is as it was. */
#define mem_grow(pointer, capacity, needed, what) \
    mem_grow_((void **)(pointer), (capacity), (needed), sizeof **(pointer), (what))

/* Frees *pointer and sets it to NULL. */
#define mem_free(pointer) mem_free_((void **)(pointer))

MUST_CHECK status_t mem_new_(void **pointer, size_t count, size_t size, const char *what);
MUST_CHECK status_t mem_aligned_(void **pointer, size_t count, size_t size, const char *what);
MUST_CHECK status_t mem_grow_(void **pointer, size_t *capacity, size_t needed, size_t size,
                              const char *what);
void mem_free_(void **pointer);

/* *product = a * b, or an EXIT_INPUT error that names what. */
MUST_CHECK status_t mem_product(size_t a, size_t b, const char *what, size_t *product);

#endif
