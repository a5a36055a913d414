/* What a model is: the facts of its architecture (one table, architecture_table.c) and the
 * numbers of its config.json. One executor serves all; adding an architecture is a row of the
 * table and, at most, a kernel. Sources: transformers' configuration_*.py and modeling_*.py. */
#ifndef WN_MODEL_ARCHITECTURE_H
#define WN_MODEL_ARCHITECTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/status.h"

typedef enum { NORM_LAYER, NORM_RMS } norm_kind_t;

typedef enum {
    RESIDUAL_PRE,      /* x += attention(norm(x)); x += mlp(norm(x)) */
    RESIDUAL_PARALLEL, /* x += attention(norm(x)) + mlp(norm'(x)) */
    RESIDUAL_POST,     /* x = norm(x + attention(x)); x = norm(x + mlp(x)) */
    RESIDUAL_BRANCH    /* x += norm(attention(x)); x += norm(mlp(x)) */
} residual_t;

typedef enum {
    ACTIVATION_GELU,      /* x Phi(x) */
    ACTIVATION_GELU_TANH, /* its tanh approximation (gelu_new, gelu_fast, gelu_pytorch_tanh) */
    ACTIVATION_SILU,
    ACTIVATION_RELU
} activation_t;

typedef enum {
    QUERY_KEY_PLAIN,
    QUERY_KEY_NORM_HEAD, /* RMS norm of each head's query and key */
    QUERY_KEY_NORM_WHOLE /* RMS norm over all heads at once */
} query_key_norm_t;

typedef enum {
    FUSED_NONE,     /* separate query, key, value */
    FUSED_BY_HEAD,  /* rows [head][query, key, value][head width] */
    FUSED_IN_BLOCKS /* [query, key, value][head][head width] */
} fused_t;

/* A number of config.json: its key (several spellings, tried in order) and the default of the
 * transformers class. */
typedef struct {
    const char *key, *other;
    double fallback;
} fact_t;

typedef struct {
    const char *model_type;
    /* tensor names: base prefix may be missing in a file; %d is the layer */
    const char *prefix, *layer;
    const char *embedding, *positions, *project_in, *project_out, *final_norm, *head;
    const char *attention_norm, *mlp_norm, *query_norm, *key_norm;
    const char *fused, *query, *key, *value, *output;
    const char *gate, *up, *down; /* gate is the first projection; up only in gated MLPs */
    /* structure */
    norm_kind_t norm;
    bool norm_weight, norm_bias; /* whether norms have learned parameters (see norm_affine) */
    residual_t residual;
    fused_t fusion;
    query_key_norm_t query_key_norm;
    bool transposed; /* matrices stored [in][out] */
    bool rotary;
    int position_offset;
    /* config.json */
    fact_t width, layers, heads, kv_heads, head_width, mlp, vocabulary, positions_max;
    fact_t norm_eps, rotary_share, theta, window, clip, embedding_width;
    fact_t tied, attention_bias, output_bias, mlp_bias, parallel, pre_norm;
    fact_t norm_affine, no_final_norm;
    fact_t scaled, scaled_by_layer; /* whether scores are divided: by sqrt(head width), by l + 1 */
    fact_t use_window, window_from; /* whether, and from which layer, attention slides */
    const char *activation_key, *activation;
} architecture_t;

extern const architecture_t architectures[];
extern const int architecture_count;

/* A model's numbers. Letters: D width, F MLP width, H heads, K kv heads, V vocabulary rows. */
typedef struct {
    const architecture_t *facts;
    int layers, width, mlp, heads, kv_heads, head_width, vocabulary, positions_max;
    int embedding_width; /* of token embeddings; D unless projected */
    residual_t residual;
    activation_t activation;
    bool tied, attention_bias, output_bias, mlp_bias;
    bool norm_weight, norm_bias, final_norm; /* learned parameters of norms; a norm at the end */
    float norm_eps;
    float score_scale;    /* of attention's scores ... */
    bool scores_by_layer; /* ... and divided by the layer's number from 1 */
    int window;           /* sliding attention: keys seen, 0: all ... */
    bool *sliding;        /* ... in these layers [L]; owned */
    float clip;           /* of query, key, value; 0: none */
    int rotary;           /* dimensions of a head that are rotated */
    float *frequency;     /* [rotary / 2] inverse frequencies after scaling; owned */
    float rotary_scale;   /* of cosine and sine */
} model_shape_t;

/* Reads and checks directory/config.json. Errors name the file and the key; an unknown
 * model_type or activation names the known ones. Free with model_shape_free. */
MUST_CHECK status_t model_shape_read(const char *directory, model_shape_t *shape);
void model_shape_free(model_shape_t *shape);

#endif
