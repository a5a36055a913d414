/* Command lines: what a table of options accepts, refuses and suggests, and its help. */
#include "core/options.h"
#include "tests/scratch.h"

static const option_t run_options[] = {
    {"CONFIG", NULL, FILLS_CONFIG, 0, "the configuration"},
    {"--set", "KEY=VALUE", FILLS_SETTING, OPTION_REPEATS, "overrides a key"},
    {"--only", "STAGE", "shard|collect|report", 0, "runs only this stage"},
    {"--dry-run", "FORMAT", "json|status", OPTION_ATTACHED, "prints the plan"},
    {"--json", NULL, NULL, 0, "for programs"},
    {0},
};
static const option_t copy_options[] = {
    {"FROM", NULL, NULL, 0, "what is copied"},
    {"--to", "PLACE", NULL, OPTION_NEEDED, "where it is copied to"},
    {"MORE", NULL, NULL, OPTION_OMITTED | OPTION_REPEATS, "more of it"},
    {0},
};
static const option_t help_options[] = {
    {"TOPIC", NULL, "run|copy", OPTION_OMITTED | OPTION_OPEN, "a command or anything else"}, {0}};
static const command_t commands[] = {{"run", "runs it", "Runs everything.", run_options},
                                     {"copy", "copies it", "Copies everything.", copy_options},
                                     {"help", "explains it", "Explains.", help_options},
                                     {0}};
static const char *codes[][2] = {{"0", "done"}, {NULL, NULL}};
static const topic_t topics[] = {{"Exit codes", codes}, {NULL, NULL}};
static const program_t program = {"wn", "does it", "Does it all.", commands, topics};
static const command_t only[] = {{"", "runs it", "Runs everything.", run_options}, {0}};
static const program_t single = {"wn-run", "runs it", "Runs everything.", only, topics};

enum { WORDS = 12 };

/* Parses the words of line, which are apart by single blanks; they live in storage. */
static status_t parse(const program_t *of, const char *line, arguments_t *arguments)
{
    static char storage[500];
    char *argv[WORDS] = {"program"};
    int argc = 1;
    snprintf(storage, sizeof storage, "%s", line);
    for (char *word = strtok(storage, " "); word; word = strtok(NULL, " ")) argv[argc++] = word;
    return options_parse(of, argc, argv, arguments);
}

static void accepts(void **state)
{
    (void)state;
    arguments_t a;
    strings_t values = {0};
    expect_ok(parse(&program, "run --set a=b x.yaml --set=c=d=e --only report --json", &a));
    assert_string_equal(a.command->name, "run");
    assert_string_equal(arguments_value(&a, "CONFIG"), "x.yaml");
    assert_string_equal(arguments_value(&a, "--only"), "report");
    assert_true(arguments_have(&a, "--json"));
    assert_false(arguments_have(&a, "--dry-run"));
    expect_ok(arguments_values(&a, "--set", &values));
    assert_int_equal(values.count, 2);
    assert_string_equal(values.item[0], "a=b");
    assert_string_equal(values.item[1], "c=d=e");
    strings_free(&values);
    arguments_free(&a);

    /* a value that may be missing is only ever one after '=' */
    expect_ok(parse(&single, "--dry-run x.yaml", &a));
    assert_string_equal(arguments_value(&a, "--dry-run"), "");
    assert_string_equal(arguments_value(&a, "CONFIG"), "x.yaml");
    arguments_free(&a);
    expect_ok(parse(&single, "--dry-run=json x.yaml", &a));
    assert_string_equal(arguments_value(&a, "--dry-run"), "json");
    arguments_free(&a);

    /* the last one counts */
    expect_ok(parse(&program, "run x --only shard --only report", &a));
    assert_string_equal(arguments_value(&a, "--only"), "report");
    arguments_free(&a);

    /* "-" is a word; after "--" all are */
    expect_ok(parse(&program, "copy - --to there -- --set", &a));
    assert_string_equal(arguments_value(&a, "FROM"), "-");
    assert_string_equal(arguments_value(&a, "MORE"), "--set");
    arguments_free(&a);
    expect_ok(parse(&program, "copy a --to there", &a));
    assert_null(arguments_value(&a, "MORE"));
    arguments_free(&a);
    expect_ok(parse(&program, "help anything", &a));
    arguments_free(&a);

    expect_ok(parse(&program, "run --help", &a));
    assert_true(a.help);
    assert_string_equal(a.command->name, "run");
    arguments_free(&a);
    expect_ok(parse(&program, "-h", &a));
    assert_true(a.help && !a.command);
    arguments_free(&a);
    expect_ok(parse(&single, "--version", &a));
    assert_true(a.version);
    arguments_free(&a);
}

static void refuses(void **state)
{
    (void)state;
    static const struct {
        const program_t *of;
        const char *line, *message;
    } wrong[] = {
        {&program, "rnu x", "rnu: unknown command; did you mean run?"},
        {&program, "quite-another x", "quite-another: unknown command"},
        {&program, "", "a command is expected, one of run copy help; see wn --help"},
        {&program, "--json", "--json: unknown option"},
        {&program, "run x --sett a=b", "--sett: unknown option; did you mean --set?"},
        {&single, "x --sett=a=b", "--sett: unknown option; did you mean --set?"},
        {&program, "run x --hlep", "--hlep: unknown option; did you mean --help?"},
        {&program, "run x --set", "--set: a value is expected after it, KEY=VALUE"},
        {&program, "run x --json=yes", "--json: no value is expected after it"},
        {&program, "run x --only colect",
         "--only colect: none of shard|collect|report; did you mean collect?"},
        {&program, "run x --only", "--only: a value is expected"},
        {&single, "x --dry-run=", "--dry-run=: none of json|status"},
        {&single, "x --dry-run=jsn", "--dry-run=jsn: none of json|status; did you mean json?"},
        {&program, "run", "CONFIG is expected, the configuration; see wn run --help"},
        {&single, "", "CONFIG is expected, the configuration; see wn-run --help"},
        {&program, "copy a", "--to PLACE is expected, where it is copied to; see wn copy --help"},
        {&program, "run x y", "y: one word too many"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        arguments_t a;
        expect_error(parse(wrong[i].of, wrong[i].line, &a), EXIT_USAGE, wrong[i].message);
    }
}

static void helps(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(options_help(&program, NULL, &text));
    assert_string_equal(text.data,
                        "usage: wn run CONFIG [--set KEY=VALUE]... [--only STAGE] "
                        "[--dry-run[=FORMAT]] [--json]\n"
                        "       wn copy FROM [MORE]... --to PLACE\n"
                        "       wn help [TOPIC]\n\nDoes it all.\n\n"
                        "  run                   runs it\n"
                        "  copy                  copies it\n"
                        "  help                  explains it\n"
                        "  --help, --version     this, or the version, and nothing else\n\n"
                        "Exit codes:\n"
                        "  0                     done\n");
    str_clear(&text);
    expect_ok(options_help(&program, command_find(&program, "copy"), &text));
    assert_string_equal(text.data,
                        "usage: wn copy FROM [MORE]... --to PLACE\n\n"
                        "Copies everything.\n\n"
                        "  FROM                  what is copied\n"
                        "  --to PLACE            where it is copied to\n"
                        "  MORE                  more of it\n"
                        "  --help, --version     this, or the version, and nothing else\n");
    str_free(&text);
}

static void fills_lines(void **state)
{
    (void)state;
    str_t text = {0};
    expect_ok(text_fill(&text, "  one two  three four ", 2, 4, 12));
    assert_string_equal(text.data, "one two\n    three\n    four\n");
    str_clear(&text);
    expect_ok(text_fill(&text, "a-word-that-is-too-long x", 0, 2, 8));
    assert_string_equal(text.data, "a-word-that-is-too-long\n  x\n");
    str_clear(&text);
    expect_ok(text_fill(&text, "", 0, 0, 8));
    assert_string_equal(text.data, "\n");
    str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(accepts), cmocka_unit_test(refuses),
                                       cmocka_unit_test(helps), cmocka_unit_test(fills_lines)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
