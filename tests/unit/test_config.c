/* The configuration: what is read, defaults, overrides, the record, and every refusal word for
 * word. */
#include "tests/scratch.h"

#include <math.h>

#include "core/config.h"

/* A table of our own, in place of the product's: each type, with and without bounds and default,
 * free names, lists of maps, and a list whose entries are a word or a map. */
#define ANY 0, 0, NULL
#define FROM(least) least, 9.2e18, NULL
#define WITHIN(least, most) least, most, NULL
#define ONE_OF(choices) 0, 0, choices
const config_key_t config_keys[] = {
    {"run.name", CONFIG_TEXT, REQUIRED, ANY, "help."},
    {"run.directory", CONFIG_TEXT, REQUIRED, ANY, "help."},
    {"model.path", CONFIG_TEXT, REQUIRED, ANY, "help."},
    {"model.checkpoints", CONFIG_TEXTS, NULL, ANY, "help."},
    {"model.tokenizer", CONFIG_TEXT, NULL, ANY, "help."},
    {"corpora.*.files", CONFIG_TEXTS, REQUIRED, ANY, "help."},
    {"corpora.*.format", CONFIG_CHOICE, "text", ONE_OF("text|jsonl"), "help."},
    {"corpora.*.join", CONFIG_TEXT, NULL, ANY, "help."},
    {"corpora.*.limit", CONFIG_INTEGER, "0", FROM(0), "help."},
    {"corpora.*.special", CONFIG_BOOLEAN, "true", ANY, "help."},
    {"collect.corpus", CONFIG_TEXT, NULL, ANY, "help."},
    {"collect.window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576), "help."},
    {"collect.stride", CONFIG_INTEGER, NULL, WITHIN(1, 1048576), "help."},
    {"collect.windows", CONFIG_INTEGER, "0", FROM(0), "help."},
    {"collect.last_window", CONFIG_BOOLEAN, "true", ANY, "help."},
    {"collect.type", CONFIG_CHOICE, "f32", ONE_OF("f32|f16|bf16"), "help."},
    {"collect.layers", CONFIG_INTEGERS, NULL, WITHIN(0, 100000), "help."},
    {"select.*.by", CONFIG_CHOICE, "wd", ONE_OF("wd|mean"), "help."},
    {"select.*.take", CONFIG_CHOICE, NULL, ONE_OF("highest|lowest"), "help."},
    {"select.*.percent", CONFIG_NUMBER, NULL, WITHIN(0, 100), "help."},
    {"select.*.count", CONFIG_INTEGER, NULL, FROM(1), "help."},
    {"select.*.outside", CONFIG_BOOLEAN, "false", ANY, "help."},
    {"evaluate.tasks[].perplexity", CONFIG_TEXT, NULL, ANY, "help."},
    {"evaluate.tasks[].pairs", CONFIG_TEXT, NULL, ANY, "help."},
    {"evaluate.tasks[].window", CONFIG_INTEGER, "2048", WITHIN(2, 1048576), "help."},
    {"evaluate.tasks[].score", CONFIG_CHOICE, "sum", ONE_OF("sum|mean"), "help."},
    {"evaluate.conditions[]", CONFIG_CHOICE, NULL, ONE_OF("baseline"), "help."},
    {"evaluate.conditions[].ablate", CONFIG_CHOICES, REQUIRED, ONE_OF("negative|both"), "help."},
    {"evaluate.conditions[].factor", CONFIG_NUMBERS, NULL, WITHIN(-2, 2), "help."},
    {"evaluate.conditions[].cohort", CONFIG_TEXT, REQUIRED, ANY, "help."},
    {"evaluate.conditions[].layers.groups", CONFIG_INTEGER, REQUIRED, FROM(1), "help."},
    {"evaluate.conditions[].layers.mode", CONFIG_CHOICE, "single", ONE_OF("single|all"), "help."},
};
const size_t config_key_count = sizeof config_keys / sizeof config_keys[0];

/* The least that is valid: the keys that must be given. */
#define LEAST "run: {name: n, directory: d}\nmodel: {path: m}\n" /* lines 1 and 2 */

/* overrides: texts, NULL-terminated, or NULL. */
static status_t parse(const char *text, const char *const *overrides, config_t **config)
{
    strings_t list = {0};
    for (; overrides && *overrides; overrides++) expect_ok(strings_append(&list, *overrides));
    status_t status = config_parse("run.yaml", text, strlen(text), &list, config);
    strings_free(&list);
    return status;
}

static config_t *open_text(const char *text)
{
    config_t *config = NULL;
    expect_ok(parse(text, NULL, &config));
    return config;
}

/* The message, whole. */
static void expect_message(status_t status, const char *message)
{
    if (!status) fail_msg("no error, but \"%s\" was expected", message);
    assert_string_equal(status_message(status), message);
    assert_int_equal(status_code(status), EXIT_USAGE);
    status_free(&status);
}

static void reads_values(void **state)
{
    const char *const *texts;
    config_t *config = open_text(LEAST "corpora:\n"
                                       "  wiki: {files: [a.txt, 'b*.txt'], join: \" \"}\n"
                                       "  one: {files: c.txt, format: jsonl, limit: 7}\n"
                                       "collect: {corpus: wiki, window: 64, layers: [0, 2]}\n"
                                       "select:\n"
                                       "  top: {take: highest, percent: 2.5, outside: true}\n"
                                       "evaluate:\n"
                                       "  tasks:\n"
                                       "    - {perplexity: wiki}\n"
                                       "    - {pairs: blimp, score: mean}\n"
                                       "  conditions: [baseline, {ablate: both, cohort: top}]\n");
    (void)state;
    assert_string_equal(config_text(config, "run.name"), "n");
    assert_string_equal(config_text(config, "corpora.wiki.join"), " ");
    assert_null(config_text(config, "corpora.one.join"));
    assert_false(config_has(config, "corpora.one.join"));
    assert_true(config_has(config, "corpora.wiki.join"));
    assert_int_equal(config_integer(config, "collect.window"), 64);
    assert_int_equal(config_integer(config, "corpora.one.limit"), 7);
    assert_true(config_number(config, "select.top.percent") == 2.5);
    assert_true(isnan(config_number(config, "select.none.percent")));
    assert_true(config_boolean(config, "select.top.outside"));
    assert_int_equal(config_texts(config, "corpora.wiki.files", &texts), 2);
    assert_string_equal(texts[0], "a.txt");
    assert_string_equal(texts[1], "b*.txt");
    assert_int_equal(config_texts(config, "corpora.one.files", &texts), 1);
    assert_string_equal(texts[0], "c.txt");
    assert_int_equal(config_texts(config, "collect.layers", &texts), 2);
    assert_string_equal(texts[1], "2");
    assert_int_equal(config_texts(config, "model.checkpoints", &texts), 0);

    assert_int_equal(config_count(config, "corpora"), 2);
    assert_string_equal(config_name(config, "corpora", 1), "one");
    assert_null(config_name(config, "corpora", 2));
    assert_int_equal(config_count(config, "benchmarks"), 0);
    assert_int_equal(config_count(config, "evaluate.tasks"), 2);
    assert_null(config_name(config, "evaluate.tasks", 0));
    assert_string_equal(config_text(config, "evaluate.tasks[1].score"), "mean");
    assert_null(config_text(config, "evaluate.tasks[2].pairs"));
    assert_string_equal(config_scalar(config, "evaluate.conditions[0]"), "baseline");
    assert_null(config_scalar(config, "evaluate.conditions[1]"));
    assert_string_equal(config_text(config, "evaluate.conditions[1].ablate"), "both");
    config_close(&config);
    assert_null(config);
    config_close(&config);
}

static void has_defaults(void **state)
{
    config_t *config =
        open_text(LEAST "corpora: {c: {files: f}}\nevaluate: {tasks: [{pairs: p}]}\n");
    (void)state;
    assert_string_equal(config_text(config, "corpora.c.format"), "text");
    assert_true(config_boolean(config, "corpora.c.special"));
    assert_int_equal(config_integer(config, "collect.window"), 2048);
    assert_true(config_has(config, "collect.window"));
    assert_false(config_has(config, "collect.stride"));
    assert_int_equal(config_integer(config, "collect.stride"), 0);
    assert_string_equal(config_text(config, "evaluate.tasks[0].score"), "sum");
    assert_string_equal(config_text(config, "collect.type"), "f32");
    config_close(&config);
}

static void refuses_word_for_word(void **state)
{
    static const char *const cases[][2] = {
        /* unknown keys */
        {LEAST "colect: {}\n", "run.yaml:3: colect: unknown key; did you mean 'collect'?"},
        {LEAST "collect:\n  windw: 3\n",
         "run.yaml:4: collect.windw: unknown key; did you mean 'window'?"},
        {LEAST "collect: {quantiles: 3}\n", "run.yaml:3: collect.quantiles: unknown key"},
        {LEAST "corpora:\n  wiki:\n    file: a\n",
         "run.yaml:5: corpora.wiki.file: unknown key; did you mean 'files'?"},
        {LEAST "evaluate:\n  tasks:\n    - {perplexity: a, windw: 4}\n",
         "run.yaml:5: evaluate.tasks[0].windw: unknown key; did you mean 'window'?"},
        {LEAST "run.name: x\n",
         "run.yaml:3: run.name: unknown key; in a file, keys are nested, not joined"},
        {LEAST "evaluate: {\"tasks[0]\": {pairs: x}}\n",
         "run.yaml:3: evaluate.tasks[0]: unknown key; in a file, keys are nested, not joined"},
        {LEAST "evaluate: {\"tasks[0\": 1}\n",
         "run.yaml:3: evaluate.tasks[0: unknown key; in a file, keys are nested, not joined"},
        {LEAST "\"\": 1\n", "run.yaml:3: : unknown key"},
        /* types */
        {LEAST "collect: {window: many}\n",
         "run.yaml:3: collect.window: 'many' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: 64.5}\n",
         "run.yaml:3: collect.window: '64.5' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: ''}\n",
         "run.yaml:3: collect.window: '' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: ' 64'}\n",
         "run.yaml:3: collect.window: ' 64' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: 64x}\n",
         "run.yaml:3: collect.window: '64x' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: [64]}\n",
         "run.yaml:3: collect.window: a single value is expected, not a list"},
        {LEAST "collect: {window: {a: 1}}\n",
         "run.yaml:3: collect.window: a single value is expected, not a map"},
        {LEAST "collect: {last_window: yes}\n",
         "run.yaml:3: collect.last_window: 'yes' is neither true nor false"},
        {LEAST "collect: {type: f8}\n", "run.yaml:3: collect.type: 'f8' is none of f32|f16|bf16"},
        {LEAST "collect: {type: f}\n", "run.yaml:3: collect.type: 'f' is none of f32|f16|bf16"},
        {LEAST "collect: {type: ''}\n", "run.yaml:3: collect.type: '' is none of f32|f16|bf16"},
        {LEAST "collect: {layers: [0, x]}\n",
         "run.yaml:3: collect.layers: 'x' is not an integer from 0 to 100000"},
        {LEAST "evaluate: {conditions: [{ablate: [both, all], cohort: t}]}\n",
         "run.yaml:3: evaluate.conditions[0].ablate: 'all' is none of negative|both"},
        {LEAST "evaluate: {conditions: [{ablate: both, cohort: t, factor: [0.5, 3]}]}\n",
         "run.yaml:3: evaluate.conditions[0].factor: '3' is not a number from -2 to 2"},
        {LEAST "evaluate: {conditions: [{ablate: both, cohort: t, layers: {mode: all}}]}\n",
         "run.yaml:3: evaluate.conditions[0].layers.groups: this key is required"},
        {LEAST "collect: {layers: []}\n", "run.yaml:3: collect.layers: the list is empty"},
        {LEAST "collect: {layers: [[1]]}\n",
         "run.yaml:3: collect.layers: a single value is expected, not a list"},
        {LEAST "corpora: {c: {files: [{a: b}]}}\n",
         "run.yaml:3: corpora.c.files: a single value is expected, not a map"},
        {LEAST "corpora: [a]\n", "run.yaml:3: corpora: a map of keys is expected"},
        {LEAST "corpora: {c: text}\n", "run.yaml:3: corpora.c: a map of keys is expected"},
        {LEAST "collect: 3\n", "run.yaml:3: collect: a map of keys is expected"},
        {LEAST "collect:\n", "run.yaml:3: collect: a map of keys is expected"},
        {LEAST "evaluate: {tasks: {perplexity: a}}\n",
         "run.yaml:3: evaluate.tasks: a list is expected"},
        {LEAST "evaluate: {tasks: [a]}\n",
         "run.yaml:3: evaluate.tasks[0]: a map of keys is expected"},
        {LEAST "evaluate: {conditions: [base]}\n",
         "run.yaml:3: evaluate.conditions[0]: 'base' is none of baseline"},
        {LEAST "evaluate: {conditions: [[baseline]]}\n",
         "run.yaml:3: evaluate.conditions[0]: a single value is expected, not a list"},
        {"[a, b]\n", "run.yaml:1: a map of keys is expected"},
        {"text\n", "run.yaml:1: a map of keys is expected"},
        /* ranges */
        {LEAST "collect: {window: 1}\n",
         "run.yaml:3: collect.window: '1' is not an integer from 2 to 1048576"},
        {LEAST "collect: {window: 99999999999999999999}\n",
         "run.yaml:3: collect.window: "
         "'99999999999999999999' is not an integer from 2 to 1048576"},
        {LEAST "collect: {windows: -1}\n",
         "run.yaml:3: collect.windows: '-1' is not an integer of at least 0"},
        {LEAST "select: {a: {percent: 101}}\n",
         "run.yaml:3: select.a.percent: '101' is not a number from 0 to 100"},
        {LEAST "select: {a: {percent: nan}}\n",
         "run.yaml:3: select.a.percent: 'nan' is not a number from 0 to 100"},
        {LEAST "select: {a: {percent: 1e999}}\n",
         "run.yaml:3: select.a.percent: '1e999' is not a number from 0 to 100"},
        {LEAST "select: {a: {count: 0}}\n",
         "run.yaml:3: select.a.count: '0' is not an integer of at least 1"},
        /* what must be there */
        {"", "run.yaml: run.name: this key is required"},
        {"model: {path: m}\n", "run.yaml: run.name: this key is required"},
        {"run: {name: n}\nmodel: {path: m}\n", "run.yaml:1: run.directory: this key is required"},
        {"run: {name: n, directory: d}\n", "run.yaml: model.path: this key is required"},
        {LEAST "corpora:\n  wiki: {format: text}\n",
         "run.yaml:4: corpora.wiki.files: this key is required"},
        {LEAST "evaluate:\n  conditions:\n    - baseline\n    - {ablate: both}\n",
         "run.yaml:6: evaluate.conditions[1].cohort: this key is required"},
        /* twice, and names */
        {LEAST "run: {}\n", "run.yaml:3: 'run' is given twice"},
        {LEAST "corpora: {\"a b\": {files: f}}\n",
         "run.yaml:3: corpora.a b: a name may hold "
         "letters, digits, '-' and '_' only, at most 100"},
        {LEAST "corpora: {../x: {files: f}}\n",
         "run.yaml:3: corpora.../x: a name may hold letters, "
         "digits, '-' and '_' only, at most 100"},
        {LEAST "corpora: {'': {files: f}}\n", "run.yaml:3: corpora.: a name may hold letters, "
                                              "digits, '-' and '_' only, at most 100"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_t *config = NULL;
        expect_message(parse(cases[i][0], NULL, &config), cases[i][1]);
        assert_null(config);
    }
}

/* Long names are refused, not cut. */
static void refuses_long_names(void **state)
{
    str_t text = {0};
    config_t *config = NULL;
    (void)state;
    expect_ok(str_add(&text, LEAST "corpora:\n  "));
    for (int i = 0; i < 300; i++) expect_ok(str_add(&text, "a"));
    expect_ok(str_add(&text, ": {files: f}\n"));
    expect_error(config_parse("run.yaml", text.data, text.length, NULL, &config), EXIT_USAGE,
                 "at most 100");
    str_clear(&text);
    for (int i = 0; i < 300; i++) expect_ok(str_add(&text, "a"));
    expect_ok(str_add(&text, ": 1\n" LEAST));
    expect_error(config_parse("run.yaml", text.data, text.length, NULL, &config), EXIT_USAGE,
                 "unknown key");
    str_free(&text);
}

static void overrides(void **state)
{
    static const char text[] = LEAST "collect: {window: 64}\n"
                                     "evaluate: {tasks: [{perplexity: a}, {pairs: b}]}\n";
    static const char *const given[] = {"collect.window=128", "collect.stride=7",
                                        "collect.window=256",
                                        "run.name=a: b=c", /* not YAML as it stands */
                                        NULL};
    static const char *const good[] = {"run.name='a: b=c'",
                                       "collect.window=128",
                                       "collect.window=256",
                                       "corpora.new.files=[x, y]",
                                       "corpora.other={files: z, limit: 3}",
                                       "evaluate.tasks[1].pairs=c",
                                       "evaluate.tasks[0]={pairs: d, score: mean}",
                                       "model.tokenizer=",
                                       NULL};
    const char *const *texts;
    config_t *config = NULL;
    (void)state;
    expect_error(parse(text, given, &config), EXIT_USAGE,
                 "--set run.name=a: b=c: --set:1: not valid");
    expect_ok(parse(text, good, &config));
    assert_string_equal(config_text(config, "run.name"), "a: b=c");
    assert_int_equal(config_integer(config, "collect.window"), 256);
    assert_int_equal(config_texts(config, "corpora.new.files", &texts), 2);
    assert_string_equal(texts[1], "y");
    assert_int_equal(config_integer(config, "corpora.other.limit"), 3);
    assert_string_equal(config_text(config, "evaluate.tasks[1].pairs"), "c");
    assert_string_equal(config_text(config, "evaluate.tasks[0].score"), "mean");
    assert_null(config_text(config, "evaluate.tasks[0].perplexity"));
    assert_string_equal(config_text(config, "model.tokenizer"), "");
    config_close(&config);
}

static void refuses_overrides(void **state)
{
    static const char *const cases[][2] = {
        {"collect.windw=3", "--set collect.windw: unknown key; did you mean 'window'?"},
        {"collect.window=x", "--set collect.window: 'x' is not an integer from 2 to 1048576"},
        {"collect.window", "--set collect.window: key=value is expected"},
        {"=3", "--set =3: key=value is expected"},
        {"", "--set : key=value is expected"},
        {"run.name.more=3", "--set run.name.more=3: no such key"},
        {"run..name=3", "--set run..name=3: no such key"},
        {"run.=3", "--set run.=3: no such key"},
        {"evaluate.tasks[9].pairs=3",
         "--set evaluate.tasks[9].pairs=3: the list has no such entry"},
        {"evaluate.tasks[x].pairs=3",
         "--set evaluate.tasks[x].pairs=3: the list has no such entry"},
        {"evaluate.tasks[].pairs=3", "--set evaluate.tasks[].pairs=3: the list has no such entry"},
        {"evaluate.tasks[0=3", "--set evaluate.tasks[0=3: the list has no such entry"},
        {"run[0]=3", "--set run[0]=3: the list has no such entry"},
        {"corpora.new.limit=3", "run.yaml: corpora.new.files: this key is required"},
        {"corpora.new={limit: 3}", "run.yaml: corpora.new.files: this key is required"},
        {"run={name: x}", "run.yaml: run.directory: this key is required"},
        {"run=x", "--set run: a map of keys is expected"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const one[] = {cases[i][0], NULL};
        config_t *config = NULL;
        status_t status = parse(LEAST "evaluate: {tasks: [{pairs: b}]}\n", one, &config);
        if (!status) fail_msg("%s was accepted", cases[i][0]);
        if (strcmp(status_message(status), cases[i][1]) != 0)
            fail_msg("\"%s\", expected \"%s\"", status_message(status), cases[i][1]);
        assert_int_equal(status_code(status), EXIT_USAGE);
        status_free(&status);
        assert_null(config);
    }
}

/* An error that a stage finds later, at a value given, defaulted, absent, or set. */
static void names_the_place(void **state)
{
    static const char *const set[] = {"collect.corpus=b", NULL};
    config_t *config = NULL;
    (void)state;
    expect_ok(parse(LEAST "collect:\n  window: 64\nselect: {top: {percent: 1}}\n", set, &config));
    expect_message(config_error(config, "collect.window", "%d is odd", 64),
                   "run.yaml:4: collect.window: 64 is odd");
    expect_message(config_error(config, "select.top.by", "x"), "run.yaml:5: select.top.by: x");
    expect_message(config_error(config, "evaluate.tasks[3].pairs", "x"),
                   "run.yaml: evaluate.tasks[3].pairs: x");
    expect_message(config_error(config, "collect.corpus", "x"), "--set collect.corpus: x");
    config_close(&config);
}

static void dumps_what_is_in_effect(void **state)
{
    str_t text = {0};
    config_t *config =
        open_text("model: {path: \"a\\\"b\\\\c\"}\nrun: {name: n, directory: d}\n"
                  "corpora:\n  wiki: {files: [x, y], join: \"\\n\\n\"}\n"
                  "  wiki2: {files: z}\n"
                  "evaluate: {tasks: [{pairs: p}], conditions: [baseline, {ablate: both, cohort: "
                  "t}]}\n");
    (void)state;
    expect_ok(config_dump(config, "corpora.wiki.", &text));
    assert_string_equal(text.data, "corpora.wiki.files: [\"x\", \"y\"]\n"
                                   "corpora.wiki.format: \"text\"\n"
                                   "corpora.wiki.join: \"\\n\\n\"\n"
                                   "corpora.wiki.limit: \"0\"\n"
                                   "corpora.wiki.special: \"true\"\n");
    str_clear(&text);
    expect_ok(config_dump(config, "model", &text));
    assert_string_equal(text.data, "model.path: \"a\\\"b\\\\c\"\n");
    str_clear(&text);
    expect_ok(config_dump(config, "evaluate.conditions", &text));
    assert_string_equal(text.data, "evaluate.conditions[0]: \"baseline\"\n"
                                   "evaluate.conditions[1].ablate: \"both\"\n"
                                   "evaluate.conditions[1].cohort: \"t\"\n");
    str_clear(&text);
    config_t *nested = open_text(LEAST "evaluate: {conditions: [{ablate: [both, negative], factor: "
                                       "[1, -0.5], cohort: t, layers: {groups: 2}}]}\n");
    expect_ok(config_dump(nested, "evaluate.conditions", &text));
    assert_string_equal(text.data, "evaluate.conditions[0].ablate: [\"both\", \"negative\"]\n"
                                   "evaluate.conditions[0].factor: [\"1\", \"-0.5\"]\n"
                                   "evaluate.conditions[0].cohort: \"t\"\n"
                                   "evaluate.conditions[0].layers.groups: \"2\"\n"
                                   "evaluate.conditions[0].layers.mode: \"single\"\n");
    config_close(&nested);
    str_clear(&text);
    expect_ok(config_dump(config, "nothing", &text));
    assert_string_equal(text.data, "");
    expect_ok(config_dump(config, "", &text));
    assert_non_null(strstr(text.data, "run.name: \"n\"\nrun.directory: \"d\"\nmodel.path: "));
    assert_non_null(strstr(text.data, "\ncorpora.wiki2.files: \"z\"\n"));
    str_free(&text);
    config_close(&config);
}

/* The record does not depend on how the file is laid out. */
static void dump_is_canonical(void **state)
{
    str_t a = {0}, b = {0};
    config_t *one = open_text(LEAST "collect: {window: 64, stride: 8}\n");
    config_t *two = open_text("# other order\ncollect:\n  stride: '8'\n  window: 64 # x\n"
                              "model:\n  path: m\nrun:\n  directory: d\n  name: n\n");
    (void)state;
    expect_ok(config_dump(one, "", &a));
    expect_ok(config_dump(two, "", &b));
    assert_string_equal(a.data, b.data);
    str_free(&a);
    str_free(&b);
    config_close(&one);
    config_close(&two);
}

static void opens_files(void **state)
{
    char *path = NULL, *message = NULL;
    config_t *config = NULL;
    expect_ok(path_join(*state, "run.yaml", &path));
    expect_error(config_open(path, NULL, &config), EXIT_INPUT,
                 "run.yaml: cannot open: No such file");
    scratch_write(*state, "run.yaml", LEAST, strlen(LEAST));
    expect_ok(config_open(path, NULL, &config));
    assert_string_equal(config_text(config, "model.path"), "m");
    config_close(&config);
    scratch_write(*state, "run.yaml", "a: [\n", 5);
    expect_ok(str_format(&message, "%s:2: not valid YAML: ", path));
    expect_error(config_open(path, NULL, &config), EXIT_USAGE, message);
    assert_null(config);
    mem_free(&message);
    mem_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_values),
        cmocka_unit_test(has_defaults),
        cmocka_unit_test(refuses_word_for_word),
        cmocka_unit_test(refuses_long_names),
        cmocka_unit_test(overrides),
        cmocka_unit_test(refuses_overrides),
        cmocka_unit_test(names_the_place),
        cmocka_unit_test(dumps_what_is_in_effect),
        cmocka_unit_test(dump_is_canonical),
        cmocka_unit_test_setup_teardown(opens_files, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
