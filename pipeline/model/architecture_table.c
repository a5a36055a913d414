/* One row for each model_type of transformers that is supported. */
#include <stddef.h>

#include "model/architecture.h"

#define NO {NULL, NULL, 0}
#define YES {NULL, NULL, 1}

/* What the Llama family shares. */
#define LLAMA_NAMES                                                                             \
    .prefix = "model.", .layer = "layers.%d.", .embedding = "embed_tokens", .final_norm = "norm", \
    .head = "lm_head", .query = "self_attn.q_proj", .key = "self_attn.k_proj",                   \
    .value = "self_attn.v_proj", .output = "self_attn.o_proj", .gate = "mlp.gate_proj",          \
    .up = "mlp.up_proj", .down = "mlp.down_proj"
#define LLAMA_PRE_NORMS                                                                         \
    .attention_norm = "input_layernorm", .mlp_norm = "post_attention_layernorm",                 \
    .norm = NORM_RMS, .norm_weight = true, .residual = RESIDUAL_PRE
#define LLAMA_SIZES(d, f, l, h)                                                                 \
    .width = {"hidden_size", NULL, d}, .mlp = {"intermediate_size", NULL, f},                    \
    .layers = {"num_hidden_layers", NULL, l}, .heads = {"num_attention_heads", NULL, h}
#define LLAMA_ROTARY                                                                            \
    .rotary = true, .rotary_share = {"partial_rotary_factor", NULL, 1},                          \
    .theta = {"rope_theta", NULL, 10000}

const architecture_t architectures[] = {
    {.model_type = "gpt_neox",
     .prefix = "gpt_neox.", .layer = "layers.%d.", .embedding = "embed_in",
     .final_norm = "final_layer_norm", .head = "embed_out",
     .attention_norm = "input_layernorm", .mlp_norm = "post_attention_layernorm",
     .fused = "attention.query_key_value", .output = "attention.dense",
     .gate = "mlp.dense_h_to_4h", .down = "mlp.dense_4h_to_h",
     .norm = NORM_LAYER, .norm_weight = true, .norm_bias = true,
     .residual = RESIDUAL_PRE, .fusion = FUSED_BY_HEAD, .rotary = true,
     LLAMA_SIZES(6144, 24576, 44, 64), .kv_heads = NO, .head_width = NO,
     .vocabulary = {"vocab_size", NULL, 50432},
     .positions_max = {"max_position_embeddings", NULL, 2048},
     .norm_eps = {"layer_norm_eps", NULL, 1e-5},
     .rotary_share = {"rotary_pct", "partial_rotary_factor", 0.25},
     .theta = {"rotary_emb_base", "rope_theta", 10000},
     .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = {"attention_bias", NULL, 1}, .output_bias = {"attention_bias", NULL, 1},
     .mlp_bias = YES, .parallel = {"use_parallel_residual", NULL, 1},
     .activation_key = "hidden_act", .activation = "gelu"},

    {.model_type = "llama", LLAMA_NAMES, LLAMA_PRE_NORMS, LLAMA_SIZES(4096, 11008, 32, 32),
     LLAMA_ROTARY, .kv_heads = {"num_key_value_heads", NULL, 0},
     .head_width = {"head_dim", NULL, 0}, .vocabulary = {"vocab_size", NULL, 32000},
     .positions_max = {"max_position_embeddings", NULL, 2048},
     .norm_eps = {"rms_norm_eps", NULL, 1e-6}, .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = {"attention_bias", NULL, 0}, .output_bias = {"attention_bias", NULL, 0},
     .mlp_bias = {"mlp_bias", NULL, 0}, .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "mistral", LLAMA_NAMES, LLAMA_PRE_NORMS, LLAMA_SIZES(4096, 14336, 32, 32),
     LLAMA_ROTARY, .kv_heads = {"num_key_value_heads", NULL, 8},
     .head_width = {"head_dim", NULL, 0}, .vocabulary = {"vocab_size", NULL, 32000},
     .positions_max = {"max_position_embeddings", NULL, 131072},
     .norm_eps = {"rms_norm_eps", NULL, 1e-6}, .tied = {"tie_word_embeddings", NULL, 0},
     .window = {"sliding_window", NULL, 4096}, .use_window = YES,
     .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "qwen2", LLAMA_NAMES, LLAMA_PRE_NORMS, LLAMA_SIZES(4096, 22016, 32, 32),
     LLAMA_ROTARY, .kv_heads = {"num_key_value_heads", NULL, 32},
     .head_width = {"head_dim", NULL, 0}, .vocabulary = {"vocab_size", NULL, 151936},
     .positions_max = {"max_position_embeddings", NULL, 32768},
     .norm_eps = {"rms_norm_eps", NULL, 1e-6}, .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = YES, .window = {"sliding_window", NULL, 4096},
     .use_window = {"use_sliding_window", NULL, 0},
     .window_from = {"max_window_layers", NULL, 28},
     .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "qwen3", LLAMA_NAMES, LLAMA_PRE_NORMS, LLAMA_SIZES(4096, 22016, 32, 32),
     LLAMA_ROTARY, .query_norm = "self_attn.q_norm", .key_norm = "self_attn.k_norm",
     .query_key_norm = QUERY_KEY_NORM_HEAD, .kv_heads = {"num_key_value_heads", NULL, 32},
     .head_width = {"head_dim", NULL, 128}, .vocabulary = {"vocab_size", NULL, 151936},
     .positions_max = {"max_position_embeddings", NULL, 32768},
     .norm_eps = {"rms_norm_eps", NULL, 1e-6}, .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = {"attention_bias", NULL, 0}, .output_bias = {"attention_bias", NULL, 0},
     .window = {"sliding_window", NULL, 4096}, .use_window = {"use_sliding_window", NULL, 0},
     .window_from = {"max_window_layers", NULL, 28},
     .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "olmo", LLAMA_NAMES, LLAMA_SIZES(4096, 11008, 32, 32), LLAMA_ROTARY,
     .attention_norm = "", .mlp_norm = "", .norm = NORM_LAYER, .residual = RESIDUAL_PRE,
     .kv_heads = {"num_key_value_heads", NULL, 0}, .head_width = NO,
     .vocabulary = {"vocab_size", NULL, 50304},
     .positions_max = {"max_position_embeddings", NULL, 2048}, .norm_eps = {NULL, NULL, 1e-5},
     .clip = {"clip_qkv", NULL, 0}, .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = {"attention_bias", NULL, 0}, .output_bias = {"attention_bias", NULL, 0},
     .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "olmo2", LLAMA_NAMES, LLAMA_SIZES(4096, 11008, 32, 32), LLAMA_ROTARY,
     .attention_norm = "post_attention_layernorm", .mlp_norm = "post_feedforward_layernorm",
     .query_norm = "self_attn.q_norm", .key_norm = "self_attn.k_norm",
     .query_key_norm = QUERY_KEY_NORM_WHOLE, .norm = NORM_RMS, .norm_weight = true,
     .residual = RESIDUAL_BRANCH, .kv_heads = {"num_key_value_heads", NULL, 0}, .head_width = NO,
     .vocabulary = {"vocab_size", NULL, 50304},
     .positions_max = {"max_position_embeddings", NULL, 2048},
     .norm_eps = {"rms_norm_eps", NULL, 1e-5}, .tied = {"tie_word_embeddings", NULL, 0},
     .attention_bias = {"attention_bias", NULL, 0}, .output_bias = {"attention_bias", NULL, 0},
     .activation_key = "hidden_act", .activation = "silu"},

    {.model_type = "opt",
     .prefix = "model.decoder.", .layer = "layers.%d.", .embedding = "embed_tokens",
     .positions = "embed_positions", .position_offset = 2, .project_in = "project_in",
     .project_out = "project_out", .final_norm = "final_layer_norm", .head = "lm_head",
     .attention_norm = "self_attn_layer_norm", .mlp_norm = "final_layer_norm",
     .query = "self_attn.q_proj", .key = "self_attn.k_proj", .value = "self_attn.v_proj",
     .output = "self_attn.out_proj", .gate = "fc1", .down = "fc2",
     .norm = NORM_LAYER, .norm_weight = true, .norm_bias = true, .residual = RESIDUAL_PRE,
     .width = {"hidden_size", NULL, 768}, .mlp = {"ffn_dim", NULL, 3072},
     .layers = {"num_hidden_layers", NULL, 12}, .heads = {"num_attention_heads", NULL, 12},
     .vocabulary = {"vocab_size", NULL, 50272},
     .positions_max = {"max_position_embeddings", NULL, 2048}, .norm_eps = {NULL, NULL, 1e-5},
     .embedding_width = {"word_embed_proj_dim", NULL, 0},
     .tied = {"tie_word_embeddings", NULL, 1}, .attention_bias = {"enable_bias", NULL, 1},
     .output_bias = {"enable_bias", NULL, 1}, .mlp_bias = {"enable_bias", NULL, 1},
     .pre_norm = {"do_layer_norm_before", NULL, 1},
     .activation_key = "activation_function", .activation = "relu"},

    {.model_type = "gpt2",
     .prefix = "transformer.", .layer = "h.%d.", .embedding = "wte", .positions = "wpe",
     .final_norm = "ln_f", .head = "lm_head", .attention_norm = "ln_1", .mlp_norm = "ln_2",
     .fused = "attn.c_attn", .output = "attn.c_proj", .gate = "mlp.c_fc", .down = "mlp.c_proj",
     .norm = NORM_LAYER, .norm_weight = true, .norm_bias = true, .residual = RESIDUAL_PRE,
     .fusion = FUSED_IN_BLOCKS, .transposed = true,
     .width = {"n_embd", "hidden_size", 768}, .mlp = {"n_inner", NULL, 0},
     .layers = {"n_layer", "num_hidden_layers", 12},
     .heads = {"n_head", "num_attention_heads", 12}, .vocabulary = {"vocab_size", NULL, 50257},
     .positions_max = {"n_positions", "max_position_embeddings", 1024},
     .norm_eps = {"layer_norm_epsilon", NULL, 1e-5}, .tied = {"tie_word_embeddings", NULL, 1},
     .attention_bias = YES, .output_bias = YES, .mlp_bias = YES,
     .activation_key = "activation_function", .activation = "gelu_new"},
};

const int architecture_count = sizeof architectures / sizeof architectures[0];
