#include "core/pickle_text.h"

#include <stdbool.h>
#include <string.h>

/* Value of digits[0..count) in the base, or -1 where one is no digit of it. */
static int64_t number(const char *digits, size_t count, int base)
{
    static const char known[] = "0123456789abcdef";
    int64_t value = 0;
    for (size_t i = 0; i < count; i++) {
        int digit = digits[i] >= 'A' && digits[i] <= 'F' ? digits[i] + 32 : digits[i];
        const char *at = digit ? strchr(known, digit) : NULL;
        if (!at || at - known >= base) return -1;
        value = value * base + (at - known);
    }
    return value;
}

/* Decodes the escape whose backslash stands before bytes[0]: the byte, or -1 where the escape
 * stands for itself (an unknown one), or -2 where it is damaged. *used: bytes after the
 * backslash. */
static int unescape(const char *bytes, size_t length, size_t *used)
{
    static const char letters[] = "\\'\"abfnrtv", meanings[] = "\\'\"\a\b\f\n\r\t\v";
    const char *at = bytes[0] ? strchr(letters, bytes[0]) : NULL;
    *used = 1;
    if (at) return (unsigned char)meanings[at - letters];
    if (bytes[0] == 'x') {
        int64_t value = length >= 3 ? number(bytes + 1, 2, 16) : -1;
        *used = 3;
        return value < 0 ? -2 : (int)value;
    }
    size_t digits = 0;
    while (digits < 3 && digits < length && bytes[digits] >= '0' && bytes[digits] <= '7') digits++;
    if (!digits) return -1;
    *used = digits;
    return (int)(number(bytes, digits, 8) & 0xff);
}

status_t pickle_unquote(const char *bytes, size_t length, str_t *text, const char **wrong)
{
    *wrong = NULL;
    if (length < 2 || (bytes[0] != '\'' && bytes[0] != '"') || bytes[length - 1] != bytes[0]) {
        *wrong = "a text that is not in quotes";
        return NULL;
    }
    status_t status = NULL;
    const char *end = bytes + length - 1;
    for (const char *at = bytes + 1; at < end && !status && !*wrong;) {
        const char *escape = memchr(at, '\\', (size_t)(end - at));
        status = str_append(text, at, (size_t)((escape ? escape : end) - at));
        if (!escape || status) break;
        at = escape + 1;
        if (at == end) {
            *wrong = "a text that ends in a backslash";
            break;
        }
        size_t used;
        int byte = unescape(at, (size_t)(end - at), &used);
        if (byte == -2) *wrong = "a text with a damaged \\x escape";
        if (byte == -1) status = str_append(text, "\\", 1);
        if (byte < 0) continue;
        char single = (char)byte;
        status = str_append(text, &single, 1);
        at += used;
    }
    return status;
}

/* Reads the code unit at *at: one byte, or an escape; -1 where that is damaged. */
static int64_t code_unit(const char *bytes, size_t length, size_t *at)
{
    size_t i = *at, digits = 0;
    if (bytes[i] == '\\' && i + 1 < length)
        digits = bytes[i + 1] == 'u' ? 4 : bytes[i + 1] == 'U' ? 8 : 0;
    if (!digits) {
        *at = i + 1;
        return (unsigned char)bytes[i];
    }
    if (length - i - 2 < digits) return -1;
    *at = i + 2 + digits;
    return number(bytes + i + 2, digits, 16);
}

status_t pickle_raw_unicode(const char *bytes, size_t length, str_t *text, const char **wrong)
{
    status_t status = NULL;
    *wrong = NULL;
    for (size_t at = 0; at < length && !status;) {
        /* a backslash takes the next byte along, so that "\\u" is no escape */
        bool pair = bytes[at] == '\\' && at + 1 < length && bytes[at + 1] == '\\';
        int64_t unit = code_unit(bytes, length, &at);
        if (unit >= 0xd800 && unit < 0xdc00 && at < length) { /* written by a narrow Python 2 */
            int64_t low = code_unit(bytes, length, &at);
            unit = low >= 0xdc00 && low < 0xe000 ? 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff))
                                                 : -1;
        }
        if (unit < 0 || unit > 0x10ffff || (unit >= 0xd800 && unit < 0xe000)) {
            *wrong = "a text with a damaged \\u escape";
            return NULL;
        }
        char encoded[4];
        status = str_append(text, encoded, utf8_encode((uint32_t)unit, encoded));
        if (pair && !status) {
            status = str_append(text, "\\", 1);
            at++;
        }
    }
    return status;
}
