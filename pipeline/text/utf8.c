#include "text/utf8.h"

#include <string.h>

#include "core/simd.h"

MULTIVERSION
int64_t utf8_count(const char *bytes, size_t length)
{
    int64_t count = 0;
    for (size_t i = 0; i < length; i++) count += (signed char)bytes[i] > -65;
    return count;
}

MULTIVERSION
static bool is_ascii_block(const char *bytes, size_t length)
{
    unsigned char all = 0;
    for (size_t i = 0; i < length; i++) all |= (unsigned char)bytes[i];
    return all < 0x80;
}

size_t ascii_prefix(const char *bytes, size_t length)
{
    enum { BLOCK = 256 };
    size_t at = 0;
    while (length - at >= BLOCK && is_ascii_block(bytes + at, BLOCK)) at += BLOCK;
    while (at < length && (unsigned char)bytes[at] < 0x80) at++;
    return at;
}
