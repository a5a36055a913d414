/* Multiple-choice questions in the shapes that ARC, PIQA, HellaSwag, WinoGrande, BoolQ, OpenBookQA,
 * SciQ and MMLU are published in, read as configs/benchmarks.yaml says: contexts, continuations and
 * right choices written out by hand after lm-evaluation-harness's definitions of these tasks
 * (0.4.13, lm_eval/tasks). */
#include "tests/scratch.h"

#include "eval/choice.h"
#include "text/choice_items.h"

typedef struct {
    const char *keys;  /* of the benchmark, YAML; or its name in configs/benchmarks.yaml */
    const char *lines; /* of the file */
    const char *answers;
    const char *expected; /* a line "gold|term|context>continuation|..." for each question */
} case_t;

static config_t *configure(const char *keys)
{
    str_t text = {0};
    config_t *config = NULL;
    expect_ok(str_printf(&text,
                         "run: {name: a, directory: b}\nmodel: {path: c}\nbenchmarks:\n  it:\n"
                         "    files: [x]\n    format: choice\n%s",
                         keys));
    expect_ok(config_parse("config.yaml", text.data, text.length, NULL, &config));
    str_free(&text);
    return config;
}

static config_t *published(void)
{
    config_t *config = NULL;
    expect_ok(config_open("configs/benchmarks.yaml", NULL, &config));
    return config;
}

static status_t read_all(void **state, const case_t *it, str_t *out)
{
    bool given = strchr(it->keys, '\n') || !*it->keys;
    const char *name = given ? "it" : it->keys;
    config_t *config = given ? configure(it->keys) : published();
    choice_format_t format;
    choice_items_t *items = NULL;
    choice_item_t item = {0};
    char *path = NULL, *answers = NULL;
    bool found = true;
    scratch_write(*state, "it.jsonl", it->lines, strlen(it->lines));
    expect_ok(path_join(*state, "it.jsonl", &path));
    if (it->answers) {
        scratch_write(*state, "it.lst", it->answers, strlen(it->answers));
        expect_ok(path_join(*state, "it.lst", &answers));
    }
    expect_ok(choice_configure(config, name, &format));
    expect_ok(choice_items_open(path, answers, &format, &items));
    str_clear(out);
    expect_ok(str_add(out, ""));
    status_t status = NULL;
    while (!status && found) {
        status = choice_items_next(items, &item, &found);
        if (status || !found) break;
        expect_ok(str_printf(out, "%d|%s|", item.gold, item.term.data));
        assert_int_equal(item.context.count, item.choice.count);
        assert_int_equal(item.continuation.count, item.choice.count);
        for (size_t i = 0; i < item.choice.count; i++)
            expect_ok(str_printf(out, "%s>%s|", item.context.item[i], item.continuation.item[i]));
        expect_ok(str_add(out, "\n"));
    }
    choice_items_close(&items);
    choice_item_free(&item);
    choice_format_free(&format);
    config_close(&config);
    unlink(path);
    if (answers) unlink(answers);
    mem_free(&path);
    mem_free(&answers);
    return status;
}

static void expect_cases(void **state, const case_t *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        str_t out = {0};
        expect_ok(read_all(state, &cases[i], &out));
        assert_string_equal(out.data, cases[i].expected);
        str_free(&out);
    }
}

static void test_published(void **state)
{
    static const case_t cases[] = {
        {"arc",
         "{\"id\": \"1\", \"question\": {\"stem\": \"Q\", \"choices\": [{\"text\": \"a\", "
         "\"label\": \"A\"}, {\"text\": \"b\", \"label\": \"B\"}]}, \"answerKey\": \"B\"}\n",
         NULL, "1|it|Question: Q\nAnswer:>a|Question: Q\nAnswer:>b|\n"},
        {"arc-hub",
         "{\"id\": \"1\", \"question\": \"Q\", \"choices\": {\"text\": [\"a\", \"b\", \"c\"], "
         "\"label\": [\"1\", \"2\", \"3\"]}, \"answerKey\": \"3\"}\n",
         NULL, "2|it|Question: Q\nAnswer:>a|Question: Q\nAnswer:>b|Question: Q\nAnswer:>c|\n"},
        {"piqa",
         "{\"goal\": \"G\", \"sol1\": \"a\", \"sol2\": \"b\"}\n{\"goal\": \"H\", \"sol1\": \"c\", "
         "\"sol2\": \"d\"}\n",
         "1\r\n0",
         "1|it|Question: G\nAnswer:>a|Question: G\nAnswer:>b|\n0|it|Question: "
         "H\nAnswer:>c|Question: H\nAnswer:>d|\n"},
        {"piqa-hub", "{\"goal\": \"G\", \"sol1\": \"a\", \"sol2\": \"b\", \"label\": 1}\n", NULL,
         "1|it|Question: G\nAnswer:>a|Question: G\nAnswer:>b|\n"},
        {"hellaswag",
         "{\"ind\": 24, \"activity_label\": \"Roof\", \"ctx_a\": \"A man [header] sits.\", "
         "\"ctx_b\": \"he\", \"ctx\": \"unused\", \"split\": \"val\", \"split_type\": "
         "\"indomain\", \"label\": 1, \"endings\": [\"is [step] up. \", \"falls [title] x\"], "
         "\"source_id\": \"wikihow~7\"}\n",
         NULL, "1|it|Roof: A man sits. He>is up.|Roof: A man sits. He>falls. x|\n"},
        {"winogrande",
         "{\"qID\": \"1\", \"sentence\": \"Ann saw Bo, so _ waved.\", \"option1\": \"Ann\", "
         "\"option2\": \"Bo\", \"answer\": \"2\"}\n",
         NULL, "1|it|Ann saw Bo, so Ann>waved.|Ann saw Bo, so Bo>waved.|\n"},
        {"boolq",
         "{\"question\": \"q\", \"title\": \"t\", \"answer\": true, \"passage\": "
         "\"P\"}\n{\"question\": \"q\", \"title\": \"t\", \"answer\": false, \"passage\": \"P\"}\n",
         NULL,
         "1|it|P\nQuestion: q?\nAnswer:>no|P\nQuestion: q?\nAnswer:>yes|\n0|it|P\nQuestion: "
         "q?\nAnswer:>no|P\nQuestion: q?\nAnswer:>yes|\n"},
        {"boolq-hub",
         "{\"question\": \"q\", \"passage\": \"P\", \"idx\": 0, \"label\": 1}\n{\"question\": "
         "\"q\", \"passage\": \"P\", \"idx\": 1, \"label\": false}\n",
         NULL,
         "1|it|P\nQuestion: q?\nAnswer:>no|P\nQuestion: q?\nAnswer:>yes|\n0|it|P\nQuestion: "
         "q?\nAnswer:>no|P\nQuestion: q?\nAnswer:>yes|\n"},
        {"openbookqa",
         "{\"id\": \"1\", \"question\": {\"stem\": \"Q\", \"choices\": [{\"text\": \"a\", "
         "\"label\": \"A\"}, {\"text\": \"b\", \"label\": \"B\"}]}, \"answerKey\": \" B\"}\n",
         NULL, "1|it|Q>a|Q>b|\n"},
        {"openbookqa-hub",
         "{\"id\": \"1\", \"question_stem\": \"Q\", \"choices\": {\"text\": [\"a\", \"b\"], "
         "\"label\": [\"A\", \"B\"]}, \"answerKey\": \"A\"}\n",
         NULL, "0|it|Q>a|Q>b|\n"},
        {"sciq",
         "{\"question\": \"Q\", \"distractor3\": \"c\", \"distractor1\": \"a\", \"distractor2\": "
         "\"b\", \"correct_answer\": \"d\", \"support\": \"\"}\n",
         NULL,
         "3|it|\nQuestion: Q\nAnswer:>a|\nQuestion: Q\nAnswer:>b|\nQuestion: "
         "Q\nAnswer:>c|\nQuestion: Q\nAnswer:>d|\n"},
        {"mmlu",
         "{\"question\": \" Q \", \"subject\": \"formal_logic\", \"choices\": [\"w\", \"x\", "
         "\"y\", \"z\"], \"answer\": 1}\n",
         NULL,
         "1|formal_logic|The following are multiple choice questions (with answers) about formal "
         "logic.\n\nQ\nA. w\nB. x\nC. y\nD. z\nAnswer:>A|The following are multiple choice "
         "questions (with answers) about formal logic.\n\nQ\nA. w\nB. x\nC. y\nD. z\nAnswer:>B|The "
         "following are multiple choice questions (with answers) about formal logic.\n\nQ\nA. "
         "w\nB. x\nC. y\nD. z\nAnswer:>C|The following are multiple choice questions (with "
         "answers) about formal logic.\n\nQ\nA. w\nB. x\nC. y\nD. z\nAnswer:>D|\n"},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    expect_cases(state, cases, CASES);
    /* None is left out, and every task has one. */
    config_t *config = published();
    assert_int_equal(config_count(config, "benchmarks"), CASES);
    for (size_t i = 0; i < config_count(config, "evaluate.tasks"); i++) {
        const char *name = config_text(config, config_path("evaluate.tasks[%zu].choice", i));
        bool known = false;
        for (size_t c = 0; name && c < CASES; c++) known |= strcmp(cases[c].keys, name) == 0;
        assert_true(known);
    }
    config_close(&config);
}

static void test_other_shapes(void **state)
{
    static const case_t cases[] = {
        /* the defaults */
        {"", "{\"query\": \"Snow is\", \"choices\": [\"red\", \"white\"], \"gold\": 1}\n", NULL,
         "1|it|Snow is>red|Snow is>white|\n"},
        {"    group: \"{source_id|before:~}\"\n",
         "{\"query\": \"Q\", \"choices\": [\"a\", \"b\"], \"gold\": \"0\", \"source_id\": "
         "\"how~7\"}\n",
         NULL, "0|how|Q>a|Q>b|\n"},
        {"    query: \"Q\"\n    choices: [\"{distractor1}\", \"{correct_answer}\"]\n"
         "    gold: \"{correct_answer}\"\n    gold_is: text\n",
         "{\"distractor1\": \"a\", \"correct_answer\": \"d\"}\n", NULL, "1|it|Q>a|Q>d|\n"},
        {"    gold_is: letter\n",
         "{\"query\": \"Q\", \"choices\": [\"x\", \"y\", \"z\"], \"gold\": \"C\"}\n\n", NULL,
         "2|it|Q>x|Q>y|Q>z|\n"},
    };
    expect_cases(state, cases, sizeof cases / sizeof *cases);
}

static void test_bad_questions(void **state)
{
    static const struct {
        case_t it;
        const char *message;
    } cases[] = {
        {{"", "{\"query\": \"Q\", \"choices\": [\"x\"], \"gold\": 0}\n", NULL, NULL},
         "it.jsonl:1: 1 choices, from 2 to 1000 are expected"},
        {{"", "{\"query\": \"Q\", \"choices\": [\"x\", \"\"], \"gold\": 0}\n", NULL, NULL},
         "it.jsonl:1: choice 2 is empty"},
        {{"", "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"gold\": 2}\n", NULL, NULL},
         "it.jsonl:1: the right choice \"2\" is none of 2 choices"},
        {{"", "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"gold\": -1}\n", NULL, NULL},
         "the right choice \"-1\" is none of 2 choices"},
        {{"    gold_is: position\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"gold\": 0}\n", NULL, NULL},
         "the right choice \"0\" is none of 2 choices"},
        {{"    gold_is: letter\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"gold\": \"c\"}\n", NULL, NULL},
         "the right choice \"c\" is none of 2 choices"},
        {{"    gold_is: text\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"gold\": \"z\"}\n", NULL, NULL},
         "the right choice \"z\" is none of the choices"},
        {{"    gold_is: label\n    labels: \"{l}\"\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"], \"l\": [\"a\", \"b\"], \"gold\": "
          "\"z\"}\n",
          NULL, NULL},
         "the right choice \"z\" is none of the labels"},
        {{"", "\n{\"query\": \"Q\", \"choices\": [\"x\", \"y\"]}\n", NULL, NULL},
         "it.jsonl:2: the key \"gold\" is missing"},
        {{"    answers: [y]\n    gold: \"{answer}\"\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"]}\n"
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"]}\n",
          "1\n", NULL},
         "it.lst has no line for it"},
        {{"    answers: [y]\n    gold: \"{answer}\"\n",
          "{\"query\": \"Q\", \"choices\": [\"x\", \"y\"]}\n", "1\n0\n", NULL},
         "it.lst has more lines than"},
        {{"    group: \"{query}\"\n",
          "{\"query\": \"\", \"choices\": [\"x\", \"y\"], \"gold\": 0}\n", NULL, NULL},
         "a group's name of 1 to 1000 bytes is expected"},
        {{"    continuation: \"{query}\"\n",
          "{\"query\": \"\", \"choices\": [\"x\", \"y\"], \"gold\": 0}\n", NULL, NULL},
         "the continuation of choice 1 is empty"},
        {{"", "{\"query\": \"a\\u0000\", \"choices\": [\"x\", \"y\"], \"gold\": 0}\n", NULL, NULL},
         "a text holds a NUL character"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        str_t out = {0};
        expect_error(read_all(state, &cases[i].it, &out), EXIT_INPUT, cases[i].message);
        str_free(&out);
    }
}

/* One long question that each of many choices would repeat. */
static void test_too_large(void **state)
{
    str_t line = {0}, out = {0};
    expect_ok(str_add(&line, "{\"gold\": 0, \"query\": \""));
    for (int i = 0; i < 1 << 18; i++) expect_ok(str_add(&line, "abc "));
    expect_ok(str_add(&line, "\", \"choices\": [\"x\""));
    for (int i = 0; i < 100; i++) expect_ok(str_add(&line, ", \"y\""));
    expect_ok(str_add(&line, "]}\n"));
    expect_error(read_all(state, &(case_t){"", line.data, NULL, NULL}, &out), EXIT_INPUT,
                 "it.jsonl:1: contexts and continuations of more than 64 MiB");
    str_free(&line);
    str_free(&out);
}

static void test_bad_formats(void **state)
{
    static const char *const cases[][2] = {
        {"    query: \"{question\"\n",
         "config.yaml:7: benchmarks.it.query: \"{question\": a brace"},
        {"    choices: [\"{a}\", \"{b|x}\"]\n", "{...|x}: no such filter"},
        {"    choices: \"{a} \"\n", "a single choice is expected to be a field that holds a list"},
        {"    labels: \"a\"\n", "benchmarks.it.labels: a field that holds a list is expected"},
        {"    gold: \"}\"\n", "benchmarks.it.gold: "},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_t *config = configure(cases[i][0]);
        choice_format_t format;
        expect_error(choice_configure(config, "it", &format), EXIT_USAGE, cases[i][1]);
        config_close(&config);
    }
}

/* The first of equals, as numpy.argmax. */
static void test_picks(void **state)
{
    static const double score[] = {-6, -3, -3, -4, -9, -9, -1, -2};
    static const int32_t characters[] = {3, 1, 1, 4, 1, 3, 1, 2};
    int64_t choice[] = {0, 4, 6, 8};
    int32_t gold[] = {1, 1, 1};
    sequences_t sequences = {
        .items = 3, .choice = choice, .gold = gold, .characters = (int32_t *)characters};
    (void)state;
    assert_int_equal(choice_pick(score, NULL, 4), 1);
    assert_int_equal(choice_pick(score, characters, 4), 3); /* -2 -3 -3 -1 */
    assert_int_equal(choice_pick(score + 4, NULL, 2), 0);
    assert_int_equal(choice_pick(score + 4, characters + 4, 2), 1);
    assert_int_equal(choice_pick(score + 6, characters + 6, 2), 0);
    choice_counts_t counts = choice_count(&sequences, score);
    assert_int_equal(counts.questions, 3);
    assert_int_equal(counts.correct, 1);
    assert_int_equal(counts.correct_norm, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_published, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_other_shapes, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_bad_questions, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_too_large, scratch_create, scratch_destroy),
        cmocka_unit_test(test_bad_formats),
        cmocka_unit_test(test_picks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
