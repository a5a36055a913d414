/* wn-inspect forward on tiny models of every architecture, in every layout of weights, against
 * what transformers computed for them (oracle/make_zoo.py): losses within 1e-5 of their own size
 * or of 1, logits, pre-activations and MLP inputs within 1e-5 of the tensor's largest magnitude;
 * for the model as it is and under each ablation. */
#include <math.h>

#include "store/store.h"
#include "tests/program.h"

static const double TOLERANCE = 1e-5;

/* Runs the program on a model; expected.h5 holds the inputs too. */
static void run_forward(const char *model, const char *input, const char *output)
{
    char program[1024];
    const char *const words[] = {program, "forward",  "--model", model, "--input",
                                 input,   "--output", output,    NULL};
    snprintf(program, sizeof program, "%s/bin/wn-inspect", variable("WN_BUILD", "build"));
    int code = run_program(words, "/dev/null", NULL, NULL);
    if (code != 0) fail_msg("%s forward --model %s: exit status %d", program, model, code);
}

typedef struct {
    store_t *expected, *got;
    const char *model;
} pair_t;

static float *read_floats(const store_t *store, const char *name, store_info_t *info)
{
    float *value = NULL;
    expect_ok(store_read(store, name, STORE_F32, &value, info));
    return value;
}

static void compare(const pair_t *pair, const char *name, bool losses)
{
    store_info_t want, have;
    float *expected = read_floats(pair->expected, name, &want);
    float *got = read_floats(pair->got, name, &have);
    double largest = 0;
    assert_int_equal(have.dimensions, want.dimensions);
    assert_memory_equal(have.shape, want.shape, sizeof *have.shape * (size_t)want.dimensions);
    assert_true(want.count > 0);
    for (uint64_t i = 0; i < want.count; i++) largest = fmax(largest, fabs((double)expected[i]));
    for (uint64_t i = 0; i < want.count; i++) {
        double a = (double)got[i], b = (double)expected[i];
        double bound = TOLERANCE * (losses ? fmax(1, fabs(b)) : largest);
        /* a sequence's first token has no loss */
        bool right = isnan(b) ? losses && isnan(a) : fabs(a - b) <= bound;
        if (!right)
            fail_msg("%s: %s: element %llu is %.9g, expected %.9g within %.3g", pair->model, name,
                     (unsigned long long)i, a, b, bound);
    }
    mem_free(&expected);
    mem_free(&got);
}

/* A directory, and where the program's output goes. */
typedef struct {
    const char *model, *scratch;
} case_t;

static void agrees_with_reference(void **state)
{
    static const char *const ablation[] = {"negative", "positive", "both", "posrelu", "signflip"};
    const case_t *it = *state;
    char *input = NULL, *output = NULL, name[64];
    expect_ok(path_join(it->model, "expected.h5", &input));
    expect_ok(path_join(it->scratch, "out.h5", &output));
    run_forward(it->model, input, output);
    pair_t pair = {.model = it->model};
    expect_ok(store_open(input, &pair.expected));
    expect_ok(store_open(output, &pair.got));
    compare(&pair, "/preact", false);
    compare(&pair, "/mlp_input", false);
    compare(&pair, "/logits", false);
    compare(&pair, "/nll", true);
    for (size_t i = 0; i < sizeof ablation / sizeof *ablation; i++) {
        snprintf(name, sizeof name, "/ablated/%s/logits", ablation[i]);
        compare(&pair, name, false);
        snprintf(name, sizeof name, "/ablated/%s/nll", ablation[i]);
        compare(&pair, name, true);
    }
    store_close(&pair.expected);
    store_close(&pair.got);
    mem_free(&input);
    mem_free(&output);
}

/* One case for each directory of the zoo. */
int main(void)
{
    char *root = NULL;
    void *scratch = NULL;
    strings_t names = {0}, paths = {0};
    struct CMUnitTest *test = NULL;
    case_t *cases = NULL;
    expect_ok(path_join(variable("WN_SHARED", "../shared"), "oracle/zoo", &root));
    if (!file_is_directory(root)) {
        printf("1..0 # SKIP %s is not there\n", root);
        mem_free(&root);
        return 0;
    }
    expect_ok(directory_list(root, &names));
    expect_ok(mem_new(&test, names.count, "cases"));
    expect_ok(mem_new(&cases, names.count, "cases"));
    if (scratch_create(&scratch) != 0) return 1;
    for (size_t i = 0; i < names.count; i++) {
        char *path = NULL;
        expect_ok(path_join(root, names.item[i], &path));
        expect_ok(strings_append(&paths, path));
        mem_free(&path);
        cases[i] = (case_t){paths.item[i], scratch};
        test[i] = (struct CMUnitTest){names.item[i], agrees_with_reference, NULL, NULL, &cases[i]};
    }
    int failed = _cmocka_run_group_tests("zoo", test, names.count, NULL, NULL);
    if (scratch_destroy(&scratch) != 0) failed = 1;
    mem_free(&test);
    mem_free(&cases);
    mem_free(&root);
    strings_free(&names);
    strings_free(&paths);
    return failed;
}
