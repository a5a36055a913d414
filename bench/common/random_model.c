#include "bench/common/random_model.h"

#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/random.h"
#include "core/strings.h"

enum { VALUES = 65536, BLOCK = 1 << 18 };

static const random_shape_t shapes[] = {
    {"tiny", RANDOM_GPT_NEOX, DTYPE_F16, 2, 64, 4, 256, 50304},
    {"pythia-160m", RANDOM_GPT_NEOX, DTYPE_F16, 12, 768, 12, 3072, 50304},
    {"pythia-1.4b", RANDOM_GPT_NEOX, DTYPE_F16, 24, 2048, 16, 8192, 50304},
    {"tiny-llama", RANDOM_LLAMA, DTYPE_BF16, 4, 256, 4, 688, 32000},
    {"llama-7b", RANDOM_LLAMA, DTYPE_BF16, 32, 4096, 32, 11008, 32000}};

const char random_shape_names[] = "tiny pythia-160m pythia-1.4b tiny-llama llama-7b";

const random_shape_t *random_shape_find(const char *name)
{
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        if (strcmp(shapes[i].name, name) == 0) return &shapes[i];
    return NULL;
}

/* The tensors are listed twice: without a file for the header, then for their contents. */
typedef struct {
    dtype_t type;
    str_t header;
    uint64_t bytes;
    FILE *file;
    random_t random;
    uint16_t *value, *block; /* [VALUES] that weights are drawn from; [BLOCK] */
} writer_t;

static status_t describe(writer_t *it, const char *name, int rows, int columns, uint64_t bytes)
{
    char shape[64];
    if (rows) snprintf(shape, sizeof shape, "%d,%d", rows, columns);
    else snprintf(shape, sizeof shape, "%d", columns);
    return str_printf(&it->header,
                      "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[%s],\"data_offsets\":[%llu,%llu]}",
                      it->header.length ? "," : "{", name, dtype_name(it->type), shape,
                      (unsigned long long)it->bytes, (unsigned long long)(it->bytes + bytes));
}

/* Weights are drawn from a table of normal numbers, four with each random word: a model of many
 * gigabytes is then written at the disk's speed. */
static status_t fill(writer_t *it, uint64_t count, double deviation, double mean)
{
    random_t normal = random_stream(1, "bench values", 0);
    for (int i = 0; i < VALUES; i++) {
        float value = (float)(mean + deviation * random_normal(&normal));
        dtype_round(&it->value[i], &value, 1, it->type);
    }
    for (uint64_t done = 0; done < count; done += BLOCK) {
        for (int i = 0; i < BLOCK; i += 4) {
            uint64_t bits = random_bits(&it->random);
            for (int k = 0; k < 4; k++, bits >>= 16) it->block[i + k] = it->value[bits & 0xffff];
        }
        size_t part = count - done < BLOCK ? (size_t)(count - done) : BLOCK;
        if (fwrite(it->block, sizeof *it->block, part, it->file) != part)
            return status_new(EXIT_OUTPUT, "the model's weights cannot be written");
    }
    return NULL;
}

/* rows 0: a vector of columns. */
static status_t tensor(writer_t *it, const char *name, int rows, int columns, double deviation,
                       double mean)
{
    uint64_t count = (uint64_t)(rows ? rows : 1) * (uint64_t)columns;
    status_t status = it->file ? fill(it, count, deviation, mean)
                               : describe(it, name, rows, columns, count * sizeof *it->value);
    it->bytes += count * sizeof *it->value;
    return status;
}

static status_t matrix(writer_t *it, const char *name, int rows, int columns)
{
    return tensor(it, name, rows, columns, 0.02, 0);
}

/* The tensors of a layer: matrices as multiples of D (1) and F (-1), then norms. */
static status_t write_layer(writer_t *it, const random_shape_t *s, int layer)
{
    static const struct {
        const char *name;
        int out, in;
    } matrices[2][8] = {{{"attention.query_key_value", 3, 1},
                         {"attention.dense", 1, 1},
                         {"mlp.dense_h_to_4h", -1, 1},
                         {"mlp.dense_4h_to_h", 1, -1}},
                        {{"self_attn.q_proj", 1, 1},
                         {"self_attn.k_proj", 1, 1},
                         {"self_attn.v_proj", 1, 1},
                         {"self_attn.o_proj", 1, 1},
                         {"mlp.gate_proj", -1, 1},
                         {"mlp.up_proj", -1, 1},
                         {"mlp.down_proj", 1, -1}}};
    static const char *const norms[] = {"input_layernorm", "post_attention_layernorm"};
    const char *prefix = s->family == RANDOM_GPT_NEOX ? "gpt_neox" : "model";
    bool biases = s->family == RANDOM_GPT_NEOX;
    char name[128];
    status_t status = NULL;
    for (int m = 0; !status && m < 8 && matrices[s->family][m].name; m++) {
        int out = matrices[s->family][m].out, in = matrices[s->family][m].in;
        int rows = out < 0 ? s->mlp : out * s->width, columns = in < 0 ? s->mlp : s->width;
        const char *part = matrices[s->family][m].name;
        snprintf(name, sizeof name, "%s.layers.%d.%s.weight", prefix, layer, part);
        status = matrix(it, name, rows, columns);
        snprintf(name, sizeof name, "%s.layers.%d.%s.bias", prefix, layer, part);
        if (!status && biases) status = tensor(it, name, 0, rows, 0.01, 0);
    }
    for (int n = 0; !status && n < 2; n++) {
        snprintf(name, sizeof name, "%s.layers.%d.%s.weight", prefix, layer, norms[n]);
        status = tensor(it, name, 0, s->width, 0.1, 1);
        snprintf(name, sizeof name, "%s.layers.%d.%s.bias", prefix, layer, norms[n]);
        if (!status && biases) status = tensor(it, name, 0, s->width, 0.01, 0);
    }
    return status;
}

static status_t write_tensors(writer_t *it, const random_shape_t *s)
{
    bool neox = s->family == RANDOM_GPT_NEOX;
    int d = s->width;
    it->bytes = 0;
    status_t status = matrix(it, neox ? "gpt_neox.embed_in.weight" : "model.embed_tokens.weight",
                             s->vocabulary, d);
    for (int l = 0; !status && l < s->layers; l++) status = write_layer(it, s, l);
    if (!status)
        status = tensor(it, neox ? "gpt_neox.final_layer_norm.weight" : "model.norm.weight", 0, d,
                        0.1, 1);
    if (!status && neox) status = tensor(it, "gpt_neox.final_layer_norm.bias", 0, d, 0.01, 0);
    if (!status)
        status = matrix(it, neox ? "embed_out.weight" : "lm_head.weight", s->vocabulary, d);
    return status;
}

static status_t write_weights(writer_t *it, const random_shape_t *shape, const char *path)
{
    uint64_t length;
    status_t status = write_tensors(it, shape);
    if (!status) status = str_add(&it->header, "}");
    while (!status && it->header.length % 8) status = str_add(&it->header, " ");
    if (status) return status;
    length = it->header.length;
    it->file = fopen(path, "wb");
    if (!it->file) return status_new(EXIT_OUTPUT, "%s: cannot be created", path);
    if (fwrite(&length, sizeof length, 1, it->file) != 1 ||
        fwrite(it->header.data, 1, length, it->file) != length)
        status = status_new(EXIT_OUTPUT, "%s: cannot be written", path);
    if (!status) status = write_tensors(it, shape);
    if (fclose(it->file) != 0 && !status)
        status = status_new(EXIT_OUTPUT, "%s: cannot be written", path);
    return status;
}

static status_t write_config(const random_shape_t *s, const char *path)
{
    char *text = NULL;
    status_t status =
        str_format(&text,
                   "{\"model_type\": \"%s\", \"hidden_size\": %d, \"num_hidden_layers\": %d, "
                   "\"num_attention_heads\": %d, \"intermediate_size\": %d, \"vocab_size\": %d, "
                   "\"max_position_embeddings\": 2048, \"torch_dtype\": \"%s\"}\n",
                   s->family == RANDOM_GPT_NEOX ? "gpt_neox" : "llama", s->width, s->layers,
                   s->heads, s->mlp, s->vocabulary, s->type == DTYPE_F16 ? "float16" : "bfloat16");
    if (!status) status = file_write(path, text, strlen(text));
    mem_free(&text);
    return status;
}

status_t random_model_write(const char *directory, const random_shape_t *shape)
{
    writer_t it = {.type = shape->type, .random = random_stream(1, "bench", 0)};
    char *path = NULL;
    status_t status = directory_create(directory);
    if (!status) status = mem_new(&it.value, VALUES, "weights");
    if (!status) status = mem_new(&it.block, BLOCK, "weights");
    if (!status) status = path_join(directory, "model.safetensors", &path);
    if (!status) status = write_weights(&it, shape, path);
    mem_free(&path);
    if (!status) status = path_join(directory, "config.json", &path);
    if (!status) status = write_config(shape, path);
    mem_free(&path);
    mem_free(&it.value);
    mem_free(&it.block);
    str_free(&it.header);
    return status;
}
