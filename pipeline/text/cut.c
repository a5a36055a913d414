#define _GNU_SOURCE /* memmem */
#include "text/cut.h"

#include <string.h>
#include <utf8proc.h>

#include "core/memory.h"
#include "text/tokenizer_parts.h"
#include "text/utf8.h"

/* Added tokens longer than this are rare enough to leave such a tokenizer's texts whole. */
enum { LONGEST_ADDED = 1000, MARK = 4 };

struct cutter {
    tokenizer_t *tokenizer;
    bool never;      /* the tokenizer has rules that are not understood here */
    bool words;      /* its pattern ends a word after the last letter or digit of a run */
    bool spaced;     /* a part must start with the space before it */
    bool skips;      /* a part starts behind that space: the normalizer puts one there */
    bool by_merges;  /* nothing splits the text: merges must not span the place */
    char mark[MARK]; /* by_merges: what a space becomes */
    size_t mark_size;
    size_t margin; /* bytes that must be seen on either side */
};

/* ---- what the tokenizer does ---- */

/* The one rewriting of text that is understood: each space becomes one character. */
static bool replaces_spaces(const normalize_step_t *step)
{
    return step->kind == NORMALIZE_REPLACE && step->literal && strcmp(step->literal, " ") == 0 &&
           *step->content && strlen(step->content) == utf8_size(*step->content);
}

static void look_at_normalizer(cutter_t *cutter)
{
    const normalizer_t *normalizer = &cutter->tokenizer->normalizer;
    const char *prefix = NULL, *mark = NULL;
    for (size_t i = 0; i < normalizer->count; i++) {
        const normalize_step_t *step = &normalizer->step[i];
        if (step->kind == NORMALIZE_NFC) continue;
        if (step->kind == NORMALIZE_PREPEND && !prefix) prefix = step->content;
        else if (replaces_spaces(step) && !mark) mark = step->content;
        else cutter->never = true;
    }
    if (mark) {
        cutter->mark_size = strlen(mark);
        memcpy(cutter->mark, mark, cutter->mark_size);
    }
    if (!prefix) return;
    cutter->skips = true;
    if (!mark || strcmp(prefix, mark) != 0) cutter->never = true;
}

static void look_at_splitter(cutter_t *cutter)
{
    const splitter_t *splitter = &cutter->tokenizer->splitter;
    bool breaks = false;
    for (size_t i = 0; i < splitter->count && !breaks; i++) {
        const split_step_t *step = &splitter->step[i];
        switch (step->kind) {
        case SPLIT_PREFIX: cutter->spaced = true; break;
        case SPLIT_PATTERN:
            /* Its classes are those of the text, not of one whose spaces were replaced. */
            if (!step->scanner || cutter->mark_size) cutter->never = true;
            cutter->words = breaks = true;
            break;
        case SPLIT_METASPACE:
            cutter->mark_size = strlen(step->replacement);
            memcpy(cutter->mark, step->replacement, cutter->mark_size);
            cutter->spaced = true;
            breaks = step->cut;
            break;
        }
    }
    cutter->by_merges = !breaks;
    if (cutter->by_merges && !cutter->mark_size) cutter->never = true;
    if (cutter->skips && (cutter->spaced || cutter->words)) cutter->never = true;
}

/* expansion: bytes of text that may have become one byte. */
static void look_at_added(cutter_t *cutter, const added_t *added, size_t expansion)
{
    for (size_t i = 0; i < added->count; i++) {
        size_t length = added->entry[i].length;
        if (length > LONGEST_ADDED) cutter->never = true;
        else if (length * expansion + 8 > cutter->margin) cutter->margin = length * expansion + 8;
    }
}

bool cutter_can(const cutter_t *cutter)
{
    return !cutter->never;
}

status_t cutter_create(tokenizer_t *tokenizer, cutter_t **cutter)
{
    status_t status = mem_new(cutter, 1, "cutter");
    if (status) return status;
    (*cutter)->tokenizer = tokenizer;
    (*cutter)->margin = 32;
    look_at_normalizer(*cutter);
    look_at_splitter(*cutter);
    look_at_added(*cutter, &tokenizer->raw, 1);
    look_at_added(*cutter, &tokenizer->normalized, 4);
    return NULL;
}

void cutter_destroy(cutter_t **cutter)
{
    mem_free(cutter);
}

/* ---- a place ---- */

typedef struct {
    uint32_t left, right, next; /* characters before the place and behind it */
    const char *before;         /* left's bytes */
    size_t size;
} place_t;

/* Letters and digits of any script: runs of them end where another character follows. Unassigned
 * characters are neither, whatever a later Unicode makes of them. */
static bool is_alphanumeric(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

static bool is_punctuation(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category >= UTF8PROC_CATEGORY_PC && category <= UTF8PROC_CATEGORY_PO;
}

/* The three patterns that have scanners agree in this: an alternative that holds a letter or a
 * digit holds nothing behind it but more of the same, and none holds a space (U+0020) that is not
 * its first character, runs of white space apart. They look behind at nothing, and ahead only
 * from white space. */
static bool pattern_breaks(const place_t *at)
{
    enum { VOWEL_SEPARATOR = 0x180e }; /* white space to some */
    if (at->right == ' ') return !is_white_space(at->left) && at->left != VOWEL_SEPARATOR;
    return is_alphanumeric(at->left) && (is_white_space(at->right) || is_punctuation(at->right));
}

/* A single space between two characters that are neither spaces nor what spaces become. */
static bool stands_at_space(const cutter_t *cutter, const place_t *at)
{
    size_t size;
    uint32_t mark = cutter->mark_size ? utf8_at(cutter->mark, &size) : ' ';
    return at->right == ' ' && !is_white_space(at->left) && !is_white_space(at->next) &&
           at->left != mark && at->next != mark;
}

/* Whether the model leaves the place between left and a space as it is. */
static bool merges_break(const cutter_t *cutter, const place_t *at)
{
    char text[4 + MARK];
    memcpy(text, at->before, at->size);
    memcpy(text + at->size, cutter->mark, cutter->mark_size);
    return bpe_part(cutter->tokenizer->bpe, text, at->size + cutter->mark_size) == at->size;
}

static bool fits(const cutter_t *cutter, const char *text, size_t where)
{
    size_t size, next;
    place_t at = {.size = utf8_size_before(text, where)};
    at.before = text + where - at.size;
    at.left = utf8_at(at.before, &size);
    at.right = utf8_at(text + where, &size);
    at.next = utf8_at(text + where + size, &next);
    if (cutter->words && !cutter->spaced) return pattern_breaks(&at);
    if (!stands_at_space(cutter, &at)) return false;
    return cutter->by_merges ? merges_break(cutter, &at) : true;
}

/* ---- what is near it ---- */

/* Whether any added token occurs, also where it would not count as one. */
static bool holds(const added_t *added, const char *text, size_t length)
{
    added_cursor_t cursor = {.text = text, .length = length};
    size_t gap, start, end;
    int32_t id;
    if (added_next(added, &cursor, &gap, &start, &end, &id)) return true;
    /* What must stand alone and does not is passed over, and may hide another. */
    for (size_t i = 0; i < added->count; i++)
        if (added->entry[i].options.single_word &&
            memmem(text, length, added->arena.data + added->entry[i].text, added->entry[i].length))
            return true;
    return false;
}

/* Whether normalisation does not reach across the place, and no added token is near it: one that
 * spans it, strips white space across it, or must stand alone and would look so. */
static status_t is_quiet(cutter_t *cutter, const char *text, size_t length, size_t where,
                         bool *quiet)
{
    tokenizer_t *tokenizer = cutter->tokenizer;
    const nfc_t *nfc = tokenizer->normalizer.nfc;
    size_t left = utf8_size_before(text, where), both = left + utf8_size(text[where]);
    size_t first = where > cutter->margin ? where - cutter->margin : 0;
    size_t last = length - where > cutter->margin ? where + cutter->margin : length;
    while (!utf8_starts(text[first])) first--;
    while (last < length && !utf8_starts(text[last])) last++;
    piece_t around = {.bytes = text + first, .length = last - first};
    *quiet = (!nfc || nfc_normal_prefix(nfc, text + where - left, both) == both) &&
             !holds(&tokenizer->raw, around.bytes, around.length) &&
             !holds(&tokenizer->normalized, around.bytes, around.length);
    if (!*quiet || tokenizer->normalized.count == 0) return NULL;
    status_t status = normalizer_apply(&tokenizer->normalizer, false, &around);
    if (!status) *quiet = !holds(&tokenizer->normalized, around.bytes, around.length);
    return status;
}

status_t cutter_next(cutter_t *cutter, const char *text, size_t length, size_t from, cut_t *cut,
                     bool *found)
{
    status_t status = NULL;
    *found = false;
    if (cutter->never || length < cutter->margin) return NULL;
    if (from == 0) from = 1;
    while (from < length && !utf8_starts(text[from])) from++;
    /* What follows the place must be in sight, so that it is the same wherever the text stops. */
    size_t bound = length - cutter->margin;
    for (size_t at = from; !status && !*found && at < bound; at += utf8_size(text[at])) {
        if (!fits(cutter, text, at)) continue;
        status = is_quiet(cutter, text, length, at, found);
        if (*found) *cut = (cut_t){at, at + (cutter->skips ? 1 : 0)};
    }
    return status;
}

/* ---- the parts ---- */

status_t cutter_encode(tokenizer_t *tokenizer, const char *text, size_t length, int flags,
                       bool begins, bool ends, encoding_t *encoding)
{
    if (!(flags & ENCODE_SPECIAL) || (begins && ends))
        return tokenizer_encode(tokenizer, text, length, flags, encoding);
    const ids_t none = {0};
    const ids_t *before = begins ? &tokenizer->finisher.before : &none;
    const ids_t *after = ends ? &tokenizer->finisher.after : &none;
    status_t status = tokenizer_encode(tokenizer, text, length,
                                       flags & ~(ENCODE_SPECIAL | ENCODE_OFFSETS), encoding);
    size_t count = encoding->count, added = before->count + after->count;
    if (!status && added)
        status = mem_grow(&encoding->id, &encoding->id_capacity, count + added, "tokens");
    if (status || !added) return status;
    memmove(encoding->id + before->count, encoding->id, count * sizeof *encoding->id);
    if (before->count) memcpy(encoding->id, before->id, before->count * sizeof *encoding->id);
    if (after->count)
        memcpy(encoding->id + before->count + count, after->id,
               after->count * sizeof *encoding->id);
    encoding->count = count + added;
    return NULL;
}
