/* Tokens of tagged text in groups, and the shorter window at a corpus's end; expected by a direct
 * definition. */
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

static void put_ids(store_t *store)
{
    int32_t id[TOKENS];
    for (int i = 0; i < TOKENS; i++) id[i] = 100 + i;
    put(store, "/ids", STORE_I32, TOKENS, id);
    expect_ok(store_set_integer(store, "/ids", "bos", BOS));
}

/* With a tail, each token but the first of a window without BOS is scored once, where windows do not
 * overlap. */
static void a_tail_takes_the_rest(void **state)
{
    sequences_t sequences;
    store_t *store = shard_create(*state);
    put_ids(store);
    expect_ok(store_publish(&store));
    for (int bos = 0; bos < 2; bos++)
        for (int64_t window = 2 + bos; window < 70; window++) {
            task_t task = {.kind = TASK_PERPLEXITY,
                           .name = (char *)"task",
                           .data = "data",
                           .window = window,
                           .stride = window - bos,
                           .bos = bos,
                           .tail = true};
            int64_t rest = TOKENS % task.stride, whole = TOKENS / task.stride;
            bool scored = rest + bos >= 2;
            expect_ok(sequences_read(&task, *state, &sequences));
            assert_int_equal(sequences.count, whole + scored);
            for (size_t s = 0; s < sequences.count; s++) {
                int64_t length = (int64_t)s < whole ? window : rest + bos;
                assert_int_equal(sequences.offset[s + 1] - sequences.offset[s], length);
                const int32_t *id = sequences.id + sequences.offset[s];
                if (bos) assert_int_equal(id[0], BOS);
                for (int64_t i = bos; i < length; i++)
                    assert_int_equal(id[i], 100 + (int64_t)s * task.stride + i - bos);
            }
            sequences_free(&sequences);
            task.windows = 1;
            expect_ok(sequences_read(&task, *state, &sequences));
            assert_int_equal(sequences.count, 1);
            sequences_free(&sequences);
        }
    shard_remove(*state);
}

static void tokens_know_their_window(void **state)
{
    static const int64_t document[] = {0, 1, 13, 60};
    static const char *const names[] = {"A"};
    static const int32_t tag[TOKENS];
    int32_t id[TOKENS], window[TOKENS], position[TOKENS];
    store_t *store = shard_create(*state);
    put_ids(store);
    put(store, "/documents", STORE_I64, 4, document);
    put(store, "/upos", STORE_I32, TOKENS, tag);
    expect_ok(store_write_texts(store, "/upos_names", 1, names));
    expect_ok(store_publish(&store));
    for (int bos = 0; bos < 2; bos++) {
        sequences_t sequences;
        task_t task = {
            .kind = TASK_POS, .name = (char *)"task", .data = "data", .window = 6, .bos = bos};
        int expected = 0;
        expect_ok(sequences_read(&task, *state, &sequences));
        tagged_tokens(&sequences, id, window, position);
        for (int d = 0; d < 3; d++)
            for (int64_t t = document[d], at = 0; t < document[d + 1]; t++, at++) {
                int64_t step = 6 - bos, start = at - at % step;
                int64_t length = document[d + 1] - document[d] - start;
                bool in = (length < step ? length : step) + bos >= 2;
                assert_int_equal(id[t], in ? 100 + t : -1);
                assert_int_equal(position[t], in ? at % step + bos : -1);
                assert_int_equal(window[t], in ? expected : -1);
                bool last = at % step == step - 1 || t + 1 == document[d + 1];
                expected += in && last;
            }
        assert_int_equal(sequences.count, expected);
        sequences_free(&sequences);
    }
    shard_remove(*state);
}

static void classes(void **state)
{
    (void)state;
    static const char *const open[] = {"ADJ", "ADV", "INTJ", "NOUN", "PROPN", "VERB"};
    static const char *const closed[] = {"ADP", "AUX",  "CCONJ", "DET",
                                         "NUM", "PART", "PRON",  "SCONJ"};
    static const char *const other[] = {"PUNCT", "SYM", "X", "SPECIAL", "", "NOU", "AD"};
    for (size_t i = 0; i < 6; i++) assert_int_equal(word_class(open[i]), CLASS_OPEN);
    for (size_t i = 0; i < 8; i++) assert_int_equal(word_class(closed[i]), CLASS_CLOSED);
    for (size_t i = 0; i < 7; i++) assert_int_equal(word_class(other[i]), CLASS_OTHER);
}

static void check_way(const token_groups_t *groups, int way, const bool *scored)
{
    for (size_t i = 0; i < groups->tokens; i++) {
        size_t group = (size_t)groups->group[way][i];
        if (scored[i]) assert_true(group >= groups->first[way] && group < groups->first[way + 1]);
        else assert_int_equal(groups->group[way][i], -1);
    }
}

/* Bands hold all scored tokens, are ordered, do not part equal frequencies, and none is larger than its
 * share by more than the tokens of one frequency. */
static void groups(void **state)
{
    (void)state;
    enum { COUNT = 2000 };
    static int64_t frequency[COUNT], of[600];
    static int32_t tag[COUNT], position[COUNT];
    static bool scored[COUNT];
    const char *names[] = {"DET", "NOUN", "PUNCT"};
    const strings_t tags = {.item = (char **)names, .count = 3};
    random_t random = random_stream(1, "test", 0);
    token_groups_t it;
    int64_t all = 0, most = 0;
    for (int i = 0; i < COUNT; i++) {
        tag[i] = (int32_t)random_below(&random, 3);
        frequency[i] = 1 + (int64_t)random_below(&random, 1 + random_below(&random, 500));
        position[i] = 1 + (int32_t)random_below(&random, 100);
        scored[i] = random_below(&random, 4) > 0;
        all += scored[i];
        if (scored[i] && ++of[frequency[i]] > most) most = of[frequency[i]];
    }
    expect_ok(token_groups_create(&tags, tag, frequency, position, scored, COUNT, 5, &it));
    for (int way = 0; way < BY_WAYS; way++) check_way(&it, way, scored);
    int64_t low[5], high[5] = {0}, count[5] = {0};
    for (int i = 0; i < COUNT; i++) {
        if (!scored[i]) continue;
        size_t band = (size_t)it.group[BY_FREQUENCY][i] - it.first[BY_FREQUENCY];
        if (count[band]++ == 0 || frequency[i] < low[band]) low[band] = frequency[i];
        if (frequency[i] > high[band]) high[band] = frequency[i];
        assert_int_equal(it.group[BY_UPOS][i] - (int)it.first[BY_UPOS], tag[i]);
        const char *class = it.name.item[it.group[BY_CLASS][i]];
        assert_string_equal(class, tag[i] == 0 ? "closed" : tag[i] == 1 ? "open" : "other");
        int least, end;
        assert_int_equal(sscanf(it.name.item[it.group[BY_POSITION][i]], "%d to %d", &least, &end),
                         2);
        assert_true(least <= position[i] && position[i] <= end);
    }
    assert_int_equal(it.first[BY_POSITION] - it.first[BY_FREQUENCY], 5);
    for (int b = 0; b < 5; b++) {
        char name[64];
        snprintf(name, sizeof name, "%d to %d", (int)low[b], (int)high[b]);
        assert_string_equal(it.name.item[it.first[BY_FREQUENCY] + (size_t)b], name);
        if (b) assert_true(low[b] > high[b - 1]);
        assert_true(llabs(count[b] - all / 5) <= most + 1);
    }
    assert_string_equal(it.name.item[it.first[BY_POSITION]], "1 to 3");
    assert_string_equal(it.name.item[it.first[BY_POSITION] + 1], "4 to 15");
    token_groups_destroy(&it);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_tail_takes_the_rest, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(tokens_know_their_window, scratch_create, scratch_destroy),
        cmocka_unit_test(classes),
        cmocka_unit_test(groups),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
