/* The whole experiment on a model trained on books, through the real programs on 2 ranks, against
 * what transformers computed (oracle/make_expected.py): statistics of every neuron, the cohort
 * chosen by them, perplexity and every minimal pair under every condition that is there. The
 * bounds stand in `bound` below; the noise of float32 was measured below a third of them.
 *
 * WN_ORACLE=full: all checkpoints and pairs; else two checkpoints and ten pairs of a file. */
#define _GNU_SOURCE /* nftw */
#include "tests/scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <math.h>
#include <spawn.h>
#include <sys/wait.h>

#include "store/store.h"

extern char **environ;

/* What is compared, and how far it may be off. */
enum { WD, MEAN, VARIANCE, SKEWNESS, KURTOSIS, NEGATIVE, PERPLEXITY, SCORE, FIGURES };
static const struct {
    const char *name, *unit;
    double bound;
} figure[FIGURES] = {
    [WD] = {"wd_exact", "", 1e-6},
    [MEAN] = {"mean", " standard deviations", 1e-5},
    [VARIANCE] = {"variance", " relative", 1e-5},
    [SKEWNESS] = {"skewness", " x max(1, |value|)", 1e-5},
    [KURTOSIS] = {"kurtosis", " x max(1, |value|)", 1e-5},
    [NEGATIVE] = {"negative_fraction", " tokens", 2},
    [PERPLEXITY] = {"perplexity", " relative", 2e-6},
    [SCORE] = {"scores of pairs", " nats per scored token", 2e-5},
};

typedef struct {
    store_t *expected;
    char *shared, *directory, *config;
    strings_t steps;         /* of the run, in order */
    bool full;
    double share[FIGURES];   /* the largest difference as a share of its bound */
    uint64_t compared[FIGURES], flips;
} books_t;

typedef struct {
    books_t *books;
    const char *step;
    char name[64];
} case_t;

/* The step whose cohort is frozen for all. */
static const char *const LAST = "step6094";

static const char *variable(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value ? value : otherwise;
}

/* ---- running the programs ---- */

/* Runs a stage on 2 ranks with further arguments (NULL: the end); its output goes to a log. */
static void run_stage(const books_t *books, const char *stage, const char *const *more)
{
    char program[1024], log[1024];
    const char *arguments[24] = {variable("WN_MPIRUN", "mpirun"), "-n", "2", program,
                                 books->config};
    size_t count = 5;
    for (; more && *more; more++) arguments[count++] = *more;
    snprintf(program, sizeof program, "%s/bin/wn-%s", variable("WN_BUILD", "build"), stage);
    snprintf(log, sizeof log, "%s/log", books->directory);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    pid_t child;
    int how = 0;
    int code = posix_spawnp(&child, arguments[0], &actions, NULL, (char **)arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (code != 0) fail_msg("%s: %s", arguments[0], strerror(code));
    while (waitpid(child, &how, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        fail_msg("%s: status %d; see %s", program, WIFEXITED(how) ? WEXITSTATUS(how) : -1, log);
}

static void run_one(const books_t *books, const char *stage, const char *step)
{
    const char *const more[] = {"--checkpoint", step, NULL};
    run_stage(books, stage, more);
}

static store_t *open_output(const books_t *books, const char *format, const char *step)
{
    char name[256], *path = NULL;
    store_t *store = NULL;
    snprintf(name, sizeof name, format, step);
    expect_ok(path_join(books->directory, name, &path));
    expect_ok(store_open(path, &store));
    mem_free(&path);
    return store;
}

/* ---- comparing ---- */

static double *read_numbers(const store_t *store, const char *group, const char *name,
                            uint64_t *count)
{
    char path[256];
    double *number = NULL;
    store_info_t info;
    snprintf(path, sizeof path, "/%s/%s", group, name);
    expect_ok(store_read(store, path, STORE_F64, &number, &info));
    assert_true(info.count > 0);
    *count = info.count;
    return number;
}

/* Takes one difference in the figure's unit into account. */
static void note(books_t *books, int which, double difference, const char *where, uint64_t index)
{
    double share = fabs(difference) / figure[which].bound;
    books->compared[which]++;
    if (!(share <= 1))
        fail_msg("%s: %s, element %llu: off by %.3g%s, at most %.3g is expected", where,
                 figure[which].name, (unsigned long long)index, fabs(difference),
                 figure[which].unit, figure[which].bound);
    if (share > books->share[which]) books->share[which] = share;
}

static void compare_statistics(books_t *books, const char *step, uint64_t tokens)
{
    uint64_t count, same;
    store_t *got = open_output(books, "statistics/%s.h5", step);
    double *variance = read_numbers(books->expected, step, "variance", &count);
    for (int f = WD; f <= NEGATIVE; f++) {
        double *a = read_numbers(got, "", figure[f].name, &same);
        assert_int_equal(same, count);
        double *b = read_numbers(books->expected, step, figure[f].name, &same);
        assert_int_equal(same, count);
        for (uint64_t i = 0; i < count; i++) {
            double unit = f == MEAN       ? sqrt(variance[i])
                          : f == VARIANCE ? b[i]
                          : f == NEGATIVE ? 1 / (double)tokens
                          : f == WD       ? 1
                                          : fmax(1, fabs(b[i]));
            note(books, f, (a[i] - b[i]) / unit, step, i);
        }
        mem_free(&a);
        mem_free(&b);
    }
    mem_free(&variance);
    store_close(&got);
}

/* expected: int32 [layers][k], the neurons of each layer in ascending order. */
static void compare_cohort(const books_t *books, const char *cohort, const char *step)
{
    char name[64];
    int32_t *expected = NULL, *layer = NULL, *neuron = NULL;
    store_info_t want, have;
    store_t *got = open_output(books, "selection/%s.h5", cohort);
    snprintf(name, sizeof name, "/selected/%s", cohort);
    expect_ok(store_read(books->expected, name, STORE_I32, &expected, &want));
    assert_int_equal(want.dimensions, 2);
    snprintf(name, sizeof name, "/%s/layer", step);
    expect_ok(store_read(got, name, STORE_I32, &layer, &have));
    assert_int_equal(have.count, want.count);
    snprintf(name, sizeof name, "/%s/neuron", step);
    expect_ok(store_read(got, name, STORE_I32, &neuron, &have));
    assert_int_equal(have.count, want.count);
    for (uint64_t i = 0; i < want.count; i++) {
        assert_int_equal(layer[i], i / want.shape[1]);
        assert_int_equal(neuron[i], expected[i]);
    }
    mem_free(&expected);
    mem_free(&layer);
    mem_free(&neuron);
    store_close(&got);
}

/* "negative_top" there is "negative-top" here. */
static void our_name(const char *condition, char name[64])
{
    snprintf(name, 64, "%s", condition);
    char *bar = strchr(name, '_');
    if (bar) *bar = '-';
}

static void compare_perplexity(books_t *books, const char *step, const char *condition)
{
    char name[64], where[128];
    uint64_t windows, expected, one;
    int64_t *want = NULL;
    double sum = 0;
    our_name(condition, name);
    snprintf(where, sizeof where, "%s/%s", step, condition);
    store_t *got = open_output(books, "results/%s/perplexity-wiki.h5", step);
    double *loss = read_numbers(got, name, "loss", &windows);
    double *perplexity = read_numbers(books->expected, where, "perplexity", &one);
    expect_ok(store_read(books->expected, "/wikitext/windows", STORE_I64, &want, NULL));
    expected = (uint64_t)want[0];
    assert_int_equal(windows, expected);
    for (uint64_t i = 0; i < windows; i++) sum += loss[i];
    note(books, PERPLEXITY, exp(sum / (double)windows) / perplexity[0] - 1, where, 0);
    mem_free(&want);
    mem_free(&loss);
    mem_free(&perplexity);
    store_close(&got);
}

/* Pairs [2] of one file against ours, as many as ours has; returns that number. */
static uint64_t compare_file(books_t *books, const char *where, const char *file,
                             const double *score, const int32_t *scored, uint64_t pairs)
{
    char name[64];
    uint64_t there;
    snprintf(name, sizeof name, "blimp/%s", file);
    double *expected = read_numbers(books->expected, where, name, &there);
    assert_true(2 * pairs <= there);
    for (uint64_t i = 0; i < pairs; i++) {
        const double *a = score + 2 * i, *b = expected + 2 * i;
        double bound = 0;
        for (int k = 0; k < 2; k++) {
            note(books, SCORE, (a[k] - b[k]) / scored[2 * i + k], file, i);
            bound += figure[SCORE].bound * scored[2 * i + k];
        }
        if ((a[0] > a[1]) == (b[0] > b[1])) continue;
        books->flips++;
        if (fabs(b[0] - b[1]) > bound)
            fail_msg("%s: %s, pair %llu is decided differently", where, file,
                     (unsigned long long)i);
    }
    mem_free(&expected);
    return pairs;
}

/* Every file that is expected, of the benchmark's shard. */
static void compare_pairs(books_t *books, const char *step, const char *condition,
                          const char *benchmark, uint64_t limit)
{
    char name[64], where[128], format[64];
    uint64_t count, at = 0;
    int32_t *scored = NULL, *file = NULL;
    strings_t files = {0}, expected = {0};
    store_info_t info;
    our_name(condition, name);
    snprintf(where, sizeof where, "/%s/%s/blimp", step, condition);
    expect_ok(store_list(books->expected, where, &expected));
    snprintf(where, sizeof where, "%s/%s", step, condition);
    snprintf(format, sizeof format, "results/%%s/pairs-%s.h5", benchmark);
    store_t *got = open_output(books, format, step);
    store_t *shard = open_output(books, "shards/%s.h5", benchmark);
    double *score = read_numbers(got, name, "score", &count);
    expect_ok(store_read(got, "/scored", STORE_I32, &scored, &info));
    assert_int_equal(info.count, count);
    expect_ok(store_read(shard, "/file", STORE_I32, &file, &info));
    assert_int_equal(2 * info.count, count);
    expect_ok(store_read_texts(shard, "/files", &files));
    assert_int_equal(files.count, expected.count);
    for (size_t f = 0; f < files.count; f++) {
        uint64_t pairs = 0;
        while (at + pairs < info.count && file[at + pairs] == (int32_t)f) pairs++;
        assert_true(pairs == limit && strings_find(&expected, files.item[f]) >= 0);
        at += compare_file(books, where, files.item[f], score + 2 * at, scored + 2 * at, pairs);
    }
    assert_int_equal(at, info.count);
    strings_free(&files);
    strings_free(&expected);
    mem_free(&scored);
    mem_free(&file);
    mem_free(&score);
    store_close(&got);
    store_close(&shard);
}

/* ---- what there is to compare ---- */

/* The conditions of a step; with full_only, those of which all pairs are there. */
static void find_conditions(const books_t *books, const char *step, bool full_only,
                            strings_t *conditions)
{
    strings_t names = {0};
    char path[128];
    snprintf(path, sizeof path, "/%s", step);
    expect_ok(store_list(books->expected, path, &names));
    for (size_t i = 0; i < names.count; i++) {
        double full = 0;
        snprintf(path, sizeof path, "/%s/%s", step, names.item[i]);
        status_t none = store_get_number(books->expected, path, "full", &full);
        if (!none && (full != 0 || !full_only)) expect_ok(strings_append(conditions, names.item[i]));
        status_free(&none);
    }
    assert_true(conditions->count > 0);
    strings_free(&names);
}

/* "evaluate.conditions=[baseline, {ablate: negative, cohort: top}]" */
static void write_conditions(const strings_t *conditions, str_t *text)
{
    expect_ok(str_add(text, "evaluate.conditions=["));
    for (size_t i = 0; i < conditions->count; i++) {
        const char *name = conditions->item[i], *bar = strchr(name, '_');
        expect_ok(str_add(text, i ? ", " : ""));
        if (bar)
            expect_ok(str_printf(text, "{ablate: %.*s, cohort: %s}", (int)(bar - name), name,
                                 bar + 1));
        else
            expect_ok(str_add(text, name));
    }
    expect_ok(str_add(text, "]"));
}

/* ---- the cases ---- */

enum { SOME_PAIRS = 10, USUAL_PAIRS = 100, ALL_PAIRS = 1000 };
static const char *const ALL_OF_BLIMP = "evaluate.tasks=[{pairs: blimp-all}]";

static void shards(void **state)
{
    const books_t *books = ((const case_t *)*state)->books;
    const char *const all[] = {"--set", ALL_OF_BLIMP, "--set", "collect.corpus=heldout", NULL};
    run_stage(books, "shard", NULL);
    if (books->full) run_stage(books, "shard", all);
}

static void statistics(void **state)
{
    const case_t *it = *state;
    char name[128], *path = NULL;
    store_info_t ids;
    run_one(it->books, "collect", it->step);
    run_one(it->books, "reduce", it->step);
    expect_ok(store_find(it->books->expected, "/collect/ids", &ids));
    compare_statistics(it->books, it->step, ids.count);
    /* 0.6 GB each */
    snprintf(name, sizeof name, "activations/%s.h5", it->step);
    expect_ok(path_join(it->books->directory, name, &path));
    assert_int_equal(unlink(path), 0);
    mem_free(&path);
}

static void cohorts(void **state)
{
    const books_t *books = ((const case_t *)*state)->books;
    run_stage(books, "select", NULL);
    for (size_t i = 0; i < books->steps.count; i++) {
        compare_cohort(books, "top", books->steps.item[i]);
        compare_cohort(books, "random", books->steps.item[i]);
    }
}

static void tasks(void **state)
{
    const case_t *it = *state;
    strings_t conditions = {0};
    str_t text = {0};
    find_conditions(it->books, it->step, false, &conditions);
    write_conditions(&conditions, &text);
    const char *const more[] = {"--checkpoint", it->step, "--set", text.data, NULL};
    run_stage(it->books, "evaluate", more);
    for (size_t i = 0; i < conditions.count; i++) {
        compare_perplexity(it->books, it->step, conditions.item[i]);
        compare_pairs(it->books, it->step, conditions.item[i], "blimp",
                      it->books->full ? USUAL_PAIRS : SOME_PAIRS);
    }
    str_free(&text);
    strings_free(&conditions);
}

static void all_pairs(void **state)
{
    const case_t *it = *state;
    strings_t conditions = {0};
    str_t text = {0};
    find_conditions(it->books, it->step, true, &conditions);
    write_conditions(&conditions, &text);
    const char *const more[] = {"--checkpoint", it->step,  "--set", text.data,
                                "--set",        ALL_OF_BLIMP, NULL};
    run_stage(it->books, "evaluate", more);
    for (size_t i = 0; i < conditions.count; i++)
        compare_pairs(it->books, it->step, conditions.item[i], "blimp-all", ALL_PAIRS);
    str_free(&text);
    strings_free(&conditions);
}

/* ---- the experiment ---- */

static void write_random(const books_t *books)
{
    int32_t *neuron = NULL;
    store_info_t info;
    str_t text = {0};
    expect_ok(store_read(books->expected, "/selected/random", STORE_I32, &neuron, &info));
    expect_ok(str_add(&text, "layer,neuron\n"));
    for (uint64_t i = 0; i < info.count; i++)
        expect_ok(str_printf(&text, "%d,%d\n", (int)(i / info.shape[1]), neuron[i]));
    scratch_write(books->directory, "random.csv", text.data, text.length);
    str_free(&text);
    mem_free(&neuron);
}

static void write_config(const books_t *books)
{
    const char *shared = books->shared, *directory = books->directory;
    str_t text = {0};
    expect_ok(str_printf(&text, "run: {name: books, directory: \"%s\"}\n", directory));
    expect_ok(str_printf(&text, "model:\n  path: \"%s/oracle/books\"\n  checkpoints: [", shared));
    for (size_t i = 0; i < books->steps.count; i++)
        expect_ok(str_printf(&text, "%s%s", i ? ", " : "", books->steps.item[i]));
    expect_ok(str_printf(
        &text,
        "]\ncorpora:\n"
        "  heldout: {files: [\"%s/data/books/heldout.txt\"], rows: file}\n"
        "  wiki: {files: [\"%s/data/wikitext-2/valid.txt\"], rows: huggingface, join: \"\\n\\n\"}\n"
        "benchmarks:\n"
        "  blimp: {files: [\"%s/data/blimp/*.jsonl\"], limit: %d}\n"
        "  blimp-all: {files: [\"%s/data/blimp/*.jsonl\"]}\n",
        shared, shared, shared, books->full ? USUAL_PAIRS : SOME_PAIRS, shared));
    expect_ok(str_printf(&text,
                         "collect: {corpus: heldout, window: 128, windows: 256}\n"
                         "select:\n"
                         "  top: {by: wd, take: highest, percent: 1, from: %s}\n"
                         "  random: {neurons: \"%s/random.csv\"}\n"
                         "evaluate:\n"
                         "  tasks: [{perplexity: wiki, window: 128, windows: 512}, {pairs: blimp}]\n",
                         LAST, directory));
    scratch_write(directory, "config.yaml", text.data, text.length);
    str_free(&text);
    write_random(books);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void prepare(books_t *books, const char *expected)
{
    strings_t names = {0};
    books->full = strcmp(variable("WN_ORACLE", ""), "full") == 0;
    expect_ok(store_open(expected, &books->expected));
    expect_ok(store_list(books->expected, "/", &names));
    for (size_t i = 0; i < names.count; i++) {
        const char *name = names.item[i];
        if (strncmp(name, "step", 4) != 0) continue;
        if (books->full || strcmp(name, LAST) == 0 || strcmp(name, "step512") == 0)
            expect_ok(strings_append(&books->steps, name));
    }
    strings_sort_natural(&books->steps);
    strings_free(&names);
    assert_true(books->steps.count >= 2);
    expect_ok(path_join(variable("WN_BUILD", "build"), "scratch/oracle-books", &books->directory));
    remove_tree(books->directory);
    expect_ok(directory_create(books->directory));
    expect_ok(path_join(books->directory, "config.yaml", &books->config));
    write_config(books);
}

static void add_case(struct CMUnitTest *test, case_t *cases, size_t *count, books_t *books,
                     const char *what, const char *step, CMUnitTestFunction function)
{
    case_t *it = &cases[*count];
    it->books = books;
    it->step = step;
    snprintf(it->name, sizeof it->name, "%s%s%s", step, *step ? ": " : "", what);
    test[(*count)++] = (struct CMUnitTest){it->name, function, NULL, NULL, it};
}

static int run_cases(books_t *books)
{
    struct CMUnitTest test[64] = {{0}};
    case_t cases[64];
    size_t count = 0, steps = books->steps.count < 20 ? books->steps.count : 20;
    add_case(test, cases, &count, books, "shards", "", shards);
    for (size_t i = 0; i < steps; i++)
        add_case(test, cases, &count, books, "statistics", books->steps.item[i], statistics);
    add_case(test, cases, &count, books, "cohorts", "", cohorts);
    for (size_t i = 0; i < steps; i++)
        add_case(test, cases, &count, books, "perplexity and pairs", books->steps.item[i], tasks);
    if (books->full) add_case(test, cases, &count, books, "all pairs", LAST, all_pairs);
    return _cmocka_run_group_tests("books", test, count, NULL, NULL);
}

static void print_figures(const books_t *books)
{
    for (int f = 0; f < FIGURES; f++)
        print_message("# note: %-18s largest difference %4.1f %% of its bound %g%s (%llu compared)\n",
                      figure[f].name, 100 * books->share[f], figure[f].bound, figure[f].unit,
                      (unsigned long long)books->compared[f]);
    print_message("# note: decisions that differ, all within the bounds: %llu\n",
                  (unsigned long long)books->flips);
}

int main(void)
{
    books_t books = {0};
    char *expected = NULL;
    expect_ok(str_copy(&books.shared, variable("WN_SHARED", "../shared")));
    expect_ok(path_join(books.shared, "oracle/books/expected.h5", &expected));
    if (!file_exists(expected)) {
        printf("1..0 # SKIP %s is not there\n", expected);
        mem_free(&expected);
        mem_free(&books.shared);
        return 0;
    }
    prepare(&books, expected);
    int failed = run_cases(&books);
    print_figures(&books);
    if (!failed) remove_tree(books.directory);
    store_close(&books.expected);
    strings_free(&books.steps);
    mem_free(&books.directory);
    mem_free(&books.config);
    mem_free(&books.shared);
    mem_free(&expected);
    return failed;
}
