#include "stats/source.h"

#include "core/memory.h"
#include "stats/sketch_file.h"

/* Neurons are read in blocks of about this many bytes. */
enum { BLOCK_BYTES = 64 << 20 };

static const store_type_t store_type_of[DTYPE_COUNT] = {STORE_F32, STORE_F16, STORE_BF16,
                                                        STORE_F64};

static status_t find_raw(const store_t *store, source_shape_t *shape)
{
    store_info_t info = {0};
    status_t status = store_find(store, "/preactivations", &info);
    if (status) return status;
    bool typed = info.type == STORE_F32 || info.type == STORE_F16 || info.type == STORE_BF16;
    if (info.dimensions != 3 || !typed || info.shape[1] > INT32_MAX ||
        info.shape[2] > (uint64_t)SAMPLE_MOST)
        return status_new(EXIT_INPUT,
                          "%s: /preactivations f32, f16 or bf16 [layers][neurons][tokens] is "
                          "expected",
                          store_path(store));
    dtype_t type = info.type == STORE_F32   ? DTYPE_F32
                   : info.type == STORE_F16 ? DTYPE_F16
                                            : DTYPE_BF16;
    *shape = (source_shape_t){.store = store,
                              .type = type,
                              .layers = (int64_t)info.shape[0],
                              .neurons = (int64_t)info.shape[1],
                              .tokens = (int64_t)info.shape[2]};
    return NULL;
}

static status_t find_sketch(const store_t *store, source_shape_t *shape)
{
    sketch_shape_t found = {0};
    double tokens = 0;
    status_t status = sketch_find(store, &found);
    if (!status) status = store_get_number(store, "/", "tokens", &tokens);
    if (!status && !(tokens >= 0 && tokens < 9e15 && found.neurons <= INT32_MAX))
        status = status_new(EXIT_INPUT, "%s: %g tokens of %llu neurons", store_path(store), tokens,
                            (unsigned long long)found.neurons);
    if (!status)
        *shape = (source_shape_t){.store = store,
                                  .type = DTYPE_F32,
                                  .sketched = true,
                                  .layers = (int64_t)found.layers,
                                  .neurons = (int64_t)found.neurons,
                                  .tokens = (int64_t)tokens,
                                  .folds = (int64_t)found.folds};
    return status;
}

status_t source_find(const store_t *store, source_shape_t *shape)
{
    return store_has(store, "/sketch") ? find_sketch(store, shape) : find_raw(store, shape);
}

/* Counts of a neuron's folds. */
static size_t fold_counts(const source_shape_t *shape)
{
    return (size_t)shape->folds * FOLD_BINS;
}

/* Bytes of a neuron in a block. */
static size_t bytes_of(const source_shape_t *shape)
{
    return shape->sketched ? (SKETCH_BINS + fold_counts(shape)) * sizeof(int64_t)
                           : (size_t)shape->tokens * dtype_size(shape->type);
}

int64_t source_width(const source_shape_t *shape)
{
    size_t bytes = bytes_of(shape);
    int64_t width = bytes ? (int64_t)((BLOCK_BYTES + bytes - 1) / bytes) : 1;
    return width < shape->neurons ? width : shape->neurons;
}

double source_read(const source_shape_t *shape)
{
    return shape->sketched ? SKETCH_FILE_BYTES + FOLD_FILE_BYTES * (double)shape->folds
                           : (double)bytes_of(shape);
}

double source_bytes(const source_shape_t *shape, double neurons)
{
    enum { PATTERNS = 1 << 16 };
    double width = (double)source_width(shape);
    double block = (width < neurons ? width : neurons) * (double)bytes_of(shape);
    if (shape->sketched) return block + sizeof(sketched_t);
    return block + (shape->type == DTYPE_F32 ? 16 * (double)shape->tokens : 26 * PATTERNS);
}

status_t source_create(source_t *source, const source_shape_t *shape)
{
    size_t width = (size_t)source_width(shape);
    *source = (source_t){.shape = *shape, .width = (int64_t)width};
    if (!shape->sketched) {
        status_t status = sorter_create(&source->sorter, shape->type, shape->tokens);
        return status
                   ? status
                   : mem_aligned_(&source->block, width, bytes_of(shape), "a block of activations");
    }
    status_t status = mem_new(&source->sketch, width, "a block of sketches");
    if (!status) status = mem_aligned(&source->count, width * SKETCH_BINS, "a block of sketches");
    if (!status) status = mem_aligned(&source->fold, width * fold_counts(shape), "folds");
    return status ? status : mem_aligned(&source->sketched, 1, "a sample");
}

void source_destroy(source_t *source)
{
    sorter_destroy(&source->sorter);
    mem_free_(&source->block);
    mem_free(&source->sketch);
    mem_free(&source->count);
    mem_free(&source->fold);
    mem_free(&source->sketched);
}

status_t source_load(source_t *source, int64_t layer, int64_t neuron, int64_t count)
{
    const source_shape_t *shape = &source->shape;
    if (shape->sketched) {
        status_t status =
            sketch_read(shape->store, (uint64_t)layer, (uint64_t)neuron, (uint64_t)count,
                        shape->tokens, source->sketch, source->count);
        return status || !shape->folds
                   ? status
                   : sketch_read_folds(shape->store, (uint64_t)layer, (uint64_t)neuron,
                                       (uint64_t)count, (uint64_t)shape->folds, source->fold);
    }
    uint64_t start[] = {(uint64_t)layer, (uint64_t)neuron, 0};
    uint64_t size[] = {1, (uint64_t)count, (uint64_t)shape->tokens};
    return store_get(shape->store, "/preactivations", store_type_of[shape->type], start, size,
                     source->block);
}

status_t source_measure(source_t *source, int64_t index)
{
    if (source->shape.sketched) {
        sketch_sample(&source->sketch[index], source->sketched);
        source->sample = source->sketched->sample;
        source->distribution = source->sketched->distribution;
        source->bound = source->sketched->bound;
        return NULL;
    }
    source->column = (const char *)source->block + (size_t)index * bytes_of(&source->shape);
    status_t status =
        sorter_sort(source->sorter, source->column, source->shape.tokens, &source->sample);
    if (!status) distribution_measure(&source->sample, &source->distribution);
    return status;
}
