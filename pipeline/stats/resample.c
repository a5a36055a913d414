#include "stats/resample.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "stats/distance.h"

enum { PATTERNS = 65536, DIGITS = 2048 };

struct bootstrap {
    dtype_t type;
    int64_t windows, window, replicates;
    uint32_t *weight; /* [replicates][windows] */
    /* of a column */
    uint64_t *entry[2]; /* F32: [tokens] key and window, in the order of keys, and scratch */
    uint32_t *group;    /* F16, BF16: [PATTERNS] the group of a bit pattern */
    /* of a replicate: the groups that occur in it */
    uint32_t *count; /* F16, BF16: [groups of the column] */
    float *value;    /* [groups] */
    int64_t *start;  /* [groups + 1] */
};

static void draw(bootstrap_t *b, uint64_t seed)
{
    for (int64_t r = 0; r < b->replicates; r++) {
        random_t random = random_stream(seed, "bootstrap", (uint64_t)r);
        uint32_t *weight = b->weight + r * b->windows;
        for (int64_t w = 0; w < b->windows; w++)
            weight[random_below(&random, (uint64_t)b->windows)]++;
    }
}

status_t bootstrap_create(bootstrap_t **bootstrap, dtype_t type, int64_t windows, int64_t window,
                          int64_t replicates, uint64_t seed)
{
    size_t weights = 0, tokens = 0;
    bool wide = type == DTYPE_F32;
    status_t status = mem_new(bootstrap, 1, "a bootstrap");
    if (status) return status;
    bootstrap_t *b = *bootstrap;
    *b =
        (bootstrap_t){.type = type, .windows = windows, .window = window, .replicates = replicates};
    status = mem_product((size_t)windows, (size_t)replicates, "weights of windows", &weights);
    if (!status) status = mem_product((size_t)windows, (size_t)window, "tokens", &tokens);
    size_t groups = wide ? tokens : PATTERNS;
    if (!status) status = mem_new(&b->weight, weights, "weights of windows");
    for (int i = 0; !status && wide && i < 2; i++)
        status = mem_aligned(&b->entry[i], tokens, "resampled values");
    if (!status && !wide) status = mem_aligned(&b->group, groups, "resampled values");
    if (!status && !wide) status = mem_aligned(&b->count, groups, "resampled values");
    if (!status) status = mem_aligned(&b->value, groups, "resampled values");
    if (!status) status = mem_aligned(&b->start, groups + 1, "resampled values");
    if (!status) draw(b, seed);
    else bootstrap_destroy(bootstrap);
    return status;
}

void bootstrap_destroy(bootstrap_t **bootstrap)
{
    bootstrap_t *b = *bootstrap;
    if (!b) return;
    mem_free(&b->weight);
    mem_free(&b->entry[0]);
    mem_free(&b->entry[1]);
    mem_free(&b->group);
    mem_free(&b->count);
    mem_free(&b->value);
    mem_free(&b->start);
    mem_free(bootstrap);
}

const uint32_t *bootstrap_weights(const bootstrap_t *b, int64_t replicate)
{
    return b->weight + replicate * b->windows;
}

/* ---- float32: values once sorted, each with its window ---- */

/* One pass of a radix sort, by the digit at shift. */
static void sort_digit(const uint64_t *from, uint64_t *to, int64_t count, int shift)
{
    int64_t place[DIGITS] = {0}, before = 0;
    for (int64_t i = 0; i < count; i++) place[from[i] >> shift & (DIGITS - 1)]++;
    for (int d = 0; d < DIGITS; d++) {
        int64_t here = place[d];
        place[d] = before;
        before += here;
    }
    for (int64_t i = 0; i < count; i++) to[place[from[i] >> shift & (DIGITS - 1)]++] = from[i];
}

static void sort_entries(bootstrap_t *b, const uint32_t *column)
{
    int64_t count = b->windows * b->window;
    for (int64_t w = 0; w < b->windows; w++)
        for (int64_t i = w * b->window; i < (w + 1) * b->window; i++)
            b->entry[1][i] = (uint64_t)sample_key(column[i]) << 32 | (uint64_t)w;
    sort_digit(b->entry[1], b->entry[0], count, 32);
    sort_digit(b->entry[0], b->entry[1], count, 43);
    sort_digit(b->entry[1], b->entry[0], count, 54);
}

static int64_t draw_entries(bootstrap_t *b, const uint32_t *weight)
{
    int64_t groups = 0, rank = 0, count = b->windows * b->window;
    for (int64_t i = 0; i < count; i++) {
        uint32_t times = weight[(uint32_t)b->entry[0][i]];
        uint32_t bits = sample_bits((uint32_t)(b->entry[0][i] >> 32));
        memcpy(b->value + groups, &bits, sizeof bits);
        b->start[groups] = rank;
        rank += times;
        groups += times != 0;
    }
    return groups;
}

/* ---- two-byte types: a count of every distinct value ---- */

static void find_groups(bootstrap_t *b, const sample_t *sample)
{
    uint16_t pattern;
    for (int64_t g = 0; g < sample->groups; g++) {
        dtype_round(&pattern, sample->value + g, 1, b->type);
        b->group[pattern] = (uint32_t)g;
    }
}

static int64_t draw_patterns(bootstrap_t *b, const uint16_t *column, const sample_t *sample,
                             const uint32_t *weight)
{
    int64_t groups = 0, rank = 0;
    memset(b->count, 0, (size_t)sample->groups * sizeof *b->count);
    for (int64_t w = 0; w < b->windows; w++)
        for (int64_t i = 0; weight[w] && i < b->window; i++)
            b->count[b->group[column[w * b->window + i]]] += weight[w];
    for (int64_t g = 0; g < sample->groups; g++) {
        b->value[groups] = sample->value[g];
        b->start[groups] = rank;
        rank += b->count[g];
        groups += b->count[g] != 0;
    }
    return groups;
}

/* ---- all ---- */

void bootstrap_measure(bootstrap_t *b, const void *column, const sample_t *sample, double *distance)
{
    bool wide = b->type == DTYPE_F32;
    int64_t tokens = b->windows * b->window;
    if (wide) sort_entries(b, column);
    else find_groups(b, sample);
    for (int64_t r = 0; r < b->replicates; r++) {
        const uint32_t *weight = bootstrap_weights(b, r);
        int64_t groups = wide ? draw_entries(b, weight) : draw_patterns(b, column, sample, weight);
        b->start[groups] = tokens;
        sample_t drawn = {.value = b->value, .start = b->start, .groups = groups, .count = tokens};
        distribution_t distribution;
        distribution_measure(&drawn, &distribution);
        distance[r] = distance_to_normal(&drawn, &distribution);
    }
}

/* The sum of squared differences from the mean of the values that are numbers; *count: how many
 * there are. */
static double squares(const double *value, int64_t all, int64_t *count)
{
    double sum = 0, square = 0;
    *count = 0;
    for (int64_t i = 0; i < all; i++)
        if (!isnan(value[i])) sum += value[i], ++*count;
    for (int64_t i = 0; i < all; i++)
        if (!isnan(value[i]))
            square += (value[i] - sum / (double)*count) * (value[i] - sum / (double)*count);
    return square;
}

double bootstrap_error(const double *value, int64_t count)
{
    int64_t defined;
    double square = squares(value, count, &defined);
    return defined < 2 ? NAN : sqrt(square / (double)(defined - 1));
}

double jackknife_error(const double *without, const double *weight, int64_t count, double whole)
{
    double all = 0, centre = 0, square = 0;
    if (count < 2 || isnan(whole)) return NAN;
    for (int64_t i = 0; i < count; i++) all += weight[i];
    for (int64_t i = 0; i < count; i++) centre += whole - (1 - weight[i] / all) * without[i];
    for (int64_t i = 0; i < count; i++) {
        double times = all / weight[i];
        double pseudo = times * whole - (times - 1) * without[i] - centre;
        square += pseudo * pseudo / (times - 1);
    }
    return sqrt(square / (double)count);
}
