/* Any bytes as the files of an old tokenizer, NULs between them: vocab.json, merges.txt,
 * tokenizer_config.json, special_tokens_map.json, added_tokens.json, and a text for it; the last two
 * are only there where they are not empty. */
#include "core/strings.h"
#include "tests/fuzz/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    enum { FILES = 5, REQUIRED = 3 };
    static const char *const names[FILES] = {"vocab.json", "merges.txt", "tokenizer_config.json",
                                             "special_tokens_map.json", "added_tokens.json"};
    tokenizer_t *tokenizer = NULL;
    for (int i = 0; i < FILES; i++) {
        size_t length;
        const char *part = fuzz_part(&data, &size, &length);
        const char *path = fuzz_named(names[i], part, length);
        if (i >= REQUIRED && length == 0) unlink(path);
    }
    status_t status = tokenizer_open(fuzz_directory(), &tokenizer);
    if (!status) {
        fuzz_require(tokenizer_bos(tokenizer) < tokenizer_size(tokenizer));
        fuzz_require(tokenizer_eos(tokenizer) < tokenizer_size(tokenizer));
        fuzz_encode(tokenizer, (const char *)data, utf8_valid_prefix((const char *)data, size));
    }
    fuzz_refused(&status);
    tokenizer_close(&tokenizer);
    return 0;
}
