#include "model/intervention.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "model/kernels.h"

static const char *const names[ABLATE_COUNT] = {"none",    "negative", "positive", "both",
                                                "posrelu", "signflip", "mean",     "scale"};

ablate_t ablate_of_name(const char *name)
{
    int i = 0;
    while (i < ABLATE_COUNT && strcmp(name, names[i]) != 0) i++;
    return (ablate_t)i;
}

const char *ablate_name(ablate_t ablate)
{
    return names[ablate];
}

static int32_t count_of(const intervention_t *it, int layer)
{
    return it->ablate == ABLATE_NONE ? 0 : it->start[layer + 1] - it->start[layer];
}

static bool same(const intervention_t *a, const intervention_t *b, int layer)
{
    int32_t n = count_of(a, layer);
    if (n != count_of(b, layer)) return false;
    if (n == 0) return true;
    const int32_t *neuron = a->neuron + a->start[layer], *other = b->neuron + b->start[layer];
    if (a->ablate != b->ablate || memcmp(neuron, other, (size_t)n * sizeof *neuron) != 0)
        return false;
    if (a->ablate == ABLATE_SCALE) return a->factor == b->factor;
    return a->ablate != ABLATE_MEAN ||
           memcmp(a->value + a->start[layer], b->value + b->start[layer],
                  (size_t)n * sizeof *a->value) == 0;
}

status_t condition_tree_create(const intervention_t *condition, int conditions, int layers,
                               condition_tree_t *tree)
{
    size_t n = (size_t)conditions;
    *tree = (condition_tree_t){.conditions = conditions, .layers = layers};
    status_t status = mem_new(&tree->state_of, ((size_t)layers + 1) * n, "conditions");
    if (!status) status = mem_new(&tree->states, (size_t)layers + 1, "conditions");
    if (status) {
        condition_tree_free(tree);
        return status;
    }
    tree->states[0] = 1;
    for (int l = 0; l < layers; l++) {
        const int *before = tree->state_of + (size_t)l * n;
        int *after = tree->state_of + ((size_t)l + 1) * n;
        int states = 0;
        for (int c = 0; c < conditions; c++) {
            int twin = 0;
            while (twin < c &&
                   !(before[twin] == before[c] && same(&condition[twin], &condition[c], l)))
                twin++;
            after[c] = twin < c ? after[twin] : states++;
        }
        tree->states[l + 1] = states;
    }
    return NULL;
}

void condition_tree_free(condition_tree_t *tree)
{
    mem_free(&tree->state_of);
    mem_free(&tree->states);
}

size_t condition_tree_most(const condition_tree_t *tree)
{
    int most = 0;
    for (int l = 0; l <= tree->layers; l++)
        if (tree->states[l] > most) most = tree->states[l];
    return (size_t)most;
}

int condition_tree_first(const condition_tree_t *tree, int layer, int state)
{
    const int *state_of = tree->state_of + (size_t)layer * (size_t)tree->conditions;
    int c = 0;
    while (state_of[c] != state) c++;
    return c;
}

/* The ablated activations of one row's neurons, from the intervention's number first on: value
 * holds their pre-activations. */
static void ablate(const intervention_t *it, activation_t activation, int32_t first, float *value,
                   float *result, size_t count)
{
    ablate_t op = it->ablate;
    for (size_t i = 0; i < count; i++) {
        float a = value[i];
        if (op == ABLATE_NEGATIVE) value[i] = a < 0 ? 0 : a;
        if (op == ABLATE_POSITIVE) value[i] = a > 0 ? 0 : a;
        if (op == ABLATE_BOTH) value[i] = 0;
        if (op == ABLATE_MEAN && a < 0) value[i] = it->value[(size_t)first + i];
        if (op == ABLATE_SCALE && a < 0) value[i] = it->factor * a;
    }
    kernel_activate(activation, result, value, count);
    for (size_t i = 0; i < count; i++) {
        if (op == ABLATE_POSRELU && value[i] > 0) result[i] = value[i];
        if (op == ABLATE_SIGNFLIP) result[i] = fabsf(result[i]);
    }
}

/* Of a layer's neurons, which ascend, the place of the first that is not below neuron. */
static int32_t find(const intervention_t *it, int layer, size_t neuron)
{
    int32_t low = it->start[layer], high = it->start[layer + 1];
    while (low < high) {
        int32_t middle = low + (high - low) / 2;
        if ((size_t)it->neuron[middle] < neuron) low = middle + 1;
        else high = middle;
    }
    return low;
}

void intervention_activate(const intervention_t *it, int layer, activation_t activation, float *out,
                           size_t out_stride, const float *in, size_t in_stride, size_t rows,
                           size_t first, size_t count)
{
    enum { TOGETHER = 256 };
    float value[TOGETHER], result[TOGETHER];
    for (size_t t = 0; t < rows; t++)
        kernel_activate(activation, out + t * out_stride, in + t * in_stride + first, count);
    if (count_of(it, layer) == 0) return;
    int32_t end = find(it, layer, first + count);
    for (int32_t from = find(it, layer, first); from < end; from += TOGETHER) {
        const int32_t *neuron = it->neuron + from;
        size_t n = end - from < TOGETHER ? (size_t)(end - from) : TOGETHER;
        for (size_t t = 0; t < rows; t++) {
            for (size_t i = 0; i < n; i++) value[i] = in[t * in_stride + (size_t)neuron[i]];
            ablate(it, activation, from, value, result, n);
            for (size_t i = 0; i < n; i++)
                out[t * out_stride + (size_t)neuron[i] - first] = result[i];
        }
    }
}
