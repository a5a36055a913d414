/* wn-inspect through its command line, as its contract fixes it, against reference results: ids and
 * offsets of every text of six vocabularies (the tokenizers library 0.22.2), and the statistics of
 * 20 distributions (SciPy and NumPy, oracle/make_stats.py). test_zoo.c runs `forward`. */
#include <jansson.h>
#include <math.h>

#include "store/store.h"
#include "tests/program.h"

static char *shared(const char *name)
{
    char *path = NULL;
    expect_ok(path_join(variable("WN_SHARED", "../shared"), name, &path));
    return path;
}

/* Runs a subcommand with two options; its output goes to directory/out, which starts empty. */
static void inspect(const char *directory, const char *input, const char *const *more)
{
    char program[1024], output[1024], errors[1024];
    const char *words[8] = {program};
    for (size_t i = 0; more[i]; i++) words[i + 1] = more[i];
    snprintf(program, sizeof program, "%s/bin/wn-inspect", variable("WN_BUILD", "build"));
    snprintf(output, sizeof output, "%s/out", directory);
    snprintf(errors, sizeof errors, "%s/errors", directory);
    scratch_write(directory, "out", "", 0);
    assert_int_equal(run_program(words, input, output, errors), 0);
}

/* ---- tokens ---- */

static json_t *read_object(FILE *file, char **line, size_t *capacity)
{
    json_error_t error;
    ssize_t length = getline(line, capacity, file);
    if (length <= 0) return NULL;
    json_t *object = json_loadb(*line, (size_t)length, JSON_ALLOW_NUL, &error);
    if (!object) fail_msg("not valid JSON: %s", *line);
    return object;
}

static FILE *open_for(const char *path, const char *mode)
{
    FILE *file = fopen(path, mode);
    if (!file) fail_msg("%s: %s", path, strerror(errno));
    return file;
}

/* The texts, one JSON string a line, as the subcommand wants them; returns their number. */
static size_t write_texts(const char *encodings, const char *texts)
{
    FILE *from = open_for(encodings, "r"), *to = open_for(texts, "w");
    char *line = NULL;
    size_t capacity = 0, count = 0;
    for (json_t *it; (it = read_object(from, &line, &capacity)); count++) {
        json_dumpf(json_object_get(it, "text"), to, JSON_ENCODE_ANY);
        fputc('\n', to);
        json_decref(it);
    }
    free(line);
    fclose(from);
    assert_int_equal(fclose(to), 0);
    return count;
}

static size_t compare_lines(const char *name, const char *encodings, const char *output)
{
    FILE *want = open_for(encodings, "r"), *have = open_for(output, "r");
    char *line = NULL;
    size_t capacity = 0, count = 0;
    for (json_t *a, *b; (a = read_object(want, &line, &capacity)); count++) {
        b = read_object(have, &line, &capacity);
        if (!b || !json_equal(json_object_get(a, "ids"), json_object_get(b, "ids")) ||
            !json_equal(json_object_get(a, "offsets"), json_object_get(b, "offsets")))
            fail_msg("%s: text %zu: %s", name, count, b ? line : "no output");
        json_decref(a);
        json_decref(b);
    }
    assert_null(read_object(have, &line, &capacity));
    free(line);
    fclose(want);
    fclose(have);
    return count;
}

static void check_vocabulary(const char *directory, const char *root, const char *name)
{
    char tokenizer[1024], encodings[1024], texts[1024], output[1024];
    snprintf(tokenizer, sizeof tokenizer, "%s/%s/tokenizer.json", root, name);
    snprintf(encodings, sizeof encodings, "%s/%s/encodings.jsonl", root, name);
    snprintf(texts, sizeof texts, "%s/texts", directory);
    snprintf(output, sizeof output, "%s/out", directory);
    size_t count = write_texts(encodings, texts);
    assert_true(count > 100);
    const char *const more[] = {"tokens", "--tokenizer", tokenizer, NULL};
    inspect(directory, texts, more);
    assert_int_equal(compare_lines(name, encodings, output), count);
}

static void tokens(void **state)
{
    strings_t names = {0};
    char *root = shared("oracle/tokenizers");
    expect_ok(directory_list(root, &names));
    for (size_t i = 0; i < names.count; i++) check_vocabulary(*state, root, names.item[i]);
    strings_free(&names);
    mem_free(&root);
}

/* ---- statistics ---- */

static double *read_numbers(const store_t *store, const char *name, uint64_t *count)
{
    double *number = NULL;
    store_info_t info;
    expect_ok(store_read(store, name, STORE_F64, &number, &info));
    *count = info.count;
    return number;
}

/* Within 1e-9, absolutely for distances, else relative; 1e-6 for columns that are nearly constant,
 * of which there are few. */
static void compare_numbers(const store_t *want, const store_t *have, const char *name,
                            const double *mean, const double *variance, uint64_t neurons)
{
    uint64_t count, same;
    double *a = read_numbers(have, name, &count), *b = read_numbers(want, name, &same);
    assert_int_equal(count, same);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t n = i % neurons;
        double relative = sqrt(variance[n]) < 1e-6 * fabs(mean[n]) ? 1e-6 : 1e-9;
        double bound = strncmp(name, "wd_", 3) == 0 ? 1e-9 : relative * fabs(b[i]);
        if (isnan(b[i]) ? !isnan(a[i]) : !(fabs(a[i] - b[i]) <= bound))
            fail_msg("%s, element %llu: %.17g, expected %.17g within %.2g", name,
                     (unsigned long long)i, a[i], b[i], bound);
    }
    mem_free(&a);
    mem_free(&b);
}

static void statistics(void **state)
{
    static const char *const name[] = {"wd_exact", "wd_sampled", "mean",     "variance",
                                       "skewness", "kurtosis",   "quantiles"};
    char *path = shared("oracle/stats/stats.h5"), output[1024];
    store_t *want = NULL, *have = NULL;
    uint64_t neurons;
    snprintf(output, sizeof output, "%s/out.h5", (const char *)*state);
    const char *const more[] = {"statistics", "--input", path, "--output", output, NULL};
    inspect(*state, "/dev/null", more);
    expect_ok(store_open(path, &want));
    expect_ok(store_open(output, &have));
    double *mean = read_numbers(want, "mean", &neurons);
    double *variance = read_numbers(want, "variance", &neurons);
    for (size_t i = 0; i < sizeof name / sizeof *name; i++)
        compare_numbers(want, have, name[i], mean, variance, neurons);
    mem_free(&mean);
    mem_free(&variance);
    store_close(&want);
    store_close(&have);
    mem_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tokens, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(statistics, scratch_create, scratch_destroy),
    };
    char *root = shared("oracle");
    bool there = file_is_directory(root);
    if (!there) printf("1..0 # SKIP %s is not there\n", root);
    mem_free(&root);
    return there ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
