/* Any bytes as tokenizer.json, up to a NUL; what follows (else the file itself) is a text for it. */
#include "core/strings.h"
#include "tests/fuzz/encoding.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char invalid[] = "a\xf0\x9f";
    size_t json, length;
    const char *file = fuzz_part(&data, &size, &json);
    const char *text = size ? (const char *)data : file;
    length = size ? size : json;
    tokenizer_t *tokenizer = NULL;
    status_t status = tokenizer_open(fuzz_file(file, json), &tokenizer);
    if (!status) {
        fuzz_require(tokenizer_size(tokenizer) >= 0);
        fuzz_encode(tokenizer, text, utf8_valid_prefix(text, length));
        fuzz_encode(tokenizer, invalid, sizeof invalid - 1);
    }
    fuzz_refused(&status);
    tokenizer_close(&tokenizer);
    return 0;
}
