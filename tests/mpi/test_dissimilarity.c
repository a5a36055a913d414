/* Dissimilarities of weights on any number of ranks against 1 - a.b / (|a| |b|), plainly summed
 * from the tensors that were written, for each way in which matrices are stored. */
#include <math.h>

#include "model/dissimilarity.h"
#include "tests/parallel.h"
#include "tests/tiny_model.h"

/* The cosine of neuron n's weights in two models; column: they stand in a column. */
static double plain(const tiny_tensor_t *x, const tiny_tensor_t *y, int n, bool column)
{
    double both = 0, first = 0, second = 0;
    int count = column ? x->rows : x->columns;
    for (int i = 0; i < count; i++) {
        size_t at = (size_t)(column ? i * x->columns + n : n * x->columns + i);
        both += (double)x->value[at] * y->value[at];
        first += (double)x->value[at] * x->value[at];
        second += (double)y->value[at] * y->value[at];
    }
    return 1 - both / sqrt(first) / sqrt(second);
}

static void assert_part(tiny_t *a, tiny_t *b, const char *format, bool column, const double *got)
{
    for (int l = 0; l < TINY_LAYERS; l++) {
        char name[80];
        const char *place = strstr(format, "%d");
        snprintf(name, sizeof name, "%.*s%d%s", (int)(place - format), format, l, place + 2);
        const tiny_tensor_t *x = tiny_find(a, name), *y = tiny_find(b, name);
        for (int n = 0; n < TINY_MLP; n++) {
            double want = plain(x, y, n, column);
            if (!(fabs(got[l * TINY_MLP + n] - want) < 1e-14))
                fail_msg("%s, neuron %d: %.17g, expected %.17g", name, n, got[l * TINY_MLP + n],
                         want);
        }
    }
}

/* A model and one whose weights are those of another seed; both float32. */
static void save_pair(const char *directory, void make(tiny_t *, uint64_t), tiny_t tiny[2],
                      char *path[2])
{
    static const char *const name[] = {"step1", "step2"};
    for (int i = 0; i < 2; i++) {
        make(&tiny[i], 20 + (uint64_t)i);
        expect_ok(path_join(directory, name[i], &path[i]));
        if (world_rank() == 0) {
            expect_ok(directory_create(path[i]));
            tiny_save(&tiny[i], path[i], DTYPE_F32);
        }
    }
    MPI_Barrier(MPI_COMM_WORLD);
}

static void remove_model(const char *directory)
{
    static const char *const name[] = {"model.safetensors", "config.json"};
    for (int i = 0; i < 2; i++) {
        char *path = NULL;
        expect_ok(path_join(directory, name[i], &path));
        assert_int_equal(unlink(path), 0);
        mem_free(&path);
    }
    assert_int_equal(rmdir(directory), 0);
}

static void free_pair(tiny_t tiny[2], char *path[2])
{
    MPI_Barrier(MPI_COMM_WORLD);
    for (int i = 0; i < 2; i++) {
        tiny_free(&tiny[i]);
        if (world_rank() == 0) remove_model(path[i]);
        mem_free(&path[i]);
    }
}

static void assert_model(const char *directory, void make(tiny_t *, uint64_t),
                         const char *const format[WEIGHTS_PARTS], bool transposed)
{
    tiny_t tiny[2];
    char *path[2];
    dissimilarity_t all, own;
    save_pair(directory, make, tiny, path);
    expect_ok(dissimilarity_measure(MPI_COMM_WORLD, path[0], path[1], &all));
    expect_ok(dissimilarity_measure(MPI_COMM_SELF, path[0], path[1], &own));
    assert_true(all.layers == TINY_LAYERS && all.neurons == TINY_MLP);
    for (int p = 0; p < WEIGHTS_PARTS; p++) {
        if (!format[p]) assert_null(own.value[p]);
        if (!format[p] || world_rank() != 0) continue;
        assert_part(&tiny[0], &tiny[1], format[p], (p == WEIGHTS_OUTPUT) != transposed,
                    all.value[p]);
        assert_memory_equal(all.value[p], own.value[p], TINY_LAYERS * TINY_MLP * sizeof(double));
    }
    dissimilarity_destroy(&all);
    dissimilarity_destroy(&own);
    free_pair(tiny, path);
}

static void test_every_storage(void **state)
{
    static const char *const neox[] = {"gpt_neox.layers.%d.mlp.dense_h_to_4h.weight", NULL,
                                       "gpt_neox.layers.%d.mlp.dense_4h_to_h.weight"};
    static const char *const gated[] = {"model.layers.%d.mlp.gate_proj.weight",
                                        "model.layers.%d.mlp.up_proj.weight",
                                        "model.layers.%d.mlp.down_proj.weight"};
    static const char *const gpt2[] = {"h.%d.mlp.c_fc.weight", NULL, "h.%d.mlp.c_proj.weight"};
    assert_model(*state, tiny_neox, neox, false);
    assert_model(*state, tiny_mistral, gated, false);
    assert_model(*state, tiny_gpt2, gpt2, true);
}

/* Scaling turns nothing, exactly; a weight turned by a right angle gives 1, turned round 2; a tiny
 * turn keeps its digits: weights (1, 0, ...) and (1, t, 0, ...) have 1 - cosine = t^2 / 2. */
static void test_closed_forms(void **state)
{
    const char *name = "gpt_neox.layers.1.mlp.dense_h_to_4h.weight";
    const float turn = 0x1p-20f;
    tiny_t tiny[2];
    char *path[2];
    dissimilarity_t got;
    save_pair(*state, tiny_neox, tiny, path);
    float *a = tiny_find(&tiny[0], name)->value, *b = tiny_find(&tiny[1], name)->value;
    for (int i = 0; i < 6 * TINY_WIDTH; i++) a[i] = b[i] = 0;
    for (int i = 0; i < TINY_WIDTH; i++) b[i] = 2 * (a[i] = (float)(i + 1));
    a[TINY_WIDTH] = 3, b[TINY_WIDTH + 1] = 4;
    a[2 * TINY_WIDTH] = 3, b[2 * TINY_WIDTH] = -5;
    a[3 * TINY_WIDTH] = 1, b[3 * TINY_WIDTH] = 1, b[3 * TINY_WIDTH + 1] = turn;
    a[4 * TINY_WIDTH] = 1;
    if (world_rank() == 0)
        for (int i = 0; i < 2; i++) tiny_save(&tiny[i], path[i], DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_ok(dissimilarity_measure(MPI_COMM_WORLD, path[0], path[1], &got));
    if (world_rank() == 0) {
        const double *input = got.value[WEIGHTS_INPUT] + TINY_MLP;
        double want = (double)turn * turn / 2;
        assert_true(input[0] < 1e-15 && input[1] == 1 && input[2] == 2);
        assert_true(fabs(input[3] / want - 1) < 1e-9);
        assert_true(isnan(input[4]) && isnan(input[5]));
    }
    dissimilarity_destroy(&got);
    free_pair(tiny, path);
}

static void test_errors(void **state)
{
    tiny_t tiny[2], other;
    char *path[2];
    dissimilarity_t got;
    save_pair(*state, tiny_neox, tiny, path);
    tiny_find(&tiny[1], "gpt_neox.layers.2.mlp.dense_4h_to_h.weight")->value[60] = INFINITY;
    if (world_rank() == 0) tiny_save(&tiny[1], path[1], DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_common_error(dissimilarity_measure(MPI_COMM_WORLD, path[0], path[1], &got), EXIT_NUMERIC,
                        "value inf at element 60, layer 2, neuron 4");
    tiny_mistral(&other, 1);
    if (world_rank() == 0) tiny_save(&other, path[1], DTYPE_F32);
    MPI_Barrier(MPI_COMM_WORLD);
    expect_common_error(dissimilarity_measure(MPI_COMM_WORLD, path[0], path[1], &got), EXIT_INPUT,
                        "their weights cannot be compared");
    tiny_free(&other);
    free_pair(tiny, path);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_storage, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(test_closed_forms, common_create, common_destroy),
        cmocka_unit_test_setup_teardown(test_errors, common_create, common_destroy),
    };
    return RUN_PARALLEL(argc, argv, tests);
}
