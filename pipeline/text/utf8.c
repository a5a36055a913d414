#include "text/utf8.h"

#include <string.h>

#include "core/simd.h"
#include "core/strings.h"

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

size_t ascii_end(const char *bytes, size_t length, size_t at)
{
    enum { BLOCK = 256, WORD = 8 };
    const uint64_t high = 0x8080808080808080u;
    uint64_t word;
    while (length - at >= BLOCK && is_ascii_block(bytes + at, BLOCK)) at += BLOCK;
    for (; length - at >= WORD; at += WORD) {
        memcpy(&word, bytes + at, WORD);
        if (word & high) break;
    }
    while (at < length && (unsigned char)bytes[at] < 0x80) at++;
    return at;
}

size_t utf8_valid_end(const char *bytes, size_t length)
{
    uint32_t code_point;
    for (size_t at = ascii_end(bytes, length, 0); at < length;) {
        size_t size = utf8_decode(bytes + at, length - at, &code_point);
        if (size == 0) return at;
        at += size;
        if (at < length && (unsigned char)bytes[at] < 0x80) at = ascii_end(bytes, length, at);
    }
    return length;
}
