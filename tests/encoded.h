/* For tests: ids of a text, as expected. */
#ifndef WN_TESTS_ENCODED_H
#define WN_TESTS_ENCODED_H

#include "tests/scratch.h"

#include "text/tokenizer.h"

static inline void expect_ids(tokenizer_t *tokenizer, const char *text, int flags,
                              const int32_t *id, size_t count)
{
    encoding_t encoding = {0};
    expect_ok(tokenizer_encode(tokenizer, text, strlen(text), flags, &encoding));
    assert_int_equal(encoding.count, count);
    assert_memory_equal(encoding.id, id, count * sizeof *id);
    encoding_free(&encoding);
}

#define EXPECT_IDS(tokenizer, text, flags, ...)                        \
    expect_ids(tokenizer, text, flags, (const int32_t[]){__VA_ARGS__}, \
               sizeof((const int32_t[]){__VA_ARGS__}) / sizeof(int32_t))

#endif
