#include "text/minimal_pairs.h"

#include "core/memory.h"
#include "text/input.h"
#include "text/json_lines.h"

struct minimal_pairs {
    lines_t *lines;
    minimal_pair_keys_t keys;
    char *stem;
    json_t *object; /* holds the last pair's texts */
};

status_t minimal_pairs_open(const char *path, const minimal_pair_keys_t *keys,
                            minimal_pairs_t **pairs)
{
    status_t status = mem_new(pairs, 1, "pair reader");
    if (status) return status;
    (*pairs)->keys = *keys;
    status = lines_open(path, &(*pairs)->lines);
    if (!status) status = input_stem(path, &(*pairs)->stem);
    if (status) minimal_pairs_close(pairs);
    return status;
}

void minimal_pairs_close(minimal_pairs_t **pairs)
{
    if (!*pairs) return;
    lines_close(&(*pairs)->lines);
    json_decref((*pairs)->object);
    mem_free(&(*pairs)->stem);
    mem_free(pairs);
}

status_t minimal_pairs_next(minimal_pairs_t *pairs, minimal_pair_t *pair, bool *found)
{
    const lines_t *lines = pairs->lines;
    const minimal_pair_keys_t *keys = &pairs->keys;
    size_t length;
    json_decref(pairs->object);
    pairs->object = NULL;
    status_t status = json_lines_next(pairs->lines, false, &pairs->object);
    const json_t *object = pairs->object;
    *found = !status && object;
    if (!*found) return status;
    *pair = (minimal_pair_t){.line = lines_number(lines)};
    status = json_lines_text(lines, object, keys->good, false, &pair->good, &pair->good_length);
    if (!status)
        status = json_lines_text(lines, object, keys->bad, false, &pair->bad, &pair->bad_length);
    if (!status) status = json_lines_text(lines, object, keys->term, true, &pair->term, &length);
    if (!status && pair->term && length > MINIMAL_PAIR_TERM_BYTES)
        status = status_new(EXIT_INPUT, "%s:%lld: \"%s\" holds %zu bytes, at most %d are expected",
                            lines_path(lines), (long long)pair->line, keys->term, length,
                            MINIMAL_PAIR_TERM_BYTES);
    if (!pair->term) pair->term = pairs->stem;
    return status;
}

uint64_t minimal_pairs_position(const minimal_pairs_t *pairs)
{
    return lines_position(pairs->lines);
}
