#include "text/windows.h"

size_t windows_count(uint64_t tokens, uint64_t window, uint64_t stride, bool last_window,
                     uint64_t limit)
{
    /* Starts are the multiples of stride in [0, bound). */
    if (tokens < window) return 0;
    uint64_t bound = tokens - window + (last_window ? 1 : 0);
    uint64_t count = (bound + stride - 1) / stride;
    return (size_t)(limit && limit < count ? limit : count);
}
