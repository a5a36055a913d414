#include "model/architecture.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/file.h"
#include "core/memory.h"
#include "core/strings.h"

typedef struct {
    const char *file;
    json_t *root;
    json_t *rope; /* rope_parameters, rope_scaling, or NULL */
} reader_t;

enum { CONFIG_BYTES_MAX = 4 << 20, SIZE_MAX_OF_MODEL = 1 << 24 };

/* The value of a key that is there and not null. */
static const json_t *value_of(const reader_t *reader, const char *key)
{
    const json_t *value = key ? json_object_get(reader->root, key) : NULL;
    return value && !json_is_null(value) ? value : NULL;
}

static status_t to_number(const reader_t *reader, const char *key, const json_t *value,
                          double *number)
{
    if (json_is_boolean(value)) *number = json_is_true(value);
    else if (json_is_number(value)) *number = json_number_value(value);
    else return status_new(EXIT_INPUT, "%s: %s: a number is expected", reader->file, key);
    return NULL;
}

static status_t read_fact(const reader_t *reader, fact_t fact, double *number)
{
    const char *key = fact.key;
    const json_t *value = value_of(reader, key);
    if (!value && fact.other) value = value_of(reader, key = fact.other);
    /* An explicit null switches an optional feature off (sliding_window). */
    const json_t *null = fact.key ? json_object_get(reader->root, fact.key) : NULL;
    *number = !value && null && json_is_null(null) ? 0 : fact.fallback;
    return value ? to_number(reader, key, value, number) : NULL;
}

/* A fact about rotary positions: transformers 5 keeps them in rope_parameters, which wins over the
 * document's own key. Null is as good as absent here. */
static status_t read_rotary_fact(const reader_t *reader, fact_t fact, double *number)
{
    const char *const keys[] = {fact.key, fact.other};
    *number = fact.fallback;
    for (int place = 0; place < 2; place++)
        for (int k = 0; k < 2; k++) {
            const json_t *value =
                keys[k] ? json_object_get(place ? reader->root : reader->rope, keys[k]) : NULL;
            if (value && !json_is_null(value)) return to_number(reader, keys[k], value, number);
        }
    return NULL;
}

static status_t read_size(const reader_t *reader, fact_t fact, int least, int *size)
{
    double number;
    status_t status = read_fact(reader, fact, &number);
    if (status) return status;
    if (!(number >= least && number <= SIZE_MAX_OF_MODEL) || number != floor(number))
        return status_new(EXIT_INPUT, "%s: %s: %g is not an integer from %d to %d", reader->file,
                          fact.key ? fact.key : "(default)", number, least, SIZE_MAX_OF_MODEL);
    *size = (int)number;
    return NULL;
}

static status_t read_flag(const reader_t *reader, fact_t fact, bool *flag)
{
    double number;
    status_t status = read_fact(reader, fact, &number);
    if (!status) *flag = number != 0;
    return status;
}

static status_t find_architecture(const reader_t *reader, const architecture_t **facts)
{
    const char *type = json_string_value(json_object_get(reader->root, "model_type"));
    char known[256] = "";
    for (int i = 0; i < architecture_count; i++) {
        if (type && strcmp(type, architectures[i].model_type) == 0) {
            *facts = &architectures[i];
            return NULL;
        }
        size_t at = strlen(known);
        snprintf(known + at, sizeof known - at, "%s%s", i ? ", " : "", architectures[i].model_type);
    }
    if (!type) return status_new(EXIT_INPUT, "%s: model_type: a text is expected", reader->file);
    return status_new(EXIT_INPUT, "%s: model_type: '%s' is not supported; known: %s", reader->file,
                      type, known);
}

/* transformers' names (activations.py, ACT2CLS). */
static status_t read_activation(const reader_t *reader, const architecture_t *facts,
                                activation_t *activation)
{
    static const struct {
        const char *name;
        activation_t activation;
    } known[] = {{"gelu", ACTIVATION_GELU},
                 {"gelu_python", ACTIVATION_GELU},
                 {"gelu_new", ACTIVATION_GELU_TANH},
                 {"gelu_fast", ACTIVATION_GELU_TANH},
                 {"gelu_accurate", ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
                 {"gelu_python_tanh", ACTIVATION_GELU_TANH},
                 {"silu", ACTIVATION_SILU},
                 {"swish", ACTIVATION_SILU},
                 {"relu", ACTIVATION_RELU}};
    const json_t *value = value_of(reader, facts->activation_key);
    const char *name = value ? json_string_value(value) : facts->activation;
    char names[256] = "";
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (name && strcmp(name, known[i].name) == 0) {
            *activation = known[i].activation;
            return NULL;
        }
        size_t at = strlen(names);
        snprintf(names + at, sizeof names - at, "%s%s", i ? ", " : "", known[i].name);
    }
    return status_new(EXIT_INPUT, "%s: %s: '%s' is not supported; known: %s", reader->file,
                      facts->activation_key, name ? name : "(no text)", names);
}

/* Llama 3's scaling (transformers, modeling_rope_utils.py, _compute_llama3_parameters): long
 * wavelengths are divided by factor, short ones kept, those between blended. */
static status_t scale_llama3(const reader_t *reader, model_shape_t *shape)
{
    const double pi = 3.14159265358979323846;
    double factor, low, high, context;
    status_t status = read_rotary_fact(reader, (fact_t){"factor", NULL, 0}, &factor);
    if (!status) status = read_rotary_fact(reader, (fact_t){"low_freq_factor", NULL, 0}, &low);
    if (!status) status = read_rotary_fact(reader, (fact_t){"high_freq_factor", NULL, 0}, &high);
    if (!status)
        status = read_rotary_fact(
            reader, (fact_t){"original_max_position_embeddings", NULL, shape->positions_max},
            &context);
    if (status) return status;
    if (!(factor >= 1 && low > 0 && high > low && context >= 1))
        return status_new(EXIT_INPUT,
                          "%s: rope_scaling: factor, low_freq_factor, high_freq_factor "
                          "do not make sense",
                          reader->file);
    for (int i = 0; i < shape->rotary / 2; i++) {
        float frequency = shape->frequency[i];
        float wavelength = (float)(2 * pi) / frequency;
        if (wavelength < (float)(context / high)) continue;
        if (wavelength > (float)(context / low)) {
            shape->frequency[i] = frequency / (float)factor;
            continue;
        }
        float smooth = ((float)context / wavelength - (float)low) / (float)(high - low);
        shape->frequency[i] = (1 - smooth) * (frequency / (float)factor) + smooth * frequency;
    }
    return NULL;
}

static status_t read_rotary(const reader_t *reader, model_shape_t *shape)
{
    double share, theta, factor;
    status_t status = read_rotary_fact(reader, shape->facts->rotary_share, &share);
    if (!status) status = read_rotary_fact(reader, shape->facts->theta, &theta);
    if (status) return status;
    int dimensions = share >= 0 && share <= 1 ? (int)(share * shape->head_width) : -1;
    /* Dimensions turn in pairs: an odd number takes one more, as GPT-NeoX does. */
    shape->rotary = dimensions + dimensions % 2;
    if (dimensions < 0 || shape->rotary > shape->head_width || theta <= 0)
        return status_new(EXIT_INPUT,
                          "%s: a share of %g of %d dimensions rotated with base %g: pairs within "
                          "the head are expected",
                          reader->file, share, shape->head_width, theta);
    status = mem_new(&shape->frequency, (size_t)shape->rotary / 2, "rotary frequencies");
    if (status) return status;
    /* In float32, as the reference computes them. */
    for (int i = 0; i < shape->rotary / 2; i++)
        shape->frequency[i] = 1.0f / powf((float)theta, (float)(2 * i) / (float)dimensions);
    const json_t *type = json_object_get(reader->rope, "rope_type");
    if (!type) type = json_object_get(reader->rope, "type");
    const char *name = type ? json_string_value(type) : "default";
    if (name && strcmp(name, "default") == 0) return NULL;
    if (name && strcmp(name, "llama3") == 0) return scale_llama3(reader, shape);
    if (!name || strcmp(name, "linear") != 0)
        return status_new(EXIT_INPUT,
                          "%s: rope_scaling: rope_type '%s' is not supported; known: "
                          "default, linear, llama3",
                          reader->file, name ? name : "?");
    status = read_rotary_fact(reader, (fact_t){"factor", NULL, 0}, &factor);
    if (!status && !(factor > 0))
        status = status_new(EXIT_INPUT, "%s: rope_scaling: factor: %g is not above 0", reader->file,
                            factor);
    for (int i = 0; !status && i < shape->rotary / 2; i++) shape->frequency[i] /= (float)factor;
    return status;
}

static status_t read_sizes(const reader_t *reader, model_shape_t *shape)
{
    const architecture_t *facts = shape->facts;
    status_t status = read_size(reader, facts->layers, 1, &shape->layers);
    if (!status) status = read_size(reader, facts->width, 1, &shape->width);
    if (!status) status = read_size(reader, facts->heads, 1, &shape->heads);
    if (!status) status = read_size(reader, facts->kv_heads, 0, &shape->kv_heads);
    if (!status) status = read_size(reader, facts->head_width, 0, &shape->head_width);
    if (!status) status = read_size(reader, facts->mlp, 0, &shape->mlp);
    if (!status) status = read_size(reader, facts->vocabulary, 1, &shape->vocabulary);
    if (!status) status = read_size(reader, facts->positions_max, 1, &shape->positions_max);
    if (!status) status = read_size(reader, facts->embedding_width, 0, &shape->embedding_width);
    if (status) return status;
    if (!shape->kv_heads) shape->kv_heads = shape->heads;
    if (!shape->mlp) shape->mlp = 4 * shape->width;
    if (!shape->embedding_width) shape->embedding_width = shape->width;
    if (!shape->head_width) {
        if (shape->width % shape->heads)
            return status_new(EXIT_INPUT, "%s: width %d is not a multiple of its %d heads",
                              reader->file, shape->width, shape->heads);
        shape->head_width = shape->width / shape->heads;
    }
    /* Their product counts rows of a matrix, in an int. */
    if ((int64_t)shape->heads * shape->head_width > SIZE_MAX_OF_MODEL)
        return status_new(EXIT_INPUT, "%s: %d heads of %d dimensions are more than %d in all",
                          reader->file, shape->heads, shape->head_width, SIZE_MAX_OF_MODEL);
    if (shape->heads % shape->kv_heads)
        return status_new(EXIT_INPUT, "%s: %d heads are not a multiple of %d key-value heads",
                          reader->file, shape->heads, shape->kv_heads);
    return NULL;
}

/* Which layers' attention slides: those from window_from on, unless layer_types lists them. Where
 * the class reads no such list (its window has no switch), one that says otherwise is refused. */
static status_t read_sliding(const reader_t *reader, int window_from, model_shape_t *shape)
{
    const architecture_t *facts = shape->facts;
    const json_t *types = value_of(reader, "layer_types");
    if (types && json_array_size(types) != (size_t)shape->layers)
        return status_new(EXIT_INPUT, "%s: layer_types: a list of %d texts is expected",
                          reader->file, shape->layers);
    status_t status = mem_new(&shape->sliding, (size_t)shape->layers, "layers");
    for (int l = 0; !status && l < shape->layers; l++) {
        shape->sliding[l] = shape->window && l >= window_from;
        if (!types) continue;
        const char *type = json_string_value(json_array_get(types, (size_t)l));
        bool slides = type && strcmp(type, "sliding_attention") == 0;
        bool known = slides || (type && strcmp(type, "full_attention") == 0);
        bool free = facts->use_window.key && (shape->window || !slides);
        if (!known || (slides != shape->sliding[l] && !free))
            return status_new(EXIT_INPUT,
                              "%s: layer_types: '%s' is not supported in layer %d of model_type %s "
                              "with a window of %d",
                              reader->file, type ? type : "(no text)", l, facts->model_type,
                              shape->window);
        shape->sliding[l] = slides;
    }
    return status;
}

static status_t read_attention(const reader_t *reader, model_shape_t *shape)
{
    const architecture_t *facts = shape->facts;
    bool scaled = true, windowed = false;
    int window_from = 0;
    double clip = 0;
    status_t status = read_fact(reader, facts->clip, &clip);
    if (!status && value_of(reader, facts->clip.key) && !(clip > 0))
        status = status_new(EXIT_INPUT, "%s: %s: %g is not above 0", reader->file, facts->clip.key,
                            clip);
    shape->clip = (float)clip;
    if (!status && facts->scaled.key) status = read_flag(reader, facts->scaled, &scaled);
    shape->score_scale = scaled ? (float)(1 / sqrt((double)shape->head_width)) : 1;
    if (!status) status = read_flag(reader, facts->scaled_by_layer, &shape->scores_by_layer);
    if (!status) status = read_flag(reader, facts->use_window, &windowed);
    if (!status && windowed)
        status = read_size(reader, facts->window, value_of(reader, facts->window.key) != NULL,
                           &shape->window);
    if (!status && windowed) status = read_size(reader, facts->window_from, 0, &window_from);
    return status ? status : read_sliding(reader, window_from, shape);
}

static status_t read_structure(const reader_t *reader, model_shape_t *shape)
{
    const architecture_t *facts = shape->facts;
    double eps = 0;
    bool parallel = false, pre = true, affine = true, bare = false;
    status_t status = read_fact(reader, facts->norm_eps, &eps);
    if (!status && !(eps > 0))
        status = status_new(EXIT_INPUT, "%s: %s: %g is not above 0", reader->file,
                            facts->norm_eps.key, eps);
    if (!status) status = read_flag(reader, facts->parallel, &parallel);
    if (!status && facts->pre_norm.key) status = read_flag(reader, facts->pre_norm, &pre);
    if (!status && facts->norm_affine.key) status = read_flag(reader, facts->norm_affine, &affine);
    if (!status) status = read_flag(reader, facts->no_final_norm, &bare);
    if (!status) status = read_flag(reader, facts->tied, &shape->tied);
    if (!status) status = read_flag(reader, facts->attention_bias, &shape->attention_bias);
    if (!status) status = read_flag(reader, facts->output_bias, &shape->output_bias);
    if (!status) status = read_flag(reader, facts->mlp_bias, &shape->mlp_bias);
    if (!status) status = read_activation(reader, facts, &shape->activation);
    shape->norm_eps = (float)eps;
    shape->norm_weight = facts->norm_weight && affine;
    shape->norm_bias = facts->norm_bias && affine;
    shape->residual = parallel ? RESIDUAL_PARALLEL : pre ? facts->residual : RESIDUAL_POST;
    shape->final_norm = pre && !bare;
    return status;
}

/* What changes the computation and no row of the table models: naming it beats wrong numbers. */
static status_t refuse_unsupported(const reader_t *reader)
{
    static const char *const refused[] = {"add_cross_attention", "quantization_config",
                                          "qk_layernorm"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const json_t *value = value_of(reader, refused[i]);
        if (value && !json_is_false(value))
            return status_new(EXIT_INPUT, "%s: %s is not supported", reader->file, refused[i]);
    }
    return NULL;
}

/* rope_scaling (transformers 4) or rope_parameters (5): an object of plain values. */
static status_t find_rope(reader_t *reader)
{
    static const char *const keys[] = {"rope_parameters", "rope_scaling"};
    const char *key;
    json_t *value;
    for (int i = 0; i < 2; i++) {
        json_t *found = json_object_get(reader->root, keys[i]);
        if (!found || json_is_null(found)) continue;
        if (!json_is_object(found))
            return status_new(EXIT_INPUT, "%s: %s: an object is expected", reader->file, keys[i]);
        if (reader->rope && !json_equal(found, reader->rope))
            return status_new(EXIT_INPUT, "%s: rope_parameters and rope_scaling differ",
                              reader->file);
        reader->rope = found;
        json_object_foreach(found, key, value) if (json_is_object(value)) return status_new(
            EXIT_INPUT,
            "%s: %s: %s: an object for each type of layer is not "
            "supported",
            reader->file, keys[i], key);
    }
    return NULL;
}

status_t model_shape_read(const char *directory, model_shape_t *shape)
{
    *shape = (model_shape_t){.rotary_scale = 1};
    char *path = NULL;
    str_t text = {0};
    reader_t reader = {0};
    json_error_t error;
    status_t status = path_join(directory, "config.json", &path);
    if (!status) status = file_read(path, CONFIG_BYTES_MAX, &text);
    if (status) goto done;
    reader.file = path;
    reader.root = json_loadb(text.data, text.length, 0, &error);
    if (!json_is_object(reader.root)) {
        status = status_new(EXIT_INPUT, "%s:%d: not a JSON object%s%s", path,
                            reader.root ? 1 : error.line, reader.root ? "" : ": ",
                            reader.root ? "" : error.text);
        goto done;
    }
    status = find_rope(&reader);
    if (!status) status = find_architecture(&reader, &shape->facts);
    if (!status) status = refuse_unsupported(&reader);
    if (!status) status = read_sizes(&reader, shape);
    if (!status) status = read_structure(&reader, shape);
    if (!status) status = read_attention(&reader, shape);
    if (!status && shape->facts->rotary) status = read_rotary(&reader, shape);
done:
    if (status) model_shape_free(shape);
    json_decref(reader.root);
    str_free(&text);
    mem_free(&path);
    return status;
}

void model_shape_free(model_shape_t *shape)
{
    mem_free(&shape->frequency);
    mem_free(&shape->sliding);
}
