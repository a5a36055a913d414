#include "stats/difficulty.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/random.h"

/* token [wanted] = distinct numbers below tokens in ascending order: random_sample's method
 * (Knuth, TAOCP 2, 3.4.2, algorithm S) for populations beyond 32 bits. */
static void sample_tokens(random_t *random, int64_t tokens, int64_t wanted, int64_t *token)
{
    int64_t taken = 0;
    for (int64_t i = 0; taken < wanted; i++)
        if (random_below(random, (uint64_t)(tokens - i)) < (uint64_t)(wanted - taken))
            token[taken++] = i;
}

status_t pairs_draw(uint64_t seed, int64_t tokens, int64_t count, int64_t *first, int64_t *second)
{
    if (count < 0 || tokens < 0 || count > tokens / 2)
        return status_new(EXIT_INPUT, "%lld disjoint pairs wanted of %lld tokens", (long long)count,
                          (long long)tokens);
    int64_t *token = NULL, *order = NULL;
    random_t random = random_stream(seed, "pairs", 0);
    status_t status = mem_new(&token, 2 * (size_t)count, "tokens of pairs");
    if (!status) status = mem_new(&order, 2 * (size_t)count, "order of pairs");
    if (!status) {
        sample_tokens(&random, tokens, 2 * count, token);
        random_permutation(&random, 2 * (size_t)count, order);
        for (int64_t p = 0; p < count; p++) {
            first[p] = token[order[2 * p]];
            second[p] = token[order[2 * p + 1]];
        }
    }
    mem_free(&order);
    mem_free(&token);
    return status;
}

/* A pair's token and the slot it wants to know. */
typedef struct {
    int64_t token, *slot;
} member_t;

static int compare_members(const void *a, const void *b)
{
    int64_t x = ((const member_t *)a)->token, y = ((const member_t *)b)->token;
    return (x > y) - (x < y);
}

status_t pairs_order(const int64_t *first, const int64_t *second, int64_t count, int64_t *token,
                     int64_t *first_slot, int64_t *second_slot)
{
    member_t *member = NULL;
    status_t status = mem_new(&member, 2 * (size_t)count, "order of pairs");
    if (status) return status;
    for (int64_t p = 0; p < count; p++) {
        member[2 * p] = (member_t){first[p], first_slot + p};
        member[2 * p + 1] = (member_t){second[p], second_slot + p};
    }
    qsort(member, 2 * (size_t)count, sizeof *member, compare_members);
    for (int64_t i = 0; i < 2 * count; i++) {
        token[i] = member[i].token;
        *member[i].slot = i;
    }
    mem_free(&member);
    return NULL;
}

status_t input_distances(const float *inputs, int64_t tokens, int64_t width, const int64_t *first,
                         const int64_t *second, int64_t count, double *distance)
{
    for (int64_t p = 0; p < count; p++) {
        if (first[p] < 0 || first[p] >= tokens || second[p] < 0 || second[p] >= tokens)
            return status_new(EXIT_INPUT, "pair %lld: tokens %lld and %lld; 0 to %lld are there",
                              (long long)p, (long long)first[p], (long long)second[p],
                              (long long)tokens - 1);
        const float *a = inputs + first[p] * width, *b = inputs + second[p] * width;
        double sum = 0;
        for (int64_t i = 0; i < width; i++) {
            double step = (double)a[i] - (double)b[i];
            sum += step * step;
        }
        distance[p] = sqrt(sum);
        if (!isfinite(distance[p]))
            return status_new(EXIT_NUMERIC,
                              "pair %lld: the inputs of tokens %lld and %lld are not "
                              "finite",
                              (long long)p, (long long)first[p], (long long)second[p]);
    }
    return NULL;
}

status_t difficulty_create(difficulty_t *d, const double *distance, int64_t count)
{
    *d = (difficulty_t){0};
    status_t status = mem_new(&d->kept, (size_t)count, "pairs");
    if (!status) status = mem_new(&d->weight, (size_t)count, "weights of pairs");
    if (!status) status = mem_new(&d->scratch, (size_t)count, "distances of pairs");
    if (status) {
        difficulty_destroy(d);
        return status;
    }
    double largest = 0;
    for (int64_t p = 0; p < count; p++)
        if (distance[p] > largest) largest = distance[p];
    for (int64_t p = 0; p < count; p++) {
        if (!(distance[p] > 0)) continue;
        d->weight[d->pairs] = largest / distance[p];
        d->kept[d->pairs++] = p;
    }
    d->dropped = count - d->pairs;
    return NULL;
}

void difficulty_destroy(difficulty_t *d)
{
    mem_free(&d->kept);
    mem_free(&d->weight);
    mem_free(&d->scratch);
    *d = (difficulty_t){0};
}

double difficulty_measure(difficulty_t *d, const double *output_distance)
{
    double sum[4] = {0};
    for (int64_t p = 0; p < d->pairs; p++) {
        d->scratch[p] = output_distance[d->kept[p]];
        sum[p & 3] += d->scratch[p] * d->weight[p];
    }
    d->median = median_of(d->scratch, d->pairs);
    if (!(d->median > 0)) return NAN;
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) / d->median / (double)d->pairs;
}

/* Hoare's selection with the median of three as the pivot. */
void select_rank(double *value, int64_t count, int64_t rank)
{
    int64_t low = 0, high = count - 1;
    while (low < high) {
        double a = value[low], b = value[low + (high - low) / 2], c = value[high];
        double pivot = a < b ? (b < c ? b : (a < c ? c : a)) : (a < c ? a : (b < c ? c : b));
        int64_t i = low, j = high;
        while (i <= j) {
            while (value[i] < pivot) i++;
            while (value[j] > pivot) j--;
            if (i > j) break;
            double held = value[i];
            value[i++] = value[j];
            value[j--] = held;
        }
        if (rank <= j) high = j;
        else if (rank >= i) low = i;
        else return;
    }
}

double median_of(double *value, int64_t count)
{
    if (count < 1) return NAN;
    int64_t middle = count / 2;
    select_rank(value, count, middle);
    if (count % 2) return value[middle];
    double below = value[0];
    for (int64_t i = 1; i < middle; i++)
        if (value[i] > below) below = value[i];
    return (below + value[middle]) / 2;
}
