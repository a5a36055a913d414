/* What clang's analyzer cannot see across files, told to it by tools/lint: an error is never NULL
 * and stays an error when it is wrapped or agreed on; an allocation without an error gives
 * memory. */
#define _GNU_SOURCE /* before any header, for the sources that define it */
#include "core/memory.h"
#include "core/status.h"
#include "core/strings.h"
#include "par/agree.h"

static inline status_t lint_error(status_t status)
{
    if (!status) __builtin_unreachable();
    return status;
}

static inline status_t lint_filled(status_t status, void *const *pointer)
{
    if (!status && !*pointer) __builtin_unreachable();
    return status;
}

static inline status_t lint_kept(status_t before, status_t after)
{
    if (before && !after) __builtin_unreachable();
    return after;
}

static inline status_t lint_agree(MPI_Comm comm, status_t status)
{
    return lint_kept(status, agree(comm, status));
}

#define status_new(...) lint_error(status_new(__VA_ARGS__))
#define mem_new_(pointer, ...) lint_filled(mem_new_(pointer, __VA_ARGS__), pointer)
#define mem_aligned_(pointer, ...) lint_filled(mem_aligned_(pointer, __VA_ARGS__), pointer)
#define mem_grow_(pointer, ...) lint_filled(mem_grow_(pointer, __VA_ARGS__), pointer)
#define str_copy(copy, text) lint_filled(str_copy(copy, text), (void **)(copy))
#define str_format(copy, ...) lint_filled(str_format(copy, __VA_ARGS__), (void **)(copy))
#define status_wrap(status, ...) lint_kept(status, status_wrap(status, __VA_ARGS__))
#define agree(comm, status) lint_agree(comm, status)
