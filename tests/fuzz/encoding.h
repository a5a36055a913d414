/* For the fuzzers of tokenizers: what must hold of any text's tokens. */
#ifndef WN_TESTS_FUZZ_ENCODING_H
#define WN_TESTS_FUZZ_ENCODING_H

#include "tests/fuzz/fuzz.h"
#include "text/tokenizer.h"

/* Ids exist, spans lie in the text, and asking for them changes no id. */
static inline void fuzz_encode(tokenizer_t *tokenizer, const char *text, size_t length)
{
    encoding_t encoding = {0}, plain = {0};
    status_t status =
        tokenizer_encode(tokenizer, text, length, ENCODE_SPECIAL | ENCODE_OFFSETS, &encoding);
    status_t again = tokenizer_encode(tokenizer, text, length, ENCODE_SPECIAL, &plain);
    fuzz_require(!status == !again);
    if (!status) {
        fuzz_require(encoding.count == plain.count);
        for (size_t i = 0; i < plain.count; i++) {
            const span_t *span = &encoding.span[i];
            fuzz_require(encoding.id[i] == plain.id[i] && plain.id[i] >= 0);
            fuzz_require(0 <= span->start && span->start <= span->end);
            fuzz_require(span->end <= (int64_t)length);
        }
    }
    fuzz_refused(&status);
    fuzz_refused(&again);
    encoding_free(&encoding);
    encoding_free(&plain);
}

#endif
