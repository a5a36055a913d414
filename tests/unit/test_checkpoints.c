/* Checkpoints of a trajectory: their order, their directories, and names that do not exist. */
#include "tests/scratch.h"

#include <sys/stat.h>

#include "model/checkpoints.h"

static const char *const steps[] = {"step0", "step9", "step10", "step1000", "other"};

/* A directory with those below it; *state is its path. */
static int trajectory_create(void **state)
{
    if (scratch_create(state) != 0) return -1;
    for (size_t i = 0; i < 5; i++) {
        char *path = NULL;
        expect_ok(path_join(*state, steps[i], &path));
        expect_ok(directory_create(path));
        mem_free(&path);
    }
    scratch_write(*state, "step7", "a file", 6);
    return 0;
}

static int trajectory_destroy(void **state)
{
    for (size_t i = 0; i < 5; i++) {
        char *path = NULL;
        expect_ok(path_join(*state, steps[i], &path));
        rmdir(path);
        mem_free(&path);
    }
    return scratch_destroy(state);
}

/* A configuration whose model.path is this; rest goes on in the map of model. */
static config_t *configure(const char *path, const char *rest)
{
    str_t text = {0};
    config_t *config = NULL;
    expect_ok(str_printf(&text, "run: {name: n, directory: d}\nmodel: {path: %s%s}\n", path, rest));
    expect_ok(config_parse("run.yaml", text.data, text.length, NULL, &config));
    str_free(&text);
    return config;
}

static void names(void **state)
{
    static const struct {
        const char *rest;
        size_t count;
        const char *name[5];
    } cases[] = {
        {", checkpoints: [step10, step0]", 2, {"step10", "step0"}},
        {", checkpoints: step*", 4, {"step0", "step9", "step10", "step1000"}},
        {", checkpoints: [step1000, \"step*\"]", 4, {"step1000", "step0", "step9", "step10"}},
        {", checkpoints: [\"step1*\", other]", 3, {"step10", "step1000", "other"}},
        {", checkpoints: other", 1, {"other"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_t *config = configure(*state, cases[i].rest);
        strings_t found = {0};
        char *directory = NULL, *expected = NULL;
        expect_ok(checkpoint_names(config, &found));
        assert_int_equal(found.count, cases[i].count);
        for (size_t k = 0; k < found.count; k++)
            assert_string_equal(found.item[k], cases[i].name[k]);
        expect_ok(checkpoint_directory(config, found.item[0], &directory));
        expect_ok(path_join(*state, found.item[0], &expected));
        assert_string_equal(directory, expected);
        mem_free(&directory);
        mem_free(&expected);
        strings_free(&found);
        config_close(&config);
    }
}

/* Without checkpoints, path is the one; a slash at its end changes nothing. */
static void a_single_model(void **state)
{
    for (int slash = 0; slash <= 2; slash++) {
        char *path = NULL, *directory = NULL;
        strings_t found = {0};
        expect_ok(str_format(&path, "%s/step9%.*s", (char *)*state, slash, "//"));
        config_t *config = configure(path, "");
        expect_ok(checkpoint_names(config, &found));
        assert_int_equal(found.count, 1);
        assert_string_equal(found.item[0], "step9");
        expect_ok(checkpoint_directory(config, "step9", &directory));
        assert_string_equal(directory, path);
        strings_free(&found);
        config_close(&config);
        mem_free(&directory);
        mem_free(&path);
    }
}

static void refuses(void **state)
{
    static const char *const cases[][2] = {
        {", checkpoints: [step0, step100]",
         "run.yaml:2: model.checkpoints: there is no checkpoint 'step100'; did you mean 'step10'?"},
        {", checkpoints: [step7]", "run.yaml:2: model.checkpoints: 'step7' is not a directory"},
        {", checkpoints: [step0, step0]", "model.checkpoints: 'step0' is listed twice"},
        {", checkpoints: [\"step[0]\", step0]", "model.checkpoints: 'step0' is listed twice"},
        {", checkpoints: [../x]", "model.checkpoints: "},
        {", checkpoints: [step0/]", "model.checkpoints: 'step0/': a name without '/' is expected"},
        {", checkpoints: [\"step7*\"]", "model.checkpoints: no directory matches '"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        config_t *config = configure(*state, cases[i][0]);
        strings_t found = {0};
        expect_error(checkpoint_names(config, &found), EXIT_USAGE, cases[i][1]);
        strings_free(&found);
        config_close(&config);
    }
    config_t *config = configure("/no/such/place", "");
    strings_t found = {0};
    expect_error(checkpoint_names(config, &found), EXIT_USAGE,
                 "run.yaml:2: model.path: '/no/such/place' is not a directory");
    config_close(&config);
    config = configure(*state, ", checkpoints: [\"none*\"]");
    expect_error(checkpoint_names(config, &found), EXIT_USAGE,
                 "run.yaml:2: model.checkpoints: no directory matches '");
    config_close(&config);
    strings_free(&found);
}

static void checks_names(void **state)
{
    char *item[] = {(char *)"step0", (char *)"step10"};
    strings_t list = {item, 2, 2};
    config_t *config = configure("x", "");
    (void)state;
    expect_ok(checkpoint_check(config, "model.path", &list, "step10"));
    expect_error(checkpoint_check(config, "model.path", &list, "stp10"), EXIT_USAGE,
                 "run.yaml:2: model.path: there is no checkpoint 'stp10'; did you mean 'step10'?");
    expect_error(checkpoint_check(config, "model.path", &list, "final model"), EXIT_USAGE,
                 "model.path: there is no checkpoint 'final model'");
    config_close(&config);
}

static void finds_the_tokenizer(void **state)
{
    char *item[] = {(char *)"step9"}, *below = NULL, *found = NULL;
    strings_t list = {item, 1, 1};
    config_t *config = configure(*state, ", checkpoints: step9");
    expect_ok(path_join(*state, "step9", &below));
    expect_error(checkpoint_tokenizer(config, &list, &found), EXIT_USAGE,
                 "run.yaml:2: model.path: no tokenizer.json in ");
    assert_null(found);
    scratch_write(below, "merges.txt", "", 0);
    expect_ok(checkpoint_tokenizer(config, &list, &found));
    assert_string_equal(found, below);
    mem_free(&found);
    scratch_write(*state, "tokenizer.json", "", 0);
    expect_ok(checkpoint_tokenizer(config, &list, &found));
    assert_string_equal(found, *state);
    mem_free(&found);
    config_close(&config);
    config = configure(*state, ", checkpoints: step9, tokenizer: elsewhere");
    expect_ok(checkpoint_tokenizer(config, &list, &found));
    assert_string_equal(found, "elsewhere");
    mem_free(&found);
    config_close(&config);
    scratch_remove(below, "merges.txt");
    mem_free(&below);
}

#define WITH_TRAJECTORY(test) \
    cmocka_unit_test_setup_teardown(test, trajectory_create, trajectory_destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_TRAJECTORY(names),
        WITH_TRAJECTORY(a_single_model),
        WITH_TRAJECTORY(refuses),
        cmocka_unit_test(checks_names),
        WITH_TRAJECTORY(finds_the_tokenizer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
