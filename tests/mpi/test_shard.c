/* Tokens of many texts over ranks: the file equals what one loop over the texts gives, whatever
 * the number of ranks and the size of a batch; errors are the same on every rank. */
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
} state_t;

static const char *const words[] = {"the",  "farmer", "knows",
                                    " ",    "\n",     "songs",
                                    "that", "1984",   "\xc3\xa9t\xc3\xa9",
                                    "...",  "harbor", "quickly"};

static void make_text(int number, str_t *text)
{
    unsigned seed = (unsigned)number * 2654435761u + 1;
    unsigned length = number % 5 == 3 ? 0 : number % 17 == 4 ? 2000 : 2 + (seed >> 20) % 30;
    for (unsigned i = 0; i < length; i++) {
        seed = seed * 1664525 + 1013904223;
        expect_ok(str_printf(text, "%s%s", i ? " " : "", words[(seed >> 16) % 12]));
    }
}

static status_t next(void *at, str_t *text, origin_t *origin, bool *found)
{
    state_t *state = at;
    *found = state->next < state->texts;
    *origin = (origin_t){state->next % 2, state->next + 1};
    if (state->next == state->fail) return status_new(EXIT_INPUT, "text %d is lost", state->next);
    if (*found && state->next == state->short_) expect_ok(str_add(text, "a"));
    else if (*found) make_text(state->next, text);
    state->next++;
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

static void test_equals_loop(void **unused)
{
    static const struct {
        int texts;
        size_t batch;
    } cases[] = {{300, 0}, {300, 1}, {300, 1000}, {300, 20000}, {1, 0}, {2, 1}};
    tokenizer_t *tokenizer = open_tokenizer();
    char *path = shared_path("tokens.h5");
    int rank;
    (void)unused;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        corpus_tokens_t *tokens = NULL;
        store_t *store = NULL;
        state_t state = {.texts = cases[i].texts, .fail = -1, .short_ = -1};
        expect_ok(make(tokenizer, &state, cases[i].batch, 0, &tokens));
        assert_int_equal(corpus_tokens_texts(tokens), cases[i].texts);
        expect_ok(store_create(path, MPI_COMM_WORLD, &store));
        expect_ok(corpus_tokens_write(tokens, store, "/documents"));
        expect_ok(store_publish(&store));
        corpus_tokens_free(&tokens);
        compare(tokenizer, path, cases[i].texts);
        MPI_Barrier(MPI_COMM_WORLD); /* before the next file takes this one's place */
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
        cmocka_unit_test(test_equals_loop),
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_errors),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
