#include "text/nfc.h"

#include <string.h>
#include <utf8proc.h>

#include "core/memory.h"
#include "text/pairs.h"
#include "text/unicode9.h"
#include "text/utf8.h"

enum { CODE_POINTS = 0x110000, FIRST_ACTIVE = 0x300 };
enum {
    HANGUL = 0xac00,
    HANGUL_COUNT = 11172,
    LEAD = 0x1100,
    LEADS = 19,
    VOWEL = 0x1161,
    VOWELS = 21,
    TRAIL = 0x11a7,
    TRAILS = 28
};

/* A character of the text that is being put in order: its combining class, and as the library
 * counts it, how far it moves along the original: it stands for 1 - change characters of it. */
typedef struct {
    uint32_t code_point;
    uint8_t class;
    int32_t change;
} unit_t;

struct nfc {
    pairs_t composites;                /* (first, second) -> composed character */
    uint64_t active[CODE_POINTS / 64]; /* may change, or change with what is before it */
    uint64_t marks[CODE_POINTS / 64];  /* Unicode 9 gives them a combining class */
    uint64_t decomposing[CODE_POINTS / 64];
    unit_t *unit, *sorted; /* the stretch at hand */
    size_t units, unit_capacity, sorted_capacity;
};

static bool has(const uint64_t *set, uint32_t code_point)
{
    return set[code_point / 64] >> code_point % 64 & 1;
}

static void add(uint64_t *set, uint32_t code_point)
{
    set[code_point / 64] |= (uint64_t)1 << code_point % 64;
}

static void add_ranges(uint64_t *set, const code_range_t *range, size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (uint32_t c = range[i].first; c <= range[i].last; c++) add(set, c);
}

static uint8_t class_of(const nfc_t *nfc, uint32_t code_point)
{
    if (code_point < FIRST_ACTIVE || !has(nfc->marks, code_point)) return 0;
    return (uint8_t)utf8proc_get_property((utf8proc_int32_t)code_point)->combining_class;
}

/* The full canonical decomposition of a character in the decomposing set. */
static size_t decompose(uint32_t code_point, utf8proc_int32_t part[8])
{
    int last = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char((utf8proc_int32_t)code_point, part, 8, UTF8PROC_DECOMPOSE, &last);
    return count < 0 || count > 8 ? 0 : (size_t)count;
}

/* The composed form of a decomposition by itself. */
static size_t recompose(const utf8proc_int32_t *part, size_t count, utf8proc_int32_t whole[8])
{
    memcpy(whole, part, count * sizeof *part);
    utf8proc_ssize_t left = utf8proc_normalize_utf32(whole, (utf8proc_ssize_t)count,
                                                     UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    return left < 0 ? 0 : (size_t)left;
}

/* A character that is its own normal form composes from its decomposition's last character and
 * what those before it compose to; the others are exclusions and only ever fall apart. */
static void learn_composite(nfc_t *nfc, uint32_t code_point)
{
    utf8proc_int32_t part[8], whole[8];
    size_t count = decompose(code_point, part);
    bool stays =
        count >= 2 && recompose(part, count, whole) == 1 && (uint32_t)whole[0] == code_point;
    if (!stays) {
        add(nfc->active, code_point);
        return;
    }
    if (recompose(part, count - 1, whole) != 1) return;
    pairs_set(&nfc->composites, whole[0], part[count - 1], code_point);
    add(nfc->active, (uint32_t)part[count - 1]);
}

status_t nfc_create(nfc_t **nfc)
{
    enum { COMPOSITES = 2048 };
    status_t status = mem_new(nfc, 1, "normaliser");
    if (!status) status = pairs_create(&(*nfc)->composites, COMPOSITES);
    if (status) {
        nfc_destroy(nfc);
        return status;
    }
    add_ranges((*nfc)->marks, unicode9_marks, sizeof unicode9_marks / sizeof *unicode9_marks);
    add_ranges((*nfc)->active, unicode9_marks, sizeof unicode9_marks / sizeof *unicode9_marks);
    size_t ranges = sizeof unicode9_decomposing / sizeof *unicode9_decomposing;
    add_ranges((*nfc)->decomposing, unicode9_decomposing, ranges);
    for (size_t i = 0; i < ranges; i++)
        for (uint32_t c = unicode9_decomposing[i].first; c <= unicode9_decomposing[i].last; c++)
            learn_composite(*nfc, c);
    for (uint32_t c = VOWEL; c < VOWEL + VOWELS; c++) add((*nfc)->active, c);
    for (uint32_t c = TRAIL + 1; c < TRAIL + TRAILS; c++) add((*nfc)->active, c);
    return NULL;
}

void nfc_destroy(nfc_t **nfc)
{
    if (!*nfc) return;
    mem_free(&(*nfc)->composites.slot);
    mem_free(&(*nfc)->unit);
    mem_free(&(*nfc)->sorted);
    mem_free(nfc);
}

/* Start of the first active character at or after `at`, or length. */
static size_t find_active(const nfc_t *nfc, const char *text, size_t length, size_t at)
{
    enum { LEAD_OF_FIRST_ACTIVE = 0xcc };
    while (at < length) {
        unsigned char lead = (unsigned char)text[at];
        size_t size = utf8_size(text[at]);
        if (lead < 0x80) {
            at = ascii_end(text, length, at);
            continue;
        }
        if (lead >= LEAD_OF_FIRST_ACTIVE && has(nfc->active, utf8_at(text + at, &size))) return at;
        at += size;
    }
    return length;
}

/* The same for the first character that is not active. */
static size_t find_inert(const nfc_t *nfc, const char *text, size_t length, size_t at)
{
    size_t size;
    while (at < length && has(nfc->active, utf8_at(text + at, &size))) at += size;
    return at;
}

size_t nfc_normal_prefix(const nfc_t *nfc, const char *text, size_t length)
{
    return find_active(nfc, text, length, 0);
}

static uint32_t compose(const nfc_t *nfc, uint32_t first, uint32_t second)
{
    if (first - LEAD < LEADS && second - VOWEL < VOWELS)
        return HANGUL + ((first - LEAD) * VOWELS + (second - VOWEL)) * TRAILS;
    if (first - HANGUL < HANGUL_COUNT && (first - HANGUL) % TRAILS == 0 && second > TRAIL &&
        second - TRAIL < TRAILS)
        return first + (second - TRAIL);
    uint32_t whole = pairs_get(&nfc->composites, (int32_t)first, (int32_t)second);
    return whole == RANK_NONE ? 0 : whole;
}

static status_t push(nfc_t *nfc, uint32_t code_point, int32_t change)
{
    status_t status = mem_grow(&nfc->unit, &nfc->unit_capacity, nfc->units + 1, "normalised text");
    if (!status) nfc->unit[nfc->units++] = (unit_t){code_point, class_of(nfc, code_point), change};
    return status;
}

static status_t decompose_stretch(nfc_t *nfc, const char *text, size_t length)
{
    status_t status = NULL;
    size_t size;
    nfc->units = 0;
    for (size_t at = 0; !status && at < length; at += size) {
        uint32_t c = utf8_at(text + at, &size);
        utf8proc_int32_t part[8];
        size_t parts = 0;
        bool apart = c - HANGUL < HANGUL_COUNT || has(nfc->decomposing, c);
        if (apart) parts = decompose(c, part);
        if (parts == 0) status = push(nfc, c, 0);
        for (size_t i = 0; !status && i < parts; i++) status = push(nfc, (uint32_t)part[i], i > 0);
    }
    return status;
}

/* Puts each run of marks in the order of their classes, keeping that of equals: a counting sort,
 * since a run may be as long as the text. */
static status_t sort_marks(nfc_t *nfc)
{
    status_t status = mem_grow(&nfc->sorted, &nfc->sorted_capacity, nfc->units, "normalised text");
    size_t end;
    for (size_t at = 0; !status && at < nfc->units; at = end) {
        end = at + 1;
        if (nfc->unit[at].class == 0) continue;
        bool ordered = true;
        for (; end < nfc->units && nfc->unit[end].class; end++)
            if (nfc->unit[end].class < nfc->unit[end - 1].class) ordered = false;
        if (ordered) continue;
        size_t place[257] = {0};
        for (size_t i = at; i < end; i++) place[nfc->unit[i].class + 1]++;
        for (int c = 1; c < 257; c++) place[c] += place[c - 1];
        for (size_t i = at; i < end; i++) nfc->sorted[place[nfc->unit[i].class]++] = nfc->unit[i];
        memcpy(nfc->unit + at, nfc->sorted, (end - at) * sizeof *nfc->unit);
    }
    return status;
}

/* Composes in place. A mark composes with the last starter unless one between them that stayed
 * has its class or a higher one. */
static void compose_stretch(nfc_t *nfc)
{
    size_t kept = 0;
    ptrdiff_t starter = -1;
    int last_class = -1;
    for (size_t i = 0; i < nfc->units; i++) {
        unit_t unit = nfc->unit[i];
        if (starter >= 0 && last_class < (int)unit.class) {
            uint32_t whole = compose(nfc, nfc->unit[starter].code_point, unit.code_point);
            if (whole) {
                nfc->unit[starter].code_point = whole;
                nfc->unit[starter].change += unit.change - 1;
                continue;
            }
        }
        if (unit.class == 0) starter = (ptrdiff_t)kept;
        last_class = unit.class == 0 ? -1 : unit.class;
        nfc->unit[kept++] = unit;
    }
    nfc->units = kept;
}

/* Appends the units; they begin at the piece's character *at, which moves on. */
static status_t emit_stretch(const nfc_t *nfc, const piece_t *piece, int64_t *at, mapped_t *out)
{
    status_t status = NULL;
    for (size_t i = 0; !status && i < nfc->units; i++) {
        char bytes[4];
        size_t size = utf8_encode(nfc->unit[i].code_point, bytes);
        int32_t change = nfc->unit[i].change;
        int64_t from = change > 0 ? *at - 1 : *at;
        status = mapped_insert(out, bytes, size, out->tracked ? piece_origin(piece, from) : 0);
        if (change <= 0) *at += 1 - change;
    }
    return status;
}

status_t nfc_apply(nfc_t *nfc, const piece_t *piece, mapped_t *out)
{
    const char *text = piece->bytes;
    size_t done = 0;
    int64_t at = 0; /* the character at done */
    status_t status = NULL;
    while (!status && done < piece->length) {
        /* A stretch: from the last character that stays before an active one to the next. */
        size_t start = find_active(nfc, text, piece->length, done);
        if (start > done && start < piece->length) start -= utf8_size_before(text, start);
        status = mapped_copy(out, text + done, start - done, piece, at);
        if (out->tracked) at += utf8_count(text + done, start - done);
        done = start;
        if (status || done == piece->length) break;
        size_t size = utf8_size(text[start]);
        size_t end = find_inert(nfc, text, piece->length, start + size);
        status = decompose_stretch(nfc, text + start, end - start);
        if (!status) status = sort_marks(nfc);
        if (status) break;
        compose_stretch(nfc);
        status = emit_stretch(nfc, piece, &at, out);
        done = end;
    }
    return status;
}
