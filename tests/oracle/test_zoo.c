/* wn-inspect forward on tiny models of every architecture, in every layout of weights, against
 * what transformers computed for them (oracle/make_zoo.py): losses within 1e-5 of their own size
 * or of 1, logits, pre-activations and MLP inputs within 1e-5 of the tensor's largest magnitude;
 * for the model as it is and under each ablation. And the ablations once more through the stages:
 * wn-evaluate's losses of the two sequences, under conditions of the same neurons; of some
 * architectures, with WN_ORACLE=full of all. */
#define _GNU_SOURCE /* nftw */
#include <ftw.h>
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

static const char *const ablation[] = {"negative", "positive", "both", "posrelu", "signflip"};

static void agrees_with_reference(void **state)
{
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

/* ---- through the stages ---- */

/* Token ids as a NumPy array of one dimension, int32. */
static void write_array(const char *directory, const char *name, const int32_t *id, int32_t count)
{
    char header[128];
    str_t text = {0};
    int length = snprintf(header, sizeof header,
                          "{'descr': '<i4', 'fortran_order': False, 'shape': (%d,), }", count);
    expect_ok(str_append(&text, "\x93NUMPY\x01\x00\x76\x00", 10));
    expect_ok(str_printf(&text, "%s%*s\n", header, 117 - length, ""));
    expect_ok(str_append(&text, (const char *)id, (size_t)count * sizeof *id));
    scratch_write(directory, name, text.data, text.length);
    str_free(&text);
}

/* The two sequences are corpora of one window each; the neurons are a list. */
static void write_experiment(const case_t *it, const store_t *expected)
{
    int32_t *id = NULL, *length = NULL, *neuron = NULL;
    store_info_t info;
    str_t text = {0};
    expect_ok(store_read(expected, "/ids", STORE_I32, &id, &info));
    expect_ok(store_read(expected, "/lengths", STORE_I32, &length, &info));
    expect_ok(store_read(expected, "/neurons", STORE_I32, &neuron, &info));
    write_array(it->scratch, "first.npy", id, length[0]);
    write_array(it->scratch, "second.npy", id + length[0], length[1]);
    for (uint64_t i = 0; i < info.count; i++)
        expect_ok(str_printf(&text, "%d,%d\n", (int)(i / info.shape[1]), neuron[i]));
    scratch_write(it->scratch, "neurons.csv", text.data, text.length);
    str_clear(&text);
    expect_ok(str_printf(&text,
                         "run: {name: zoo, directory: \"%s/run\"}\n"
                         "model: {path: \"%s\", tokenizer: \"%s/../../books/tokenizer.json\"}\n"
                         "corpora:\n  first: {files: [\"%s/first.npy\"]}\n"
                         "  second: {files: [\"%s/second.npy\"]}\n"
                         "collect: {corpus: first, window: %d, pairs: 0}\n"
                         "select: {listed: {neurons: \"%s/neurons.csv\"}}\n",
                         it->scratch, it->model, it->model, it->scratch, it->scratch, length[0],
                         it->scratch));
    expect_ok(str_printf(&text,
                         "evaluate:\n"
                         "  tasks: [{perplexity: first, window: %d}, {perplexity: second, window: "
                         "%d}]\n  conditions:\n    - baseline\n",
                         length[0], length[1]));
    for (size_t i = 0; i < sizeof ablation / sizeof *ablation; i++)
        expect_ok(str_printf(&text, "    - {ablate: %s, cohort: listed}\n", ablation[i]));
    scratch_write(it->scratch, "config.yaml", text.data, text.length);
    str_free(&text);
    mem_free(&id);
    mem_free(&length);
    mem_free(&neuron);
}

static void run_stages(const case_t *it)
{
    static const char *const stage[] = {"shard", "collect", "reduce", "select", "evaluate"};
    char program[1024], config[1024];
    const char *const words[] = {program, config, NULL};
    snprintf(config, sizeof config, "%s/config.yaml", it->scratch);
    for (size_t i = 0; i < sizeof stage / sizeof *stage; i++) {
        snprintf(program, sizeof program, "%s/bin/wn-%s", variable("WN_BUILD", "build"), stage[i]);
        int code = run_program(words, "/dev/null", "/dev/null", "/dev/null");
        if (code != 0) fail_msg("%s of %s: exit status %d", program, it->model, code);
    }
}

/* The loss of a sequence's window is the mean of its tokens' losses, which begin at their second. */
static void compare_window(const case_t *it, const store_t *expected, const char *corpus,
                           int32_t from, int32_t length)
{
    char *path = NULL, task[64], name[64];
    store_t *got = NULL;
    store_info_t info;
    const char *checkpoint = strrchr(it->model, '/') + 1;
    snprintf(task, sizeof task, "run/results/%s/perplexity-%s.h5", checkpoint, corpus);
    expect_ok(path_join(it->scratch, task, &path));
    expect_ok(store_open(path, &got));
    for (size_t i = 0; i <= sizeof ablation / sizeof *ablation; i++) {
        double *loss = NULL, sum = 0;
        snprintf(name, sizeof name, i ? "/ablated/%s/nll" : "/nll", i ? ablation[i - 1] : "");
        float *nll = read_floats(expected, name, &info);
        for (int32_t t = from + 1; t < from + length; t++) sum += (double)nll[t];
        double mean = sum / (length - 1);
        snprintf(name, sizeof name, i ? "/%s-listed/loss" : "/baseline/loss",
                 i ? ablation[i - 1] : "");
        expect_ok(store_read(got, name, STORE_F64, &loss, &info));
        assert_int_equal(info.count, 1);
        if (!(fabs(*loss - mean) <= TOLERANCE * fmax(1, mean)))
            fail_msg("%s: %s of %s: %.9g, expected %.9g", it->model, name, corpus, *loss, mean);
        mem_free(&nll);
        mem_free(&loss);
    }
    store_close(&got);
    mem_free(&path);
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void agrees_through_stages(void **state)
{
    const case_t *it = *state;
    char *path = NULL;
    int32_t *length = NULL;
    store_info_t info;
    store_t *expected = NULL;
    expect_ok(path_join(it->model, "expected.h5", &path));
    expect_ok(store_open(path, &expected));
    mem_free(&path);
    write_experiment(it, expected);
    run_stages(it);
    expect_ok(store_read(expected, "/lengths", STORE_I32, &length, &info));
    compare_window(it, expected, "first", 0, length[0]);
    compare_window(it, expected, "second", length[0], length[1]);
    expect_ok(path_join(it->scratch, "run", &path));
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    mem_free(&path);
    mem_free(&length);
    store_close(&expected);
}

static bool goes_through_stages(const char *name)
{
    static const char *const some[] = {"gpt_neox", "gpt2", "llama", "qwen3", "opt"};
    bool is = strcmp(variable("WN_ORACLE", ""), "full") == 0;
    for (size_t i = 0; !is && i < sizeof some / sizeof *some; i++) is = strcmp(name, some[i]) == 0;
    return is;
}

/* A case or two for each directory of the zoo. */
int main(void)
{
    char *root = NULL;
    void *scratch = NULL;
    strings_t names = {0}, paths = {0};
    struct CMUnitTest *test = NULL;
    case_t *cases = NULL;
    size_t count = 0;
    expect_ok(path_join(variable("WN_SHARED", "../shared"), "oracle/zoo", &root));
    if (!file_is_directory(root)) {
        printf("1..0 # SKIP %s is not there\n", root);
        mem_free(&root);
        return 0;
    }
    expect_ok(directory_list(root, &names));
    expect_ok(mem_new(&test, 2 * names.count, "cases"));
    expect_ok(mem_new(&cases, names.count, "cases"));
    if (scratch_create(&scratch) != 0) return 1;
    for (size_t i = 0; i < names.count; i++) {
        char *path = NULL;
        expect_ok(path_join(root, names.item[i], &path));
        expect_ok(strings_append(&paths, path));
        mem_free(&path);
        cases[i] = (case_t){paths.item[i], scratch};
        test[count++] =
            (struct CMUnitTest){names.item[i], agrees_with_reference, NULL, NULL, &cases[i]};
        if (goes_through_stages(names.item[i]))
            test[count++] =
                (struct CMUnitTest){names.item[i], agrees_through_stages, NULL, NULL, &cases[i]};
    }
    int failed = _cmocka_run_group_tests("zoo", test, count, NULL, NULL);
    if (scratch_destroy(&scratch) != 0) failed = 1;
    mem_free(&test);
    mem_free(&cases);
    mem_free(&root);
    strings_free(&names);
    strings_free(&paths);
    return failed;
}
