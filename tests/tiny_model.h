/* For tests: model directories made up from a seed, small enough to be written in a blink. A test
 * makes one in memory, changes what it likes, and saves it as config.json and model.safetensors. */
#ifndef WN_TESTS_TINY_MODEL_H
#define WN_TESTS_TINY_MODEL_H

#include "tests/scratch.h"

#include <math.h>

#include "core/dtype.h"
#include "core/random.h"
#include "core/strings.h"

enum { TINY_LAYERS = 3, TINY_WIDTH = 32, TINY_HEADS = 4, TINY_MLP = 56, TINY_VOCABULARY = 97 };
enum { TINY_POSITIONS = 64, TINY_TENSORS = 64 };

typedef struct {
    char name[80];
    int rows, columns; /* rows 0: a vector */
    float *value;
} tiny_tensor_t;

typedef struct {
    tiny_tensor_t tensor[TINY_TENSORS];
    int count;
    uint64_t seed;
    str_t config; /* the text of config.json */
} tiny_t;

static inline tiny_tensor_t *tiny_add(tiny_t *tiny, int layer, const char *format, int rows,
                                      int columns)
{
    assert_true(tiny->count < TINY_TENSORS);
    tiny_tensor_t *it = &tiny->tensor[tiny->count++];
    size_t count = (size_t)(rows ? rows : 1) * (size_t)columns;
    /* layer stands in for %d, in names that have it */
    const char *place = strstr(format, "%d");
    if (place)
        snprintf(it->name, sizeof it->name, "%.*s%d%s", (int)(place - format), format, layer,
                 place + 2);
    else snprintf(it->name, sizeof it->name, "%s", format);
    it->rows = rows, it->columns = columns;
    expect_ok(mem_new(&it->value, count, it->name));
    random_t random = random_stream(tiny->seed, it->name, 0);
    double size = !rows ? 0.2 : strstr(it->name, "emb") ? 0.6 : 1.6 / sqrt(columns);
    bool scale = !rows && strstr(it->name, "norm") && strstr(it->name, ".weight");
    for (size_t i = 0; i < count; i++)
        it->value[i] =
            (float)(scale ? 0.5 + random_uniform(&random) : size * random_normal(&random));
    return it;
}

static inline tiny_tensor_t *tiny_find(tiny_t *tiny, const char *name)
{
    for (int i = 0; i < tiny->count; i++)
        if (strcmp(tiny->tensor[i].name, name) == 0) return &tiny->tensor[i];
    fail_msg("no tensor %s", name);
    return NULL;
}

/* A matrix and its bias. */
static inline void tiny_linear(tiny_t *tiny, int layer, const char *format, int rows, int columns)
{
    char name[80];
    snprintf(name, sizeof name, "%s.weight", format);
    tiny_add(tiny, layer, name, rows, columns);
    snprintf(name, sizeof name, "%s.bias", format);
    tiny_add(tiny, layer, name, 0, rows);
}

static inline void tiny_norm(tiny_t *tiny, int layer, const char *format)
{
    char name[80];
    snprintf(name, sizeof name, "%s.weight", format);
    tiny_add(tiny, layer, name, 0, TINY_WIDTH);
    snprintf(name, sizeof name, "%s.bias", format);
    tiny_add(tiny, layer, name, 0, TINY_WIDTH);
}

static inline void tiny_neox(tiny_t *tiny, uint64_t seed)
{
    *tiny = (tiny_t){.seed = seed};
    tiny_add(tiny, 0, "gpt_neox.embed_in.weight", TINY_VOCABULARY, TINY_WIDTH);
    for (int l = 0; l < TINY_LAYERS; l++) {
        tiny_norm(tiny, l, "gpt_neox.layers.%d.input_layernorm");
        tiny_norm(tiny, l, "gpt_neox.layers.%d.post_attention_layernorm");
        tiny_linear(tiny, l, "gpt_neox.layers.%d.attention.query_key_value", 3 * TINY_WIDTH,
                    TINY_WIDTH);
        tiny_linear(tiny, l, "gpt_neox.layers.%d.attention.dense", TINY_WIDTH, TINY_WIDTH);
        tiny_linear(tiny, l, "gpt_neox.layers.%d.mlp.dense_h_to_4h", TINY_MLP, TINY_WIDTH);
        tiny_linear(tiny, l, "gpt_neox.layers.%d.mlp.dense_4h_to_h", TINY_WIDTH, TINY_MLP);
    }
    tiny_norm(tiny, 0, "gpt_neox.final_layer_norm");
    tiny_add(tiny, 0, "embed_out.weight", TINY_VOCABULARY, TINY_WIDTH);
    expect_ok(str_printf(&tiny->config,
                         "{\"model_type\": \"gpt_neox\", \"vocab_size\": %d, \"hidden_size\": %d, "
                         "\"num_hidden_layers\": %d, \"num_attention_heads\": %d, "
                         "\"intermediate_size\": %d, \"rotary_pct\": 0.5}",
                         TINY_VOCABULARY, TINY_WIDTH, TINY_LAYERS, TINY_HEADS, TINY_MLP));
}

/* Llama's family: mistral with a sliding window of 5, grouped heads wider than usual. */
static inline void tiny_mistral(tiny_t *tiny, uint64_t seed)
{
    enum { HEAD = 12, SHARED = 2 * HEAD, ALL = TINY_HEADS * HEAD };
    *tiny = (tiny_t){.seed = seed};
    tiny_add(tiny, 0, "model.embed_tokens.weight", TINY_VOCABULARY, TINY_WIDTH);
    for (int l = 0; l < TINY_LAYERS; l++) {
        tiny_add(tiny, l, "model.layers.%d.input_layernorm.weight", 0, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.post_attention_layernorm.weight", 0, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.self_attn.q_proj.weight", ALL, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.self_attn.k_proj.weight", SHARED, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.self_attn.v_proj.weight", SHARED, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.self_attn.o_proj.weight", TINY_WIDTH, ALL);
        tiny_add(tiny, l, "model.layers.%d.mlp.gate_proj.weight", TINY_MLP, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.mlp.up_proj.weight", TINY_MLP, TINY_WIDTH);
        tiny_add(tiny, l, "model.layers.%d.mlp.down_proj.weight", TINY_WIDTH, TINY_MLP);
    }
    tiny_add(tiny, 0, "model.norm.weight", 0, TINY_WIDTH);
    tiny_add(tiny, 0, "lm_head.weight", TINY_VOCABULARY, TINY_WIDTH);
    expect_ok(str_printf(&tiny->config,
                         "{\"model_type\": \"mistral\", \"vocab_size\": %d, \"hidden_size\": %d, "
                         "\"num_hidden_layers\": %d, \"num_attention_heads\": %d, "
                         "\"num_key_value_heads\": 2, \"head_dim\": %d, "
                         "\"intermediate_size\": %d, \"sliding_window\": 5}",
                         TINY_VOCABULARY, TINY_WIDTH, TINY_LAYERS, TINY_HEADS, HEAD, TINY_MLP));
}

/* Learned positions, matrices stored the other way round, the head tied to the embedding. */
static inline void tiny_gpt2(tiny_t *tiny, uint64_t seed)
{
    *tiny = (tiny_t){.seed = seed};
    tiny_add(tiny, 0, "wte.weight", TINY_VOCABULARY, TINY_WIDTH);
    tiny_add(tiny, 0, "wpe.weight", TINY_POSITIONS, TINY_WIDTH);
    for (int l = 0; l < TINY_LAYERS; l++) {
        tiny_norm(tiny, l, "h.%d.ln_1");
        tiny_norm(tiny, l, "h.%d.ln_2");
        tiny_add(tiny, l, "h.%d.attn.c_attn.weight", TINY_WIDTH, 3 * TINY_WIDTH);
        tiny_add(tiny, l, "h.%d.attn.c_attn.bias", 0, 3 * TINY_WIDTH);
        tiny_add(tiny, l, "h.%d.attn.c_proj.weight", TINY_WIDTH, TINY_WIDTH);
        tiny_add(tiny, l, "h.%d.attn.c_proj.bias", 0, TINY_WIDTH);
        tiny_add(tiny, l, "h.%d.mlp.c_fc.weight", TINY_WIDTH, TINY_MLP);
        tiny_add(tiny, l, "h.%d.mlp.c_fc.bias", 0, TINY_MLP);
        tiny_add(tiny, l, "h.%d.mlp.c_proj.weight", TINY_MLP, TINY_WIDTH);
        tiny_add(tiny, l, "h.%d.mlp.c_proj.bias", 0, TINY_WIDTH);
    }
    tiny_norm(tiny, 0, "ln_f");
    expect_ok(str_printf(&tiny->config,
                         "{\"model_type\": \"gpt2\", \"vocab_size\": %d, \"n_embd\": %d, "
                         "\"n_layer\": %d, \"n_head\": %d, \"n_inner\": %d, \"n_positions\": %d}",
                         TINY_VOCABULARY, TINY_WIDTH, TINY_LAYERS, TINY_HEADS, TINY_MLP,
                         TINY_POSITIONS));
}

/* Learned positions two rows down, and a norm at the end. */
static inline void tiny_opt(tiny_t *tiny, uint64_t seed)
{
    static const char *const attention[] = {"model.decoder.layers.%d.self_attn.q_proj",
                                            "model.decoder.layers.%d.self_attn.k_proj",
                                            "model.decoder.layers.%d.self_attn.v_proj",
                                            "model.decoder.layers.%d.self_attn.out_proj"};
    *tiny = (tiny_t){.seed = seed};
    tiny_add(tiny, 0, "model.decoder.embed_tokens.weight", TINY_VOCABULARY, TINY_WIDTH);
    tiny_add(tiny, 0, "model.decoder.embed_positions.weight", TINY_POSITIONS + 2, TINY_WIDTH);
    for (int l = 0; l < TINY_LAYERS; l++) {
        tiny_norm(tiny, l, "model.decoder.layers.%d.self_attn_layer_norm");
        tiny_norm(tiny, l, "model.decoder.layers.%d.final_layer_norm");
        for (int i = 0; i < 4; i++) tiny_linear(tiny, l, attention[i], TINY_WIDTH, TINY_WIDTH);
        tiny_linear(tiny, l, "model.decoder.layers.%d.fc1", TINY_MLP, TINY_WIDTH);
        tiny_linear(tiny, l, "model.decoder.layers.%d.fc2", TINY_WIDTH, TINY_MLP);
    }
    tiny_norm(tiny, 0, "model.decoder.final_layer_norm");
    expect_ok(str_printf(&tiny->config,
                         "{\"model_type\": \"opt\", \"vocab_size\": %d, \"hidden_size\": %d, "
                         "\"num_hidden_layers\": %d, \"num_attention_heads\": %d, \"ffn_dim\": %d, "
                         "\"max_position_embeddings\": %d}",
                         TINY_VOCABULARY, TINY_WIDTH, TINY_LAYERS, TINY_HEADS, TINY_MLP,
                         TINY_POSITIONS));
}

/* Replaces the first occurrence of a part of config.json. */
static inline void tiny_replace(tiny_t *tiny, const char *old, const char *new)
{
    str_t text = {0};
    const char *at = strstr(tiny->config.data, old);
    if (!at) fail_msg("config.json has no %s", old);
    expect_ok(str_append(&text, tiny->config.data, (size_t)(at - tiny->config.data)));
    expect_ok(str_add(&text, new));
    expect_ok(str_add(&text, at + strlen(old)));
    str_free(&tiny->config);
    tiny->config = text;
}

/* Writes both files; what was there is replaced. Tensors without columns are left out. */
static inline void tiny_save(const tiny_t *tiny, const char *directory, dtype_t type)
{
    str_t header = {0}, data = {0}, file = {0};
    void *rounded = NULL;
    expect_ok(str_add(&header, "{"));
    for (int i = 0; i < tiny->count; i++) {
        const tiny_tensor_t *it = &tiny->tensor[i];
        size_t count = (size_t)(it->rows ? it->rows : 1) * (size_t)it->columns;
        size_t bytes = count * dtype_size(type);
        if (!count) continue;
        expect_ok(str_printf(&header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[",
                             header.length > 1 ? "," : "", it->name, dtype_name(type)));
        if (it->rows) expect_ok(str_printf(&header, "%d,", it->rows));
        expect_ok(str_printf(&header, "%d],\"data_offsets\":[%zu,%zu]}", it->columns, data.length,
                             data.length + bytes));
        expect_ok(mem_new_(&rounded, bytes, 1, "tensor"));
        dtype_round(rounded, it->value, count, type);
        expect_ok(str_append(&data, rounded, bytes));
        mem_free_(&rounded);
    }
    expect_ok(str_add(&header, "}"));
    uint64_t length = header.length;
    expect_ok(str_append(&file, (const char *)&length, sizeof length)); /* little-endian here */
    expect_ok(str_append(&file, header.data, header.length));
    expect_ok(str_append(&file, data.data, data.length));
    scratch_write(directory, "model.safetensors", file.data, file.length);
    scratch_write(directory, "config.json", tiny->config.data, tiny->config.length);
    str_free(&header);
    str_free(&data);
    str_free(&file);
}

static inline void tiny_free(tiny_t *tiny)
{
    for (int i = 0; i < tiny->count; i++) mem_free(&tiny->tensor[i].value);
    str_free(&tiny->config);
    tiny->count = 0;
}

#endif
