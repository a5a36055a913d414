#include "core/strings.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

status_t str_append(str_t *str, const char *bytes, size_t length)
{
    status_t status = mem_grow(&str->data, &str->capacity, str->length + length + 1, "text");
    if (status) return status;
    if (length) memcpy(str->data + str->length, bytes, length);
    str->length += length;
    str->data[str->length] = '\0';
    return NULL;
}

status_t str_add(str_t *str, const char *text)
{
    return str_append(str, text, strlen(text));
}

static status_t str_vprintf(str_t *str, const char *format, va_list arguments)
{
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) return status_new(EXIT_BUG, "a format failed: %s", format);
    status_t status =
        mem_grow(&str->data, &str->capacity, str->length + (size_t)length + 1, "text");
    if (status) return status;
    vsnprintf(str->data + str->length, (size_t)length + 1, format, arguments);
    str->length += (size_t)length;
    return NULL;
}

status_t str_printf(str_t *str, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    status_t status = str_vprintf(str, format, arguments);
    va_end(arguments);
    return status;
}

void str_clear(str_t *str)
{
    str->length = 0;
    if (str->data) str->data[0] = '\0';
}

void str_free(str_t *str)
{
    mem_free(&str->data);
    str->length = str->capacity = 0;
}

status_t str_copy_n(char **copy, const char *bytes, size_t length)
{
    status_t status = mem_new(copy, length + 1, "text");
    if (!status && length) memcpy(*copy, bytes, length);
    return status;
}

status_t str_copy(char **copy, const char *text)
{
    return str_copy_n(copy, text, strlen(text));
}

status_t str_format(char **text, const char *format, ...)
{
    str_t str = {0};
    va_list arguments;
    va_start(arguments, format);
    status_t status = str_vprintf(&str, format, arguments);
    va_end(arguments);
    *text = str.data;
    return status;
}

status_t strings_append_n(strings_t *list, const char *bytes, size_t length)
{
    status_t status = mem_grow(&list->item, &list->capacity, list->count + 1, "list of strings");
    if (!status) status = str_copy_n(&list->item[list->count], bytes, length);
    if (!status) list->count++;
    return status;
}

status_t strings_append(strings_t *list, const char *text)
{
    return strings_append_n(list, text, strlen(text));
}

ptrdiff_t strings_find(const strings_t *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->item[i], text) == 0) return (ptrdiff_t)i;
    return -1;
}

int natural_compare(const char *a, const char *b)
{
    const char *whole_a = a, *whole_b = b;
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            while (*a == '0') a++;
            while (*b == '0') b++;
            size_t m = strspn(a, "0123456789"), n = strspn(b, "0123456789");
            if (m != n) return m < n ? -1 : 1;
            int order = memcmp(a, b, m);
            if (order) return order;
            a += m, b += n;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++, b++;
        }
    }
    if (*a || *b) return *a ? 1 : -1;
    return strcmp(whole_a, whole_b);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int by_nature(const void *a, const void *b)
{
    return natural_compare(*(char *const *)a, *(char *const *)b);
}

void strings_sort(strings_t *list)
{
    if (list->count) qsort(list->item, list->count, sizeof *list->item, by_bytes);
}

void strings_sort_natural(strings_t *list)
{
    if (list->count) qsort(list->item, list->count, sizeof *list->item, by_nature);
}

void strings_free(strings_t *list)
{
    for (size_t i = 0; i < list->count; i++) mem_free(&list->item[i]);
    mem_free(&list->item);
    list->count = list->capacity = 0;
}

enum { LONGEST_NAME = 64 };

/* Edit distance with swaps of neighbours (optimal string alignment); of texts too long to be names,
 * more than any. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t m = strlen(a), n = strlen(b), row[3][LONGEST_NAME + 1];
    if (m > LONGEST_NAME || n > LONGEST_NAME) return (size_t)-1;
    for (size_t j = 0; j <= n; j++) row[0][j] = j;
    for (size_t i = 1; i <= m; i++) {
        size_t *now = row[i % 3], *last = row[(i + 2) % 3], *before = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best) best = last[j] + 1;
            if (now[j - 1] + 1 < best) best = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            now[j] = best;
        }
    }
    return row[m % 3][n];
}

const char *nearest_name(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    size_t best = strlen(word) / 2 + 1;
    for (size_t i = 0; i < count; i++) {
        size_t distance = edit_distance(word, candidates[i]);
        if (distance < best) best = distance, nearest = candidates[i];
    }
    return nearest;
}

const char *did_you_mean(const char *word, const char *const *candidates, size_t count)
{
    static _Thread_local char text[LONGEST_NAME + 32];
    const char *near = nearest_name(word, candidates, count);
    snprintf(text, sizeof text, near ? "; did you mean %s?" : "%s", near ? near : "");
    return text;
}

bool is_choice(const char *choices, const char *text)
{
    for (size_t n = strlen(text); *choices; choices += strcspn(choices, "|") + 1) {
        if (strcspn(choices, "|") == n && strncmp(choices, text, n) == 0) return true;
        if (choices[strcspn(choices, "|")] == '\0') break;
    }
    return false;
}

const char *did_you_mean_choice(const char *word, const char *choices)
{
    enum { CHOICES = 64 };
    static _Thread_local char storage[CHOICES][LONGEST_NAME];
    const char *candidate[CHOICES];
    size_t count = 0;
    for (const char *at = choices; *at && count < CHOICES; at += *at == '|') {
        size_t length = strcspn(at, "|");
        snprintf(storage[count], sizeof storage[count], "%.*s", (int)length, at);
        candidate[count] = storage[count];
        count++;
        at += length;
    }
    return did_you_mean(word, candidate, count);
}

size_t utf8_decode(const char *bytes, size_t length, uint32_t *code_point)
{
    const unsigned char *s = (const unsigned char *)bytes;
    if (length == 0) return 0;
    if (s[0] < 0x80) {
        *code_point = s[0];
        return 1;
    }
    size_t n = s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > length) return 0;
    uint32_t value = s[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
        value = value << 6 | (s[i] & 0x3f);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value < 0xe000)) return 0;
    *code_point = value;
    return n;
}

size_t utf8_encode(uint32_t c, char bytes[4])
{
    if (c < 0x80) {
        bytes[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        bytes[0] = (char)(0xc0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3f));
        return 2;
    }
    if (c < 0x10000) {
        bytes[0] = (char)(0xe0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3f));
        bytes[2] = (char)(0x80 | (c & 0x3f));
        return 3;
    }
    bytes[0] = (char)(0xf0 | c >> 18);
    bytes[1] = (char)(0x80 | (c >> 12 & 0x3f));
    bytes[2] = (char)(0x80 | (c >> 6 & 0x3f));
    bytes[3] = (char)(0x80 | (c & 0x3f));
    return 4;
}

size_t utf8_valid_prefix(const char *bytes, size_t length)
{
    size_t at = 0;
    uint32_t code_point;
    while (at < length) {
        size_t n = utf8_decode(bytes + at, length - at, &code_point);
        if (n == 0) return at;
        at += n;
    }
    return length;
}

/* Length of the longest start of a valid sequence at bytes (at least 1): Unicode's
 * "substitution of maximal subparts", chapter 3.9. */
static size_t maximal_subpart(const char *bytes, size_t length)
{
    const unsigned char *s = (const unsigned char *)bytes;
    size_t n = s[0] < 0xc2 ? 1 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 1;
    size_t i = 1;
    for (; i < n && i < length; i++) {
        unsigned low = 0x80, high = 0xbf;
        if (i == 1) {
            if (s[0] == 0xe0) low = 0xa0;
            if (s[0] == 0xed) high = 0x9f;
            if (s[0] == 0xf0) low = 0x90;
            if (s[0] == 0xf4) high = 0x8f;
        }
        if (s[i] < low || s[i] > high) break;
    }
    return i;
}

status_t utf8_replace_invalid(const char *bytes, size_t length, str_t *str)
{
    status_t status = str_append(str, "", 0);
    for (size_t at = 0; at < length && !status;) {
        size_t valid = utf8_valid_prefix(bytes + at, length - at);
        status = str_append(str, bytes + at, valid);
        at += valid;
        if (status || at == length) break;
        status = str_append(str, "\xef\xbf\xbd", 3);
        at += maximal_subpart(bytes + at, length - at);
    }
    return status;
}
