/* bench/executor: how near the executor comes to the machine's own rate of matrix products.
 *
 * usage: mpirun -n 2 build/bench/executor TOKENIZER PAIRS... [-- LAYERS WIDTH HEADS]
 * A GPT-NeoX of Pythia-160M's shape (12 layers, width 768, 12 heads, 50,304 rows) with random
 * float16 weights runs 2,048-token windows and the first pairs of each file of minimal pairs. Only
 * FLOPs that the plan needs are counted: every row's matrix products, its own path in attention,
 * its logits. The yardstick is OpenBLAS's sgemm on 2048-cubes, on as many processes, in this run.
 * Prints lines for people and, last, one JSON object. */
#include <cblas.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/random_model.h"
#include "core/dtype.h"
#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "eval/score.h"
#include "model/intervention.h"
#include "text/minimal_pairs.h"
#include "text/tokenizer.h"

enum { CUBE = 2048, CHUNK = 2048, MANY = 17 };

static int rank, ranks;

/* ---- the model ---- */

typedef struct {
    str_t header;
    uint64_t bytes;
    FILE *file;
    random_t random;
} writer_t;

static void tensor(writer_t *it, const char *name, int rows, int columns, double scale, double mean)
{
    uint64_t count = (uint64_t)(rows ? rows : 1) * (uint64_t)columns;
    char shape[64];
    if (rows) snprintf(shape, sizeof shape, "%d,%d", rows, columns);
    else snprintf(shape, sizeof shape, "%d", columns);
    if (!it->file) {
        status_t status =
            str_printf(&it->header,
                       "%s\"%s\":{\"dtype\":\"F16\",\"shape\":[%s],\"data_offsets\":[%llu,%llu]}",
                       it->header.length ? "," : "{", name, shape, (unsigned long long)it->bytes,
                       (unsigned long long)(it->bytes + 2 * count));
        status_free(&status);
    }
    it->bytes += 2 * count;
    for (uint64_t i = 0; it->file && i < count; i++) {
        /* a sum of uniform numbers is normal enough for timing */
        double noise = random_uniform(&it->random) + random_uniform(&it->random) - 1;
        uint16_t half = float_to_half((float)(mean + scale * noise));
        fwrite(&half, 2, 1, it->file);
    }
}

static void tensors(writer_t *it, random_shape_t s)
{
    char name[128];
    int d = s.width;
    tensor(it, "gpt_neox.embed_in.weight", s.vocabulary, d, 0.05, 0);
    for (int l = 0; l < s.layers; l++) {
        static const struct {
            const char *name;
            int out, in;
        } matrices[] = {{"attention.query_key_value", 3, 1},
                        {"attention.dense", 1, 1},
                        {"mlp.dense_h_to_4h", 4, 1},
                        {"mlp.dense_4h_to_h", 1, 4}};
        static const char *const norms[] = {"input_layernorm", "post_attention_layernorm"};
        for (int m = 0; m < 4; m++) {
            snprintf(name, sizeof name, "gpt_neox.layers.%d.%s.weight", l, matrices[m].name);
            tensor(it, name, matrices[m].out * d, matrices[m].in * d, 0.05, 0);
            snprintf(name, sizeof name, "gpt_neox.layers.%d.%s.bias", l, matrices[m].name);
            tensor(it, name, 0, matrices[m].out * d, 0.01, 0);
        }
        for (int n = 0; n < 2; n++) {
            snprintf(name, sizeof name, "gpt_neox.layers.%d.%s.weight", l, norms[n]);
            tensor(it, name, 0, d, 0.1, 1);
            snprintf(name, sizeof name, "gpt_neox.layers.%d.%s.bias", l, norms[n]);
            tensor(it, name, 0, d, 0.01, 0);
        }
    }
    tensor(it, "gpt_neox.final_layer_norm.weight", 0, d, 0.1, 1);
    tensor(it, "gpt_neox.final_layer_norm.bias", 0, d, 0.01, 0);
    tensor(it, "embed_out.weight", s.vocabulary, d, 0.05, 0);
}

status_t random_model_write(const char *directory, random_shape_t shape)
{
    writer_t it = {.random = random_stream(1, "bench", 0)};
    char *path = NULL, *config = NULL;
    status_t status = directory_create(directory);
    tensors(&it, shape);
    if (!status) status = str_add(&it.header, "}");
    while (!status && it.header.length % 8) status = str_add(&it.header, " ");
    if (!status) status = path_join(directory, "model.safetensors", &path);
    if (!status && !(it.file = fopen(path, "wb")))
        status = status_new(EXIT_OUTPUT, "%s: cannot create", path);
    if (!status) {
        uint64_t length = it.header.length;
        fwrite(&length, 8, 1, it.file);
        fwrite(it.header.data, 1, length, it.file);
        it.bytes = 0;
        tensors(&it, shape);
        if (fclose(it.file) != 0) status = status_new(EXIT_OUTPUT, "%s: cannot write", path);
    }
    mem_free(&path);
    if (!status)
        status =
            str_format(&config,
                       "{\"model_type\": \"gpt_neox\", \"hidden_size\": %d, "
                       "\"num_hidden_layers\": %d, \"num_attention_heads\": %d, "
                       "\"intermediate_size\": %d, \"vocab_size\": %d, \"rotary_pct\": 0.25}",
                       shape.width, shape.layers, shape.heads, 4 * shape.width, shape.vocabulary);
    if (!status) status = path_join(directory, "config.json", &path);
    if (!status) status = file_write(path, config, strlen(config));
    mem_free(&path);
    mem_free(&config);
    str_free(&it.header);
    return status;
}

/* ---- what is run ---- */

static status_t random_windows(int windows, int window, int vocabulary, sequences_t *sequences)
{
    random_t random = random_stream(2, "bench", 0);
    *sequences = (sequences_t){.count = (size_t)windows, .items = (size_t)windows};
    status_t status = mem_new(&sequences->id, (size_t)windows * (size_t)window, "windows");
    if (!status) status = mem_new(&sequences->offset, (size_t)windows + 1, "windows");
    for (int i = 0; !status && i < windows * window; i++)
        sequences->id[i] = (int32_t)random_below(&random, (uint64_t)vocabulary);
    for (int w = 0; !status && w < windows; w++)
        sequences->offset[w + 1] = (int64_t)(w + 1) * window;
    return status;
}

typedef struct {
    tokenizer_t *tokenizer;
    encoding_t encoding;
    sequences_t *sequences;
    size_t ids, id_capacity, offset_capacity;
} pairs_reader_t;

static status_t add_sentence(pairs_reader_t *it, const char *text, size_t length)
{
    status_t status = tokenizer_encode(it->tokenizer, text, length, ENCODE_SPECIAL, &it->encoding);
    sequences_t *s = it->sequences;
    if (!status) status = mem_grow(&s->id, &it->id_capacity, it->ids + it->encoding.count, "ids");
    if (!status) status = mem_grow(&s->offset, &it->offset_capacity, s->count + 2, "offsets");
    if (status) return status;
    memcpy(s->id + it->ids, it->encoding.id, it->encoding.count * sizeof(int32_t));
    it->ids += it->encoding.count;
    if (s->count == 0) s->offset[0] = 0;
    s->offset[++s->count] = (int64_t)it->ids;
    return NULL;
}

static status_t read_pairs(const char *tokenizer, char *const *files, int count, int limit,
                           sequences_t *sequences)
{
    static const minimal_pair_keys_t keys = {"sentence_good", "sentence_bad", "linguistics_term"};
    pairs_reader_t it = {.sequences = sequences};
    *sequences = (sequences_t){0};
    status_t status = tokenizer_open(tokenizer, &it.tokenizer);
    for (int f = 0; !status && f < count; f++) {
        minimal_pairs_t *pairs = NULL;
        minimal_pair_t pair;
        bool found = true;
        status = minimal_pairs_open(files[f], &keys, &pairs);
        for (int i = 0; !status && i < limit && found; i++) {
            status = minimal_pairs_next(pairs, &pair, &found);
            if (!status && found) status = add_sentence(&it, pair.good, pair.good_length);
            if (!status && found) status = add_sentence(&it, pair.bad, pair.bad_length);
        }
        minimal_pairs_close(&pairs);
    }
    sequences->items = sequences->count / 2;
    encoding_free(&it.encoding);
    tokenizer_close(&it.tokenizer);
    return status;
}

/* FLOPs of a row: per condition-independent layer, and of the vocabulary. */
typedef struct {
    double layers, logits; /* of the whole forest, one condition */
} flops_t;

static status_t count_flops(const model_t *model, const sequences_t *sequences, flops_t *flops)
{
    const model_shape_t *s = &model->shape;
    forest_t *forest = NULL;
    double d = s->width, matrices = 2 * (4 * d * d + 2 * d * s->mlp);
    *flops = (flops_t){0};
    status_t status =
        forest_create(sequences->id, sequences->offset, sequences->count, CHUNK, &forest);
    for (size_t c = 0; !status && c < forest->chunks; c++)
        for (int32_t t = 0; t < forest->chunk[c].rows; t++) {
            flops->layers += matrices + 4 * d * (forest->chunk[c].position[t] + 1);
            flops->logits += 2 * d * s->vocabulary;
        }
    flops->layers *= s->layers;
    forest_destroy(&forest);
    return status;
}

static status_t time_run(model_t *model, const sequences_t *sequences,
                         const intervention_t *condition, int conditions, double *seconds)
{
    double *sum = NULL;
    run_options_t options = {condition, conditions, model->shape.layers, NULL, "bench", 0, NULL};
    status_t status = mem_new(&sum, (size_t)conditions * sequences->count, "scores");
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    if (!status)
        status = score_sequences(MPI_COMM_WORLD, model, sequences, CHUNK, &options, "bench", sum);
    MPI_Barrier(MPI_COMM_WORLD);
    *seconds = MPI_Wtime() - start;
    mem_free(&sum);
    return status;
}

/* GFLOP/s of all ranks together, each on cubes of its own. */
static status_t sgemm_rate(double *rate)
{
    size_t count = (size_t)CUBE * CUBE;
    float *a = NULL, *b = NULL, *c = NULL;
    status_t status = mem_aligned(&a, count, "cube");
    if (!status) status = mem_aligned(&b, count, "cube");
    if (!status) status = mem_aligned(&c, count, "cube");
    for (size_t i = 0; !status && i < count; i++) a[i] = b[i] = 0.001f * (float)(i % 97);
    double best = 1e30;
    for (int turn = 0; !status && turn < 4; turn++) {
        MPI_Barrier(MPI_COMM_WORLD);
        double start = MPI_Wtime();
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, CUBE, CUBE, CUBE, 1, a, CUBE, b, CUBE,
                    0, c, CUBE);
        MPI_Barrier(MPI_COMM_WORLD);
        double time = MPI_Wtime() - start;
        if (turn && time < best) best = time;
    }
    *rate = 2e-9 * CUBE * CUBE * CUBE * ranks / best;
    mem_free(&a);
    mem_free(&b);
    mem_free(&c);
    return status;
}

/* Conditions of a sweep: the same few neurons in layers from .. to. */
static status_t sweep(const model_t *model, intervention_t *condition, int groups)
{
    int layers = model->shape.layers, few = model->shape.mlp / 100;
    for (int c = 1; c <= 2 * groups; c++) {
        int group = (c - 1) % groups, from = c <= groups ? group * layers / groups : 0;
        int to = (group + 1) * layers / groups;
        int32_t *neuron = NULL, *start = NULL;
        status_t status = mem_new(&neuron, (size_t)layers * (size_t)few, "neurons");
        if (!status) status = mem_new(&start, (size_t)layers + 1, "neurons");
        if (status) return status;
        for (int l = 0; l < layers; l++) {
            start[l + 1] = start[l];
            for (int i = 0; l >= from && l < to && i < few; i++) neuron[start[l + 1]++] = i * 7;
        }
        condition[c] = (intervention_t){ABLATE_NEGATIVE, neuron, start};
    }
    return NULL;
}

/* Layer-states that the tree needs, as a multiple of one condition's; and final states. */
static status_t tree_cost(const model_t *model, const intervention_t *condition, int conditions,
                          double *layers, double *finals)
{
    condition_tree_t tree;
    status_t status = condition_tree_create(condition, conditions, model->shape.layers, &tree);
    if (status) return status;
    double whole = 0, d = model->shape.width, f = model->shape.mlp;
    double first = 4 * d * d + d * f, second = d * f;
    for (int l = 0; l < model->shape.layers; l++)
        whole += (tree.states[l] * first + tree.states[l + 1] * second) / (first + second);
    *layers = whole / model->shape.layers;
    *finals = tree.states[model->shape.layers];
    condition_tree_free(&tree);
    return NULL;
}

static status_t measure(model_t *model, const char *tokenizer, char *const *files, int count)
{
    sequences_t windows = {0}, pairs = {0}, few = {0};
    intervention_t condition[MANY] = {{.ablate = ABLATE_NONE}};
    flops_t flops;
    double rate = 0, seconds, one, layers, finals;
    status_t status = sgemm_rate(&rate);
    if (!status) status = random_windows(2 * ranks, 2048, 50277, &windows);
    if (!status) status = read_pairs(tokenizer, files, count, 100, &pairs);
    if (!status) status = read_pairs(tokenizer, files, count, 20, &few);
    if (!status && rank == 0) printf("sgemm: %.1f GFLOP/s on %d ranks\n", rate, ranks);
    if (!status) status = count_flops(model, &windows, &flops);
    if (!status) status = time_run(model, &windows, condition, 1, &seconds);
    double perplexity = 1e-9 * (flops.layers + flops.logits) / seconds / rate;
    if (!status && rank == 0)
        printf("perplexity: %.1f s, %.3f of sgemm's rate\n", seconds, perplexity);
    if (!status) status = count_flops(model, &pairs, &flops);
    if (!status) status = time_run(model, &pairs, condition, 1, &seconds);
    double blimp = 1e-9 * (flops.layers + flops.logits) / seconds / rate;
    if (!status && rank == 0)
        printf("pairs: %zu pairs, %.1f s, %.3f of sgemm's rate\n", pairs.items, seconds, blimp);
    if (!status) status = count_flops(model, &few, &flops);
    if (!status) status = time_run(model, &few, condition, 1, &one);
    if (!status) status = sweep(model, condition, 8);
    double ratio[2] = {0}, needed[2] = {0};
    for (int t = 0; !status && t < 2; t++) {
        /* all-layer conditions: the last cumulative group and copies that differ by one neuron */
        intervention_t seven[7] = {{.ablate = ABLATE_NONE}};
        for (int c = 1; c < 7; c++) {
            seven[c] = condition[16];
            seven[c].ablate = (ablate_t)(c % 5 + 1);
            if (c == 6) seven[c].neuron = condition[16].neuron + 1;
        }
        const intervention_t *chosen = t ? condition : seven;
        int conditions = t ? MANY : 7;
        status = tree_cost(model, chosen, conditions, &layers, &finals);
        if (!status) status = time_run(model, &few, chosen, conditions, &seconds);
        needed[t] = (flops.layers * layers + flops.logits * finals) / (flops.layers + flops.logits);
        ratio[t] = seconds / one / needed[t];
        if (!status && rank == 0)
            printf("%d conditions: %.2f times one, the plan needs %.2f: %.3f of it\n", conditions,
                   seconds / one, needed[t], ratio[t]);
    }
    if (!status && rank == 0)
        printf("{\"ranks\": %d, \"sgemm_gflops\": %.2f, \"perplexity\": %.4f, \"pairs\": %.4f, "
               "\"seven_conditions\": %.4f, \"sweep\": %.4f}\n",
               ranks, rate, perplexity, blimp, ratio[0], ratio[1]);
    sequences_free(&windows);
    sequences_free(&pairs);
    sequences_free(&few);
    return status;
}

int main(int argc, char **argv)
{
    char directory[64] = "";
    model_t *model = NULL;
    status_t status = NULL;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &ranks);
    openblas_set_num_threads(1);
    if (argc < 3) status = status_new(EXIT_USAGE, "usage: executor TOKENIZER PAIRS...");
    random_shape_t shape = {12, 768, 12, 50304};
    snprintf(directory, sizeof directory, "/tmp/wn-bench-%ld", (long)getppid());
    if (!status && rank == 0) status = random_model_write(directory, shape);
    MPI_Barrier(MPI_COMM_WORLD);
    if (!status) status = model_open(MPI_COMM_WORLD, directory, 0, &model);
    if (!status) status = measure(model, argv[1], argv + 2, argc - 2);
    model_close(&model);
    if (status && rank == 0) fprintf(stderr, "bench/executor: %s\n", status_message(status));
    int code = (int)status_code(status);
    status_free(&status);
    MPI_Finalize();
    return code;
}
