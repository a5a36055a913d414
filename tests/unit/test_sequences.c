/* What tasks read from shards beyond plain windows and pairs: windows that begin with BOS, windows
 * of tagged documents, choices; and the means by tag. Expected windows come from a direct
 * definition, one token at a time. */
#include "tests/shard.h"

#include <math.h>

#include "core/random.h"
#include "eval/sequences.h"
#include "eval/tagged.h"

enum { TOKENS = 60, BOS = 7 };

static void put(store_t *store, const char *name, store_type_t type, uint64_t count,
                const void *data)
{
    expect_ok(store_write(store, name, type, 1, &count, data));
}

static void put_ids(store_t *store, int64_t bos)
{
    int32_t id[TOKENS];
    for (int i = 0; i < TOKENS; i++) id[i] = 100 + i;
    put(store, "/ids", STORE_I32, TOKENS, id);
    if (bos > -2) expect_ok(store_set_integer(store, "/ids", "bos", bos));
}

static void windows_begin_with_bos(void **state)
{
    sequences_t sequences;
    task_t task = {.kind = TASK_PERPLEXITY, .name = (char *)"task", .data = "data", .bos = true};
    store_t *store = shard_create(*state);
    put_ids(store, BOS);
    expect_ok(store_publish(&store));
    for (task.window = 2; task.window <= TOKENS + 1; task.window += 3)
        for (task.stride = 1; task.stride < 40; task.stride = 3 * task.stride + 1) {
            size_t count = 0;
            expect_ok(sequences_read(&task, *state, &sequences));
            for (int64_t at = 0; at + task.window - 1 <= TOKENS; at += task.stride, count++) {
                const int32_t *id = sequences.id + sequences.offset[count];
                assert_int_equal(sequences.offset[count], (int64_t)count * task.window);
                assert_int_equal(id[0], BOS);
                for (int64_t i = 1; i < task.window; i++) assert_int_equal(id[i], 100 + at + i - 1);
            }
            assert_int_equal(sequences.count, count);
            assert_int_equal(sequences_first(&sequences, 0), 1);
            assert_int_equal(sequences_scored(&sequences, 0), task.window - 1);
            sequences_free(&sequences);
        }
    store = shard_create(*state);
    put_ids(store, -1);
    expect_ok(store_publish(&store));
    task.window = task.stride = 5;
    expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT,
                 "the tokenizer names no BOS token for the windows of the task task");
    shard_remove(*state);
}

/* ---- tagged text ---- */

static const int64_t document[] = {0, 1, 1, 12, 14, 30, 31, 60};
enum { DOCUMENTS = sizeof document / sizeof *document - 1 };

static void put_tagged(const char *directory, int32_t *tag)
{
    static const char *const names[] = {"A", "B", "C", "D"};
    store_t *store = shard_create(directory);
    for (int i = 0; i < TOKENS; i++) tag[i] = i % 3;
    put_ids(store, BOS);
    put(store, "/documents", STORE_I64, DOCUMENTS + 1, document);
    put(store, "/upos", STORE_I32, TOKENS, tag);
    expect_ok(store_write_texts(store, "/upos_names", 4, names));
    expect_ok(store_publish(&store));
}

/* Every token that is scored, once: each but a window's first without BOS, each with it. */
static void check_tagged(const sequences_t *sequences, const task_t *task)
{
    bool expected[TOKENS] = {0}, scored[TOKENS] = {0};
    int64_t step = task->window - task->bos;
    for (int d = 0; d < DOCUMENTS; d++)
        for (int64_t t = document[d]; t < document[d + 1]; t++)
            expected[t] = task->bos || (t - document[d]) % step != 0;
    for (size_t s = 0; s < sequences->count; s++) {
        int64_t start = sequences->offset[s], count = sequences->offset[s + 1] - start;
        assert_true(count >= 2 && count <= task->window);
        if (task->bos) assert_int_equal(sequences->id[start], BOS);
        for (int64_t i = task->bos; i < count; i++)
            assert_int_equal(sequences->id[start + i], 100 + sequences->place[s] + i);
        for (int64_t i = 1; i < count; i++) {
            assert_false(scored[sequences->place[s] + i]);
            scored[sequences->place[s] + i] = true;
        }
    }
    for (int t = 0; t < TOKENS; t++) assert_int_equal(scored[t], expected[t]);
}

static void windows_restart_at_documents(void **state)
{
    int32_t tag[TOKENS];
    task_t task = {.kind = TASK_POS, .name = (char *)"task", .data = "data"};
    put_tagged(*state, tag);
    for (int bos = 0; bos < 2; bos++)
        for (task.window = 2; task.window <= TOKENS; task.window += 1 + task.window / 4) {
            sequences_t sequences;
            if (task.window < 2 + bos) continue;
            task.bos = bos;
            expect_ok(sequences_read(&task, *state, &sequences));
            assert_int_equal(sequences.tokens, TOKENS);
            assert_memory_equal(sequences.tag, tag, sizeof tag);
            assert_int_equal(sequences.tags.count, 4);
            check_tagged(&sequences, &task);
            sequences_free(&sequences);
        }
    task.windows = 3;
    task.window = 4;
    sequences_t sequences;
    expect_ok(sequences_read(&task, *state, &sequences));
    assert_int_equal(sequences.count, 3);
    sequences_free(&sequences);
    shard_remove(*state);
}

/* Windows of a tagged text as of a corpus: token 100 + i has the tag i % 3. */
static void windows_have_tags(void **state)
{
    int32_t tag[TOKENS];
    task_t task = {.kind = TASK_PERPLEXITY, .name = (char *)"task", .data = "data", .window = 7};
    put_tagged(*state, tag);
    for (int bos = 0; bos < 2; bos++)
        for (task.stride = 3; task.stride < 8; task.stride++)
            for (task.skip = 0; task.skip < 4; task.skip++) {
                sequences_t sequences;
                task.bos = bos;
                task.most = task.skip ? 2 : 0;
                expect_ok(sequences_read(&task, *state, &sequences));
                assert_int_equal(sequences.tags.count, 4);
                assert_int_equal(sequences.tokens, sequences.offset[sequences.count]);
                for (size_t i = 0; i < sequences.tokens; i++) {
                    int32_t id = sequences.id[i];
                    assert_int_equal(sequences.tag[i], id == BOS ? -1 : (id - 100) % 3);
                    assert_int_equal(id == BOS, bos && i % 7 == 0);
                }
                sequences_free(&sequences);
            }
    shard_remove(*state);
}

static void means_by_tag(void **state)
{
    int32_t tag[TOKENS];
    double log_probability[2 * TOKENS], nll[TOKENS], mean[4], sum[4] = {0};
    int64_t count[4], scored[4] = {0};
    sequences_t sequences;
    task_t task = {.kind = TASK_POS, .name = (char *)"task", .data = "data", .window = 6};
    put_tagged(*state, tag);
    for (int bos = 0; bos < 2; bos++) {
        random_t random = random_stream(3, "test", 0);
        task.bos = bos;
        expect_ok(sequences_read(&task, *state, &sequences));
        memset(sum, 0, sizeof sum);
        memset(scored, 0, sizeof scored);
        for (size_t s = 0; s < sequences.count; s++)
            for (int64_t t = sequences.offset[s]; t < sequences.offset[s + 1]; t++) {
                log_probability[t] = -random_uniform(&random);
                if (t == sequences.offset[s]) continue;
                int32_t at = tag[sequences.id[t] - 100];
                sum[at] -= log_probability[t];
                scored[at]++;
            }
        tagged_place(&sequences, log_probability, nll);
        tagged_means(&sequences, nll, mean, count);
        for (int k = 0; k < 4; k++) {
            assert_int_equal(count[k], scored[k]);
            if (scored[k]) assert_true(fabs(mean[k] - sum[k] / (double)scored[k]) < 1e-12);
            else assert_true(isnan(mean[k]));
        }
        assert_int_equal(scored[3], 0);
        assert_int_equal(isnan(nll[0]), !bos); /* the first token of all */
        sequences_free(&sequences);
    }
    shard_remove(*state);
}

static void refuses_damaged_tagged(void **state)
{
    static const int64_t ends[][3] = {{0, 30, 61}, {1, 30, 60}, {0, 70, 60}, {0, 30, 59}};
    static const char *const names[] = {"A", "B"};
    task_t task = {.kind = TASK_POS, .name = (char *)"task", .data = "data", .window = 6};
    int32_t tag[TOKENS] = {0};
    sequences_t sequences;
    for (int i = 0; i < 6; i++) {
        store_t *store = shard_create(*state);
        static const int64_t right[] = {0, 30, 60};
        put_ids(store, BOS);
        put(store, "/documents", STORE_I64, 3, i < 4 ? ends[i] : right);
        tag[5] = i == 4 ? 2 : 0;
        put(store, "/upos", STORE_I32, i == 5 ? TOKENS - 1 : TOKENS, tag);
        expect_ok(store_write_texts(store, "/upos_names", 2, names));
        expect_ok(store_publish(&store));
        expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT,
                     i < 4    ? "/documents does not fit /ids"
                     : i == 4 ? "/upos does not fit /upos_names"
                              : "/upos does not fit /ids");
        assert_null(sequences.id);
    }
    shard_remove(*state);
}

/* ---- choices ---- */

typedef struct {
    int64_t offset[6], choice[3];
    int32_t from[5], gold[2], characters[5];
} choices_t;

static const choices_t right = {
    {0, 4, 7, 12, 14, 20}, {0, 2, 5}, {2, 1, 4, 1, 5}, {1, 2}, {3, 2, 9, 1, 4}};

static void put_choices(const char *directory, const choices_t *it)
{
    int32_t id[20];
    store_t *store = shard_create(directory);
    for (int i = 0; i < 20; i++) id[i] = i;
    put(store, "/ids", STORE_I32, 20, id);
    put(store, "/sequences", STORE_I64, 6, it->offset);
    expect_ok(store_set_text(store, "/sequences", "convention", "harness"));
    put(store, "/scored_from", STORE_I32, 5, it->from);
    put(store, "/characters", STORE_I32, 5, it->characters);
    put(store, "/choices", STORE_I64, 3, it->choice);
    put(store, "/gold", STORE_I32, 2, it->gold);
    expect_ok(store_publish(&store));
}

static void reads_choices(void **state)
{
    sequences_t sequences;
    task_t task = {.kind = TASK_CHOICE, .name = (char *)"task", .data = "data"};
    put_choices(*state, &right);
    expect_ok(sequences_read(&task, *state, &sequences));
    assert_int_equal(sequences.count, 5);
    assert_int_equal(sequences.items, 2);
    assert_int_equal(sequences_first(&sequences, 2), 11);
    assert_int_equal(sequences_scored(&sequences, 2), 1);
    assert_int_equal(sequences_scored(&sequences, 1), 2);
    assert_memory_equal(sequences.gold, right.gold, sizeof right.gold);
    assert_memory_equal(sequences.characters, right.characters, sizeof right.characters);
    assert_memory_equal(sequences.choice, right.choice, sizeof right.choice);
    assert_string_equal(sequences.convention, "harness");
    sequences_free(&sequences);
    shard_remove(*state);
}

static void refuses_damaged_choices(void **state)
{
    sequences_t sequences;
    task_t task = {.kind = TASK_CHOICE, .name = (char *)"task", .data = "data"};
    for (int i = 0; i < 9; i++) {
        choices_t it = right;
        const char *message = "/choices does not fit /sequences";
        switch (i) {
        case 0: it.from[2] = 5, message = "/scored_from does not fit /sequences"; break;
        case 1: it.from[1] = 0, message = "/scored_from does not fit /sequences"; break;
        case 2: it.from[1] = INT32_MAX, message = "/scored_from does not fit /sequences"; break;
        case 3: it.choice[0] = 1; break;
        case 4: it.choice[1] = 5; break;
        case 5: it.choice[2] = 4; break;
        case 6: it.gold[0] = 2, message = "/gold does not fit /choices"; break;
        case 7: it.gold[1] = -1, message = "/gold does not fit /choices"; break;
        default: it.characters[4] = 0, message = "choice 4 has no characters"; break;
        }
        put_choices(*state, &it);
        expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT, message);
        assert_null(sequences.choice);
    }
    shard_remove(*state);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(windows_begin_with_bos, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(windows_restart_at_documents, scratch_create,
                                        scratch_destroy),
        cmocka_unit_test_setup_teardown(means_by_tag, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(windows_have_tags, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(refuses_damaged_tagged, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(reads_choices, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(refuses_damaged_choices, scratch_create, scratch_destroy),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
