#include "text/split.h"

#include <string.h>

#include "core/memory.h"
#include "text/normalize.h"
#include "text/utf8.h"

status_t splitter_add(splitter_t *splitter, split_kind_t kind, split_step_t **step)
{
    enum { MOST = 64 };
    if (splitter->count == MOST)
        return status_new(EXIT_INPUT, "pre_tokenizer: more than %d steps", MOST);
    status_t status =
        mem_grow(&splitter->step, &splitter->capacity, splitter->count + 1, "pre-tokenizer");
    if (status) return status;
    *step = &splitter->step[splitter->count++];
    **step = (split_step_t){.kind = kind};
    return NULL;
}

status_t splitter_add_pattern(splitter_t *splitter, const char *pattern, bool literal)
{
    split_step_t *step = NULL;
    status_t status = splitter_add(splitter, SPLIT_PATTERN, &step);
    if (status || !step) return status;
    if (!literal) status = scanner_create(pattern, &step->scanner);
    if (status || step->scanner) return status;
    return pattern_create(pattern, literal, &step->pattern);
}

void splitter_free(splitter_t *splitter)
{
    for (size_t i = 0; i < splitter->count; i++) {
        scanner_destroy(&splitter->step[i].scanner);
        pattern_destroy(&splitter->step[i].pattern);
        mapped_free(&splitter->step[i].text[0]);
        mapped_free(&splitter->step[i].text[1]);
    }
    mem_free(&splitter->step);
    *splitter = (splitter_t){0};
}

/* What stays the same while a text goes down the steps. */
typedef struct {
    splitter_t *splitter;
    bool tracked;
    word_sink_t sink;
} run_t;

static status_t run_step(const run_t *run, size_t index, const piece_t *piece);

/* Parts of a piece, handed to the next step in order. */
typedef struct {
    const run_t *run;
    size_t next; /* step */
    const piece_t *piece;
    size_t done;
    int64_t at; /* character at done */
} parts_t;

static status_t part_up_to(parts_t *parts, size_t end)
{
    if (end == parts->done) return NULL;
    piece_t part = piece_part(parts->piece, parts->done, end - parts->done, parts->at);
    if (parts->run->tracked) parts->at += utf8_count(part.bytes, part.length);
    parts->done = end;
    return run_step(parts->run, parts->next, &part);
}

static status_t split_by_pattern(const run_t *run, size_t index, pattern_t *pattern,
                                 const piece_t *piece)
{
    parts_t parts = {.run = run, .next = index + 1, .piece = piece};
    size_t from = 0, start, end;
    status_t status = NULL;
    while (!status && from < piece->length) {
        status = pattern_match(pattern, piece->bytes, piece->length, from, &start, &end);
        if (status || start > piece->length) break;
        /* An empty match cuts; the search then goes on one character further. */
        from = end > start || start == piece->length ? end : end + utf8_size(piece->bytes[end]);
        status = part_up_to(&parts, start);
        if (!status) status = part_up_to(&parts, end);
    }
    return status ? status : part_up_to(&parts, piece->length);
}

/* The shortest way through, which most text takes. */
static status_t scan_words(const run_t *run, const scanner_t *scanner, const piece_t *piece)
{
    enum { BATCH = 64 };
    size_t end[BATCH];
    status_t status = NULL;
    run->sink.begin(run->sink.self, piece);
    for (size_t at = 0; !status && at < piece->length;) {
        size_t count = 0, done = 0;
        for (; count < BATCH && at + done < piece->length; end[count++] = done)
            done = scanner_next(scanner, piece->bytes + at, piece->length - at, done);
        status =
            run->sink.take_many(run->sink.self, piece->bytes + at, end, count, piece->length - at);
        at += done;
    }
    return status;
}

static status_t split_by_scanner(const run_t *run, size_t index, const scanner_t *scanner,
                                 const piece_t *piece)
{
    parts_t parts = {.run = run, .next = index + 1, .piece = piece};
    status_t status = NULL;
    if (index + 1 == run->splitter->count) return scan_words(run, scanner, piece);
    while (!status && parts.done < piece->length)
        status = part_up_to(&parts, scanner_next(scanner, piece->bytes, piece->length, parts.done));
    return status;
}

static status_t split_by_metaspace(const run_t *run, size_t index, split_step_t *step,
                                   const piece_t *piece)
{
    const char *mark = step->replacement;
    size_t size = strlen(mark);
    mapped_clear(&step->text[0], run->tracked, SIZE_MAX);
    status_t status = replace_literal(piece, " ", 1, mark, size, &step->text[0]);
    if (status) return status;
    piece_t text = mapped_piece(&step->text[0]);
    bool begins = text.length >= size && memcmp(text.bytes, mark, size) == 0;
    bool wanted = step->prepend == PREPEND_ALWAYS ||
                  (step->prepend == PREPEND_FIRST && piece_origin(&text, 0) == 0);
    if (wanted && !begins) {
        mapped_clear(&step->text[1], run->tracked, SIZE_MAX);
        status = prepend_text(&text, mark, size, &step->text[1]);
        if (status) return status;
        text = mapped_piece(&step->text[1]);
    }
    if (!step->cut) return run_step(run, index + 1, &text);
    parts_t parts = {.run = run, .next = index + 1, .piece = &text};
    for (size_t at = 0; !status && at < text.length; at += utf8_size(text.bytes[at]))
        if (text.length - at >= size && memcmp(text.bytes + at, mark, size) == 0)
            status = part_up_to(&parts, at);
    return status ? status : part_up_to(&parts, text.length);
}

static status_t prefix_space(const run_t *run, size_t index, split_step_t *step,
                             const piece_t *piece)
{
    if (piece->bytes[0] == ' ') return run_step(run, index + 1, piece);
    mapped_clear(&step->text[0], run->tracked, SIZE_MAX);
    status_t status = prepend_text(piece, " ", 1, &step->text[0]);
    piece_t text = mapped_piece(&step->text[0]);
    return status ? status : run_step(run, index + 1, &text);
}

static status_t run_step(const run_t *run, size_t index, const piece_t *piece)
{
    if (piece->length == 0) return NULL;
    if (index == run->splitter->count) return run->sink.take(run->sink.self, piece);
    split_step_t *step = &run->splitter->step[index];
    switch (step->kind) {
    case SPLIT_PATTERN:
        return step->scanner ? split_by_scanner(run, index, step->scanner, piece)
                             : split_by_pattern(run, index, step->pattern, piece);
    case SPLIT_METASPACE: return split_by_metaspace(run, index, step, piece);
    case SPLIT_PREFIX: return prefix_space(run, index, step, piece);
    }
    return status_new(EXIT_BUG, "unknown pre-tokenizer step");
}

status_t splitter_apply(splitter_t *splitter, bool tracked, const piece_t *piece, word_sink_t sink)
{
    run_t run = {splitter, tracked, sink};
    return run_step(&run, 0, piece);
}
