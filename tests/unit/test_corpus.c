/* Corpora as documents: every rule of cutting into rows, joining, compressed files, and errors.
 * Expected documents are written out by hand; the rule "huggingface" is also compared with a
 * direct translation of '\n\n'.join(l + '\n' if l.strip() else '' for l in text.split('\n')[:-1]). */
#include "tests/scratch.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

#include "core/json_size.h"
#include "text/corpus.h"
#include "text/input.h"
#include "text/lines.h"
#include "text/minimal_pairs.h"

/* ---- helpers ---- */

static char *path_of(void **state, const char *name)
{
    static char path[4][512];
    static int turn;
    char *place = path[turn++ % 4];
    snprintf(place, sizeof path[0], "%s/%s", (char *)*state, name);
    return place;
}

static void put(void **state, const char *name, const char *text)
{
    scratch_write(*state, name, text, strlen(text));
}

/* All documents, each behind its length in brackets: "[3]abc[0]". */
static status_t documents(void **state, corpus_options_t options, const char *names, str_t *out)
{
    strings_t files = {0};
    corpus_t *corpus = NULL;
    bool found = true;
    char *list = NULL, *rest = NULL;
    expect_ok(str_copy(&list, names));
    for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        expect_ok(strings_append(&files, path_of(state, name)));
    options.files = &files;
    status_t status = corpus_open(&options, &corpus);
    str_clear(out);
    expect_ok(str_append(out, "", 0));
    while (!status && found) {
        str_t text = {0};
        origin_t origin = {-1, -1};
        status = corpus_next(corpus, &text, &origin, &found);
        if (!status && found) {
            assert_in_range(origin.file, 0, files.count - 1);
            assert_true(origin.line >= 1);
            expect_ok(str_printf(out, "[%zu]", text.length));
            expect_ok(str_append(out, text.data ? text.data : "", text.length));
        }
        str_free(&text);
    }
    corpus_close(&corpus);
    strings_free(&files);
    mem_free(&list);
    return status;
}

/* The same in parts of so many bytes, put together again. */
static void documents_in_parts(void **state, corpus_options_t options, const char *names,
                               size_t most, str_t *out)
{
    strings_t files = {0};
    corpus_t *corpus = NULL;
    bool found = true, ends;
    char *list = NULL, *rest = NULL;
    expect_ok(str_copy(&list, names));
    for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
        expect_ok(strings_append(&files, path_of(state, name)));
    options.files = &files;
    expect_ok(corpus_open(&options, &corpus));
    str_clear(out);
    expect_ok(str_append(out, "", 0));
    while (found) {
        str_t text = {0};
        origin_t origin = {-1, -1}, first = {-1, -1};
        do {
            size_t before = text.length;
            expect_ok(corpus_next_part(corpus, most, &text, &origin, &ends, &found));
            if (!found) break;
            if (first.line < 0) first = origin;
            assert_int_equal(origin.line, first.line);
            assert_int_equal(origin.file, first.file);
            assert_true(ends || text.length - before >= most);
        } while (!ends);
        if (found) expect_ok(str_printf(out, "[%zu]", text.length));
        if (found) expect_ok(str_append(out, text.data ? text.data : "", text.length));
        str_free(&text);
    }
    corpus_close(&corpus);
    strings_free(&files);
    mem_free(&list);
}

static void expect_documents(void **state, corpus_options_t options, const char *names,
                             const char *expected)
{
    str_t out = {0};
    expect_ok(documents(state, options, names, &out));
    assert_string_equal(out.data, expected);
    for (size_t most = 1; most < 100; most = 3 * most + 1) {
        documents_in_parts(state, options, names, most, &out);
        assert_string_equal(out.data, expected);
    }
    str_free(&out);
}

static void expect_failure(void **state, corpus_options_t options, const char *names,
                           const char *message)
{
    str_t out = {0};
    expect_error(documents(state, options, names, &out), EXIT_INPUT, message);
    str_free(&out);
}

static void put_gzip(void **state, const char *name, const char *text, size_t length, int members)
{
    str_t all = {0};
    for (int i = 0; i < members; i++) {
        size_t from = length * (size_t)i / (size_t)members;
        size_t to = length * (size_t)(i + 1) / (size_t)members;
        z_stream stream = {0};
        assert_int_equal(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
        size_t room = deflateBound(&stream, to - from);
        unsigned char *bytes = malloc(room);
        stream.next_in = (Bytef *)text + from;
        stream.avail_in = (uInt)(to - from);
        stream.next_out = bytes;
        stream.avail_out = (uInt)room;
        assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
        expect_ok(str_append(&all, (char *)bytes, stream.total_out));
        deflateEnd(&stream);
        free(bytes);
    }
    scratch_write(*state, name, all.data, all.length);
    str_free(&all);
}

static void put_zstd(void **state, const char *name, const char *text, size_t length, int frames)
{
    str_t all = {0};
    for (int i = 0; i < frames; i++) {
        size_t from = length * (size_t)i / (size_t)frames;
        size_t to = length * (size_t)(i + 1) / (size_t)frames;
        size_t room = ZSTD_compressBound(to - from);
        char *bytes = malloc(room);
        size_t size = ZSTD_compress(bytes, room, text + from, to - from, 3);
        assert_false(ZSTD_isError(size));
        expect_ok(str_append(&all, bytes, size));
        free(bytes);
    }
    scratch_write(*state, name, all.data, all.length);
    str_free(&all);
}

/* A text of many lines of uneven length, larger than the readers' blocks. */
static void long_text(str_t *text)
{
    unsigned seed = 12345;
    for (int i = 0; text->length < (5u << 20); i++) {
        seed = seed * 1664525 + 1013904223;
        expect_ok(str_printf(text, "%d", i));
        for (unsigned n = (seed >> 16) % (i % 100 ? 200 : 100000); n; n--)
            expect_ok(str_append(text, (char[]){(char)('a' + (seed >> n % 25) % 26)}, 1));
        expect_ok(str_add(text, i % 7 ? "\n" : "\n\n"));
    }
}

/* ---- rows ---- */

static void test_rows_file(void **state)
{
    corpus_options_t options = {.rows = ROWS_FILE};
    put(state, "a", "one\r\n\ntwo");
    put(state, "b", "three\n");
    put(state, "empty", "");
    expect_documents(state, options, "a b", "[9]one\r\n\ntwo[6]three\n");
    expect_documents(state, options, "empty a", "[9]one\r\n\ntwo");
    expect_documents(state, options, "empty", "");
    options.limit = 1;
    expect_documents(state, options, "empty a b", "[9]one\r\n\ntwo");
}

static void test_rows_line(void **state)
{
    corpus_options_t options = {.rows = ROWS_LINE};
    put(state, "a", "one\ntwo\r\n\n \n\r\nlast");
    put(state, "b", "b\n");
    expect_documents(state, options, "a b", "[3]one[3]two[1] [4]last[1]b");
    options.limit = 3;
    expect_documents(state, options, "a b", "[3]one[3]two[1] ");
}

static void test_rows_paragraph(void **state)
{
    corpus_options_t options = {.rows = ROWS_PARAGRAPH};
    put(state, "a", "\n\none\nmore\n\n \t\ntwo\r\n\r\nthree\r\nmore\r\n");
    put(state, "b", "last");
    expect_documents(state, options, "a b", "[8]one\nmore[3]two[11]three\r\nmore[4]last");
    expect_documents(state, options, "b a", "[4]last[8]one\nmore[3]two[11]three\r\nmore");
    options.limit = 2;
    expect_documents(state, options, "a b", "[8]one\nmore[3]two");
    put(state, "blank", "\n \n\n");
    options.limit = 0;
    expect_documents(state, options, "blank", "");
}

static void test_rows_huggingface(void **state)
{
    corpus_options_t options = {.rows = ROWS_HUGGINGFACE};
    put(state, "a", " \n = T = \n \n text \r\n\r\nlast\n");
    expect_documents(state, options, "a", "[8] = T = \n[8] text \r\n[5]last\n");
    options.join = "|";
    expect_documents(state, options, "a", "[26]| = T = \n|| text \r\n||last\n");
    options.limit = 3;
    expect_documents(state, options, "a", "[10]| = T = \n|");
    options.limit = 0;
    put(state, "open", "a\nb"); /* no newline at the end: kept as it is */
    put(state, "c", "c\n");
    expect_documents(state, options, "open c", "[7]a\n|b|c\n");
}

static void test_join(void **state)
{
    corpus_options_t options = {.rows = ROWS_LINE, .join = " + "};
    put(state, "a", "one\n\ntwo\n");
    put(state, "b", "three");
    put(state, "empty", "");
    expect_documents(state, options, "a b", "[20]one +  + two + three");
    expect_documents(state, options, "empty a empty b empty", "[20]one +  + two + three");
    expect_documents(state, options, "empty", "");
    options.limit = 2;
    expect_documents(state, options, "a b", "[6]one + ");
    options = (corpus_options_t){.rows = ROWS_FILE, .join = ""};
    expect_documents(state, options, "a empty b", "[14]one\n\ntwo\nthree");
}

/* Python's str.strip: white space of all of Unicode, as str.isspace has it. */
static void test_blank(void **state)
{
    (void)state;
    static const char *const blank[] = {"",
                                        "\n",
                                        " \t\v\f\r\n",
                                        "\x1c\x1d\x1e\x1f",
                                        "\xc2\x85",
                                        "\xc2\xa0",
                                        "\xe1\x9a\x80",
                                        "\xe2\x80\x80\xe2\x80\x8a",
                                        "\xe2\x80\xa8\xe2\x80\xa9",
                                        "\xe2\x80\xaf\xe2\x81\x9f",
                                        "\xe3\x80\x80"};
    static const char *const text[] = {" a ", "\xe1\xa0\x8e", "\xe2\x80\x8b", "\xef\xbb\xbf",
                                       "\x1b"};
    for (size_t i = 0; i < sizeof blank / sizeof *blank; i++)
        assert_true(line_is_blank(blank[i], strlen(blank[i])));
    for (size_t i = 0; i < sizeof text / sizeof *text; i++)
        assert_false(line_is_blank(text[i], strlen(text[i])));
    assert_false(line_is_blank("", 1)); /* a NUL */
}

/* The rule as an expression over a whole text in memory. */
static void joined_rows(const char *text, str_t *out)
{
    bool first = true;
    for (const char *end; (end = strchr(text, '\n')); text = end + 1) {
        if (!first) expect_ok(str_add(out, "\n\n"));
        first = false;
        size_t length = (size_t)(end - text);
        if (strspn(text, " \t\r") < length) expect_ok(str_append(out, text, length + 1));
    }
}

static void test_wikitext(void **state)
{
    const char *shared = getenv("WN_SHARED");
    str_t text = {0}, expected = {0}, out = {0};
    char *path = NULL;
    strings_t files = {0};
    corpus_t *corpus = NULL;
    bool found;
    origin_t origin;
    (void)state;
    expect_ok(path_join(shared ? shared : "../shared", "data/wikitext-2/valid.txt", &path));
    if (!file_exists(path)) {
        print_message("%s is not there\n", path);
        mem_free(&path);
        skip();
    }
    expect_ok(file_read(path, 1 << 24, &text));
    joined_rows(text.data, &expected);
    expect_ok(strings_append(&files, path));
    corpus_options_t options = {.files = &files, .rows = ROWS_HUGGINGFACE, .join = "\n\n"};
    expect_ok(corpus_open(&options, &corpus));
    expect_ok(corpus_next(corpus, &out, &origin, &found));
    assert_true(found);
    assert_int_equal(out.length, expected.length);
    assert_memory_equal(out.data, expected.data, out.length);
    assert_int_equal(corpus_position(corpus), text.length);
    expect_ok(corpus_next(corpus, &out, &origin, &found));
    assert_false(found);
    corpus_close(&corpus);
    strings_free(&files);
    str_free(&text);
    str_free(&expected);
    str_free(&out);
    mem_free(&path);
}

/* ---- JSON lines ---- */

static void test_json_lines(void **state)
{
    corpus_options_t options = {.json = true, .field = "text"};
    put(state, "a",
        "{\"text\": \"one\\n\\u00e9\"}\n\n {\"n\": [1], \"text\": \"two\"} \r\n"
        "{\"text\": \"\"}\n{\"text\": \"a\\u0000b\"}");
    str_t out = {0};
    expect_ok(documents(state, options, "a", &out));
    assert_int_equal(out.length, 21);
    assert_memory_equal(out.data, "[6]one\n\xc3\xa9[3]two[3]a\0b", 21);
    str_free(&out);
    put(state, "bad", "{\"text\": \"x\"}\n\n{\"text\": \"x\"\n");
    expect_failure(state, options, "bad", "bad:3: not valid JSON at byte ");
    put(state, "array", "[1]\n");
    expect_failure(state, options, "array", "array:1: a JSON object is expected");
    put(state, "other", "{\"text\": \"x\"}\n{\"texts\": \"x\"}\n");
    expect_failure(state, options, "other",
                   "other:2: the key \"text\" is missing; did you mean \"texts\"?");
    put(state, "number", "{\"text\": 1}\n");
    expect_failure(state, options, "number",
                   "number:1: the key \"text\" holds something other than a text");
    put(state, "bytes", "{\"text\": \"a\xff\"}\n");
    expect_failure(state, options, "bytes", "bytes:1: invalid UTF-8 at byte 11");
    options.replace = true;
    expect_documents(state, options, "bytes", "[4]a\xef\xbf\xbd");
}

/* A key with dots: the member of that very name, else a path. */
static void test_json_paths(void **state)
{
    corpus_options_t options = {.json = true, .field = "meta.text"};
    put(state, "a",
        "{\"meta\": {\"text\": \"in\", \"n\": 1}}\n"
        "{\"meta\": {\"text\": \"in\"}, \"meta.text\": \"at\"}\n");
    expect_documents(state, options, "a", "[2]in[2]at");
    put(state, "list", "{\"meta\": [{\"text\": \"a\"}, {\"text\": \"b\"}]}\n");
    options.field = "meta.1.text";
    expect_documents(state, options, "list", "[1]b");
    static const char *const absent[] = {
        "meta.2.text", "meta.text", "meta.1.text.x", "meta..text", "meta.1.", "meta.-1", "."};
    for (size_t i = 0; i < sizeof absent / sizeof *absent; i++) {
        char message[100];
        options.field = absent[i];
        snprintf(message, sizeof message, "list:1: the key \"%s\" is missing", absent[i]);
        expect_failure(state, options, "list", message);
    }
    options.field = "meta.1";
    expect_failure(state, options, "list", "\"meta.1\" holds something other than a text");
}

/* ---- formats ---- */

static void test_formats(void **state)
{
    static const char *const cases[][2] = {
        {"files: [a.txt]", "text"},
        {"files: [a.jsonl]", "jsonl"},
        {"files: [a.jsonl.gz]", "jsonl"},
        {"files: [\"*.jsonl.zst\", a.txt]", "jsonl"},
        {"files: [a.npy]", "npy"},
        {"files: [a.bin]", "megatron"},
        {"files: [a.npy.gz]", "text"},
        {"files: [a.txt, a.npy]", "text"},
        {"files: [a.npy], format: text", "text"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str_t text = {0};
        config_t *config = NULL;
        expect_ok(str_printf(&text,
                             "run: {name: a, directory: b}\nmodel: {path: c}\n"
                             "corpora: {x: {%s}}\n",
                             cases[i][0]));
        expect_ok(config_parse("config.yaml", text.data, text.length, NULL, &config));
        assert_string_equal(corpus_format(config, "x"), cases[i][1]);
        config_close(&config);
        str_free(&text);
    }
}

/* ---- bytes that are not UTF-8 ---- */

static void test_invalid(void **state)
{
    corpus_options_t options = {.rows = ROWS_LINE};
    put(state, "a", "one\ntwo\xe2\x82\nthree\xff\n");
    expect_failure(state, options, "a", "a:2: invalid UTF-8 at byte 7 of the text (0xe2)");
    options.rows = ROWS_FILE;
    expect_failure(state, options, "a", "a:2: invalid UTF-8 at byte 7 of the text (0xe2)");
    options.replace = true; /* as Python: one U+FFFD for a truncated sequence */
    expect_documents(state, options, "a", "[20]one\ntwo\xef\xbf\xbd\nthree\xef\xbf\xbd\n");
    options.limit = 1;
    options.replace = false;
    options.rows = ROWS_LINE;
    expect_documents(state, options, "a", "[3]one");
}

/* ---- compressed files ---- */

static void expect_same_lines(const char *path, const str_t *text)
{
    lines_t *lines = NULL;
    const char *line;
    size_t length, at = 0;
    int64_t number = 0;
    expect_ok(lines_open(path, &lines));
    for (;;) {
        expect_ok(lines_next(lines, &line, &length));
        if (!length) break;
        const char *end = memchr(text->data + at, '\n', text->length - at);
        size_t wanted = end ? (size_t)(end + 1 - text->data) - at : text->length - at;
        assert_int_equal(length, wanted);
        assert_memory_equal(line, text->data + at, length);
        assert_int_equal(lines_offset(lines), at);
        assert_int_equal(lines_number(lines), ++number);
        at += length;
    }
    assert_int_equal(at, text->length);
    lines_close(&lines);
}

static void test_compressed(void **state)
{
    str_t text = {0};
    long_text(&text);
    scratch_write(*state, "plain", text.data, text.length);
    put_gzip(state, "one.gz", text.data, text.length, 1);
    put_gzip(state, "many.gz", text.data, text.length, 5);
    put_zstd(state, "one.zst", text.data, text.length, 1);
    put_zstd(state, "many.zst", text.data, text.length, 5);
    static const char *const names[] = {"plain", "one.gz", "many.gz", "one.zst", "many.zst"};
    for (size_t i = 0; i < 5; i++) expect_same_lines(path_of(state, names[i]), &text);
    str_free(&text);
}

/* The number of lines. */
static int64_t read_all(const char *path, status_t *status)
{
    lines_t *lines = NULL;
    const char *line;
    size_t length = 1;
    *status = lines_open(path, &lines);
    while (!*status && length) *status = lines_next(lines, &line, &length);
    int64_t count = lines ? lines_number(lines) : 0;
    lines_close(&lines);
    return count;
}

static void expect_damaged(void **state, const char *name, const str_t *bytes, size_t length,
                           const char *message)
{
    status_t status;
    scratch_write(*state, name, bytes->data, length);
    read_all(path_of(state, name), &status);
    expect_error(status, EXIT_INPUT, message);
}

static void test_damaged(void **state)
{
    static const char *const names[] = {"x.gz", "x.zst"};
    str_t text = {0};
    status_t status;
    long_text(&text);
    put_gzip(state, "x.gz", text.data, text.length, 1);
    put_zstd(state, "x.zst", text.data, text.length, 1);
    for (size_t i = 0; i < 2; i++) {
        str_t bytes = {0};
        expect_ok(file_read(path_of(state, names[i]), 1 << 24, &bytes));
        for (size_t cut = 0; cut < bytes.length; cut += 1 + bytes.length / 5)
            expect_damaged(state, names[i], &bytes, cut, "truncated");
        expect_damaged(state, names[i], &bytes, bytes.length - 1, "truncated");
        bytes.data[0] ^= 1;
        expect_damaged(state, names[i], &bytes, bytes.length, "damaged near byte");
        str_free(&bytes);
    }
    /* gzip pads with zeros on tapes; anything else behind the end is damage. */
    put_gzip(state, "x.gz", "text\n", 5, 1);
    str_t bytes = {0};
    expect_ok(file_read(path_of(state, "x.gz"), 1 << 24, &bytes));
    expect_ok(str_append(&bytes, "\0\0\0", 3));
    scratch_write(*state, "x.gz", bytes.data, bytes.length);
    read_all(path_of(state, "x.gz"), &status);
    expect_ok(status);
    expect_ok(str_append(&bytes, "junk", 4));
    expect_damaged(state, "x.gz", &bytes, bytes.length, "damaged near byte");
    str_free(&bytes);
    str_free(&text);
}

/* Values cost far more memory than their two bytes; commas in a text are none. */
static void test_many_values(void **state)
{
    static const char *const starts[] = {"{\"text\": \"\\\",", "{\"text\": \"\", \"more\": [1"};
    static const char *const ends[] = {"\"}\n", "]}\n"};
    corpus_options_t options = {.json = true, .field = "text"};
    str_t out = {0};
    for (int kind = 0; kind < 2; kind++) {
        str_t line = {0};
        expect_ok(str_add(&line, starts[kind]));
        for (int i = 0; i < JSON_VALUES; i++) expect_ok(str_append(&line, ",1", 2));
        expect_ok(str_add(&line, ends[kind]));
        scratch_write(*state, "x.jsonl", line.data, line.length);
        status_t status = documents(state, options, "x.jsonl", &out);
        if (kind) expect_error(status, EXIT_INPUT, "x.jsonl:1: an object of more than 4194304");
        else expect_ok(status);
        str_free(&line);
    }
    str_free(&out);
}

/* A few kilobytes that stand for a gigabyte without a break, be it lines or a paragraph of them: at
 * most INPUT_FREE bytes are held, at double the space. */
static void test_bomb(void **state)
{
    enum { MEBIBYTE = 1 << 20 };
    char *block = malloc(MEBIBYTE), *packed = malloc(MEBIBYTE);
    struct rusage before, after;
    str_t out = {0};
    getrusage(RUSAGE_SELF, &before);
    for (int kind = 0; kind < 2; kind++) {
        str_t bytes = {0};
        for (size_t i = 0; i < MEBIBYTE; i++) block[i] = kind && i % 1000 == 0 ? '\n' : 'a';
        size_t size = ZSTD_compress(packed, MEBIBYTE, block, MEBIBYTE, 1);
        for (int i = 0; i < 1100; i++) expect_ok(str_append(&bytes, packed, size));
        assert_true(bytes.length < 4 * MEBIBYTE);
        scratch_write(*state, "bomb.zst", bytes.data, bytes.length);
        expect_error(documents(state, (corpus_options_t){.rows = kind ? ROWS_PARAGRAPH : ROWS_LINE},
                               "bomb.zst", &out),
                     EXIT_INPUT, "compressed bytes stand for more than 256 MiB without a break");
        str_free(&bytes);
    }
    getrusage(RUSAGE_SELF, &after);
    if (!getenv("WN_SANITIZED")) /* whose allocator keeps what was freed */
        assert_true(after.ru_maxrss - before.ru_maxrss < 2 * (INPUT_FREE >> 10) + 64 * 1024);
    str_free(&out);
    free(block);
    free(packed);
}

/* The same with breaks is but a long text. */
static void test_expansion(void **state)
{
    enum { MEBIBYTE = 1 << 20, TIMES = 300 };
    char *block = malloc(MEBIBYTE), *packed = malloc(MEBIBYTE);
    str_t bytes = {0};
    status_t status;
    for (size_t i = 0; i < MEBIBYTE; i++) block[i] = i % 1024 == 1023 ? '\n' : 'a';
    size_t size = ZSTD_compress(packed, MEBIBYTE, block, MEBIBYTE, 1);
    for (int i = 0; i < TIMES; i++) expect_ok(str_append(&bytes, packed, size));
    scratch_write(*state, "long.zst", bytes.data, bytes.length);
    assert_int_equal(read_all(path_of(state, "long.zst"), &status), TIMES * 1024);
    expect_ok(status);
    str_free(&bytes);
    free(block);
    free(packed);
}

/* ---- files and minimal pairs ---- */

static status_t list(const char *pattern, strings_t *paths)
{
    return input_files(&pattern, 1, paths);
}

static void test_files(void **state)
{
    strings_t paths = {0};
    char *stem = NULL;
    put(state, "valid.txt", "x");
    put(state, "test.txt", "x");
    expect_error(list(path_of(state, "vaild.txt"), &paths), EXIT_INPUT, "valid.txt?");
    expect_error(list(path_of(state, "none/a.txt"), &paths), EXIT_INPUT, "nor its directory");
    expect_error(list(*state, &paths), EXIT_INPUT, "a directory; a file or a glob is expected");
    expect_error(list(path_of(state, "*.json"), &paths), EXIT_INPUT, "no file matches");
    strings_free(&paths);
    expect_ok(list(path_of(state, "*.txt"), &paths));
    assert_int_equal(paths.count, 2);
    assert_string_equal(path_base(paths.item[0]), "test.txt");
    strings_free(&paths);
    input_t *input = NULL;
    assert_int_equal(mkfifo(path_of(state, "pipe"), 0600), 0);
    expect_error(input_open(path_of(state, "pipe"), &input), EXIT_INPUT, "not a plain file");
    static const char *const names[][2] = {{"a/island.jsonl", "island"}, {"b.x.jsonl.gz", "b.x"},
                                           {"c.txt.zst", "c"},           {"plain", "plain"},
                                           {".hidden", ".hidden"},       {"d.gz", "d"}};
    for (size_t i = 0; i < 6; i++) {
        expect_ok(input_stem(names[i][0], &stem));
        assert_string_equal(stem, names[i][1]);
        mem_free(&stem);
    }
}

static status_t next_of(void **state, const char *name, minimal_pair_keys_t keys)
{
    minimal_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found;
    status_t status = minimal_pairs_open(path_of(state, name), &keys, &pairs);
    if (!status) status = minimal_pairs_next(pairs, &pair, &found);
    minimal_pairs_close(&pairs);
    return status;
}

static void test_pairs(void **state)
{
    static const minimal_pair_keys_t keys = {"sentence_good", "sentence_bad", "linguistics_term"};
    minimal_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found;
    put(state, "npi.jsonl",
        "{\"sentence_good\": \"No \\u00e9.\", \"sentence_bad\": \"The.\", \"UID\": \"u\", "
        "\"linguistics_term\": \"npi_licensing\"}\n\n"
        "{\"sentence_good\": \"a\", \"sentence_bad\": \"\", \"linguistics_term\": null}\n");
    expect_ok(minimal_pairs_open(path_of(state, "npi.jsonl"), &keys, &pairs));
    expect_ok(minimal_pairs_next(pairs, &pair, &found));
    assert_true(found);
    assert_int_equal(pair.good_length, 6);
    assert_string_equal(pair.good, "No \xc3\xa9.");
    assert_string_equal(pair.bad, "The.");
    assert_string_equal(pair.term, "npi_licensing");
    assert_int_equal(pair.line, 1);
    expect_ok(minimal_pairs_next(pairs, &pair, &found));
    assert_true(found);
    assert_int_equal(pair.bad_length, 0);
    assert_string_equal(pair.term, "npi");
    assert_int_equal(pair.line, 3);
    expect_ok(minimal_pairs_next(pairs, &pair, &found));
    assert_false(found);
    minimal_pairs_close(&pairs);

    minimal_pair_keys_t other = keys;
    other.bad = "sentence_wrong";
    expect_error(next_of(state, "npi.jsonl", other), EXIT_INPUT,
                 "npi.jsonl:1: the key \"sentence_wrong\" is missing");
    other = (minimal_pair_keys_t){"s.0", "s.1", "by"};
    put(state, "paths.jsonl", "{\"s\": [\"a\", \"b\"]}\n");
    expect_ok(next_of(state, "paths.jsonl", other));
    put(state, "list.jsonl", "{\"sentence_good\": [\"a\"], \"sentence_bad\": \"b\"}\n");
    expect_error(next_of(state, "list.jsonl", keys), EXIT_INPUT,
                 "list.jsonl:1: the key \"sentence_good\" holds something other than a text");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_file, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_rows_line, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_rows_paragraph, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_rows_huggingface, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_join, scratch_create, scratch_destroy),
        cmocka_unit_test(test_blank),
        cmocka_unit_test(test_wikitext),
        cmocka_unit_test_setup_teardown(test_json_lines, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_json_paths, scratch_create, scratch_destroy),
        cmocka_unit_test(test_formats),
        cmocka_unit_test_setup_teardown(test_invalid, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_compressed, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_damaged, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_many_values, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_bomb, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_expansion, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_files, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_pairs, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
