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

enum { CONFIG_BYTES_MAX = 64 << 20, SIZE_MAX_OF_MODEL = 1 << 24 };

/* The value of a key that is there and not null, in the document or in rope_parameters
 * (transformers 5 moved the rotary keys there). */
static const json_t *value_of(const reader_t *reader, const char *key)
{
    if (!key) return NULL;
    const json_t *value = json_object_get(reader->root, key);
    if ((!value || json_is_null(value)) && reader->rope) value = json_object_get(reader->rope, key);
    return value && !json_is_null(value) ? value : NULL;
}

static status_t read_fact(const reader_t *reader, fact_t fact, double *number)
{
    const char *key = fact.key;
    const json_t *value = value_of(reader, key);
    if (!value && fact.other) value = value_of(reader, key = fact.other);
    /* An explicit null switches an optional feature off (sliding_window). */
    const json_t *null = fact.key ? json_object_get(reader->root, fact.key) : NULL;
    *number = !value && null && json_is_null(null) ? 0 : fact.fallback;
    if (!value) return NULL;
    if (json_is_boolean(value)) *number = json_is_true(value);
    else if (json_is_number(value)) *number = json_number_value(value);
    else return status_new(EXIT_INPUT, "%s: %s: a number is expected", reader->file, key);
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

static status_t read_activation(const reader_t *reader, const architecture_t *facts,
                                activation_t *activation)
{
    static const struct {
        const char *name;
        activation_t activation;
    } known[] = {{"gelu", ACTIVATION_GELU},
                 {"gelu_new", ACTIVATION_GELU_TANH},
                 {"gelu_fast", ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", ACTIVATION_GELU_TANH},
                 {"silu", ACTIVATION_SILU},
                 {"swish", ACTIVATION_SILU},
                 {"relu", ACTIVATION_RELU}};
    const json_t *value = value_of(reader, facts->activation_key);
    const char *name = value ? json_string_value(value) : facts->activation;
    for (size_t i = 0; name && i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(name, known[i].name) == 0) {
            *activation = known[i].activation;
            return NULL;
        }
    }
    return status_new(EXIT_INPUT,
                      "%s: %s: '%s' is not supported; known: gelu, gelu_new, gelu_fast, "
                      "gelu_pytorch_tanh, silu, swish, relu",
                      reader->file, facts->activation_key, name ? name : "(no text)");
}

/* Llama 3's scaling (transformers, modeling_rope_utils.py, _compute_llama3_parameters): long
 * wavelengths are divided by factor, short ones kept, those between blended. */
static status_t scale_llama3(const reader_t *reader, model_shape_t *shape)
{
    const double pi = 3.14159265358979323846;
    double factor, low, high, context;
    status_t status = read_fact(reader, (fact_t){"factor", NULL, 0}, &factor);
    if (!status) status = read_fact(reader, (fact_t){"low_freq_factor", NULL, 0}, &low);
    if (!status) status = read_fact(reader, (fact_t){"high_freq_factor", NULL, 0}, &high);
    if (!status)
        status = read_fact(reader,
                           (fact_t){"original_max_position_embeddings", NULL, shape->positions_max},
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
    status_t status = read_fact(reader, shape->facts->rotary_share, &share);
    if (!status) status = read_fact(reader, shape->facts->theta, &theta);
    if (status) return status;
    shape->rotary = share >= 0 && share <= 1 ? (int)(share * shape->head_width) : -1;
    if (shape->rotary < 0 || shape->rotary % 2 || theta <= 0)
        return status_new(EXIT_INPUT,
                          "%s: a share of %g of %d dimensions rotated with base %g: an "
                          "even number within the head is expected",
                          reader->file, share, shape->head_width, theta);
    status = mem_new(&shape->frequency, (size_t)shape->rotary / 2, "rotary frequencies");
    if (status) return status;
    /* In float32, as the reference computes them. */
    for (int i = 0; i < shape->rotary / 2; i++)
        shape->frequency[i] = 1.0f / powf((float)theta, (float)(2 * i) / (float)shape->rotary);
    const json_t *type = reader->rope ? json_object_get(reader->rope, "rope_type") : NULL;
    if (!type && reader->rope) type = json_object_get(reader->rope, "type");
    const char *name = type ? json_string_value(type) : "default";
    if (name && strcmp(name, "default") == 0) return NULL;
    if (name && strcmp(name, "llama3") == 0) return scale_llama3(reader, shape);
    if (!name || strcmp(name, "linear") != 0)
        return status_new(EXIT_INPUT,
                          "%s: rope_scaling: rope_type '%s' is not supported; known: "
                          "default, linear, llama3",
                          reader->file, name ? name : "?");
    status = read_fact(reader, (fact_t){"factor", NULL, 0}, &factor);
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

static status_t read_structure(const reader_t *reader, model_shape_t *shape)
{
    const architecture_t *facts = shape->facts;
    double eps = 0, clip = 0;
    bool parallel = false, pre = true, windowed = false;
    status_t status = read_fact(reader, facts->norm_eps, &eps);
    if (!status) status = read_fact(reader, facts->clip, &clip);
    if (!status) status = read_flag(reader, facts->parallel, &parallel);
    if (!status && facts->pre_norm.key) status = read_flag(reader, facts->pre_norm, &pre);
    if (!status) status = read_flag(reader, facts->use_window, &windowed);
    if (!status && windowed) status = read_size(reader, facts->window, 0, &shape->window);
    if (!status && windowed) status = read_size(reader, facts->window_from, 0, &shape->window_from);
    if (!status) status = read_flag(reader, facts->tied, &shape->tied);
    if (!status) status = read_flag(reader, facts->attention_bias, &shape->attention_bias);
    if (!status) status = read_flag(reader, facts->output_bias, &shape->output_bias);
    if (!status) status = read_flag(reader, facts->mlp_bias, &shape->mlp_bias);
    if (!status) status = read_activation(reader, facts, &shape->activation);
    shape->norm_eps = (float)eps;
    shape->clip = (float)clip;
    shape->residual = parallel ? RESIDUAL_PARALLEL : pre ? facts->residual : RESIDUAL_POST;
    return status;
}

/* Options of a class that change the computation and that no row of the table models: naming
 * them beats wrong numbers. */
static status_t refuse_unsupported(const reader_t *reader)
{
    static const char *const refused[] = {"scale_attn_by_inverse_layer_idx",
                                          "reorder_and_upcast_attn", "_remove_final_layer_norm",
                                          "quantization_config"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const json_t *value = value_of(reader, refused[i]);
        if (value && !json_is_false(value))
            return status_new(EXIT_INPUT, "%s: %s is not supported", reader->file, refused[i]);
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
    reader.rope = json_object_get(reader.root, "rope_parameters");
    if (!json_is_object(reader.rope)) reader.rope = json_object_get(reader.root, "rope_scaling");
    if (!json_is_object(reader.rope)) reader.rope = NULL;
    status = find_architecture(&reader, &shape->facts);
    if (!status) status = refuse_unsupported(&reader);
    if (!status) status = read_sizes(&reader, shape);
    if (!status) status = read_structure(&reader, shape);
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
}
