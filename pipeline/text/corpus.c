#include "text/corpus.h"

#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "text/json_lines.h"
#include "text/lines.h"

struct corpus {
    corpus_options_t options;
    size_t file;     /* index of the next file */
    lines_t *lines;  /* of the one before it; NULL: none is open */
    uint64_t passed; /* bytes of files that are done with */
    str_t clean;     /* a line with its invalid bytes replaced */
    int64_t taken;   /* documents, or rows that were joined */
    bool joined;     /* the one document was begun */
    size_t start;    /* of the current document, or part of one, in the caller's text */
    size_t most;     /* bytes of a part */
    bool in_row;     /* a row of a whole file goes on */
    bool in_document;
    origin_t origin; /* of the current document */
};

const char *corpus_format(const config_t *config, const char *name)
{
    static const char *const known[][2] = {
        {".jsonl", "jsonl"}, {".jsonl.gz", "jsonl"}, {".jsonl.zst", "jsonl"},
        {".npy", "npy"},     {".bin", "megatron"},
    };
    const char *given = config_text(config, config_path("corpora.%s.format", name));
    const char *const *files;
    if (given || config_texts(config, config_path("corpora.%s.files", name), &files) == 0)
        return given ? given : "text";
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (has_suffix(files[0], known[i][0])) return known[i][1];
    return "text";
}

void corpus_configure(const config_t *config, const char *name, corpus_options_t *options)
{
    static const char *const kinds[] = {"file", "line", "paragraph", "huggingface"};
    const char *rows = config_text(config, config_path("corpora.%s.rows", name));
    const char *invalid = config_text(config, config_path("corpora.%s.on_invalid", name));
    *options = (corpus_options_t){
        .json = strcmp(corpus_format(config, name), "jsonl") == 0,
        .field = config_text(config, config_path("corpora.%s.field", name)),
        .join = config_text(config, config_path("corpora.%s.join", name)),
        .limit = config_integer(config, config_path("corpora.%s.limit", name)),
        .replace = strcmp(invalid, "replace") == 0,
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(rows, kinds[i]) == 0) options->rows = (rows_t)i;
}

status_t corpus_open(const corpus_options_t *options, corpus_t **corpus)
{
    status_t status = mem_new(corpus, 1, "corpus");
    if (!status) (*corpus)->options = *options;
    return status;
}

void corpus_close(corpus_t **corpus)
{
    if (!*corpus) return;
    lines_close(&(*corpus)->lines);
    str_free(&(*corpus)->clean);
    mem_free(corpus);
}

uint64_t corpus_position(const corpus_t *corpus)
{
    return corpus->passed + (corpus->lines ? lines_position(corpus->lines) : 0);
}

/* The next line of the open file in valid UTF-8; *length is 0 at the file's end. */
static status_t next_line(corpus_t *corpus, const char **line, size_t *length)
{
    status_t status = lines_next(corpus->lines, line, length);
    if (status || *length == 0) return status;
    if (!corpus->options.replace) return lines_check_utf8(corpus->lines, *line, *length);
    if (utf8_valid_prefix(*line, *length) == *length) return NULL;
    str_clear(&corpus->clean);
    status = utf8_replace_invalid(*line, *length, &corpus->clean);
    *line = corpus->clean.data;
    *length = corpus->clean.length;
    return status;
}

static status_t append(corpus_t *corpus, str_t *text, const char *bytes, size_t length)
{
    size_t held = text->length - corpus->start;
    if (corpus->most == SIZE_MAX && (held > DOCUMENT_BYTES || length > DOCUMENT_BYTES - held))
        return status_new(EXIT_INPUT,
                          "%s: a document of more than %zu GiB; cut it by rows, without join",
                          corpus->options.files->item[corpus->file ? corpus->file - 1 : 0],
                          DOCUMENT_BYTES >> 30);
    status_t status = corpus->lines ? lines_check_held(corpus->lines, held + length) : NULL;
    return status ? status : str_append(text, bytes, length);
}

/* ---- one row of the open file; *found is false at the file's end ---- */

static status_t row_line(corpus_t *corpus, str_t *text, bool *found)
{
    const char *line;
    size_t length;
    status_t status = next_line(corpus, &line, &length);
    *found = !status && length;
    if (*found) status = append(corpus, text, line, line_text(line, length));
    return status;
}

static status_t row_huggingface(corpus_t *corpus, str_t *text, bool *found)
{
    const char *line;
    size_t length;
    status_t status = next_line(corpus, &line, &length);
    *found = !status && length;
    if (*found && !line_is_blank(line, length)) status = append(corpus, text, line, length);
    return status;
}

static bool is_full(const corpus_t *corpus, const str_t *text)
{
    return text->length - corpus->start >= corpus->most;
}

/* A file has one row, be it empty: found at its beginning, and where it goes on. */
static status_t row_file(corpus_t *corpus, str_t *text, bool *found)
{
    const char *line;
    size_t length;
    status_t status = NULL;
    *found = corpus->in_row || lines_number(corpus->lines) == 0;
    corpus->in_row = *found;
    while (!status && corpus->in_row && !is_full(corpus, text)) {
        status = next_line(corpus, &line, &length);
        if (!status && length) status = append(corpus, text, line, length);
        if (!length) corpus->in_row = false;
    }
    if (!status && *found && !corpus->in_row) {
        corpus->passed += lines_position(corpus->lines);
        lines_close(&corpus->lines);
    }
    return status;
}

static status_t row_paragraph(corpus_t *corpus, str_t *text, origin_t *origin, bool *found)
{
    const char *line;
    size_t length, held = 0; /* bytes of the newline that is kept only if a line follows */
    *found = false;
    status_t status = next_line(corpus, &line, &length);
    while (!status && length && line_is_blank(line, length))
        status = next_line(corpus, &line, &length);
    origin->line = lines_number(corpus->lines);
    while (!status && length && !line_is_blank(line, length)) {
        *found = true;
        held = length - line_text(line, length);
        status = append(corpus, text, line, length);
        if (!status) status = next_line(corpus, &line, &length);
    }
    if (!status && *found) text->data[text->length -= held] = '\0';
    return status;
}

static status_t row_json(corpus_t *corpus, str_t *text, bool *found)
{
    json_t *object;
    const char *value;
    size_t length;
    status_t status = json_lines_next(corpus->lines, corpus->options.replace, &object);
    *found = !status && object;
    if (*found)
        status =
            json_lines_text(corpus->lines, object, corpus->options.field, false, &value, &length);
    if (!status && *found) status = append(corpus, text, value, length);
    json_decref(object);
    return status;
}

static status_t row_of_file(corpus_t *corpus, str_t *text, origin_t *origin, bool *found)
{
    origin->line = lines_number(corpus->lines) + 1;
    if (corpus->options.json) return row_json(corpus, text, found);
    switch (corpus->options.rows) {
    case ROWS_FILE: return row_file(corpus, text, found);
    case ROWS_LINE: return row_line(corpus, text, found);
    case ROWS_PARAGRAPH: return row_paragraph(corpus, text, origin, found);
    default: return row_huggingface(corpus, text, found);
    }
}

/* Appends the next row of all files. */
static status_t next_row(corpus_t *corpus, str_t *text, origin_t *origin, bool *found)
{
    const strings_t *files = corpus->options.files;
    status_t status = NULL;
    *found = false;
    while (!status && !*found) {
        if (!corpus->lines) {
            if (corpus->file == files->count) break;
            status = lines_open(files->item[corpus->file++], &corpus->lines);
            if (status) break;
        }
        origin->file = (int64_t)corpus->file - 1;
        status = row_of_file(corpus, text, origin, found);
        if (!status && !*found) {
            corpus->passed += lines_position(corpus->lines);
            lines_close(&corpus->lines);
        }
    }
    return status;
}

/* ---- documents ---- */

static bool limited(const corpus_t *corpus)
{
    return corpus->options.limit && corpus->taken == corpus->options.limit;
}

static status_t next_joined(corpus_t *corpus, str_t *text, bool *ends, bool *found)
{
    const char *join = corpus->options.join;
    status_t status = NULL;
    bool more = true;
    *found = corpus->in_document;
    *ends = false;
    if (corpus->joined && !corpus->in_document) return NULL;
    corpus->joined = true;
    while (!status && more && !is_full(corpus, text)) {
        /* The separator is taken back where no row follows. */
        size_t before = text->length;
        origin_t here;
        bool goes_on = corpus->in_row;
        more = goes_on || !limited(corpus);
        if (more && !goes_on && corpus->taken) status = append(corpus, text, join, strlen(join));
        if (!status && more) status = next_row(corpus, text, &here, &more);
        if (!status && !more && text->length > before) text->data[text->length = before] = '\0';
        if (status || !more) break;
        if (!goes_on && corpus->taken++ == 0) corpus->origin = here;
        *found = true;
    }
    *ends = !more;
    return status;
}

static status_t next_separate(corpus_t *corpus, str_t *text, bool *ends, bool *found)
{
    status_t status = NULL;
    *found = false;
    *ends = true;
    if (!corpus->in_document && limited(corpus)) return NULL;
    origin_t here = {0, 0};
    do status = next_row(corpus, text, &here, found);
    while (!status && *found && !corpus->in_document && text->length == corpus->start);
    *ends = !corpus->in_row;
    if (!*found || corpus->in_document) return status;
    corpus->origin = here;
    corpus->taken++;
    return status;
}

status_t corpus_next_part(corpus_t *corpus, size_t most, str_t *text, origin_t *origin, bool *ends,
                          bool *found)
{
    corpus->start = text->length;
    corpus->most = most;
    status_t status = corpus->options.join ? next_joined(corpus, text, ends, found)
                                           : next_separate(corpus, text, ends, found);
    corpus->in_document = !status && *found && !*ends;
    *origin = corpus->origin;
    return status;
}

status_t corpus_next(corpus_t *corpus, str_t *text, origin_t *origin, bool *found)
{
    bool ends;
    return corpus_next_part(corpus, SIZE_MAX, text, origin, &ends, found);
}
