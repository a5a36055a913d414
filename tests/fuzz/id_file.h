/* For the fuzzers of files of token ids: what must hold of any that a reader accepts. */
#ifndef WN_TESTS_FUZZ_ID_FILE_H
#define WN_TESTS_FUZZ_ID_FILE_H

#include "tests/fuzz/fuzz.h"
#include "text/id_file.h"

enum { FUZZ_IDS = 1 << 20, FUZZ_VOCABULARY = 1000 };

/* Documents lie one behind the other within the tokens, of which there are no more than bytes;
 * all of them can be read, at once and in two parts, with the same result. */
static inline void fuzz_ids(id_file_t *ids, size_t bytes)
{
    static int32_t id[FUZZ_IDS], part[FUZZ_IDS];
    static int64_t first[FUZZ_IDS];
    uint64_t tokens = id_file_tokens(ids), documents = id_file_documents(ids);
    uint64_t count = documents < FUZZ_IDS ? documents : FUZZ_IDS, half = tokens / 2;
    fuzz_require(tokens <= bytes && bytes <= FUZZ_IDS);
    status_t status = id_file_starts(ids, 0, count, first);
    fuzz_require(!status);
    for (uint64_t i = 0; i < count; i++) {
        fuzz_require(first[i] >= (i ? first[i - 1] : 0) && (uint64_t)first[i] <= tokens);
        if (!i) fuzz_require(first[i] == 0);
    }
    status = id_file_read(ids, 0, tokens, FUZZ_VOCABULARY, id);
    if (!status) {
        fuzz_require(!id_file_read(ids, half, tokens - half, FUZZ_VOCABULARY, part));
        fuzz_require(memcmp(part, id + half, (tokens - half) * sizeof *id) == 0);
        fuzz_require(!id_file_read(ids, 0, half, FUZZ_VOCABULARY, part));
        fuzz_require(memcmp(part, id, half * sizeof *id) == 0);
        for (uint64_t i = 0; i < tokens; i++) fuzz_require(id[i] >= 0 && id[i] < FUZZ_VOCABULARY);
    }
    fuzz_refused(&status);
}

#endif
