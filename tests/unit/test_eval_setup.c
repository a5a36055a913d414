/* Tasks and conditions: what the configuration asks for, the sequences of a shard, the neurons of
 * a cohort, and what does not fit together. */
#include "tests/shard.h"

#include <sys/stat.h>

#include "eval/condition.h"
#include "eval/sequences.h"

#define HEAD                                                                            \
    "run: {name: n, directory: d}\nmodel: {path: m}\n"                                  \
    "corpora: {wiki: {files: f}, books: {files: f}}\nbenchmarks: {blimp: {files: f}}\n" \
    "select:\n  top: {take: highest, percent: 1}\n  bottom: {take: lowest, percent: 1}\n" /* 1 to 7 */

static config_t *configure(const char *rest)
{
    str_t text = {0};
    config_t *config = NULL;
    expect_ok(str_printf(&text, HEAD "%s", rest));
    expect_ok(config_parse("run.yaml", text.data, text.length, NULL, &config));
    str_free(&text);
    return config;
}

/* ---- tasks ---- */

static void reads_tasks(void **state)
{
    tasks_t tasks;
    config_t *config = configure("evaluate:\n  tasks:\n"
                                 "    - {perplexity: wiki, window: 64, windows: 3}\n"
                                 "    - {perplexity: wiki, stride: 16, name: slid}\n"
                                 "    - {pairs: blimp, score: mean}\n"
                                 "    - {residual: books}\n"
                                 "    - {extremes: wiki, cohort: top, count: 3}\n");
    (void)state;
    expect_ok(tasks_read(config, &tasks));
    assert_int_equal(tasks.count, 5);
    assert_string_equal(tasks.task[0].name, "perplexity-wiki");
    assert_int_equal(tasks.task[0].kind, TASK_PERPLEXITY);
    assert_int_equal(tasks.task[0].window, 64);
    assert_int_equal(tasks.task[0].stride, 64);
    assert_int_equal(tasks.task[0].windows, 3);
    assert_string_equal(tasks.task[1].name, "slid");
    assert_int_equal(tasks.task[1].window, 2048);
    assert_int_equal(tasks.task[1].stride, 16);
    assert_string_equal(tasks.task[2].name, "pairs-blimp");
    assert_string_equal(tasks.task[2].data, "blimp");
    assert_int_equal(tasks.task[2].kind, TASK_PAIRS);
    assert_string_equal(tasks.task[3].name, "residual-books");
    assert_int_equal(tasks.task[3].kind, TASK_RESIDUAL);
    assert_int_equal(tasks.task[4].kind, TASK_EXTREMES);
    assert_string_equal(tasks.task[4].cohort, "top");
    assert_true(tasks.task[4].count == 3 && tasks.task[4].context == 16);
    assert_true(tasks.task[2].mean && !tasks.task[0].mean);
    tasks_free(&tasks);
    config_close(&config);
    config = configure("");
    expect_ok(tasks_read(config, &tasks));
    assert_int_equal(tasks.count, 0);
    tasks_free(&tasks);
    config_close(&config);
}

static void refuses_tasks(void **state)
{
    static const char *const cases[][2] = {
        {"{perplexity: wik}",
         "run.yaml:10: evaluate.tasks[0].perplexity: corpora has no 'wik'; did "
         "you mean 'wiki'?"},
        {"{pairs: wiki}", "run.yaml:10: evaluate.tasks[0].pairs: benchmarks has no 'wiki'"},
        {"{window: 7}", "run.yaml:10: evaluate.tasks[0]: exactly one of "},
        {"{perplexity: wiki, pairs: blimp}", "run.yaml:10: evaluate.tasks[0]: exactly one of "},
        {"{extremes: wiki}", "run.yaml:10: evaluate.tasks[0].extremes: the cohort whose neurons"},
        {"{extremes: wiki, cohort: topp}",
         "run.yaml:10: evaluate.tasks[0].cohort: select has no cohort 'topp'; did you mean 'top'?"},
        {"{residual: blimp}", "run.yaml:10: evaluate.tasks[0].residual: corpora has no 'blimp'"},
        {"{pairs: blimp, name: a/b}",
         "run.yaml:10: evaluate.tasks[0].name: 'a/b' holds a slash or a newline"},
        {"{pairs: blimp}\n    - {pairs: blimp, score: mean}",
         "run.yaml:11: evaluate.tasks[1]: a second task is named 'pairs-blimp'; give it a name"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        tasks_t tasks;
        snprintf(text, sizeof text, "evaluate:\n  tasks:\n    - %s\n", cases[i][0]);
        config_t *config = configure(text);
        expect_error(tasks_read(config, &tasks), EXIT_USAGE, cases[i][1]);
        tasks_free(&tasks);
        config_close(&config);
    }
}

/* Writes shards/data.h5 below directory. offset NULL: a corpus. */
static void write_shard(const char *directory, const int32_t *id, uint64_t ids,
                        const int64_t *offset, uint64_t offsets)
{
    store_t *store = shard_create(directory);
    expect_ok(store_write(store, "/ids", STORE_I32, 1, &ids, id));
    if (offset) expect_ok(store_write(store, "/sequences", STORE_I64, 1, &offsets, offset));
    expect_ok(store_publish(&store));
}

static void cuts_windows(void **state)
{
    int32_t id[20];
    sequences_t sequences;
    task_t task = {.kind = TASK_PERPLEXITY, .name = (char *)"task", .data = "data"};
    for (int i = 0; i < 20; i++) id[i] = 100 + i;
    write_shard(*state, id, 20, NULL, 0);
    for (task.window = 2; task.window <= 20; task.window++)
        for (task.stride = 1; task.stride <= 21; task.stride += 4)
            for (task.windows = 0; task.windows <= 2; task.windows++) {
                size_t count = 0;
                expect_ok(sequences_read(&task, *state, &sequences));
                for (int64_t at = 0; at + task.window <= 20; at += task.stride) {
                    if (task.windows && (int64_t)count == task.windows) break;
                    assert_int_equal(sequences.offset[count], (int64_t)count * task.window);
                    assert_memory_equal(sequences.id + sequences.offset[count], id + at,
                                        (size_t)task.window * sizeof *id);
                    count++;
                }
                assert_int_equal(sequences.count, count);
                assert_int_equal(sequences.items, count);
                assert_int_equal(sequences.offset[count], (int64_t)count * task.window);
                assert_string_equal(sequences.key, "the key");
                assert_string_equal(sequences.tokenizer, "the tokenizer");
                sequences_free(&sequences);
            }
    task = (task_t){.name = (char *)"task", .data = "data", .window = 21, .stride = 21};
    expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT,
                 "/shards/data.h5: 20 tokens do not fill one window of 21; lower the window of the "
                 "task task");
    shard_remove(*state);
    expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT,
                 "run the stage 'shard' first");
}

static void reads_pairs(void **state)
{
    static const int32_t id[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    static const int64_t offset[] = {0, 2, 5, 7, 9};
    sequences_t sequences;
    task_t task = {.kind = TASK_PAIRS, .name = (char *)"task", .data = "data"};
    write_shard(*state, id, 9, offset, 5);
    expect_ok(sequences_read(&task, *state, &sequences));
    assert_int_equal(sequences.count, 4);
    assert_int_equal(sequences.items, 2);
    assert_memory_equal(sequences.id, id, sizeof id);
    assert_memory_equal(sequences.offset, offset, sizeof offset);
    sequences_free(&sequences);
    shard_remove(*state);
}

static void refuses_damaged_shards(void **state)
{
    static const int32_t id[] = {1, 2, 3, 4, 5};
    static const struct {
        int64_t offset[4];
        uint64_t count;
        const char *message;
    } cases[] = {
        {{0, 2, 5}, 2, "/sequences does not fit /ids"},            /* an odd number */
        {{0, 2, 4}, 3, "/sequences does not fit /ids"},            /* tokens left over */
        {{0, 2, 6}, 3, "/sequences does not fit /ids"},            /* tokens missing */
        {{1, 3, 5}, 3, "/sequences does not fit /ids"},            /* not from the start */
        {{0, 7, 5}, 3, "/sequences does not fit /ids"},            /* out and back */
        {{0, 4, 5}, 3, "sequence 1 has nothing to score"},         /* one token */
        {{0, 0, 5}, 3, "sequence 0 has nothing to score"},         /* none */
        {{0, -2, 5}, 3, "sequence 0 has nothing to score"},        /* fewer */
        {{0, INT64_MIN, 5}, 3, "sequence 0 has nothing to score"}, /* differences overflow */
        {{0, INT64_MAX, 5}, 3, "/sequences does not fit /ids"},
        {{0}, 0, "/sequences does not fit /ids"},
    };
    task_t task = {.kind = TASK_PAIRS, .name = (char *)"task", .data = "data"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sequences_t sequences;
        write_shard(*state, id, 5, cases[i].offset, cases[i].count);
        expect_error(sequences_read(&task, *state, &sequences), EXIT_INPUT, cases[i].message);
        assert_null(sequences.id);
    }
    shard_remove(*state);
}

/* ---- conditions ---- */

static void reads_conditions(void **state)
{
    conditions_t conditions;
    config_t *config =
        configure("evaluate:\n  conditions: [baseline, {ablate: negative, cohort: top}, "
                  "{ablate: both, cohort: top, name: off}, {ablate: scale, factor: -0.5, cohort: "
                  "top}, {ablate: mean, cohort: bottom}]\n");
    (void)state;
    expect_ok(conditions_read(config, &conditions));
    assert_int_equal(conditions.count, 5);
    assert_string_equal(conditions.condition[3].name, "scale-0.5-top");
    assert_true(conditions.condition[3].factor == -0.5);
    assert_string_equal(conditions.condition[4].name, "mean-bottom");
    assert_int_equal(conditions.condition[4].ablate, ABLATE_MEAN);
    assert_string_equal(conditions.condition[0].name, "baseline");
    assert_null(conditions.condition[0].cohort);
    assert_string_equal(conditions.condition[1].name, "negative-top");
    assert_int_equal(conditions.condition[1].ablate, ABLATE_NEGATIVE);
    assert_string_equal(conditions.condition[2].name, "off");
    assert_string_equal(conditions.condition[2].cohort, "top");
    conditions_free(&conditions);
    config_close(&config);
    config = configure("");
    expect_ok(conditions_read(config, &conditions));
    assert_int_equal(conditions.count, 1);
    assert_string_equal(conditions.condition[0].name, "baseline");
    conditions_free(&conditions);
    config_close(&config);
}

static void refuses_conditions(void **state)
{
    static const char *const cases[][2] = {
        {"{ablate: both, cohort: tpo}", "run.yaml:10: evaluate.conditions[0].cohort: select has no "
                                        "cohort 'tpo'; did you mean 'top'?"},
        {"{ablate: scale, cohort: top}",
         "run.yaml:10: evaluate.conditions[0].factor: ablate: scale, and nothing else"},
        {"{ablate: negative, factor: 2, cohort: top}",
         "run.yaml:10: evaluate.conditions[0].factor: ablate: scale, and nothing else"},
        {"{ablate: both, cohort: top, name: x, layers: {groups: 2}}",
         "run.yaml:10: evaluate.conditions[0]: a second condition is named 'x'"},
        {"{ablate: both, cohort: top, layers: {groups: 2, first: 1}}",
         "run.yaml:10: evaluate.conditions[0].layers: either groups, or first and last"},
        {"{ablate: both, cohort: top, layers: {first: 2, last: 1}}",
         "run.yaml:10: evaluate.conditions[0].layers.last: 1 comes before layers.first, 2"},
        {"{ablate: [both, both], cohort: top}",
         "run.yaml:10: evaluate.conditions[0]: a second condition is named 'both-top'"},
        {"baseline\n    - baseline",
         "run.yaml:11: evaluate.conditions[1]: a second condition is named 'baseline'"},
        {"{ablate: both, cohort: top}\n    - {ablate: both, cohort: top}",
         "run.yaml:11: evaluate.conditions[1]: a second condition is named 'both-top'"},
        {"{ablate: both, cohort: top, name: \"a\\nb\"}",
         "evaluate.conditions[0].name: 'a\nb' holds a slash or a newline"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        conditions_t conditions;
        snprintf(text, sizeof text, "evaluate:\n  conditions:\n    - %s\n", cases[i][0]);
        config_t *config = configure(text);
        expect_error(conditions_read(config, &conditions), EXIT_USAGE, cases[i][1]);
        conditions_free(&conditions);
        config_close(&config);
    }
}

/* Entries that stand for several conditions. */
static void expands_conditions(void **state)
{
    static const char *const names[] = {
        "negative-top",
        "negative-bottom",
        "scale0.5-top",
        "scale0.5-bottom",
        "scale2-top",
        "scale2-bottom",
        "both-low-p1",
        "both-low-p2.5",
        "mean-low-p1-group1of2",
        "mean-low-p1-group2of2",
        "negative-low-p1-groups1to1of3",
        "negative-low-p1-groups1to2of3",
        "negative-low-p1-groups1to3of3",
        "negative-low-p2.5-groups1to1of3",
        "negative-low-p2.5-groups1to2of3",
        "negative-low-p2.5-groups1to3of3",
        "negative-top-layers0to1",
        "negative-top-layersfrom2",
    };
    conditions_t conditions;
    config_t *config =
        configure("  low: {take: lowest, percent: [1, 2.5]}\nevaluate:\n  conditions:\n"
                  "  - {ablate: [negative, scale], factor: [0.5, 2], cohort: [top, bottom]}\n"
                  "  - {ablate: both, cohort: low}\n"
                  "  - {ablate: mean, cohort: low-p1, layers: {groups: 2}}\n"
                  "  - {ablate: negative, cohort: low, layers: {groups: 3, mode: cumulative}}\n"
                  "  - {ablate: negative, cohort: top, layers: {last: 1}}\n"
                  "  - {ablate: negative, cohort: top, layers: {first: 2}}\n");
    (void)state;
    expect_ok(conditions_read(config, &conditions));
    assert_int_equal(conditions.count, sizeof names / sizeof *names);
    /* cohorts within factors within ablations, but for cohorts of one entry */
    for (size_t i = 0; i < conditions.count; i++)
        if (conditions_find(&conditions, names[i]) < 0) fail_msg("%s", names[i]);
    assert_true(conditions.condition[conditions_find(&conditions, "scale2-bottom")].factor == 2);
    conditions_free(&conditions);
    config_close(&config);
}

/* Writes selection/top.h5 with these neurons at the checkpoint step0. */
static void write_cohort(const char *directory, uint64_t count, const int32_t *layer,
                         const int32_t *neuron)
{
    static const int32_t number[] = {0, 1, 2};
    static const double zero[8];
    char *path = NULL;
    store_t *store = NULL;
    uint64_t layers = 3;
    expect_ok(str_format(&path, "%s/selection/top.h5", directory));
    expect_ok(directory_create_for(path));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_write(store, "/step0/layer", STORE_I32, 1, &count, layer));
    expect_ok(store_write(store, "/step0/neuron", STORE_I32, 1, &count, neuron));
    expect_ok(store_write(store, "/step0/value", STORE_F64, 1, &count, zero));
    expect_ok(store_write(store, "/step0/threshold", STORE_F64, 1, &layers, zero));
    expect_ok(store_write(store, "/step0/size", STORE_I32, 1, &layers, number));
    expect_ok(store_write(store, "/step0/layers", STORE_I32, 1, &layers, number));
    expect_ok(store_publish(&store));
    mem_free(&path);
}

static void remove_below(const char *directory, const char *name)
{
    char *path = NULL;
    expect_ok(path_join(directory, name, &path));
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    mem_free(&path);
}

static void loads_neurons(void **state)
{
    static const int32_t layer[] = {0, 0, 2}, neuron[] = {3, 9, 1}, start[] = {0, 2, 2, 3};
    char key[3][SHA256_HEX];
    conditions_t conditions;
    config_t *config = configure("evaluate:\n  conditions: [baseline, {ablate: both, cohort: top}, "
                                 "{ablate: negative, cohort: top}]\n");
    expect_ok(conditions_read(config, &conditions));
    expect_error(conditions_load(&conditions, *state, "step0", 3, 10), EXIT_INPUT,
                 "run the stage 'select' first");
    write_cohort(*state, 3, layer, neuron);
    for (int again = 0; again < 2; again++) {
        expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
        assert_int_equal(conditions.intervention[0].ablate, ABLATE_NONE);
        assert_int_equal(conditions.intervention[1].ablate, ABLATE_BOTH);
        assert_memory_equal(conditions.intervention[1].neuron, neuron, sizeof neuron);
        assert_memory_equal(conditions.intervention[1].start, start, sizeof start);
    }
    for (int c = 0; c < 3; c++) memcpy(key[c], conditions.condition[c].key, SHA256_HEX);
    assert_string_not_equal(key[0], key[1]);
    assert_string_not_equal(key[1], key[2]);
    expect_error(conditions_load(&conditions, *state, "step0", 3, 9), EXIT_INPUT,
                 "/selection/top.h5: layer 0, neuron 9: the model has 3 layers of 9 neurons");
    expect_error(conditions_load(&conditions, *state, "step0", 2, 10), EXIT_INPUT,
                 "/selection/top.h5: layer 2, neuron 1: the model has 2 layers of 10 neurons");
    expect_error(conditions_load(&conditions, *state, "step1", 3, 10), EXIT_INPUT, "/step1/layer");
    /* another neuron, another key */
    write_cohort(*state, 2, layer, neuron);
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    assert_string_equal(conditions.condition[0].key, key[0]);
    assert_string_not_equal(conditions.condition[1].key, key[1]);
    /* an empty cohort ablates nothing */
    write_cohort(*state, 0, layer, neuron);
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    assert_int_equal(conditions.intervention[1].start[3], 0);
    conditions_free(&conditions);
    config_close(&config);
    remove_below(*state, "selection/top.h5");
}

/* Groups of layers have the neurons of their layers; conditions that end up with the same neurons
 * have the same key. */
static void loads_layers(void **state)
{
    static const int32_t layer[] = {0, 1, 1, 2, 2, 2}, neuron[] = {3, 1, 2, 4, 5, 6};
    static const int32_t want[][4] = {{0, 1, 1, 1}, {0, 0, 2, 5}, {0, 1, 1, 1},
                                      {0, 1, 3, 6}, {0, 0, 2, 2}, {0, 1, 3, 6}};
    static const int32_t first[] = {3, 1, 3, 3, 1, 3};
    conditions_t conditions;
    config_t *config = configure("evaluate:\n  conditions:\n"
                                 "  - {ablate: both, cohort: top, layers: {groups: 2}}\n"
                                 "  - {ablate: both, cohort: top, layers: {groups: 2, mode: "
                                 "cumulative}}\n"
                                 "  - {ablate: both, cohort: top, layers: {first: 1, last: 1}}\n"
                                 "  - {ablate: both, cohort: top}\n");
    write_cohort(*state, 6, layer, neuron);
    expect_ok(conditions_read(config, &conditions));
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    assert_int_equal(conditions.count, 6);
    for (size_t c = 0; c < 6; c++) {
        assert_memory_equal(conditions.intervention[c].start, want[c], sizeof want[c]);
        assert_int_equal(conditions.intervention[c].neuron[0], first[c]);
    }
    assert_string_equal(conditions.condition[0].key, conditions.condition[2].key);
    assert_string_equal(conditions.condition[3].key, conditions.condition[5].key);
    assert_string_not_equal(conditions.condition[1].key, conditions.condition[5].key);
    expect_ok(conditions_stand_in(&conditions, 3));
    for (size_t c = 0; c < 6; c++)
        for (int l = 0; l < 3; l++)
            assert_int_equal(want[c][l + 1] > want[c][l], conditions.intervention[c].start[l + 1] >
                                                              conditions.intervention[c].start[l]);
    expect_error(conditions_load(&conditions, *state, "step0", 1, 10), EXIT_INPUT,
                 "condition 'both-top-group1of2': 2 groups of the model's 1 layers");
    conditions_free(&conditions);
    config_close(&config);
    config =
        configure("evaluate: {conditions: [{ablate: both, cohort: top, layers: {first: 3}}]}\n");
    expect_ok(conditions_read(config, &conditions));
    expect_error(conditions_load(&conditions, *state, "step0", 3, 10), EXIT_INPUT,
                 "condition 'both-top-layersfrom3': the model has the layers 0 to 2");
    conditions_free(&conditions);
    config_close(&config);
    remove_below(*state, "selection/top.h5");
}

/* Writes statistics/step0.h5 with the mean of each neuron of the layers 0 and 2. */
static void write_means(const char *directory, const double mean[2][10])
{
    static const int32_t layer[] = {0, 2};
    char *path = NULL;
    store_t *store = NULL;
    uint64_t shape[] = {2, 10};
    expect_ok(str_format(&path, "%s/statistics/step0.h5", directory));
    expect_ok(directory_create_for(path));
    expect_ok(store_create(path, MPI_COMM_SELF, &store));
    expect_ok(store_write(store, "/layers", STORE_I32, 1, shape, layer));
    expect_ok(store_write(store, "/mean", STORE_F64, 2, shape, mean));
    expect_ok(store_publish(&store));
    mem_free(&path);
}

/* The factor and the means are part of a condition, and of its key. */
static void loads_means_and_factors(void **state)
{
    static const int32_t layer[] = {0, 0, 2}, neuron[] = {3, 9, 1}, missing[] = {0, 1, 2};
    double mean[2][10] = {{0}};
    char key[3][SHA256_HEX];
    conditions_t conditions;
    config_t *config = configure("evaluate:\n  conditions: [{ablate: mean, cohort: top}, "
                                 "{ablate: scale, factor: 0.5, cohort: top}, "
                                 "{ablate: scale, factor: 2, cohort: top}]\n");
    mean[0][3] = -0.25, mean[0][9] = 1.5, mean[1][1] = -3;
    write_cohort(*state, 3, layer, neuron);
    expect_ok(conditions_read(config, &conditions));
    expect_error(conditions_load(&conditions, *state, "step0", 3, 10), EXIT_INPUT,
                 "run the stage 'reduce' first");
    write_means(*state, mean);
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    const float *value = conditions.intervention[0].value;
    assert_true(value[0] == -0.25f && value[1] == 1.5f && value[2] == -3);
    assert_true(conditions.intervention[1].factor == 0.5f && !conditions.intervention[1].value);
    for (int c = 0; c < 3; c++) memcpy(key[c], conditions.condition[c].key, SHA256_HEX);
    assert_string_not_equal(key[1], key[2]);
    mean[0][4] = 7; /* of none of these neurons */
    write_means(*state, mean);
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    assert_string_equal(conditions.condition[0].key, key[0]);
    mean[1][1] = -2;
    write_means(*state, mean);
    expect_ok(conditions_load(&conditions, *state, "step0", 3, 10));
    assert_string_not_equal(conditions.condition[0].key, key[0]);
    assert_string_equal(conditions.condition[1].key, key[1]);
    write_cohort(*state, 3, missing, neuron);
    expect_error(conditions_load(&conditions, *state, "step0", 3, 10), EXIT_INPUT,
                 "/statistics/step0.h5: layer 1, neuron 9 has no mean, which the condition "
                 "'mean-top' puts in place");
    conditions_free(&conditions);
    config_close(&config);
    remove_below(*state, "selection/top.h5");
    remove_below(*state, "statistics/step0.h5");
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_tasks),
        cmocka_unit_test(refuses_tasks),
        WITH_SCRATCH(cuts_windows),
        WITH_SCRATCH(reads_pairs),
        WITH_SCRATCH(refuses_damaged_shards),
        cmocka_unit_test(reads_conditions),
        cmocka_unit_test(refuses_conditions),
        WITH_SCRATCH(loads_neurons),
        cmocka_unit_test(expands_conditions),
        WITH_SCRATCH(loads_layers),
        WITH_SCRATCH(loads_means_and_factors),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
