/* Directories with vocab.json and merges.txt, and the special tokens that tokenizer_config.json and
 * the files beside it name, as transformers' tokenizer classes have them. */
#include "tests/encoded.h"

#include "core/json_size.h"

static void write_text(const char *directory, const char *name, const char *text)
{
    scratch_write(directory, name, text, strlen(text));
}

/* vocab.json and merges.txt in the manner of OPT: transformers adds </s> in front. */
static void test_vocabulary_and_merges(void **state)
{
    tokenizer_t *tokenizer = NULL;
    write_text(*state, "vocab.json",
               "{\"<pad>\":0,\"</s>\":1,\"a\":2,\"b\":3,\"\xc4\xa0\":4,\"\xc4\xa0"
               "a\":5,\"\xc4\xa0"
               "ab\":6}");
    write_text(*state, "merges.txt",
               "#version: 0.2\n\xc4\xa0 a\n\xc4\xa0"
               "a b\n");
    expect_ok(tokenizer_open(*state, &tokenizer));
    EXPECT_IDS(tokenizer, "ab ab a", ENCODE_SPECIAL, 2, 3, 6, 5);
    assert_int_equal(tokenizer_bos(tokenizer), 7); /* <|endoftext|>, added as by transformers */
    char plain[SHA256_HEX];
    memcpy(plain, tokenizer_hash(tokenizer), sizeof plain);
    tokenizer_close(&tokenizer);

    write_text(
        *state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_bos_token\":true,\"add_prefix_space\":true,"
        "\"bos_token\":{\"content\":\"</s>\"},\"eos_token\":\"</s>\",\"pad_token\":\"<pad>\"}");
    expect_ok(tokenizer_open(*state, &tokenizer));
    EXPECT_IDS(tokenizer, "ab</s>a<pad>", ENCODE_SPECIAL, 1, 6, 1, 5, 0);
    EXPECT_IDS(tokenizer, "ab", 0, 6);
    assert_int_equal(tokenizer_bos(tokenizer), 1);
    assert_int_equal(tokenizer_eos(tokenizer), 1);
    assert_string_not_equal(tokenizer_hash(tokenizer), plain);
    tokenizer_close(&tokenizer);

    write_text(*state, "tokenizer_config.json", "{\"tokenizer_class\":\"CLIPTokenizer\"}");
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "tokenizer_class CLIPTokenizer");
    write_text(*state, "merges.txt", "a\n");
    scratch_remove(*state, "tokenizer_config.json");
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "merge 0 is \"a\"");
    scratch_remove(*state, "merges.txt");
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "merges.txt");
    scratch_remove(*state, "vocab.json");
}

/* The files of older uploads, and what tokenizer_config.json adds; ids as GPT2TokenizerFast of
 * transformers 4.57.6 has them. */
static void test_named_tokens(void **state)
{
    static const char text[] = "<x>a <m> b</s><|endoftext|>a<y>";
    static const char map[] = "{\"bos_token\":\"</s>\",\"mask_token\":{\"content\":\"<m>\","
                              "\"lstrip\":true,\"rstrip\":true,\"normalized\":true}}";
    tokenizer_t *tokenizer = NULL;
    write_text(*state, "vocab.json",
               "{\"</s>\":0,\"a\":1,\"b\":2,\"\xc4\xa0\":3,\"<\":4,\"x\":5,\">\":6,\"m\":7,"
               "\"y\":8,\"|\":9,\"e\":10,\"n\":11,\"d\":12,\"o\":13,\"f\":14,\"t\":15}");
    write_text(*state, "merges.txt", "#version: 0.2\n");
    write_text(*state, "special_tokens_map.json", map);
    write_text(*state, "added_tokens.json", "{\"<y>\":17,\"<x>\":16}");
    write_text(
        *state, "tokenizer_config.json",
        "{\"tokenizer_class\":\"GPT2Tokenizer\",\"bos_token\":\"<y>\",\"add_bos_token\":true,"
        "\"additional_special_tokens\":[\"<x>\"]}");
    expect_ok(tokenizer_open(*state, &tokenizer));
    EXPECT_IDS(tokenizer, text, ENCODE_SPECIAL, 0, 16, 1, 19, 2, 0, 18, 1, 17);
    assert_int_equal(tokenizer_bos(tokenizer), 0);
    assert_int_equal(tokenizer_eos(tokenizer), 18);
    tokenizer_close(&tokenizer);

    /* A list of added tokens makes the two files void. */
    write_text(*state, "tokenizer_config.json",
               "{\"tokenizer_class\":\"GPT2Tokenizer\",\"eos_token\":\"</s>\",\"bos_token\":null,"
               "\"added_tokens_decoder\":{\"17\":{\"content\":\"<x>\",\"rstrip\":true},"
               "\"16\":{\"content\":\"<y>\"}}}");
    expect_ok(tokenizer_open(*state, &tokenizer));
    EXPECT_IDS(tokenizer, text, ENCODE_SPECIAL, 17, 1, 3, 4, 7, 6, 3, 2, 0, 18, 1, 16);
    assert_int_equal(tokenizer_bos(tokenizer), -1);
    tokenizer_close(&tokenizer);

    static const char *const refused[][2] = {
        {"{\"added_tokens_decoder\":{\"17\":{\"content\":\"<x>\"}}}", "token <x> has id 17"},
        {"{\"added_tokens_decoder\":{\"x\":{\"content\":\"<x>\"}}}", "\"x\" is not a token"},
        {"{\"added_tokens_decoder\":{\"16\":\"\\u0000\"}}", "added_tokens_decoder"},
        {"{\"added_tokens_decoder\":[]}", "added_tokens_decoder is not an object"},
        {"{\"pad_token\":3}", "pad_token is not a token"},
        {"{\"additional_special_tokens\":[3]}", "additional_special_tokens is not a list"},
        {"{\"add_eos_token\":true}", "add_eos_token"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        write_text(*state, "tokenizer_config.json", refused[i][0]);
        expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, refused[i][1]);
    }
    scratch_remove(*state, "tokenizer_config.json");
    scratch_remove(*state, "special_tokens_map.json");
    scratch_remove(*state, "added_tokens.json");
    scratch_remove(*state, "merges.txt");
    scratch_remove(*state, "vocab.json");
}

/* Defaults by class: those of transformers' tokenizer classes. */
static void test_special_tokens(void **state)
{
    static const struct {
        const char *config;
        int32_t bos, eos;
    } cases[] = {
        {"{}", -1, -1},
        {"{\"tokenizer_class\":\"LlamaTokenizerFast\"}", 1, 2},
        {"{\"tokenizer_class\":\"GPTNeoXTokenizer\"}", 3, 3},
        {"{\"tokenizer_class\":\"Qwen2Tokenizer\"}", -1, 3},
        {"{\"tokenizer_class\":\"Qwen2Tokenizer\",\"eos_token\":\"</s>\"}", -1, 2},
        {"{\"tokenizer_class\":\"LlamaTokenizer\",\"bos_token\":null}", -1, 2},
        {"{\"bos_token\":{\"content\":\"</s>\"},\"eos_token\":\"absent\"}", 2, -1},
    };
    write_text(
        *state, "tokenizer.json",
        "{\"model\":{\"vocab\":{\"a\":0,\"<s>\":1,\"</s>\":2,\"<|endoftext|>\":3},\"merges\":[]}}");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tokenizer_t *tokenizer = NULL;
        write_text(*state, "tokenizer_config.json", cases[i].config);
        expect_ok(tokenizer_open(*state, &tokenizer));
        assert_int_equal(tokenizer_bos(tokenizer), cases[i].bos);
        assert_int_equal(tokenizer_eos(tokenizer), cases[i].eos);
        tokenizer_close(&tokenizer);
    }
    scratch_remove(*state, "tokenizer_config.json");
    scratch_remove(*state, "tokenizer.json");
}

/* A byte or two that take a hundred in memory. */
static void test_many_values(void **state)
{
    tokenizer_t *tokenizer = NULL;
    str_t text = {0};
    write_text(*state, "vocab.json", "{\"a\":0}");
    for (int i = 0; i <= JSON_VALUES; i++) expect_ok(str_append(&text, "\n", 1));
    write_text(*state, "merges.txt", text.data);
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "merges.txt: more than 4194304");
    str_clear(&text);
    expect_ok(str_add(&text, "{\"model\":[0"));
    for (int i = 0; i < JSON_VALUES; i++) expect_ok(str_append(&text, ",0", 2));
    expect_ok(str_add(&text, "]}"));
    write_text(*state, "tokenizer.json", text.data);
    expect_error(tokenizer_open(*state, &tokenizer), EXIT_INPUT, "more than 4194304 values");
    str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_many_values, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_vocabulary_and_merges, scratch_create,
                                        scratch_destroy),
        cmocka_unit_test_setup_teardown(test_named_tokens, scratch_create, scratch_destroy),
        cmocka_unit_test_setup_teardown(test_special_tokens, scratch_create, scratch_destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
