/* make_mistral DIRECTORY: writes a tiny model of Mistral's architecture, with a gated MLP and random
 * weights, that has a row for each token of the demo's tokenizer. */
#include "tests/tiny_model.h"

enum { ROWS = 640 };

/* The matrices with a row for each token, made longer. */
static void lengthen(tiny_t *tiny, const char *name)
{
    tiny_tensor_t *tensor = tiny_find(tiny, name);
    size_t own = (size_t)tensor->rows * (size_t)tensor->columns;
    float *value = NULL;
    expect_ok(mem_new(&value, (size_t)ROWS * (size_t)tensor->columns, name));
    for (size_t i = 0; i < (size_t)ROWS * (size_t)tensor->columns; i++)
        value[i] = tensor->value[i % own] * (float)(1 + i / own) / 8;
    mem_free(&tensor->value);
    tensor->value = value;
    tensor->rows = ROWS;
}

int main(int argc, char **argv)
{
    tiny_t tiny;
    if (argc != 2) {
        fputs("usage: make_mistral DIRECTORY\n", stderr);
        return 2;
    }
    tiny_mistral(&tiny, 1);
    lengthen(&tiny, "model.embed_tokens.weight");
    lengthen(&tiny, "lm_head.weight");
    tiny_replace(&tiny, "\"vocab_size\": 97", "\"vocab_size\": 640");
    tiny_save(&tiny, argv[1], DTYPE_F32);
    tiny_free(&tiny);
    return 0;
}
