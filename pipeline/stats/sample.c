#include "stats/sample.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/simd.h"

enum { DIGITS = 2048, PATTERNS = 65536 };

struct sorter {
    dtype_t type;
    int64_t capacity;
    uint32_t *digit;   /* F32: [3][DIGITS] counts; else [PATTERNS] counts of bit patterns */
    uint32_t *first;   /* F32: [capacity] keys, at last values; else the groups' values */
    uint32_t *second;  /* F32: [capacity] keys */
    uint16_t *pattern; /* F16, BF16: [PATTERNS] the groups' bit patterns, ascending in value */
    int64_t *start;    /* F16, BF16: [PATTERNS + 1] */
    int32_t *scratch;  /* [2 * groups] */
};

status_t sorter_create(sorter_t **sorter, dtype_t type, int64_t capacity)
{
    *sorter = NULL;
    if (type != DTYPE_F32 && type != DTYPE_F16 && type != DTYPE_BF16)
        return status_new(EXIT_BUG, "values of type %s cannot be sorted", dtype_name(type));
    if (capacity < 0 || capacity > SAMPLE_MOST)
        return status_new(EXIT_INPUT, "%lld values of a neuron; at most %lld are supported",
                          (long long)capacity, (long long)SAMPLE_MOST);
    status_t status = mem_new(sorter, 1, "a sorter");
    if (status) return status;
    sorter_t *s = *sorter;
    *s = (sorter_t){.type = type, .capacity = capacity};
    if (type == DTYPE_F32) {
        status = mem_aligned(&s->digit, 3 * DIGITS, "digit counts");
        if (!status) status = mem_aligned(&s->first, (size_t)capacity, "sorted values");
        if (!status) status = mem_aligned(&s->second, (size_t)capacity, "sorted values");
    } else {
        status = mem_aligned(&s->digit, PATTERNS, "counts of bit patterns");
        if (!status) status = mem_aligned(&s->first, PATTERNS, "distinct values");
        if (!status) status = mem_aligned(&s->pattern, PATTERNS, "distinct bit patterns");
        if (!status) status = mem_aligned(&s->start, PATTERNS + 1, "ranks");
    }
    size_t groups = type == DTYPE_F32 ? (size_t)capacity : PATTERNS;
    if (!status) status = mem_aligned(&s->scratch, 2 * groups, "hulls of values");
    if (status) sorter_destroy(sorter);
    return status;
}

void sorter_destroy(sorter_t **sorter)
{
    if (!*sorter) return;
    mem_free(&(*sorter)->digit);
    mem_free(&(*sorter)->first);
    mem_free(&(*sorter)->second);
    mem_free(&(*sorter)->pattern);
    mem_free(&(*sorter)->start);
    mem_free(&(*sorter)->scratch);
    mem_free(sorter);
}

static void counts_to_places(uint32_t *digit)
{
    uint32_t place = 0;
    for (int i = 0; i < DIGITS; i++) {
        uint32_t count = digit[i];
        digit[i] = place;
        place += count;
    }
}

/* Least significant digit first, 11 + 11 + 10 bits. */
static void sort_floats(sorter_t *s, const uint32_t *column, int64_t count)
{
    uint32_t *low = s->digit, *middle = low + DIGITS, *high = middle + DIGITS;
    memset(s->digit, 0, 3 * DIGITS * sizeof *s->digit);
    for (int64_t i = 0; i < count; i++) {
        uint32_t key = sample_key(column[i]);
        low[key & 2047]++;
        middle[key >> 11 & 2047]++;
        high[key >> 22]++;
    }
    counts_to_places(low);
    counts_to_places(middle);
    counts_to_places(high);
    for (int64_t i = 0; i < count; i++) {
        uint32_t key = sample_key(column[i]);
        s->first[low[key & 2047]++] = key;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t key = s->first[i];
        s->second[middle[key >> 11 & 2047]++] = key;
    }
    for (int64_t i = 0; i < count; i++) {
        uint32_t key = s->second[i];
        s->first[high[key >> 22]++] = sample_bits(key);
    }
}

/* Negative patterns fall as their bits rise; non-finite ones come first and last. */
static void count_patterns(sorter_t *s, const uint16_t *column, int64_t count, sample_t *sample)
{
    memset(s->digit, 0, PATTERNS * sizeof *s->digit);
    for (int64_t i = 0; i < count; i++) s->digit[column[i]]++;
    int64_t groups = 0, rank = 0;
    for (int i = 0; i < PATTERNS; i++) {
        int pattern = i < PATTERNS / 2 ? PATTERNS - 1 - i : i - PATTERNS / 2;
        uint32_t times = s->digit[pattern];
        s->pattern[groups] = (uint16_t)pattern;
        s->start[groups] = rank;
        rank += times;
        groups += times != 0;
    }
    s->start[groups] = rank;
    dtype_expand((float *)s->first, s->pattern, (size_t)groups, s->type);
    *sample = (sample_t){(float *)s->first, s->start, groups, count, s->scratch, NULL};
}

static status_t not_finite(const sorter_t *s, const void *column, int64_t count)
{
    size_t size = dtype_size(s->type);
    for (int64_t i = 0; i < count; i++) {
        float value;
        dtype_expand(&value, (const char *)column + (size_t)i * size, 1, s->type);
        if (!isfinite(value))
            return status_new(EXIT_NUMERIC, "value %lld of %lld is not finite (%g)", (long long)i,
                              (long long)count, (double)value);
    }
    return status_new(EXIT_BUG, "a value that is not finite was sorted but not found");
}

status_t sorter_sort(sorter_t *s, const void *column, int64_t count, sample_t *sample)
{
    *sample = (sample_t){0};
    if (count < 0 || count > s->capacity)
        return status_new(EXIT_BUG, "%lld values for a sorter of %lld", (long long)count,
                          (long long)s->capacity);
    if (count == 0) return NULL;
    if (s->type == DTYPE_F32) {
        sort_floats(s, column, count);
        *sample = (sample_t){(float *)s->first, NULL, count, count, s->scratch, NULL};
    } else {
        count_patterns(s, column, count, sample);
    }
    if (isfinite(sample->value[0]) && isfinite(sample->value[sample->groups - 1])) return NULL;
    *sample = (sample_t){0};
    return not_finite(s, column, count);
}

float sample_at(const sample_t *sample, int64_t rank)
{
    if (!sample->start) return sample->value[rank];
    int64_t low = 0, high = sample->groups; /* start[low] <= rank < start[high] */
    while (high - low > 1) {
        int64_t middle = (low + high) / 2;
        if (sample->start[middle] <= rank) low = middle;
        else high = middle;
    }
    return sample->value[low];
}

sample_t sample_negative(const sample_t *sample)
{
    int64_t low = 0, high = sample->groups;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        if (sample->value[middle] < 0) low = middle + 1;
        else high = middle;
    }
    sample_t part = *sample;
    part.groups = low;
    part.spread = NULL;
    part.count = low ? sample_rank(sample, low) : 0;
    return part;
}

MULTIVERSION
static double sum_values(const float *value, int64_t count, double shift, double offset)
{
    double lane[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
#pragma omp simd
        for (int l = 0; l < LANES; l++) lane[l] += ((double)value[i + l] - shift) - offset;
    }
    for (; i < count; i++) sum += ((double)value[i] - shift) - offset;
    for (int l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

static double sum_groups(const sample_t *sample, int64_t from, int64_t to, double shift,
                         double offset)
{
    double sum[4] = {0};
    for (int64_t g = from; g < to; g++) {
        double times = (double)(sample->start[g + 1] - sample->start[g]);
        sum[g & 3] += times * (((double)sample->value[g] - shift) - offset);
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

double sample_sum(const sample_t *sample, int64_t from, int64_t to, double shift, double offset)
{
    if (sample->start) return sum_groups(sample, from, to, shift, offset);
    enum { BLOCK = 4096 }; /* sums of sums: the error of a billion additions stays that of few */
    double sum = 0;
    for (int64_t i = from; i < to; i += BLOCK)
        sum += sum_values(sample->value + i, to - i < BLOCK ? to - i : BLOCK, shift, offset);
    return sum;
}

/* numpy's _lerp: from the nearer end, so that both ends come out exactly. */
static double interpolate(double a, double b, double t)
{
    return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

double sample_quantile(const sample_t *sample, double level)
{
    if (sample->count == 0) return NAN;
    double place = (double)(sample->count - 1) * level, below = floor(place);
    int64_t rank = (int64_t)below, next = rank + 1 < sample->count ? rank + 1 : rank;
    return interpolate((double)sample_at(sample, rank), (double)sample_at(sample, next),
                       place - below);
}

double quantile_of_sorted(const double *value, int64_t count, double level)
{
    if (count == 0) return NAN;
    double place = (double)(count - 1) * level, below = floor(place);
    int64_t rank = (int64_t)below, next = rank + 1 < count ? rank + 1 : rank;
    return interpolate(value[rank], value[next], place - below);
}
