#include "stats/arrays.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "stats/difficulty.h"
#include "stats/distance.h"
#include "stats/statistics.h"
#include "store/store.h"

/* Columns are read and turned in blocks of about this many values. */
enum { BLOCK_VALUES = 1 << 23 };

typedef struct {
    store_t *input;
    dtype_t type;
    int64_t tokens, neurons;
    size_t levels, references, pairs;
    double *level, *reference; /* [levels]; [references], ascending, or NULL */
    int64_t *pair;             /* [2][pairs] or NULL */
    difficulty_t difficulty;   /* of the pairs */
    double *value[STATISTICS]; /* [neurons] each */
    double *quantile;          /* [levels][neurons] */
    double *wd_sampled, *md;   /* [neurons] or NULL */
} arrays_t;

static status_t read_levels(arrays_t *a)
{
    static const char *const owner[] = {"/", "/activations", "/quantiles"};
    status_t status = NULL;
    for (int i = 0; !a->level && i < 3; i++) {
        status_free(&status);
        if (store_has(a->input, owner[i]))
            status = store_get_numbers(a->input, owner[i], "levels", &a->level, &a->levels);
    }
    status_free(&status); /* absent everywhere: the default */
    if (!a->level) {
        status = mem_new(&a->level, LEVELS, "quantile levels");
        if (status) return status;
        memcpy(a->level, statistics_levels, sizeof statistics_levels);
        a->levels = LEVELS;
    }
    for (size_t i = 0; i < a->levels; i++)
        if (!(a->level[i] >= 0 && a->level[i] <= 1))
            return status_new(EXIT_INPUT, "%s: levels: %g is not within 0 and 1",
                              store_path(a->input), a->level[i]);
    return NULL;
}

static status_t read_shape(arrays_t *a)
{
    static const dtype_t type_of[STORE_TYPES] = {DTYPE_COUNT, DTYPE_COUNT, DTYPE_F32,
                                                 DTYPE_COUNT, DTYPE_F16,   DTYPE_BF16};
    store_info_t info;
    status_t status = store_find(a->input, "/activations", &info);
    if (status) return status;
    a->type = info.type < STORE_TYPES ? type_of[info.type] : DTYPE_COUNT;
    if (info.dimensions != 2 || a->type == DTYPE_COUNT)
        return status_new(EXIT_INPUT,
                          "%s: /activations: f32, f16 or bf16 [tokens][neurons] is expected",
                          store_path(a->input));
    a->tokens = (int64_t)info.shape[0];
    a->neurons = (int64_t)info.shape[1];
    return NULL;
}

static status_t read_reference(arrays_t *a)
{
    store_info_t info;
    if (!store_has(a->input, "/reference")) return NULL;
    status_t status = store_read(a->input, "/reference", STORE_F64, &a->reference, &info);
    if (status) return status;
    a->references = info.count;
    for (size_t i = 0; i < a->references; i++)
        if (!isfinite(a->reference[i]))
            return status_new(EXIT_NUMERIC, "%s: /reference: value %zu is not finite",
                              store_path(a->input), i);
    if (a->references == 0 || a->references > (size_t)SAMPLE_MOST)
        return status_new(EXIT_INPUT, "%s: /reference: 1 to %lld values are expected",
                          store_path(a->input), (long long)SAMPLE_MOST);
    sort_doubles(a->reference, (int64_t)a->references);
    return mem_new(&a->wd_sampled, (size_t)a->neurons, "distances");
}

static status_t read_pairs(arrays_t *a)
{
    store_info_t info, inputs;
    float *input = NULL;
    double *distance = NULL;
    if (!store_has(a->input, "/pairs") || !store_has(a->input, "/inputs")) return NULL;
    status_t status = store_read(a->input, "/pairs", STORE_I64, &a->pair, &info);
    if (!status) status = store_read(a->input, "/inputs", STORE_F32, &input, &inputs);
    if (!status && (info.dimensions != 2 || info.shape[0] != 2 || inputs.dimensions != 2 ||
                    inputs.shape[0] != (uint64_t)a->tokens))
        status = status_new(EXIT_INPUT,
                            "%s: /pairs [2][pairs] and /inputs [tokens][width] "
                            "are expected",
                            store_path(a->input));
    if (status) goto done;
    a->pairs = info.shape[1];
    status = mem_new(&distance, a->pairs, "distances of pairs");
    if (!status)
        status = input_distances(input, a->tokens, (int64_t)inputs.shape[1], a->pair,
                                 a->pair + a->pairs, (int64_t)a->pairs, distance);
    status = status_wrap(status, "%s", store_path(a->input));
    if (!status) status = difficulty_create(&a->difficulty, distance, (int64_t)a->pairs);
    if (!status) status = mem_new(&a->md, (size_t)a->neurons, "difficulties");
done:
    mem_free(&distance);
    mem_free(&input);
    return status;
}

static status_t open_arrays(arrays_t *a, const char *input)
{
    size_t quantiles = 0;
    status_t status = store_open(input, &a->input);
    if (!status) status = read_shape(a);
    if (!status) status = read_levels(a);
    if (!status) status = read_reference(a);
    if (!status) status = read_pairs(a);
    for (int s = 0; !status && s < STATISTICS; s++)
        status = mem_new(&a->value[s], (size_t)a->neurons, "statistics");
    if (!status) status = mem_product(a->levels, (size_t)a->neurons, "quantiles", &quantiles);
    if (!status) status = mem_new(&a->quantile, quantiles, "quantiles");
    return status;
}

static void close_arrays(arrays_t *a)
{
    store_close(&a->input);
    mem_free(&a->level);
    mem_free(&a->reference);
    mem_free(&a->pair);
    difficulty_destroy(&a->difficulty);
    for (int s = 0; s < STATISTICS; s++) mem_free(&a->value[s]);
    mem_free(&a->quantile);
    mem_free(&a->wd_sampled);
    mem_free(&a->md);
}

/* column: [tokens] of the arrays' type; scratch: float64 [pairs]. */
static status_t measure_neuron(arrays_t *a, sorter_t *sorter, const void *column, int64_t neuron,
                               double *scratch)
{
    sample_t sample;
    distribution_t distribution;
    double value[STATISTICS];
    status_t status = sorter_sort(sorter, column, a->tokens, &sample);
    if (status)
        return status_wrap(status, "%s: /activations: neuron %lld", store_path(a->input),
                           (long long)neuron);
    distribution_measure(&sample, &distribution);
    statistics_measure(&sample, &distribution, value);
    for (int s = 0; s < STATISTICS; s++) a->value[s][neuron] = value[s];
    for (size_t q = 0; q < a->levels; q++)
        a->quantile[(int64_t)q * a->neurons + neuron] = sample_quantile(&sample, a->level[q]);
    if (a->reference)
        a->wd_sampled[neuron] =
            distance_to_sample(&sample, &distribution, a->reference, (int64_t)a->references);
    if (!a->md) return NULL;
    size_t size = dtype_size(a->type);
    for (size_t p = 0; p < a->pairs; p++) {
        float y[2];
        for (int i = 0; i < 2; i++)
            dtype_expand(y + i,
                         (const char *)column + (size_t)a->pair[(size_t)i * a->pairs + p] * size, 1,
                         a->type);
        scratch[p] = fabs((double)y[0] - (double)y[1]);
    }
    a->md[neuron] = difficulty_measure(&a->difficulty, scratch);
    return NULL;
}

/* columns [width][tokens] = rows [tokens][width], elements of size bytes. */
static void turn(char *columns, const char *rows, size_t tokens, size_t width, size_t size)
{
    for (size_t t = 0; t < tokens; t++)
        for (size_t n = 0; n < width; n++)
            memcpy(columns + (n * tokens + t) * size, rows + (t * width + n) * size, size);
}

static status_t measure_all(arrays_t *a)
{
    static const store_type_t type_of[DTYPE_COUNT] = {STORE_F32, STORE_F16, STORE_BF16, STORE_F64};
    size_t size = dtype_size(a->type), values = 0;
    int64_t width = a->tokens < BLOCK_VALUES ? BLOCK_VALUES / (a->tokens + 1) + 1 : 1;
    if (width > a->neurons) width = a->neurons;
    sorter_t *sorter = NULL;
    char *rows = NULL, *columns = NULL;
    double *scratch = NULL;
    status_t status = sorter_create(&sorter, a->type, a->tokens);
    if (!status) status = mem_product((size_t)a->tokens * size, (size_t)width, "a block", &values);
    if (!status) status = mem_aligned(&rows, values, "a block of activations");
    if (!status) status = mem_aligned(&columns, values, "a block of activations");
    if (!status) status = mem_new(&scratch, a->pairs, "distances of pairs");
    for (int64_t first = 0; !status && first < a->neurons; first += width) {
        if (width > a->neurons - first) width = a->neurons - first;
        uint64_t start[] = {0, (uint64_t)first}, count[] = {(uint64_t)a->tokens, (uint64_t)width};
        status = store_get(a->input, "/activations", type_of[a->type], start, count, rows);
        if (!status) turn(columns, rows, (size_t)a->tokens, (size_t)width, size);
        for (int64_t n = 0; !status && n < width; n++)
            status = measure_neuron(a, sorter, columns + (size_t)(n * a->tokens) * size, first + n,
                                    scratch);
    }
    mem_free(&scratch);
    mem_free(&columns);
    mem_free(&rows);
    sorter_destroy(&sorter);
    return status;
}

static status_t write_row(store_t *store, const char *name, const char *unit,
                          const char *description, int64_t neurons, const double *value)
{
    uint64_t shape = (uint64_t)neurons;
    status_t status = store_write(store, name, STORE_F64, 1, &shape, value);
    return status ? status : store_describe(store, name, "neurons", unit, description);
}

static status_t write_arrays(const arrays_t *a, const char *output)
{
    store_t *store = NULL;
    uint64_t shape[] = {a->levels, (uint64_t)a->neurons};
    status_t status = store_create(output, MPI_COMM_SELF, &store);
    for (int s = 0; !status && s < STATISTICS; s++)
        if (statistics[s].measure)
            status = write_row(store, statistics[s].name, statistics[s].unit,
                               statistics[s].description, a->neurons, a->value[s]);
    if (!status) status = store_write(store, "quantiles", STORE_F64, 2, shape, a->quantile);
    if (!status)
        status = store_describe(store, "quantiles", "levels neurons", "1", "linear interpolation");
    if (!status) status = store_set_numbers(store, "quantiles", "levels", a->level, a->levels);
    if (!status && a->wd_sampled)
        status = write_row(store, statistics[WD_SAMPLED].name, "1",
                           "1-Wasserstein distance of the standardised "
                           "column to the reference sample",
                           a->neurons, a->wd_sampled);
    if (!status && a->md) {
        status = write_row(store, "md", "1", "mapping difficulty", a->neurons, a->md);
        if (!status)
            status =
                store_write(store, "pairs_dropped", STORE_I64, 0, NULL, &a->difficulty.dropped);
        if (!status)
            status = store_describe(store, "pairs_dropped", "", "pairs", "of equal inputs");
    }
    if (!status) status = store_publish(&store);
    store_close(&store);
    return status;
}

status_t statistics_of_arrays(const char *input, const char *output)
{
    arrays_t arrays = {0};
    status_t status = open_arrays(&arrays, input);
    if (!status) status = measure_all(&arrays);
    if (!status) status = write_arrays(&arrays, output);
    close_arrays(&arrays);
    return status;
}
