#include "text/tse_pairs.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/pickle.h"
#include "text/lines.h"

struct tse_pairs {
    char *path;
    pickle_t *pickle;
    uint64_t allowed; /* bytes of sentences that may still come */
    size_t at;        /* in the dict: index of the current case's key */
    size_t item;      /* in its list: the next tuple */
    str_t good, bad;
};

/* --- the file ---------------------------------------------------------------------------------- */

/* A dict of texts to lists; the lists' items are checked as they come. */
static status_t check_form(const tse_pairs_t *pairs)
{
    const pickle_t *pickle = pairs->pickle;
    pickle_ref_t root = pickle_root(pickle);
    if (pickle_kind(pickle, root) != PICKLE_DICT)
        return status_new(EXIT_INPUT, "%s: holds %s, a dict of cases is expected", pairs->path,
                          pickle_kind_name(pickle_kind(pickle, root)));
    for (size_t i = 0; i < pickle_items(pickle, root); i += 2) {
        pickle_ref_t key = pickle_item(pickle, root, i), list = pickle_item(pickle, root, i + 1);
        size_t length = 0;
        if (pickle_kind(pickle, key) != PICKLE_TEXT)
            return status_new(EXIT_INPUT, "%s: a case's name is %s, a text is expected",
                              pairs->path, pickle_kind_name(pickle_kind(pickle, key)));
        const char *name = pickle_text(pickle, key, &length);
        if (!length || length > MINIMAL_PAIR_TERM_BYTES || strlen(name) != length ||
            utf8_valid_prefix(name, length) < length)
            return status_new(EXIT_INPUT, "%s: a case's name is not UTF-8 of 1 to %d bytes",
                              pairs->path, MINIMAL_PAIR_TERM_BYTES);
        if (pickle_kind(pickle, list) != PICKLE_LIST)
            return status_new(EXIT_INPUT, "%s: case \"%s\": holds %s, a list is expected",
                              pairs->path, name, pickle_kind_name(pickle_kind(pickle, list)));
    }
    return NULL;
}

status_t tse_pairs_open(const char *path, tse_pairs_t **pairs)
{
    str_t bytes = {0};
    status_t status = mem_new(pairs, 1, "pair reader");
    if (status) return status;
    status = str_copy(&(*pairs)->path, path);
    if (!status) status = file_read(path, TSE_FILE_BYTES, &bytes);
    if (!status) status = pickle_parse(path, bytes.data, bytes.length, NULL, &(*pairs)->pickle);
    if (!status) status = check_form(*pairs);
    (*pairs)->allowed = (uint64_t)bytes.length * TSE_EXPANSION;
    str_free(&bytes);
    if (status) tse_pairs_close(pairs);
    return status;
}

void tse_pairs_close(tse_pairs_t **pairs)
{
    if (!*pairs) return;
    pickle_destroy(&(*pairs)->pickle);
    str_free(&(*pairs)->good);
    str_free(&(*pairs)->bad);
    mem_free(&(*pairs)->path);
    mem_free(pairs);
}

/* --- its pairs ----------------------------------------------------------------------------------- */

static const char *case_name(const tse_pairs_t *pairs)
{
    const pickle_t *pickle = pairs->pickle;
    return pickle_text(pickle, pickle_item(pickle, pickle_root(pickle), pairs->at), NULL);
}

static status_t wrong(const tse_pairs_t *pairs, const char *what)
{
    return status_new(EXIT_INPUT, "%s: case \"%s\", pair %zu: %s", pairs->path, case_name(pairs),
                      pairs->item, what);
}

static status_t wrong_kind(const tse_pairs_t *pairs, pickle_ref_t value, const char *expected)
{
    return status_new(EXIT_INPUT, "%s: case \"%s\", pair %zu: %s, %s is expected", pairs->path,
                      case_name(pairs), pairs->item,
                      pickle_kind_name(pickle_kind(pairs->pickle, value)), expected);
}

/* Takes so many bytes from what all pairs together may hold. */
static status_t spend(tse_pairs_t *pairs, size_t bytes)
{
    if (bytes > pairs->allowed)
        return wrong(pairs, "all pairs together hold over 100 times the bytes of the file");
    pairs->allowed -= bytes;
    return NULL;
}

/* text = bytes, valid UTF-8, with runs of white space made one space, and none at the ends. */
static status_t collapse(const char *bytes, size_t length, str_t *text)
{
    bool pending = false; /* white space, which a word has yet to follow */
    uint32_t unused;
    status_t status = NULL;
    str_clear(text);
    for (size_t at = 0, n; !status && at < length; at += n) {
        n = utf8_decode(bytes + at, length - at, &unused);
        if (line_is_blank(bytes + at, n)) {
            pending = text->length > 0;
            continue;
        }
        if (pending) status = str_append(text, " ", 1);
        if (!status) status = str_append(text, bytes + at, n);
        pending = false;
    }
    return status;
}

/* The sentence that an item of a tuple holds: empty where it holds none. */
static status_t read_sentence(tse_pairs_t *pairs, pickle_ref_t item, str_t *text)
{
    const pickle_t *pickle = pairs->pickle;
    size_t length = 0;
    str_clear(text);
    if (pickle_kind(pickle, item) == PICKLE_NONE) return NULL;
    if (pickle_kind(pickle, item) != PICKLE_TEXT) return wrong_kind(pairs, item, "a text");
    const char *bytes = pickle_text(pickle, item, &length);
    if (length > TSE_SENTENCE_BYTES) return wrong(pairs, "a sentence of more than 64 KiB");
    if (utf8_valid_prefix(bytes, length) < length) return wrong(pairs, "not UTF-8");
    status_t status = spend(pairs, length);
    if (!status) status = collapse(bytes, length, text);
    if (!status && text->length == 4 && memcmp(text->data, "None", 4) == 0) str_clear(text);
    return status;
}

/* The next tuple of any case, or *found false. */
static status_t next_tuple(tse_pairs_t *pairs, pickle_ref_t *tuple, bool *found)
{
    const pickle_t *pickle = pairs->pickle;
    pickle_ref_t root = pickle_root(pickle);
    *found = false;
    for (; pairs->at < pickle_items(pickle, root); pairs->at += 2, pairs->item = 0) {
        pickle_ref_t list = pickle_item(pickle, root, pairs->at + 1);
        if (pairs->item == pickle_items(pickle, list)) continue;
        *tuple = pickle_item(pickle, list, pairs->item++);
        *found = true;
        if (pickle_kind(pickle, *tuple) != PICKLE_TUPLE)
            return wrong_kind(pairs, *tuple, "a tuple");
        if (pickle_items(pickle, *tuple) != 2 && pickle_items(pickle, *tuple) != 3)
            return wrong(pairs, "a tuple of other than 2 or 3 texts");
        return spend(pairs, 1); /* so that pairs without a text have their bound, too */
    }
    return NULL;
}

status_t tse_pairs_next(tse_pairs_t *pairs, minimal_pair_t *pair, bool *found)
{
    const pickle_t *pickle = pairs->pickle;
    pickle_ref_t tuple = 0;
    status_t status = NULL;
    do {
        status = next_tuple(pairs, &tuple, found);
        if (status || !*found) return status;
        status = read_sentence(pairs, pickle_item(pickle, tuple, 0), &pairs->good);
        if (!status)
            status = read_sentence(
                pairs, pickle_item(pickle, tuple, pickle_items(pickle, tuple) - 1), &pairs->bad);
    } while (!status && (!pairs->good.length || !pairs->bad.length));
    *pair = (minimal_pair_t){.good = pairs->good.data,
                             .bad = pairs->bad.data,
                             .good_length = pairs->good.length,
                             .bad_length = pairs->bad.length,
                             .term = case_name(pairs),
                             .line = (int64_t)pairs->item};
    return status;
}
