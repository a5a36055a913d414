/* Any bytes as a corpus, in every way of cutting it into documents; JSON lines among them. */
#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/corpus.h"

enum { PART = 7 }; /* bytes: the smallest parts are the hardest */

/* Appends all documents, each behind a byte that no text holds. */
static status_t read_all(const corpus_options_t *options, size_t most, str_t *all)
{
    corpus_t *corpus = NULL;
    str_t text = {0};
    origin_t origin;
    bool found = true, ends, complete = true;
    status_t status = corpus_open(options, &corpus);
    while (!status && found) {
        str_clear(&text);
        status = corpus_next_part(corpus, most, &text, &origin, &ends, &found);
        if (status || !found) break;
        fuzz_require(origin.file == 0 && origin.line > 0);
        fuzz_require(utf8_valid_prefix(text.data, text.length) == text.length);
        if (complete) fuzz_require(!str_append(all, "\xff", 1));
        fuzz_require(!str_append(all, text.data, text.length));
        complete = ends;
    }
    fuzz_require(status || complete);
    corpus_close(&corpus);
    str_free(&text);
    return status;
}

/* Whole documents and documents in parts are the same, or refused alike. */
static void read_twice(const corpus_options_t *options)
{
    str_t whole = {0}, parts = {0};
    status_t status = read_all(options, SIZE_MAX, &whole);
    status_t again = read_all(options, PART, &parts);
    fuzz_require(!status == !again);
    if (!status) {
        fuzz_require(whole.length == parts.length);
        fuzz_require(!whole.length || memcmp(whole.data, parts.data, whole.length) == 0);
    }
    fuzz_refused(&status);
    fuzz_refused(&again);
    str_free(&whole);
    str_free(&parts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    strings_t files = {0};
    fuzz_require(!strings_append(&files, fuzz_file(data, size)));
    const corpus_options_t ways[] = {
        {.rows = ROWS_FILE},
        {.rows = ROWS_LINE, .replace = true},
        {.rows = ROWS_PARAGRAPH, .join = "\n\n", .limit = 3},
        {.rows = ROWS_HUGGINGFACE, .join = ""},
        {.rows = ROWS_PARAGRAPH, .replace = true},
        {.json = true, .field = "text"},
        {.json = true, .field = "meta.0.text"},
        {.json = true, .field = "text", .replace = true, .join = "\n", .limit = 5},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        corpus_options_t options = ways[i];
        options.files = &files;
        read_twice(&options);
    }
    strings_free(&files);
    return 0;
}
