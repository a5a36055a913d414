/* The whole experiment on a model trained on books, through the real programs on 2 ranks, against
 * what transformers computed (oracle/make_expected.py): statistics of every neuron, the cohort
 * chosen by them, perplexity, every minimal pair and surprisal by part of speech under every
 * condition that is there. books.h has the bounds; the noise of float32 was measured below a third
 * of them.
 *
 * WN_ORACLE=full: all checkpoints and pairs; else two checkpoints, ten pairs of a file, and parts
 * of speech at one of the checkpoints. */
#define _GNU_SOURCE /* nftw */
#include "tests/oracle/books.h"

#include <ftw.h>

typedef struct {
    books_t *books;
    const char *step;
    char name[64];
} case_t;

/* The step whose cohort is frozen for all. */
static const char *const LAST = "step6094";

/* ---- running the programs ---- */

/* Runs a stage on 2 ranks with further arguments (NULL: the end); its output goes to a log. */
static void run_stage(const books_t *books, const char *stage, const char *const *more)
{
    char program[1024], log[1024];
    const char *words[24] = {variable("WN_MPIRUN", "mpirun"), "-n", "2", program, books->config};
    size_t count = 5;
    for (; more && *more; more++) words[count++] = *more;
    snprintf(program, sizeof program, "%s/bin/wn-%s", variable("WN_BUILD", "build"), stage);
    snprintf(log, sizeof log, "%s/log", books->directory);
    int code = run_program(words, "/dev/null", log, log);
    if (code != 0) fail_msg("%s: exit status %d; see %s", program, code, log);
}

static void run_one(const books_t *books, const char *stage, const char *step)
{
    const char *const more[] = {"--checkpoint", step, NULL};
    run_stage(books, stage, more);
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
        if (!none && (full != 0 || !full_only))
            expect_ok(strings_append(conditions, names.item[i]));
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
            expect_ok(
                str_printf(text, "{ablate: %.*s, cohort: %s}", (int)(bar - name), name, bar + 1));
        else expect_ok(str_add(text, name));
    }
    expect_ok(str_add(text, "]"));
}

/* ---- the cases ---- */

enum { SOME_PAIRS = 10, BLIMP_PAIRS = 100, TSE_PAIRS = 200, ALL_PAIRS = 1000 };
static const char *const ALL_TASKS =
    "evaluate.tasks=[{pairs: blimp-all}, {pairs: tse-all, score: mean}]";
static const char *const USUAL_TASKS =
    "evaluate.tasks=[{perplexity: wiki, window: 128, windows: 512}, {pairs: blimp}, "
    "{pairs: tse, score: mean}]";
static const char *const TAGS = "evaluate.tasks=[{pos: ud, window: 128}]";

static void shards(void **state)
{
    const books_t *books = ((const case_t *)*state)->books;
    const char *const usual[] = {"--set", USUAL_TASKS, NULL};
    const char *const tags[] = {"--set", TAGS, NULL}, *const all[] = {"--set", ALL_TASKS, NULL};
    run_stage(books, "shard", usual);
    run_stage(books, "shard", tags);
    if (books->full) run_stage(books, "shard", all);
}

/* From sketches, then from values, which stay for the cohorts. */
static void statistics(void **state)
{
    const case_t *it = *state;
    char name[128], *path = NULL;
    const char *const more[] = {"--checkpoint", it->step, "--set", "collect.mode=sketch", NULL};
    store_info_t ids;
    expect_ok(store_find(it->books->expected, "/collect/ids", &ids));
    for (int sketched = 1; sketched >= 0; sketched--) {
        if (sketched) run_stage(it->books, "collect", more);
        else run_one(it->books, "collect", it->step);
        run_one(it->books, "reduce", it->step);
        compare_statistics(it->books, it->step, ids.count, sketched);
    }
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

/* Runs some tasks under the conditions of a step; these are the caller's. */
static void evaluate(const case_t *it, const char *tasks, bool full_only, strings_t *conditions)
{
    str_t text = {0};
    find_conditions(it->books, it->step, full_only, conditions);
    write_conditions(conditions, &text);
    const char *const more[] = {"--checkpoint", it->step, "--set", text.data, "--set", tasks, NULL};
    run_stage(it->books, "evaluate", more);
    str_free(&text);
}

static void usual_tasks(void **state)
{
    const case_t *it = *state;
    bool full = it->books->full;
    const pairs_t blimp = {"blimp", "blimp", SCORE, full ? BLIMP_PAIRS : SOME_PAIRS};
    const pairs_t tse = {"tse", "tse", TSE, full ? TSE_PAIRS : SOME_PAIRS};
    strings_t conditions = {0};
    evaluate(it, USUAL_TASKS, false, &conditions);
    for (size_t i = 0; i < conditions.count; i++) {
        compare_perplexity(it->books, it->step, conditions.item[i]);
        compare_pairs(it->books, it->step, conditions.item[i], &blimp);
        compare_pairs(it->books, it->step, conditions.item[i], &tse);
    }
    strings_free(&conditions);
}

static void all_pairs(void **state)
{
    static const pairs_t blimp = {"blimp", "blimp-all", SCORE, ALL_PAIRS};
    static const pairs_t tse = {"tse", "tse-all", TSE, ALL_PAIRS};
    const case_t *it = *state;
    strings_t conditions = {0};
    evaluate(it, ALL_TASKS, true, &conditions);
    for (size_t i = 0; i < conditions.count; i++) {
        compare_pairs(it->books, it->step, conditions.item[i], &blimp);
        compare_pairs(it->books, it->step, conditions.item[i], &tse);
    }
    strings_free(&conditions);
}

static void tags(void **state)
{
    const case_t *it = *state;
    strings_t conditions = {0};
    evaluate(it, TAGS, false, &conditions);
    for (size_t i = 0; i < conditions.count; i++)
        compare_tags(it->books, it->step, conditions.item[i]);
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
        shared, shared, shared, books->full ? BLIMP_PAIRS : SOME_PAIRS, shared));
    expect_ok(
        str_printf(&text,
                   "  tse: {files: [\"%s/data/tse/*.pickle\"], format: tse, limit: %d}\n"
                   "  tse-all: {files: [\"%s/data/tse/*.pickle\"], format: tse, limit: %d}\n"
                   "  ud: {files: [\"%s/data/ud-ewt/en_ewt-ud-test.conllu\"], format: conllu}\n",
                   shared, books->full ? TSE_PAIRS : SOME_PAIRS, shared, ALL_PAIRS, shared));
    expect_ok(str_printf(&text,
                         "collect: {corpus: heldout, window: 128, windows: 256}\n"
                         "select:\n"
                         "  top: {by: wd, take: highest, percent: 1, from: %s}\n"
                         "  random: {neurons: \"%s/random.csv\"}\n",
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
        add_case(test, cases, &count, books, "perplexity and pairs", books->steps.item[i],
                 usual_tasks);
    for (size_t i = 0; i < (books->full ? steps : 1); i++)
        add_case(test, cases, &count, books, "parts of speech", books->steps.item[i], tags);
    if (books->full) add_case(test, cases, &count, books, "all pairs", LAST, all_pairs);
    return _cmocka_run_group_tests("books", test, count, NULL, NULL);
}

static void print_figures(const books_t *books)
{
    for (int f = 0; f < FIGURES; f++)
        print_message(
            "# note: %-26s largest difference %4.1f %% of its bound %g%s (%llu compared)\n",
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
