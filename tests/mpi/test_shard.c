/* Tokens of many texts over ranks: the file equals what one loop over the texts gives, whatever
 * the number of ranks, the size of a batch, the parts in which long texts come, and what memory
 * may hold; errors are the same on every rank. */
#include "tests/scratch.h"

#include <mpi.h>

#include "par/agree.h"
#include "text/corpus_tokens.h"

static const char tokenizer_path[] = "tests/data/demo/model/tokenizer.json";

/* Texts made up from a seed, some empty, some long, with an origin that can be checked. */
typedef struct {
    int texts, next;
    int fail;   /* this text cannot be read; -1: none */
    int short_; /* this text is of one letter; -1: none */
    str_t rest; /* of a text that is given in parts */
    bool parts; /* gives texts in parts, where fewer bytes are wanted */
    bool noted; /* each text's number goes with it */
} state_t;

static const char *const words[] = {"the",  "farmer", "knows",
                                    " ",    "\n",     "songs",
                                    "that", "1984",   "\xc3\xa9t\xc3\xa9",
                                    "...",  "harbor", "quickly"};

static void make_text(int number, str_t *text)
{
    unsigned seed = (unsigned)number * 2654435761u + 1;
    unsigned length = number % 5 == 3     ? 0
                      : number % 30 == 14 ? 8000
                      : number % 17 == 4  ? 1000
                                          : 2 + (seed >> 20) % 30;
    for (unsigned i = 0; i < length; i++) {
        seed = seed * 1664525 + 1013904223;
        expect_ok(str_printf(text, "%s%s", i ? " " : "", words[(seed >> 16) % 12]));
    }
}

/* What is left of a text, or the next characters of it that are `most` bytes. */
static status_t next_part(state_t *state, size_t most, text_t *into, bool *found)
{
    str_t *rest = &state->rest;
    size_t length = rest->length < most ? rest->length : most;
    while (length < rest->length && (rest->data[length] & 0xc0) == 0x80) length++;
    expect_ok(str_append(into->bytes, rest->data, length));
    memmove(rest->data, rest->data + length, rest->length - length + 1);
    rest->length -= length;
    into->ends = rest->length == 0;
    *found = true;
    return NULL;
}

static status_t next(void *at, size_t most, text_t *into, bool *found)
{
    state_t *state = at;
    str_t *text = into->bytes;
    (void)most;
    if (state->rest.length) return next_part(state, most, into, found);
    *found = state->next < state->texts;
    into->origin = (origin_t){state->next % 2, state->next + 1};
    if (state->next == state->fail) return status_new(EXIT_INPUT, "text %d is lost", state->next);
    if (*found && state->next == state->short_) expect_ok(str_add(text, "a"));
    else if (*found && state->parts) make_text(state->next, text = &state->rest);
    else if (*found) make_text(state->next, text);
    if (*found && state->noted)
        expect_ok(str_append(into->note, (char *)&state->next, sizeof state->next));
    state->next++;
    if (*found && state->parts && text->length) return next_part(state, most, into, found);
    return NULL;
}

static uint64_t position(const void *at)
{
    return (uint64_t)((const state_t *)at)->next;
}

static tokenizer_t *open_tokenizer(void)
{
    tokenizer_t *tokenizer = NULL;
    expect_ok(tokenizer_open(tokenizer_path, &tokenizer));
    return tokenizer;
}

static status_t make(tokenizer_t *tokenizer, state_t *state, size_t batch, size_t least,
                     corpus_tokens_t **tokens)
{
    str_clear(&state->rest);
    static char *names[] = {"first.txt", "second.txt"};
    strings_t files = {names, 2, 2};
    text_source_t source = {next, position, state, (uint64_t)state->texts, "tokenising"};
    token_options_t options = {.files = &files, .batch = batch, .least = least};
    return corpus_tokens_make(MPI_COMM_WORLD, tokenizer, &source, &options, tokens);
}

/* A path that every rank knows. */
static char *shared_path(const char *name)
{
    int rank;
    str_t text = {0};
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    const char *base = getenv("TMPDIR");
    if (rank == 0)
        expect_ok(str_printf(&text, "%s/wn-test-shard-%ld-%s", base ? base : "/tmp", (long)getpid(),
                             name));
    expect_ok(share_text(MPI_COMM_WORLD, NULL, &text));
    return text.data;
}

/* What the file must hold, by one loop. */
static void compare(tokenizer_t *tokenizer, const char *path, int texts)
{
    store_t *store = NULL;
    int32_t *id = NULL;
    int64_t *offset = NULL, at = 0;
    store_info_t ids, offsets;
    encoding_t encoding = {0};
    expect_ok(store_open(path, &store));
    expect_ok(store_read(store, "/ids", STORE_I32, &id, &ids));
    expect_ok(store_read(store, "/documents", STORE_I64, &offset, &offsets));
    assert_int_equal(offsets.count, texts + 1);
    for (int i = 0; i < texts; i++) {
        str_t text = {0};
        make_text(i, &text);
        expect_ok(
            tokenizer_encode(tokenizer, text.data ? text.data : "", text.length, 0, &encoding));
        assert_int_equal(offset[i], at);
        assert_true(at + (int64_t)encoding.count <= (int64_t)ids.count);
        if (encoding.count) assert_memory_equal(id + at, encoding.id, encoding.count * sizeof *id);
        at += (int64_t)encoding.count;
        str_free(&text);
    }
    assert_int_equal(offset[texts], at);
    assert_int_equal(ids.count, at);
    encoding_free(&encoding);
    mem_free(&id);
    mem_free(&offset);
    store_close(&store);
}

static void check_file(tokenizer_t *tokenizer, corpus_tokens_t **tokens, int texts)
{
    char *path = shared_path("tokens.h5");
    store_t *store = NULL;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    assert_int_equal(corpus_tokens_texts(*tokens), texts);
    expect_ok(store_create(path, MPI_COMM_WORLD, &store));
    expect_ok(corpus_tokens_write(*tokens, store, "/documents"));
    expect_ok(store_publish(&store));
    corpus_tokens_free(tokens);
    compare(tokenizer, path, texts);
    MPI_Barrier(MPI_COMM_WORLD); /* before the next file takes this one's place */
    if (rank == 0) unlink(path);
    free(path);
}

static void test_equals_loop(void **unused)
{
    static const struct {
        int texts;
        size_t batch;
    } cases[] = {{40, 0}, {6, 1}, {40, 20000}, {1, 0}, {2, 1}};
    tokenizer_t *tokenizer = open_tokenizer();
    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        corpus_tokens_t *tokens = NULL;
        state_t state = {.texts = cases[i].texts, .fail = -1, .short_ = -1};
        expect_ok(make(tokenizer, &state, cases[i].batch, 0, &tokens));
        check_file(tokenizer, &tokens, cases[i].texts);
    }
    tokenizer_close(&tokenizer);
}

/* Texts longer than a batch are cut, between batches and between ranks, and come out whole. */
static void test_long_texts_in_parts(void **unused)
{
    static const size_t batches[] = {10000, 70000, 0};
    tokenizer_t *tokenizer = open_tokenizer();
    (void)unused;
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        corpus_tokens_t *tokens = NULL;
        state_t state = {.texts = 20, .fail = -1, .short_ = -1, .parts = true};
        expect_ok(make(tokenizer, &state, batches[i], 0, &tokens));
        check_file(tokenizer, &tokens, 20);
        str_free(&state.rest);
    }
    tokenizer_close(&tokenizer);
}

/* Memory that holds next to nothing: the tokens wait in a file. */
static void test_spilled(void **unused)
{
    static char *names[] = {"first.txt", "second.txt"};
    strings_t files = {names, 2, 2};
    const char *base = getenv("TMPDIR");
    tokenizer_t *tokenizer = open_tokenizer();
    corpus_tokens_t *tokens = NULL;
    state_t state = {.texts = 40, .fail = -1, .short_ = -1};
    text_source_t source = {next, position, &state, 40, "tokenising"};
    token_options_t options = {
        .files = &files, .batch = 20000, .scratch = base ? base : "/tmp", .held = 100};
    (void)unused;
    expect_ok(corpus_tokens_make(MPI_COMM_WORLD, tokenizer, &source, &options, &tokens));
    check_file(tokenizer, &tokens, 40);
    tokenizer_close(&tokenizer);
}

/* Marks each token with its text's number and its place in the text; the text with both. */
static status_t encode(const void *state, tokenizer_t *tokenizer, const noted_text_t *text,
                       token_row_t *row)
{
    int number;
    assert_int_equal(text->note_length, sizeof number);
    memcpy(&number, text->note, sizeof number);
    expect_ok(tokenizer_encode(tokenizer, text->bytes, text->length, 0, &row->encoding));
    expect_ok(token_marks(row, row->encoding.count, 3));
    for (size_t i = 0; i < row->encoding.count; i++) {
        row->mark[3 * i] = number * *(const int *)state;
        row->mark[3 * i + 1] = (int32_t)i;
        row->mark[3 * i + 2] = -row->encoding.id[i];
    }
    row->value[0] = number;
    row->value[1] = (int32_t)row->encoding.count;
    return NULL;
}

static void check_columns(const char *path, int texts)
{
    store_t *store = NULL;
    store_info_t info;
    int32_t *id, *number, *place, *whose, *length;
    int64_t *offset;
    expect_ok(store_open(path, &store));
    expect_ok(store_read(store, "/ids", STORE_I32, &id, &info));
    expect_ok(store_read(store, "/number", STORE_I32, &number, &info));
    expect_ok(store_read(store, "/place", STORE_I32, &place, &info));
    assert_int_equal(info.dimensions, 2);
    assert_int_equal(info.shape[1], 2);
    expect_ok(store_read(store, "/whose", STORE_I32, &whose, &info));
    expect_ok(store_read(store, "/length", STORE_I32, &length, &info));
    assert_int_equal(info.count, texts);
    expect_ok(store_read(store, "/documents", STORE_I64, &offset, &info));
    for (int t = 0; t < texts; t++) {
        assert_int_equal(whose[t], t);
        assert_int_equal(length[t], offset[t + 1] - offset[t]);
        for (int64_t i = offset[t]; i < offset[t + 1]; i++) {
            assert_int_equal(number[i], 7 * t);
            assert_int_equal(place[2 * i], i - offset[t]);
            assert_int_equal(place[2 * i + 1], -id[i]);
        }
    }
    mem_free(&id);
    mem_free(&number);
    mem_free(&place);
    mem_free(&whose);
    mem_free(&length);
    mem_free(&offset);
    store_close(&store);
}

static void test_columns(void **unused)
{
    static char *names[] = {"first.txt", "second.txt"};
    static const size_t batches[] = {0, 20000};
    strings_t files = {names, 2, 2};
    const int seven = 7;
    tokenizer_t *tokenizer = open_tokenizer();
    char *path = shared_path("columns.h5");
    int rank;
    (void)unused;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (size_t i = 0; i < 2; i++) {
        corpus_tokens_t *tokens = NULL;
        store_t *store = NULL;
        state_t state = {.texts = 40, .fail = -1, .short_ = -1, .noted = true};
        text_source_t source = {next, position, &state, 40, "tokenising"};
        token_options_t options = {
            .files = &files,
            .batch = batches[i],
            .encode = encode,
            .state = &seven,
            .of_tokens = {{"/number", "tokens", "1", "text", 1},
                          {"/place", "tokens ends", "1", "place, negative id", 2}},
            .of_texts = {{"/whose", "texts", "1", "text", 1},
                         {"/length", "texts", "1", "tokens", 1}},
            .token_columns = 2,
            .text_columns = 2,
        };
        expect_ok(corpus_tokens_make(MPI_COMM_WORLD, tokenizer, &source, &options, &tokens));
        expect_ok(store_create(path, MPI_COMM_WORLD, &store));
        expect_ok(corpus_tokens_write(tokens, store, "/documents"));
        expect_ok(store_publish(&store));
        corpus_tokens_free(&tokens);
        check_columns(path, 40);
        MPI_Barrier(MPI_COMM_WORLD);
    }
    if (rank == 0) unlink(path);
    free(path);
    tokenizer_close(&tokenizer);
}

static void test_empty(void **unused)
{
    tokenizer_t *tokenizer = open_tokenizer();
    corpus_tokens_t *tokens = NULL;
    state_t state = {.texts = 0, .fail = -1, .short_ = -1};
    (void)unused;
    expect_ok(make(tokenizer, &state, 0, 0, &tokens));
    assert_int_equal(corpus_tokens_texts(tokens), 0);
    assert_int_equal(corpus_tokens_count(tokens), 0);
    corpus_tokens_free(&tokens);
    tokenizer_close(&tokenizer);
}

/* Rank 0 alone meets the first error, mostly another rank the second: all ranks report it. */
static void test_errors(void **unused)
{
    static const size_t batches[] = {0, 1, 5000};
    tokenizer_t *tokenizer = open_tokenizer();
    corpus_tokens_t *tokens = NULL;
    (void)unused;
    for (size_t i = 0; i < 3; i++) {
        state_t lost = {.texts = 300, .fail = 200, .short_ = -1};
        expect_error(make(tokenizer, &lost, batches[i], 0, &tokens), EXIT_INPUT,
                     "text 200 is lost");
        assert_null(tokens);
        state_t brief = {.texts = 3, .fail = -1, .short_ = 1};
        expect_error(make(tokenizer, &brief, batches[i], 2, &tokens), EXIT_INPUT,
                     "second.txt:2: \"a\" has 1 tokens, at least 2 are expected");
        assert_null(tokens);
    }
    tokenizer_close(&tokenizer);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equals_loop), cmocka_unit_test(test_long_texts_in_parts),
        cmocka_unit_test(test_spilled),     cmocka_unit_test(test_columns),
        cmocka_unit_test(test_empty),       cmocka_unit_test(test_errors),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
