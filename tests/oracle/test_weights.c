/* The weights of the reference models, against what torch and safetensors read from them. The
 * numbers and digests were printed by tests/oracle/digest_weights.py, which defines them. */
#include "tests/scratch.h"

#include "model/weights.h"

static const struct {
    const char *name;
    size_t tensors;
    const char *digest;
} models[] = {
    {"gpt2", 40, "f26e703e7d66dc4c8cb78bf503037acfce7ad8c67cf202b971f600b9893c6dad"},
    {"gpt2_hub", 43, "5e36874bf1de13ecc5b6f60099dcd8d38d70b972d18d3d4da719d174d139b44b"},
    {"gpt_neox", 40, "7e974e1b6160956dd61808064722d1d805184ea9150b4d824ee10680b3092fe0"},
    {"gpt_neox_sequential", 40, "385c47511eac4d7f5f946bb15cf06e4d2afa459e8db76fa800a278e8da9aa863"},
    {"llama", 30, "0b311c678e9962ac97d9aaff1611dd70c7391b967c68e61d00ed33ddfc77cdd8"},
    {"llama3", 29, "2f7c94f05caa9cfbe612780216352bb9ea3044492af18098844faad0c249bcbf"},
    {"llama_bin", 51, "5b938fa925ffd362f15a83f1dc3668fdf31336c2515b0d616e5a0941432c729f"},
    {"llama_linear", 30, "cc9ec507a4b13467f7155fa486458e89f57b8e3d507fbcb47427146eaf923697"},
    {"llama_v5", 30, "e08d530590977f55cb390b5fdb8fbb38a8c232039d59abc18ed5c46e18681939"},
    {"mistral", 30, "e5ea3bb6bc9cb0d7a3a1b0a4b2f66a5733d85be4e8a1f4a4d98952191900bad4"},
    {"mistral_window", 30, "c332b9e6080bb536c83b1f643c4701eb189239298fb3f0a6a240e7307890dbbf"},
    {"olmo", 23, "4bf7bb363cf84ff71ff314959723c234f35a276c6bc66fb28b1a3e19619548b8"},
    {"olmo2", 36, "e28ed975f347cc1ff9786f72c780f65815a7441222a6c4e8ae6c763c346527a9"},
    {"opt", 53, "018e2631646a0f6765dc56766edcf6e6c157913a50d2dcfd69f56e2f772eb5a7"},
    {"opt_post", 52, "2c9a577a6cc684cc3d1b54ee07062681e084d25aa3b38855933b21eb6f829353"},
    {"qwen2", 38, "337b69fb692077735bd9793ad9dd4f3fb9330577ed88988fdaf250e7f291f4cd"},
    {"qwen3", 36, "37e6896c4b958aa93ed3285432a4faf776e422daf2039691f496160489096cc5"},
};
enum { MODELS = sizeof models / sizeof *models };

/* Appends "<name> <type> [<extents>] <digest of its elements>\n". */
static void describe(const weights_t *weights, const tensor_t *tensor, str_t *text)
{
    char hex[SHA256_HEX], *bytes = NULL;
    size_t size = tensor->count * dtype_size(tensor->type);
    uint64_t half = tensor->count / 2;
    expect_ok(mem_new(&bytes, size, "tensor"));
    /* in two parts, the second one first */
    expect_ok(weights_read(weights, tensor, half, tensor->count - half,
                           bytes + half * dtype_size(tensor->type)));
    expect_ok(weights_read(weights, tensor, 0, half, bytes));
    expect_ok(hash_bytes(bytes, size, hex));
    expect_ok(str_printf(text, "%s %s [", tensor->name, dtype_name(tensor->type)));
    for (int i = 0; i < tensor->dimensions; i++)
        expect_ok(str_printf(text, "%s%lld", i ? "," : "", (long long)tensor->shape[i]));
    expect_ok(str_printf(text, "] %s\n", hex));
    mem_free(&bytes);
}

static void reads_every_reference_model(void **state)
{
    const char *shared = getenv("WN_SHARED");
    str_t path = {0};
    (void)state;
    expect_ok(str_printf(&path, "%s/oracle/zoo", shared ? shared : "../shared"));
    if (!file_is_directory(path.data)) {
        print_message("skipped: %s is not there\n", path.data);
        str_free(&path);
        skip();
    }
    for (size_t m = 0; m < MODELS; m++) {
        weights_t *weights = NULL;
        str_t text = {0};
        char hex[SHA256_HEX];
        str_clear(&path);
        expect_ok(
            str_printf(&path, "%s/oracle/zoo/%s", shared ? shared : "../shared", models[m].name));
        expect_ok(weights_open(path.data, &weights));
        for (size_t i = 0; i < weights_count(weights); i++)
            describe(weights, weights_at(weights, i), &text);
        expect_ok(hash_bytes(text.data, text.length, hex));
        if (weights_count(weights) != models[m].tensors || strcmp(hex, models[m].digest) != 0)
            fail_msg("%s: %zu tensors of digest %s:\n%s", path.data, weights_count(weights), hex,
                     text.data);
        weights_close(&weights);
        str_free(&text);
    }
    str_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_reference_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
