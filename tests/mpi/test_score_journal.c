/* Scoring that is stopped and goes on: the same bits, whatever was left of the journals, on any number
 * of ranks; and what was in them is not computed again. */
#include "tests/parallel.h"
#include "tests/tiny_model.h"

#include "core/journal.h"
#include "eval/score.h"

enum { SEQUENCES = 40, LONGEST = 12, CONDITIONS = 3, SCORES = CONDITIONS * SEQUENCES, CHUNK = 30 };

static int32_t id[SEQUENCES * LONGEST];
static int64_t offset[SEQUENCES + 1];
static const int32_t neuron[] = {0, 7, 55, 1, 2, 3, 30}, start[] = {0, 3, 3, 7};
static const intervention_t conditions[] = {
    {.ablate = ABLATE_NONE},
    {.ablate = ABLATE_NEGATIVE, .neuron = neuron, .start = start},
    {.ablate = ABLATE_BOTH, .neuron = neuron, .start = start}};

typedef struct {
    double sum[SCORES], token[CONDITIONS * SEQUENCES * LONGEST];
} outcome_t;

static sequences_t make_sequences(void)
{
    random_t random = random_stream(1, "texts", 0);
    for (int s = 0; s < SEQUENCES; s++) {
        int64_t at = offset[s], length = 2 + (int64_t)random_below(&random, LONGEST - 1);
        for (int64_t i = 0; i < length; i++)
            id[at + i] = (int32_t)random_below(&random, i < 3 ? 2 : TINY_VOCABULARY);
        offset[s + 1] = at + length;
    }
    return (sequences_t){.id = id, .offset = offset, .count = SEQUENCES, .items = SEQUENCES};
}

static void make_keys(char (*key)[SHA256_HEX])
{
    for (int c = 0; c < CONDITIONS; c++) {
        memset(key[c], 'a' + c, SHA256_HEX - 1);
        key[c][SHA256_HEX - 1] = '\0';
    }
}

/* The first so many conditions; memory for the model, 0: enough. Rank 0 has the outcome. */
static status_t score(MPI_Comm comm, const char *directory, size_t memory, int count,
                      const char *prefix, outcome_t *outcome)
{
    char key[CONDITIONS][SHA256_HEX];
    sequences_t sequences = make_sequences();
    run_options_t options = {.condition = conditions,
                             .conditions = count,
                             .layers = TINY_LAYERS,
                             .what = "tiny",
                             .memory = memory ? 50000 : 0};
    score_journal_t journal = {prefix, (const char(*)[SHA256_HEX])key};
    score_plan_t plan;
    model_t *model = NULL;
    int rank, ranks;
    make_keys(key);
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    status_t status = model_open(comm, directory, memory, &model);
    if (status) return status;
    expect_ok(score_plan_create(&sequences, ranks, CHUNK, &plan));
    status = score_tokens(comm, model, &sequences, &plan, &options, prefix ? &journal : NULL,
                          "scores", outcome->sum, rank == 0 ? outcome->token : NULL);
    score_plan_free(&plan);
    model_close(&model);
    return status;
}

static void save(void **state, uint64_t seed)
{
    tiny_t tiny;
    tiny_neox(&tiny, seed);
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) tiny_save(&tiny, *state, DTYPE_F16);
    MPI_Barrier(MPI_COMM_WORLD);
    tiny_free(&tiny);
}

static void expect_equal(const outcome_t *a, const outcome_t *b)
{
    if (world_rank() != 0) return;
    assert_memory_equal(a->sum, b->sum, sizeof a->sum);
    assert_memory_equal(a->token, b->token, sizeof a->token);
}

static char *prefix_in(void **state)
{
    char *prefix = NULL;
    expect_ok(str_format(&prefix, "%s/journal/step0/task", (char *)*state));
    return prefix;
}

/* Only the journals can know the scores of weights that are no longer there. */
static void takes_what_is_there(void **state)
{
    static outcome_t whole, again, others;
    char *prefix = prefix_in(state);
    save(state, 1);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, NULL, &whole));
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &again));
    expect_equal(&whole, &again);
    save(state, 2);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, NULL, &others));
    if (world_rank() == 0) assert_memory_not_equal(&whole, &others, sizeof whole.sum);
    memset(&again, 0, sizeof again);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &again));
    expect_equal(&whole, &again);
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) expect_ok(score_journal_remove(prefix));
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &again));
    expect_equal(&others, &again);
    mem_free(&prefix);
}

/* Rank 0 keeps the first length bytes of its node's journal. */
static void cut(const char *prefix, size_t length, size_t *whole)
{
    MPI_Barrier(MPI_COMM_WORLD);
    if (world_rank() == 0) {
        char *path = NULL;
        str_t bytes = {0};
        expect_ok(str_format(&path, "%s.0", prefix));
        expect_ok(file_read(path, 1 << 24, &bytes));
        *whole = bytes.length;
        if (length > bytes.length) length = bytes.length;
        expect_ok(file_write(path, bytes.data, length));
        str_free(&bytes);
        mem_free(&path);
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

/* Killed anywhere, then on all ranks or one, with the model in memory or streamed. */
static void goes_on(void **state)
{
    static outcome_t whole, again;
    char *prefix = prefix_in(state);
    size_t bytes = 0;
    save(state, 3);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, NULL, &whole));
    for (int part = 0; part <= 10; part++) {
        if (world_rank() == 0) expect_ok(score_journal_remove(prefix));
        MPI_Barrier(MPI_COMM_WORLD);
        expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &again));
        cut(prefix, SIZE_MAX, &bytes);
        cut(prefix, bytes * (size_t)part / 10, &bytes);
        memset(&again, 0, sizeof again);
        if (part % 3 == 0 && world_rank() == 0)
            expect_ok(score(MPI_COMM_SELF, *state, 0, CONDITIONS, prefix, &again));
        else if (part % 3)
            expect_ok(score(MPI_COMM_WORLD, *state, part % 3 == 1 ? 0 : 40000, CONDITIONS, prefix,
                            &again));
        expect_equal(&whole, &again);
        MPI_Barrier(MPI_COMM_WORLD);
    }
    mem_free(&prefix);
}

/* Conditions that are added later: the earlier ones are not computed again. */
static void takes_conditions(void **state)
{
    static outcome_t whole, some, again;
    char *prefix = prefix_in(state);
    save(state, 4);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, 2, prefix, &some));
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, NULL, &whole));
    save(state, 5);
    expect_ok(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &again));
    if (world_rank() == 0) {
        assert_memory_equal(again.sum, whole.sum, 2 * SEQUENCES * sizeof *again.sum);
        assert_memory_not_equal(again.sum + 2 * SEQUENCES, whole.sum + 2 * SEQUENCES,
                                SEQUENCES * sizeof *again.sum);
    }
    mem_free(&prefix);
}

/* A journal that cannot be written stops every rank. */
static void says_what_it_cannot_write(void **state)
{
    static outcome_t outcome;
    char *prefix = NULL;
    save(state, 6);
    expect_ok(str_format(&prefix, "%s/model.safetensors/task", (char *)*state));
    expect_common_error(score(MPI_COMM_WORLD, *state, 0, CONDITIONS, prefix, &outcome), EXIT_OUTPUT,
                        "model.safetensors");
    mem_free(&prefix);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(takes_what_is_there, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(goes_on, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(takes_conditions, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(says_what_it_cannot_write, common_create, common_destroy),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
