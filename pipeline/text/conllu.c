#define _GNU_SOURCE /* memmem */
#include "text/conllu.h"

#include <string.h>

#include "core/memory.h"
#include "text/lines.h"
#include "text/utf8.h"

struct conllu {
    lines_t *lines;
    strings_t *upos, *deprel;
    bool ended;
    /* of the document */
    bool begun;         /* a sentence of it was closed */
    size_t start;       /* in the caller's text */
    int32_t characters; /* so far */
    int64_t first;      /* line of its first sentence */
    /* of the open sentence */
    bool open; /* it has a text */
    int64_t line;
    str_t sentence;
    size_t at; /* bytes of it that words have taken */
    int32_t at_characters;
    long last;    /* number of the last word that a range covers */
    bool waiting; /* the range's word was found, and takes the next word's tags */
    str_t found;  /* words of the sentence, counted from its start */
};

static const char *const upos_names[] = {"ADJ",   "ADP",   "ADV", "AUX",  "CCONJ", "DET",
                                         "INTJ",  "NOUN",  "NUM", "PART", "PRON",  "PROPN",
                                         "PUNCT", "SCONJ", "SYM", "VERB", "X",     "SPECIAL"};
static const char *const deprel_names[] = {"X", "SPECIAL"};

const token_column_t conllu_columns[CONLLU_COLUMNS] = {
    {"/upos", "tokens", "index", "Index into /upos_names of each token", 1},
    {"/deprel", "tokens", "index", "Index into /deprel_names of each token", 1},
    {"/offsets", "tokens ends", "character",
     "Start and end of each token in its document, in code points; equal where it covers no text",
     2},
};

/* ---- life ---- */

static status_t start_names(strings_t *names, const char *const *first, size_t count)
{
    status_t status = NULL;
    for (size_t i = 0; !status && names->count < count; i++)
        status = strings_append(names, first[i]);
    return status;
}

status_t conllu_open(const char *path, strings_t *upos, strings_t *deprel, conllu_t **conllu)
{
    status_t status = mem_new(conllu, 1, "tagged text");
    if (status) return status;
    (*conllu)->upos = upos;
    (*conllu)->deprel = deprel;
    status = lines_open(path, &(*conllu)->lines);
    if (!status) status = start_names(upos, upos_names, UPOS_SPECIAL + 1);
    if (!status) status = start_names(deprel, deprel_names, DEPREL_SPECIAL + 1);
    if (status) conllu_close(conllu);
    return status;
}

void conllu_close(conllu_t **conllu)
{
    if (!*conllu) return;
    lines_close(&(*conllu)->lines);
    str_free(&(*conllu)->sentence);
    str_free(&(*conllu)->found);
    mem_free(conllu);
}

uint64_t conllu_position(const conllu_t *conllu)
{
    return lines_position(conllu->lines);
}

static status_t wrong(const conllu_t *conllu, const char *what)
{
    return status_new(EXIT_INPUT, "%s:%lld: %s", lines_path(conllu->lines),
                      (long long)lines_number(conllu->lines), what);
}

/* ---- rows ---- */

typedef struct {
    const char *text;
    size_t length;
} column_t;

enum { ID, FORM, UPOS = 3, DEPREL = 7, COLUMNS = 10 };

static status_t split_row(const conllu_t *conllu, const char *row, size_t length,
                          column_t column[COLUMNS])
{
    size_t count = 0;
    const char *end = row + length;
    for (bool more = true; more && count < COLUMNS; count++) {
        const char *tab = memchr(row, '\t', (size_t)(end - row));
        column[count] = (column_t){row, (size_t)((tab ? tab : end) - row)};
        more = tab != NULL;
        if (more) row = tab + 1;
    }
    if (count == COLUMNS && column[FORM].length) return NULL;
    return wrong(conllu, "a row of ten columns with a word in it is expected");
}

/* A whole number; *end is what follows it. */
static bool read_number(const char *text, const char *limit, long *number, const char **end)
{
    enum { MOST = 1000000 };
    *number = 0;
    for (*end = text; *end < limit && **end >= '0' && **end <= '9' && *number <= MOST; (*end)++)
        *number = *number * 10 + (**end - '0');
    return *end > text && *number <= MOST;
}

/* first = last: a word; a range has last > first; *empty: an empty node. */
static status_t read_id(const conllu_t *conllu, const column_t *id, long *first, long *last,
                        bool *empty)
{
    const char *limit = id->text + id->length, *end;
    bool ok = read_number(id->text, limit, first, &end);
    *last = *first;
    *empty = ok && end < limit && *end == '.';
    if (*empty) return NULL;
    bool range = ok && end < limit && *end == '-';
    if (range) ok = read_number(end + 1, limit, last, &end) && *last > *first;
    if (ok && end == limit) return NULL;
    return wrong(conllu, "the first column is no word's number, range (3-4) or empty node (8.1)");
}

static status_t find_name(const conllu_t *conllu, strings_t *names, const column_t *name,
                          int32_t *index)
{
    /* Names repeat: few comparisons go far. */
    for (size_t i = 0; i < names->count; i++)
        if (strlen(names->item[i]) == name->length &&
            memcmp(names->item[i], name->text, name->length) == 0) {
            *index = (int32_t)i;
            return NULL;
        }
    if (names->count == CONLLU_NAMES || name->length > CONLLU_NAME_BYTES || name->length == 0 ||
        memchr(name->text, '\0', name->length))
        return wrong(conllu, "not a tag, or one of more than 1000 tags");
    *index = (int32_t)names->count;
    return strings_append_n(names, name->text, name->length);
}

/* Looks for a word in what is left of the sentence. */
static status_t find_word(conllu_t *conllu, const column_t *form, tagged_word_t *word, bool *found)
{
    const char *text = conllu->sentence.data + conllu->at;
    const char *place =
        memmem(text, conllu->sentence.length - conllu->at, form->text, form->length);
    *found = place != NULL;
    if (!place) return NULL;
    size_t before = (size_t)(place - text);
    word->start = conllu->at_characters + (int32_t)utf8_count(text, before);
    word->end = word->start + (int32_t)utf8_count(place, form->length);
    conllu->at += before + form->length;
    conllu->at_characters = word->end;
    return NULL;
}

static status_t set_tags(const conllu_t *conllu, const column_t *column, tagged_word_t *word)
{
    status_t status = find_name(conllu, conllu->upos, &column[UPOS], &word->upos);
    return status ? status : find_name(conllu, conllu->deprel, &column[DEPREL], &word->deprel);
}

static tagged_word_t *last_word(conllu_t *conllu)
{
    return (tagged_word_t *)(conllu->found.data + conllu->found.length) - 1;
}

static status_t take_row(conllu_t *conllu, const char *row, size_t length)
{
    column_t column[COLUMNS];
    long first, last;
    bool empty, found;
    tagged_word_t word = {0, 0, UPOS_X, DEPREL_X};
    if (!conllu->open) return wrong(conllu, "a word before its sentence's \"# text\"");
    status_t status = split_row(conllu, row, length, column);
    if (!status) status = read_id(conllu, &column[ID], &first, &last, &empty);
    if (status || empty) return status;
    bool range = last > first;
    if (!range && first <= conllu->last) { /* inside a range */
        if (!conllu->waiting) return NULL;
        conllu->waiting = false;
        return set_tags(conllu, column, last_word(conllu));
    }
    status = find_word(conllu, &column[FORM], &word, &found);
    if (!status && found && !range) status = set_tags(conllu, column, &word);
    if (!status && found) status = str_append(&conllu->found, (char *)&word, sizeof word);
    if (range) {
        conllu->last = last;
        conllu->waiting = found;
    }
    return status;
}

/* ---- sentences and documents ---- */

static status_t open_sentence(conllu_t *conllu, const char *text, size_t length)
{
    str_clear(&conllu->sentence);
    str_clear(&conllu->found);
    conllu->open = true;
    conllu->waiting = false;
    conllu->line = lines_number(conllu->lines);
    conllu->at = 0;
    conllu->at_characters = 0;
    conllu->last = 0;
    if (length > CONLLU_SENTENCE_BYTES)
        return wrong(conllu, "a sentence of more than 256 KiB is not supported");
    return str_append(&conllu->sentence, text, length);
}

/* Adds the open sentence to the document. */
static status_t close_sentence(conllu_t *conllu, str_t *text, str_t *words)
{
    if (!conllu->open) return NULL;
    conllu->open = false;
    if (!conllu->begun) conllu->first = conllu->line;
    bool joined = conllu->characters > 0;
    size_t count = conllu->found.length / sizeof(tagged_word_t);
    if (text->length - conllu->start + conllu->sentence.length >= INT32_MAX)
        return wrong(conllu, "a document of more than 2 GiB");
    status_t status = lines_check_held(conllu->lines, text->length - conllu->start);
    if (!status && joined) status = str_append(text, " ", 1);
    if (!status) status = str_append(text, conllu->sentence.data, conllu->sentence.length);
    int32_t base = conllu->characters + joined;
    for (size_t i = 0; !status && i < count; i++) {
        tagged_word_t word;
        memcpy(&word, conllu->found.data + i * sizeof word, sizeof word);
        word.start += base;
        word.end += base;
        status = str_append(words, (char *)&word, sizeof word);
    }
    str_clear(&conllu->found);
    conllu->characters = base + (int32_t)utf8_count(conllu->sentence.data, conllu->sentence.length);
    conllu->begun = true;
    return status;
}

static bool starts_with(const char *line, size_t length, const char *start)
{
    return length >= strlen(start) && memcmp(line, start, strlen(start)) == 0;
}

/* *ended: the document ended before this line. */
static status_t take_line(conllu_t *conllu, const char *line, size_t length, str_t *text,
                          str_t *words, bool *ended)
{
    static const char mark[] = "# text = ";
    if (starts_with(line, length, "# newdoc")) {
        /* What was opened and has no words is of the new document. */
        status_t status = conllu->found.length ? close_sentence(conllu, text, words) : NULL;
        *ended = conllu->begun;
        return status;
    }
    if (starts_with(line, length, mark)) {
        size_t skipped = sizeof mark - 1;
        status_t status = close_sentence(conllu, text, words);
        return status ? status : open_sentence(conllu, line + skipped, length - skipped);
    }
    if (line_is_blank(line, length)) return close_sentence(conllu, text, words);
    if (*line == '#') return NULL;
    return take_row(conllu, line, length);
}

status_t conllu_next(conllu_t *conllu, str_t *text, str_t *words, int64_t *line, bool *found)
{
    bool ended = false;
    status_t status = NULL;
    conllu->begun = false;
    conllu->start = text->length;
    conllu->characters = 0;
    while (!status && !ended && !conllu->ended) {
        const char *bytes;
        size_t length;
        status = lines_next(conllu->lines, &bytes, &length);
        if (!status && length == 0) {
            conllu->ended = true;
            status = close_sentence(conllu, text, words);
            break;
        }
        if (!status) status = lines_check_utf8(conllu->lines, bytes, length);
        if (!status)
            status = take_line(conllu, bytes, line_text(bytes, length), text, words, &ended);
    }
    *line = conllu->first;
    *found = !status && conllu->begun;
    return status;
}

/* ---- tags of tokens ---- */

/* The first of count words that ends after place; words are in order and apart. */
static size_t first_after(const tagged_word_t *word, size_t count, int64_t place)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (word[middle].end <= place) low = middle + 1;
        else high = middle;
    }
    return low;
}

static void tag(const tagged_word_t *word, size_t count, const span_t *span, int32_t mark[4])
{
    int64_t best = 0;
    bool covers = span->end > span->start;
    mark[0] = covers ? UPOS_X : UPOS_SPECIAL;
    mark[1] = covers ? DEPREL_X : DEPREL_SPECIAL;
    mark[2] = (int32_t)span->start;
    mark[3] = (int32_t)span->end;
    size_t i = first_after(word, count, span->start);
    for (; covers && i < count && word[i].start < span->end; i++) {
        int64_t start = word[i].start > span->start ? word[i].start : span->start;
        int64_t end = word[i].end < span->end ? word[i].end : span->end;
        if (end - start <= best) continue;
        best = end - start;
        mark[0] = word[i].upos;
        mark[1] = word[i].deprel;
    }
}

status_t conllu_encode(const void *state, tokenizer_t *tokenizer, const noted_text_t *text,
                       token_row_t *row)
{
    const conllu_state_t *how = state;
    size_t count = text->note_length / sizeof(tagged_word_t);
    int flags = ENCODE_OFFSETS | (how->special ? ENCODE_SPECIAL : 0);
    tagged_word_t *word = NULL;
    status_t status = mem_new(&word, count, "words");
    if (!status && count) memcpy(word, text->note, count * sizeof *word);
    if (!status)
        status = tokenizer_encode(tokenizer, text->bytes, text->length, flags, &row->encoding);
    if (!status) status = token_marks(row, row->encoding.count, 4);
    for (size_t i = 0; !status && i < row->encoding.count; i++)
        tag(word, count, &row->encoding.span[i], row->mark + 4 * i);
    mem_free(&word);
    return status;
}
