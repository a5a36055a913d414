#define _GNU_SOURCE /* qsort_r */
#include "text/added.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/simd.h"
#include "text/utf8.h"

enum { BLOCK = 256 };

status_t added_append(added_t *added, const char *text, size_t length, int32_t id, bool special,
                      added_options_t options)
{
    enum { LONGEST = 4096 }; /* the search looks this far at every place */
    if (length == 0 || length > LONGEST || added->count == INT32_MAX)
        return status_new(EXIT_INPUT,
                          "added token %d has %zu bytes as it is looked for, expected "
                          "1 to %d",
                          id, length, LONGEST);
    status_t status = mem_grow(&added->entry, &added->capacity, added->count + 1, "added tokens");
    if (!status) {
        int32_t order = (int32_t)added->count + (special ? INT32_MIN : 0);
        added->entry[added->count++] =
            (struct added_text){added->arena.length, length, id, order, options};
        status = str_append(&added->arena, text, length);
    }
    if (!status && options.single_word && !added->word)
        status = pattern_create("[\\w\\u200c\\u200d]", false, &added->word);
    return status;
}

void added_free(added_t *added)
{
    pattern_destroy(&added->word);
    mem_free(&added->entry);
    str_free(&added->arena);
    *added = (added_t){0};
}

static int compare_entries(const void *a, const void *b, void *arena)
{
    const struct added_text *left = a, *right = b;
    const char *text = arena;
    size_t common = left->length < right->length ? left->length : right->length;
    int order = memcmp(text + left->text, text + right->text, common);
    if (order) return order;
    if (left->length != right->length) return left->length < right->length ? -1 : 1;
    return left->order < right->order ? -1 : 1;
}

/* Of entries with the same text, the first stays. */
static void drop_repeated(added_t *added)
{
    size_t kept = 0;
    for (size_t i = 0; i < added->count; i++) {
        const struct added_text *last = &added->entry[kept - (kept > 0)], *entry = &added->entry[i];
        if (kept && last->length == entry->length &&
            memcmp(added->arena.data + last->text, added->arena.data + entry->text, last->length) ==
                0)
            continue;
        added->entry[kept++] = *entry;
    }
    added->count = kept;
}

/* The beginnings of all texts, if they are few; a set takes as many bytes of each as it can. */
static void choose_probes(added_t *added, bool two_bytes)
{
    added->two_bytes = two_bytes;
    added->probes = 0;
    for (size_t i = 0; i < added->count; i++) {
        const unsigned char *text = (const unsigned char *)added->arena.data + added->entry[i].text;
        bool known = false;
        for (int p = 0; p < added->probes; p++)
            known |= added->probe[p][0] == text[0] && (!two_bytes || added->probe[p][1] == text[1]);
        if (known) continue;
        if (added->probes == ADDED_PROBES || (two_bytes && added->entry[i].length == 1)) {
            added->probes = 0;
            return;
        }
        memcpy(added->probe[added->probes++], text, two_bytes ? 2 : 1);
    }
    for (int p = added->probes; p < ADDED_PROBES && added->probes; p++)
        memcpy(added->probe[p], added->probe[0], 2);
}

void added_finish(added_t *added)
{
    if (added->count)
        qsort_r(added->entry, added->count, sizeof *added->entry, compare_entries,
                added->arena.data);
    drop_repeated(added);
    choose_probes(added, true);
    if (!added->probes) choose_probes(added, false);
    for (size_t i = 0; i < added->count; i++) {
        const unsigned char *text = (const unsigned char *)added->arena.data + added->entry[i].text;
        for (unsigned second = 0; second < 256; second++)
            if (added->entry[i].length == 1 || text[1] == second)
                added->starts[text[0] * 4u + second / 64] |= (uint64_t)1 << second % 64;
    }
}

/* First entry in [low, high) whose byte `at` is not below byte; all have more than `at` bytes. */
static size_t lower_bound(const added_t *added, size_t low, size_t high, size_t at, unsigned byte)
{
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if ((unsigned char)added->arena.data[added->entry[middle].text + at] < byte)
            low = middle + 1;
        else high = middle;
    }
    return low;
}

/* The longest entry that the text starts with, or NULL. */
static const struct added_text *longest_at(const added_t *added, const char *text, size_t length)
{
    const struct added_text *best = NULL;
    size_t low = 0, high = added->count;
    for (size_t at = 0; at < length && low < high; at++) {
        unsigned byte = (unsigned char)text[at];
        low = lower_bound(added, low, high, at, byte);
        high = lower_bound(added, low, high, at, byte + 1);
        /* Of those that share these bytes, the one that ends here comes first. */
        if (low < high && added->entry[low].length == at + 1) best = &added->entry[low++];
    }
    return best;
}

static inline bool starts_one(const added_t *added, unsigned char first, unsigned char second)
{
    return added->starts[first * 4u + second / 64] >> second % 64 & 1;
}

/* Whether some probe is found at bytes[0..BLOCK). */
MULTIVERSION
static bool has_probe(const unsigned char *bytes, const unsigned char (*probe)[2], bool two_bytes)
{
    unsigned char a = probe[0][0], b = probe[1][0], c = probe[2][0], d = probe[3][0], any = 0;
    if (!two_bytes) {
        for (int i = 0; i < BLOCK; i++)
            any |= (bytes[i] == a) | (bytes[i] == b) | (bytes[i] == c) | (bytes[i] == d);
        return any;
    }
    unsigned char e = probe[0][1], f = probe[1][1], g = probe[2][1], h = probe[3][1];
    for (int i = 0; i < BLOCK; i++)
        any |= ((bytes[i] == a) & (bytes[i + 1] == e)) | ((bytes[i] == b) & (bytes[i + 1] == f)) |
               ((bytes[i] == c) & (bytes[i + 1] == g)) | ((bytes[i] == d) & (bytes[i + 1] == h));
    return any;
}

/* The first match from `from` on and where it is. */
static const struct added_text *find(const added_t *added, const char *text, size_t length,
                                     size_t from, size_t *at)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = from; i < length;) {
        if (added->probes && length - i > BLOCK &&
            !has_probe(bytes + i, added->probe, added->two_bytes)) {
            i += BLOCK;
            continue;
        }
        size_t end = length - i > BLOCK ? i + BLOCK : length;
        for (; i < end; i++) {
            bool possible = i + 1 == length || starts_one(added, bytes[i], bytes[i + 1]);
            const struct added_text *entry =
                possible ? longest_at(added, text + i, length - i) : NULL;
            *at = i;
            if (entry) return entry;
        }
    }
    return NULL;
}

static bool is_word(const added_t *added, const char *text)
{
    size_t start, end;
    status_t status = pattern_match(added->word, text, utf8_size(*text), 0, &start, &end);
    bool matched = !status && start == 0;
    status_free(&status);
    return matched;
}

static bool stands_alone(const added_t *added, const char *text, size_t length, size_t start,
                         size_t end)
{
    bool before = start > 0 && is_word(added, text + start - utf8_size_before(text, start));
    return !before && !(end < length && is_word(added, text + end));
}

static size_t spaces_start(const char *text, size_t least, size_t at)
{
    while (at > least) {
        size_t size = utf8_size_before(text, at), ignored;
        if (!is_white_space(utf8_at(text + at - size, &ignored))) break;
        at -= size;
    }
    return at;
}

static size_t spaces_end(const char *text, size_t length, size_t at)
{
    size_t size;
    while (at < length && is_white_space(utf8_at(text + at, &size))) at += size;
    return at;
}

bool added_next(const added_t *added, added_cursor_t *cursor, size_t *gap, size_t *start,
                size_t *end, int32_t *id)
{
    const char *text = cursor->text;
    size_t at = 0;
    *gap = cursor->taken;
    if (added->count == 0) return false;
    for (const struct added_text *entry;
         (entry = find(added, text, cursor->length, cursor->searched, &at));) {
        cursor->searched = at + entry->length;
        *start = at;
        *end = cursor->searched;
        if (entry->options.single_word && !stands_alone(added, text, cursor->length, *start, *end))
            continue;
        if (entry->options.lstrip) {
            *start =
                *start < cursor->taken ? cursor->taken : spaces_start(text, cursor->taken, *start);
        }
        if (entry->options.rstrip) *end = spaces_end(text, cursor->length, *end);
        if (*end < *start) *end = *start;
        cursor->taken = *end;
        *id = entry->id;
        return true;
    }
    return false;
}
