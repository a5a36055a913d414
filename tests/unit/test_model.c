/* Model directories: what config.json and the tensors say, and every refusal with its message. */
#include "tests/tiny_model.h"

#include <math.h>

#include "model/model.h"

static void expect_refused(const tiny_t *tiny, const char *directory, exit_code_t code,
                           const char *message)
{
    model_t *model = NULL;
    tiny_save(tiny, directory, DTYPE_F32);
    expect_error(model_open(MPI_COMM_SELF, directory, 0, &model), code, message);
    assert_null(model);
}

/* ---- config.json ---- */

static void reads_shapes(void **state)
{
    tiny_t tiny;
    model_shape_t shape;
    tiny_mistral(&tiny, 1);
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_shape_read(*state, &shape));
    assert_int_equal(shape.layers, 3);
    assert_int_equal(shape.width, 32);
    assert_int_equal(shape.mlp, 56);
    assert_int_equal(shape.heads, 4);
    assert_int_equal(shape.kv_heads, 2);
    assert_int_equal(shape.head_width, 12);
    assert_int_equal(shape.vocabulary, 97);
    assert_int_equal(shape.window, 5);
    assert_int_equal(shape.rotary, 12);
    assert_int_equal(shape.activation, ACTIVATION_SILU);
    assert_false(shape.tied);
    assert_true(fabs((double)shape.frequency[1] - pow(10000, -2.0 / 12)) < 1e-7);
    model_shape_free(&shape);
    assert_null(shape.frequency);
    tiny_free(&tiny);
}

/* A key that is left out has the default of its class in transformers. */
static void has_defaults(void **state)
{
    static const struct {
        const char *config;
        int layers, width, mlp, heads, kv_heads, head_width, vocabulary, window;
        bool tied;
    } cases[] = {
        {"{\"model_type\": \"gpt_neox\"}", 44, 6144, 24576, 64, 64, 96, 50432, 0, false},
        {"{\"model_type\": \"llama\"}", 32, 4096, 11008, 32, 32, 128, 32000, 0, false},
        {"{\"model_type\": \"mistral\"}", 32, 4096, 14336, 32, 8, 128, 32000, 4096, false},
        {"{\"model_type\": \"mistral\", \"sliding_window\": null}", 32, 4096, 14336, 32, 8, 128,
         32000, 0, false},
        {"{\"model_type\": \"qwen2\"}", 32, 4096, 22016, 32, 32, 128, 151936, 0, false},
        {"{\"model_type\": \"qwen3\"}", 32, 4096, 22016, 32, 32, 128, 151936, 0, false},
        {"{\"model_type\": \"stablelm\"}", 32, 2560, 6912, 32, 32, 80, 50304, 0, false},
        {"{\"model_type\": \"opt\"}", 12, 768, 3072, 12, 12, 64, 50272, 0, true},
        {"{\"model_type\": \"gpt2\"}", 12, 768, 3072, 12, 12, 64, 50257, 0, true},
        {"{\"model_type\": \"gpt2\", \"n_inner\": null, \"n_embd\": 96}", 12, 96, 384, 12, 12, 8,
         50257, 0, true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        model_shape_t shape;
        scratch_write(*state, "config.json", cases[i].config, strlen(cases[i].config));
        expect_ok(model_shape_read(*state, &shape));
        assert_int_equal(shape.layers, cases[i].layers);
        assert_int_equal(shape.width, cases[i].width);
        assert_int_equal(shape.mlp, cases[i].mlp);
        assert_int_equal(shape.heads, cases[i].heads);
        assert_int_equal(shape.kv_heads, cases[i].kv_heads);
        assert_int_equal(shape.head_width, cases[i].head_width);
        assert_int_equal(shape.vocabulary, cases[i].vocabulary);
        assert_int_equal(shape.window, cases[i].window);
        assert_int_equal(shape.tied, cases[i].tied);
        model_shape_free(&shape);
    }
}

/* ROPE_INIT_FUNCTIONS["llama3"] and ["linear"] of transformers 4.57.6 for these settings; both
 * spellings of the key. */
static void scales_rotary_frequencies(void **state)
{
    static const char *const keys[] = {"rope_scaling", "rope_parameters"};
    static const double llama3[] = {1, 0.1939901561, 0.03763218224, 0.001316578477,
                                    0.0001770226663};
    static const double linear[] = {0.25, 0.04849753901, 0.00940804556, 0.001825068146,
                                    0.0003540453326};
    for (int k = 0; k < 2; k++) {
        char text[512];
        model_shape_t shape;
        snprintf(text, sizeof text,
                 "{\"model_type\": \"llama\", \"head_dim\": 10, \"rope_theta\": 3640.0, \"%s\": "
                 "{\"rope_type\": \"llama3\", \"factor\": 8.0, \"low_freq_factor\": 1.0, "
                 "\"high_freq_factor\": 4.0, \"original_max_position_embeddings\": 1024}}",
                 keys[k]);
        scratch_write(*state, "config.json", text, strlen(text));
        expect_ok(model_shape_read(*state, &shape));
        assert_int_equal(shape.rotary, 10);
        for (int i = 0; i < 5; i++)
            assert_true(fabs((double)shape.frequency[i] / llama3[i] - 1) < 1e-6);
        model_shape_free(&shape);
        snprintf(text, sizeof text,
                 "{\"model_type\": \"llama\", \"head_dim\": 10, \"%s\": {\"type\": \"linear\", "
                 "\"factor\": 4.0, \"rope_theta\": 3640.0}}",
                 keys[k]);
        scratch_write(*state, "config.json", text, strlen(text));
        expect_ok(model_shape_read(*state, &shape));
        for (int i = 0; i < 5; i++)
            assert_true(fabs((double)shape.frequency[i] / linear[i] - 1) < 1e-6);
        model_shape_free(&shape);
    }
}

/* An odd number of dimensions: inv_freq of transformers 4.57.6's GPTNeoXRotaryEmbedding for heads
 * of 8 and these shares. What rope_parameters says wins, and null is as good as absent there. */
static void turns_dimensions_in_pairs(void **state)
{
    static const struct {
        const char *share;
        int count;
        double frequency[3];
    } cases[] = {
        {"0.4", 2, {1, 0.002154434332624078}},
        {"0.625", 3, {1, 0.025118863210082054, 0.0006309573072940111}},
        {"0.1, \"rope_parameters\": {\"partial_rotary_factor\": 0.4, \"rope_theta\": null}",
         2,
         {1, 0.002154434332624078}},
        {"0.0", 0, {0}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tiny_t tiny;
        model_shape_t shape;
        tiny_neox(&tiny, 1);
        tiny_replace(&tiny, "0.5", cases[i].share);
        tiny_save(&tiny, *state, DTYPE_F32);
        expect_ok(model_shape_read(*state, &shape));
        assert_int_equal(shape.rotary, 2 * cases[i].count);
        for (int k = 0; k < cases[i].count; k++)
            assert_true(fabs((double)shape.frequency[k] / cases[i].frequency[k] - 1) < 1e-6);
        model_shape_free(&shape);
        tiny_free(&tiny);
    }
}

/* What Qwen2Config makes of these keys: its layer_types, and the window of those that slide. */
static void knows_which_layers_slide(void **state)
{
    static const char *const base = "{\"model_type\": \"qwen2\", \"num_hidden_layers\": 4, ";
    static const struct {
        const char *keys;
        bool sliding[4];
    } cases[] = {
        {"\"sliding_window\": 9, \"max_window_layers\": 0}", {false, false, false, false}},
        {"\"use_sliding_window\": true, \"sliding_window\": 9}", {false, false, false, false}},
        {"\"use_sliding_window\": true, \"sliding_window\": 9, \"max_window_layers\": 2}",
         {false, false, true, true}},
        {"\"use_sliding_window\": true, \"sliding_window\": 9, \"max_window_layers\": 2, "
         "\"layer_types\": [\"sliding_attention\", \"full_attention\", \"full_attention\", "
         "\"sliding_attention\"]}",
         {true, false, false, true}},
        {"\"use_sliding_window\": true, \"sliding_window\": null, \"max_window_layers\": 2}",
         {false, false, false, false}},
    };
    char text[512];
    model_shape_t shape;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        snprintf(text, sizeof text, "%s%s", base, cases[i].keys);
        scratch_write(*state, "config.json", text, strlen(text));
        expect_ok(model_shape_read(*state, &shape));
        assert_memory_equal(shape.sliding, cases[i].sliding, 4 * sizeof(bool));
        model_shape_free(&shape);
    }
    snprintf(text, sizeof text,
             "%s\"layer_types\": [\"full_attention\", \"sliding_attention\", \"full_attention\", "
             "\"full_attention\"]}",
             base);
    scratch_write(*state, "config.json", text, strlen(text));
    expect_error(model_shape_read(*state, &shape), EXIT_INPUT,
                 "layer_types: 'sliding_attention' is not supported in layer 1 of model_type qwen2 "
                 "with a window of 0");
}

/* The names of transformers' activations.py that are the same function. */
static void knows_activations_by_all_their_names(void **state)
{
    static const struct {
        const char *name;
        activation_t activation;
    } cases[] = {
        {"gelu", ACTIVATION_GELU},
        {"gelu_python", ACTIVATION_GELU},
        {"gelu_new", ACTIVATION_GELU_TANH},
        {"gelu_fast", ACTIVATION_GELU_TANH},
        {"gelu_accurate", ACTIVATION_GELU_TANH},
        {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
        {"gelu_python_tanh", ACTIVATION_GELU_TANH},
        {"silu", ACTIVATION_SILU},
        {"swish", ACTIVATION_SILU},
        {"relu", ACTIVATION_RELU},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        model_shape_t shape;
        snprintf(text, sizeof text, "{\"model_type\": \"gpt2\", \"activation_function\": \"%s\"}",
                 cases[i].name);
        scratch_write(*state, "config.json", text, strlen(text));
        expect_ok(model_shape_read(*state, &shape));
        assert_int_equal(shape.activation, cases[i].activation);
        model_shape_free(&shape);
    }
}

static void refuses_config(void **state)
{
    static const char *const cases[][3] = {
        {"\"gpt_neox\"", "\"bert\"",
         "/config.json: model_type: 'bert' is not supported; known: gpt_neox, llama, mistral, "},
        {"\"gpt_neox\"", "7", "/config.json: model_type: a text is expected"},
        {"\"model_type\"", "\"type\"", "/config.json: model_type: a text is expected"},
        {": 97", ": \"many\"", "/config.json: vocab_size: a number is expected"},
        {": 97", ": 0", "/config.json: vocab_size: 0 is not an integer from 1 to 16777216"},
        {": 97", ": 97.5", "/config.json: vocab_size: 97.5 is not an integer"},
        {": 97", ": 1e300", "/config.json: vocab_size: 1e+300 is not an integer"},
        {"layers\": 3", "layers\": -1", "/config.json: num_hidden_layers: -1 is not an integer"},
        {"heads\": 4", "heads\": 5", "/config.json: width 32 is not a multiple of its 5 heads"},
        {"0.5", "-0.5", "/config.json: a share of -0.5 of 8 dimensions rotated"},
        {"0.5", "1e300", "/config.json: a share of 1e+300 of 8 dimensions rotated"},
        {"0.5", "1.01", "/config.json: a share of 1.01 of 8 dimensions rotated"},
        {"0.5", "0.5, \"rotary_emb_base\": 0", "rotated with base 0: pairs within the head"},
        {"0.5", "0.5, \"hidden_act\": \"tanh\"",
         "/config.json: hidden_act: 'tanh' is not supported; known: gelu, gelu_python, gelu_new, "
         "gelu_fast, gelu_accurate, gelu_pytorch_tanh, gelu_python_tanh, silu, swish, relu"},
        {"0.5", "0.5, \"hidden_act\": \"quick_gelu\"", "'quick_gelu' is not supported"},
        {"0.5", "0.5, \"hidden_act\": 3", "/config.json: hidden_act: '(no text)' is not supported"},
        {"0.5", "0.5, \"quantization_config\": {\"bits\": 4}",
         "/config.json: quantization_config is not supported"},
        {"0.5", "0.5, \"add_cross_attention\": true",
         "/config.json: add_cross_attention is not supported"},
        {"0.5", "0.5, \"qk_layernorm\": true", "/config.json: qk_layernorm is not supported"},
        {"0.5", "0.5, \"layer_norm_eps\": null", "/config.json: layer_norm_eps: 0 is not above 0"},
        {"0.5", "0.5, \"rope_scaling\": \"linear\"",
         "/config.json: rope_scaling: an object is expected"},
        {"0.5", "0.5, \"rope_parameters\": {\"full_attention\": {\"rope_theta\": 100.0}}",
         "/config.json: rope_parameters: full_attention: an object for each type of layer"},
        {"0.5",
         "0.5, \"rope_parameters\": {\"rope_theta\": 100.0}, \"rope_scaling\": {\"type\": "
         "\"yarn\"}",
         "/config.json: rope_parameters and rope_scaling differ"},
        {"0.5", "0.5, \"rope_scaling\": {\"rope_type\": \"yarn\"}",
         "/config.json: rope_scaling: rope_type 'yarn' is not supported; known: default, linear, "
         "llama3"},
        {"0.5", "0.5, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 0}",
         "/config.json: rope_scaling: factor: 0 is not above 0"},
        {"0.5", "0.5, \"rope_scaling\": {\"rope_type\": \"llama3\", \"factor\": 8}",
         "/config.json: rope_scaling: factor, low_freq_factor, high_freq_factor do not make sense"},
        {"{\"model_type\"", "[{\"model_type\"", "/config.json:1: not a JSON object: "},
        {"0.5}", "0.5", "/config.json:1: not a JSON object: '}' expected near end of file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tiny_t tiny;
        tiny_neox(&tiny, 1);
        tiny_replace(&tiny, cases[i][0], cases[i][1]);
        expect_refused(&tiny, *state, EXIT_INPUT, cases[i][2]);
        tiny_free(&tiny);
    }
}

static void refuses_other_sizes(void **state)
{
    static const char *const cases[][3] = {
        {"value_heads\": 2", "value_heads\": 3",
         "/config.json: 4 heads are not a multiple of 3 key-value heads"},
        {"value_heads\": 2", "value_heads\": 8",
         "/config.json: 4 heads are not a multiple of 8 key-value heads"},
        {"head_dim\": 12", "head_dim\": 16777216",
         "/config.json: 4 heads of 16777216 dimensions are more than 16777216 in all"},
        {"head_dim\": 12", "head_dim\": 13", "13 dimensions rotated"},
        {"window\": 5", "window\": -5",
         "/config.json: sliding_window: -5 is not an integer from 1"},
        {"window\": 5", "window\": 0", "/config.json: sliding_window: 0 is not an integer from 1"},
        {"window\": 5", "window\": 5, \"layer_types\": [\"sliding_attention\"]",
         "/config.json: layer_types: a list of 3 texts is expected"},
        {"window\": 5",
         "window\": 5, \"layer_types\": [\"sliding_attention\", \"full_attention\", "
         "\"sliding_attention\"]",
         "/config.json: layer_types: 'full_attention' is not supported in layer 1 of model_type "
         "mistral with a window of 5"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tiny_t tiny;
        tiny_mistral(&tiny, 1);
        tiny_replace(&tiny, cases[i][0], cases[i][1]);
        expect_refused(&tiny, *state, EXIT_INPUT, cases[i][2]);
        tiny_free(&tiny);
    }
    model_shape_t shape;
    scratch_write(*state, "config.json", "[]", 2);
    expect_error(model_shape_read(*state, &shape), EXIT_INPUT, "/config.json:1: not a JSON object");
    scratch_remove(*state, "config.json");
    expect_error(model_shape_read(*state, &shape), EXIT_INPUT, "/config.json: cannot open");
}

/* ---- tensors ---- */

static void refuses_tensors(void **state)
{
    static const struct {
        const char *name;
        int rows, columns; /* its new shape, of no more elements; -1: left out */
        const char *message;
    } cases[] = {
        {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 0, -1,
         ": the tensor 'gpt_neox.layers.1.mlp.dense_h_to_4h.weight' is missing"},
        {"gpt_neox.layers.2.attention.dense.bias", 0, -1,
         ": the tensor 'gpt_neox.layers.2.attention.dense.bias' is missing"},
        {"embed_out.weight", 0, -1, ": the tensor 'embed_out.weight' is missing"},
        {"gpt_neox.final_layer_norm.weight", 0, -1,
         ": the tensor 'gpt_neox.final_layer_norm.weight' is missing"},
        {"gpt_neox.embed_in.weight", 0, -1, "embed_in.weight' is missing"},
        {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 56, 31,
         "model.safetensors: the tensor 'gpt_neox.layers.1.mlp.dense_h_to_4h.weight' has the shape "
         "[56, 31], [56, 32] is expected"},
        {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 32, 56,
         "has the shape [32, 56], [56, 32] is expected"},
        {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 0, 32,
         "has the shape [32], [56, 32] is expected"},
        {"gpt_neox.layers.0.input_layernorm.weight", 1, 32,
         "has the shape [1, 32], [32] is expected"},
        {"embed_out.weight", 96, 32, "'embed_out.weight' has the shape [96, 32], [97, 32] is"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tiny_t tiny;
        tiny_neox(&tiny, 1);
        tiny_tensor_t *tensor = tiny_find(&tiny, cases[i].name);
        tensor->rows = cases[i].rows;
        tensor->columns = cases[i].columns < 0 ? 0 : cases[i].columns;
        expect_refused(&tiny, *state, EXIT_INPUT, cases[i].message);
        tiny_free(&tiny);
    }
}

static void refuses_weights_that_are_no_numbers(void **state)
{
    static const struct {
        const char *name;
        int element;
        double value;
        const char *message;
    } cases[] = {
        {"gpt_neox.layers.1.mlp.dense_h_to_4h.weight", 100, (double)NAN,
         "model.safetensors: the tensor 'gpt_neox.layers.1.mlp.dense_h_to_4h.weight' has the value "
         "nan at element 100, layer 1, neuron 3"},
        {"gpt_neox.layers.2.mlp.dense_h_to_4h.bias", 55, (double)NAN,
         "has the value nan at element 55, layer 2, neuron 55"},
        {"gpt_neox.layers.0.mlp.dense_4h_to_h.weight", 2 * TINY_MLP + 7, (double)NAN,
         "has the value nan at element 119, layer 0, neuron 7"},
        {"gpt_neox.layers.0.input_layernorm.bias", 31, (double)INFINITY,
         "'gpt_neox.layers.0.input_layernorm.bias' has the value inf at element 31, layer 0"},
        {"embed_out.weight", 0, (double)-INFINITY,
         "'embed_out.weight' has the value -inf at element 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int type = DTYPE_F32; type < DTYPE_COUNT; type++) {
            tiny_t tiny;
            model_t *model = NULL;
            tiny_neox(&tiny, 1);
            tiny_find(&tiny, cases[i].name)->value[cases[i].element] = (float)cases[i].value;
            tiny_save(&tiny, *state, (dtype_t)type);
            expect_error(model_open(MPI_COMM_SELF, *state, 0, &model), EXIT_NUMERIC,
                         cases[i].message);
            assert_null(model);
            tiny_free(&tiny);
        }
}

/* Names with and without the base model's prefix; tensors that nobody asks for. */
static void finds_names_with_and_without_prefix(void **state)
{
    for (int cut = 0; cut <= 1; cut++) {
        tiny_t tiny;
        model_t *model = NULL;
        tiny_neox(&tiny, 1);
        tiny_add(&tiny, 0, "gpt_neox.layers.0.attention.rotary_emb.inv_freq", 0, 4);
        for (int i = 0; cut && i < tiny.count; i++) {
            char *name = tiny.tensor[i].name;
            if (strncmp(name, "gpt_neox.", 9) == 0) memmove(name, name + 9, strlen(name + 9) + 1);
        }
        tiny_save(&tiny, *state, DTYPE_F32);
        expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
        const layer_t *layer = &model->layer[1];
        const tiny_tensor_t *up =
            tiny_find(&tiny, cut ? "layers.1.mlp.dense_h_to_4h.weight"
                                 : "gpt_neox.layers.1.mlp.dense_h_to_4h.weight");
        assert_int_equal(layer->gate.outputs, TINY_MLP);
        assert_memory_equal(layer->gate.data, up->value, TINY_MLP * TINY_WIDTH * sizeof *up->value);
        assert_int_equal((uintptr_t)layer->gate.data % 64, 0);
        assert_int_equal((uintptr_t)layer->gate.bias % 64, 0);
        model_close(&model);
        tiny_free(&tiny);
    }
}

/* GPT-2's matrices lie the other way round. */
static void names_neurons_of_transposed_weights(void **state)
{
    static const struct {
        const char *name, *message;
    } cases[] = {
        {"h.1.mlp.c_fc.weight", "at element 100, layer 1, neuron 44"},
        {"h.1.mlp.c_proj.weight", "at element 100, layer 1, neuron 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tiny_t tiny;
        tiny_gpt2(&tiny, 3);
        tiny_find(&tiny, cases[i].name)->value[100] = NAN;
        expect_refused(&tiny, *state, EXIT_NUMERIC, cases[i].message);
        tiny_free(&tiny);
    }
}

/* Of two names for a tied embedding, a file may keep the head's. */
static void finds_a_tied_embedding_under_the_heads_name(void **state)
{
    for (int tied = 0; tied <= 1; tied++) {
        tiny_t tiny;
        model_t *model = NULL;
        tiny_neox(&tiny, 1);
        tiny_find(&tiny, "gpt_neox.embed_in.weight")->columns = 0; /* left out */
        if (!tied) {
            expect_refused(&tiny, *state, EXIT_INPUT, "embed_in.weight' is missing");
            tiny_free(&tiny);
            continue;
        }
        tiny_replace(&tiny, "0.5", "0.5, \"tie_word_embeddings\": true");
        tiny_save(&tiny, *state, DTYPE_F32);
        expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
        const float *value = tiny_find(&tiny, "embed_out.weight")->value;
        size_t bytes = TINY_VOCABULARY * TINY_WIDTH * sizeof *value;
        assert_memory_equal(model->embedding.data, value, bytes);
        assert_memory_equal(model->head.data, value, bytes);
        model_close(&model);
        tiny_free(&tiny);
    }
}

/* OPT's switches: norms without parameters, no norm at the end. */
static void leaves_out_what_opt_switches_off(void **state)
{
    tiny_t tiny;
    model_t *model = NULL;
    tiny_opt(&tiny, 4);
    tiny_replace(&tiny, "\"opt\"", "\"opt\", \"_remove_final_layer_norm\": true");
    tiny_find(&tiny, "model.decoder.final_layer_norm.weight")->columns = 0;
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
    assert_false(model->final_norm.present);
    assert_true(model->layer[1].mlp_norm.present && model->layer[1].mlp_norm.bias);
    model_close(&model);
    tiny_replace(&tiny, "_remove_final_layer_norm\": true",
                 "layer_norm_elementwise_affine\": false");
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_open(MPI_COMM_SELF, *state, 0, &model));
    assert_true(model->final_norm.present && !model->final_norm.weight && !model->final_norm.bias);
    assert_true(model->layer[1].mlp_norm.present && !model->layer[1].mlp_norm.weight);
    model_close(&model);
    tiny_free(&tiny);
}

/* The digest covers weights and config.json. */
static void digests_what_results_depend_on(void **state)
{
    char hex[4][SHA256_HEX];
    tiny_t tiny;
    tiny_neox(&tiny, 1);
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_hash(MPI_COMM_SELF, *state, hex[0]));
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_hash(MPI_COMM_SELF, *state, hex[1]));
    assert_string_equal(hex[0], hex[1]);
    tiny.tensor[5].value[3] += 1;
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_hash(MPI_COMM_SELF, *state, hex[2]));
    assert_string_not_equal(hex[0], hex[2]);
    tiny.tensor[5].value[3] -= 1;
    tiny_replace(&tiny, "0.5", "0.25");
    tiny_save(&tiny, *state, DTYPE_F32);
    expect_ok(model_hash(MPI_COMM_SELF, *state, hex[3]));
    assert_string_not_equal(hex[0], hex[3]);
    scratch_remove(*state, "config.json");
    expect_error(model_hash(MPI_COMM_SELF, *state, hex[0]), EXIT_INPUT, "config.json");
    tiny_free(&tiny);
}

#define WITH_SCRATCH(test) cmocka_unit_test_setup_teardown(test, scratch_create, scratch_destroy)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        WITH_SCRATCH(reads_shapes),
        WITH_SCRATCH(has_defaults),
        WITH_SCRATCH(scales_rotary_frequencies),
        WITH_SCRATCH(turns_dimensions_in_pairs),
        WITH_SCRATCH(knows_which_layers_slide),
        WITH_SCRATCH(knows_activations_by_all_their_names),
        WITH_SCRATCH(refuses_config),
        WITH_SCRATCH(refuses_other_sizes),
        WITH_SCRATCH(refuses_tensors),
        WITH_SCRATCH(refuses_weights_that_are_no_numbers),
        WITH_SCRATCH(finds_names_with_and_without_prefix),
        WITH_SCRATCH(names_neurons_of_transposed_weights),
        WITH_SCRATCH(finds_a_tied_embedding_under_the_heads_name),
        WITH_SCRATCH(leaves_out_what_opt_switches_off),
        WITH_SCRATCH(digests_what_results_depend_on),
    };
    MPI_Init(&argc, &argv);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed;
}
