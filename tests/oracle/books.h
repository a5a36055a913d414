/* The books model's results against those expected of them: what is compared, and the largest
 * difference so far. Part of test_books.c. */
#ifndef WN_TESTS_ORACLE_BOOKS_H
#define WN_TESTS_ORACLE_BOOKS_H

#include <math.h>

#include "store/store.h"
#include "tests/program.h"

/* What is compared, and how far it may be off. */
enum {
    WD,
    MEAN,
    VARIANCE,
    SKEWNESS,
    KURTOSIS,
    NEGATIVE,
    SKETCHED, /* the same six from sketches */
    PERPLEXITY = SKETCHED + SKETCHED,
    SCORE,
    TSE,
    POS,
    EXCESS,
    FIGURES
};
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
    /* the bounds of sketches and the noise above */
    [SKETCHED + WD] = {"sketched wd_exact", "", 1e-3},
    [SKETCHED + MEAN] = {"sketched mean", " standard deviations", 1.1e-5},
    [SKETCHED + VARIANCE] = {"sketched variance", " relative", 1.1e-5},
    [SKETCHED + SKEWNESS] = {"sketched skewness", " x max(1, |value|)", 1.1e-4},
    [SKETCHED + KURTOSIS] = {"sketched kurtosis", " x max(1, |value|)", 1.1e-4},
    [SKETCHED + NEGATIVE] = {"sketched negative_fraction", " tokens", 2},
    [PERPLEXITY] = {"perplexity", " relative", 2e-6},
    [SCORE] = {"scores of BLiMP", " nats per scored token", 2e-5},
    [TSE] = {"scores of TSE", " nats per scored token", 2e-5},
    [POS] = {"surprisal by tag", " nats per scored token", 2e-5},
    [EXCESS] = {"excess surprisal", " nats per scored token", 2e-5},
};

typedef struct {
    store_t *expected;
    char *shared, *directory, *config;
    strings_t steps; /* of the run, in order */
    bool full;
    double share[FIGURES]; /* the largest difference as a share of its bound */
    uint64_t compared[FIGURES], flips;
} books_t;

static inline store_t *open_output(const books_t *books, const char *format, const char *step)
{
    char name[256], *path = NULL;
    store_t *store = NULL;
    snprintf(name, sizeof name, format, step);
    expect_ok(path_join(books->directory, name, &path));
    expect_ok(store_open(path, &store));
    mem_free(&path);
    return store;
}

static inline double *read_numbers(const store_t *store, const char *group, const char *name,
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
static inline void note(books_t *books, int which, double difference, const char *where,
                        uint64_t index)
{
    double share = fabs(difference) / figure[which].bound;
    books->compared[which]++;
    if (!(share <= 1))
        fail_msg("%s: %s, element %llu: off by %.3g%s, at most %.3g is expected", where,
                 figure[which].name, (unsigned long long)index, fabs(difference),
                 figure[which].unit, figure[which].bound);
    if (share > books->share[which]) books->share[which] = share;
}

static inline void compare_statistics(books_t *books, const char *step, uint64_t tokens,
                                      bool sketched)
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
            note(books, sketched ? SKETCHED + f : f, (a[i] - b[i]) / unit, step, i);
        }
        mem_free(&a);
        mem_free(&b);
    }
    mem_free(&variance);
    store_close(&got);
}

/* expected: int32 [layers][k], the neurons of each layer in ascending order. */
static inline void compare_cohort(const books_t *books, const char *cohort, const char *step)
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
static inline void our_name(const char *condition, char name[64])
{
    snprintf(name, 64, "%s", condition);
    char *bar = strchr(name, '_');
    if (bar) *bar = '-';
}

static inline void compare_perplexity(books_t *books, const char *step, const char *condition)
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

/* Minimal pairs of one kind: BLiMP by the sum of the log-probabilities, TSE by their mean. */
typedef struct {
    const char *kind, *benchmark; /* groups there, "blimp" or "tse"; our benchmark */
    int which;                    /* figure */
    uint64_t limit;               /* pairs of each file */
} pairs_t;

/* Pairs [2] of one file against ours, as many as limit allows and there are. */
static inline void compare_file(books_t *books, const pairs_t *pairs, const char *where,
                                const char *file, const double *score, const int32_t *scored,
                                uint64_t count)
{
    char name[64];
    uint64_t there;
    snprintf(name, sizeof name, "%s/%s", pairs->kind, file);
    double *expected = read_numbers(books->expected, where, name, &there);
    assert_int_equal(count, there / 2 < pairs->limit ? there / 2 : pairs->limit);
    for (uint64_t i = 0; i < count; i++) {
        const double *a = score + 2 * i, *b = expected + 2 * i;
        double bound = 0;
        for (int k = 0; k < 2; k++) {
            int tokens = pairs->which == TSE ? 1 : scored[2 * i + k];
            note(books, pairs->which, (a[k] - b[k]) / tokens, file, i);
            bound += figure[pairs->which].bound * tokens;
        }
        if ((a[0] > a[1]) == (b[0] > b[1])) continue;
        books->flips++;
        if (fabs(b[0] - b[1]) > bound)
            fail_msg("%s: %s, pair %llu is decided differently", where, file,
                     (unsigned long long)i);
    }
    mem_free(&expected);
}

/* Sums and counts by tag, there and here. They have no SPECIAL: tokens that cover no text, of a
 * character in several tokens, are X. */
typedef struct {
    double *there, *here;
    int64_t *count;
    uint64_t tags;
} tags_t;

static inline tags_t read_tags(const books_t *books, const char *step, const char *condition)
{
    char name[64], where[128];
    tags_t it;
    uint64_t ours;
    int64_t *want = NULL;
    store_info_t info;
    our_name(condition, name);
    snprintf(where, sizeof where, "/%s/%s/pos/count", step, condition);
    expect_ok(store_read(books->expected, where, STORE_I64, &want, &info));
    snprintf(where, sizeof where, "%s/%s/pos", step, condition);
    it.there = read_numbers(books->expected, where, "mean", &it.tags);
    store_t *got = open_output(books, "results/%s/pos-ud.h5", step);
    it.here = read_numbers(got, name, "mean", &ours);
    snprintf(where, sizeof where, "/%s/count", name);
    expect_ok(store_read(got, where, STORE_I64, &it.count, &info));
    /* Both in the alphabet's order; SPECIAL comes behind X. */
    assert_true(ours == it.tags + 1 && info.count == ours);
    uint64_t x = it.tags - 1, special = it.tags;
    double both = (double)(it.count[x] + it.count[special]);
    if (it.count[special])
        it.here[x] =
            (it.here[x] * (double)it.count[x] + it.here[special] * (double)it.count[special]) /
            both;
    it.count[x] += it.count[special];
    for (uint64_t t = 0; t < it.tags; t++) assert_int_equal(it.count[t], want[t]);
    mem_free(&want);
    store_close(&got);
    return it;
}

static inline void free_tags(tags_t *tags)
{
    mem_free(&tags->there);
    mem_free(&tags->here);
    mem_free(&tags->count);
}

/* Mean surprisal by part of speech, and what the condition adds to it. */
static inline void compare_tags(books_t *books, const char *step, const char *condition)
{
    char where[128];
    tags_t base = read_tags(books, step, "baseline"), it = read_tags(books, step, condition);
    snprintf(where, sizeof where, "%s/%s", step, condition);
    for (uint64_t t = 0; t < it.tags; t++) {
        if (it.count[t] == 0) continue;
        note(books, POS, it.here[t] - it.there[t], where, t);
        if (strcmp(condition, "baseline") == 0) continue;
        note(books, EXCESS, it.here[t] - base.here[t] - (it.there[t] - base.there[t]), where, t);
    }
    free_tags(&base);
    free_tags(&it);
}

/* Every file that is expected, of the benchmark's shard. */
static inline void compare_pairs(books_t *books, const char *step, const char *condition,
                                 const pairs_t *pairs)
{
    char name[64], where[128], format[64];
    uint64_t count, at = 0;
    int32_t *scored = NULL, *file = NULL;
    strings_t files = {0}, expected = {0};
    store_info_t info;
    our_name(condition, name);
    snprintf(where, sizeof where, "/%s/%s/%s", step, condition, pairs->kind);
    expect_ok(store_list(books->expected, where, &expected));
    snprintf(where, sizeof where, "%s/%s", step, condition);
    snprintf(format, sizeof format, "results/%%s/pairs-%s.h5", pairs->benchmark);
    store_t *got = open_output(books, format, step);
    store_t *shard = open_output(books, "shards/%s.h5", pairs->benchmark);
    double *score = read_numbers(got, name, "score", &count);
    expect_ok(store_read(got, "/scored", STORE_I32, &scored, &info));
    assert_int_equal(info.count, count);
    expect_ok(store_read(shard, "/file", STORE_I32, &file, &info));
    assert_int_equal(2 * info.count, count);
    expect_ok(store_read_texts(shard, "/files", &files));
    assert_int_equal(files.count, expected.count);
    for (size_t f = 0; f < files.count; f++) {
        uint64_t n = 0;
        while (at + n < info.count && file[at + n] == (int32_t)f) n++;
        assert_true(strings_find(&expected, files.item[f]) >= 0);
        compare_file(books, pairs, where, files.item[f], score + 2 * at, scored + 2 * at, n);
        at += n;
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

#endif
