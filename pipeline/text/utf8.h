/* Walking over text that is known to be valid UTF-8 (core/strings.h has the checking kind). */
#ifndef WN_TEXT_UTF8_H
#define WN_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a byte starts a character. */
static inline bool utf8_starts(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

/* Bytes of the character that starts with this byte. */
static inline size_t utf8_size(char lead)
{
    unsigned char byte = (unsigned char)lead;
    return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

/* The character at text, which goes on for *size bytes. */
static inline uint32_t utf8_at(const char *text, size_t *size)
{
    const unsigned char *s = (const unsigned char *)text;
    if (s[0] < 0x80) {
        *size = 1;
        return s[0];
    }
    if (s[0] < 0xe0) {
        *size = 2;
        return (uint32_t)(s[0] & 0x1f) << 6 | (s[1] & 0x3f);
    }
    if (s[0] < 0xf0) {
        *size = 3;
        return (uint32_t)(s[0] & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
    }
    *size = 4;
    return (uint32_t)(s[0] & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
           (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
}

/* Bytes of the character that ends before text[at]; at > 0. */
static inline size_t utf8_size_before(const char *text, size_t at)
{
    size_t size = 1;
    while (!utf8_starts(text[at - size])) size++;
    return size;
}

/* Unicode's White_Space, which has not changed since 2013. */
static inline bool is_white_space(uint32_t code_point)
{
    if (code_point < 0x80) return code_point == ' ' || code_point - '\t' < 5;
    return code_point == 0x85 || code_point == 0xa0 || code_point == 0x1680 ||
           code_point - 0x2000 <= 10 || code_point == 0x2028 || code_point == 0x2029 ||
           code_point == 0x202f || code_point == 0x205f || code_point == 0x3000;
}

/* Number of characters that start in bytes[0..length). */
int64_t utf8_count(const char *bytes, size_t length);

/* Where the ASCII characters from bytes[at] on end. */
size_t ascii_end(const char *bytes, size_t length, size_t at);

/* Offset of the first byte that is not valid UTF-8, or length. */
size_t utf8_valid_end(const char *bytes, size_t length);

#endif
