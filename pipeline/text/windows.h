/* Windows over a stream of tokens. */
#ifndef WN_TEXT_WINDOWS_H
#define WN_TEXT_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Full windows that start at 0, stride, 2 stride, ...; an incomplete last one is dropped. With
 * last_window false, one that ends exactly at the end is dropped too, as
 * range(0, total - window, stride) does. limit: at most so many, 0: all. */
size_t windows_count(uint64_t tokens, uint64_t window, uint64_t stride, bool last_window,
                     uint64_t limit);

#endif
