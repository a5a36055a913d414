/* Any bytes as minimal pairs: as JSON lines, and as a pickle. */
#include <string.h>

#include "core/strings.h"
#include "tests/fuzz/fuzz.h"
#include "text/tse_pairs.h"

static void look_at(const minimal_pair_t *pair)
{
    fuzz_require(utf8_valid_prefix(pair->good, pair->good_length) == pair->good_length);
    fuzz_require(utf8_valid_prefix(pair->bad, pair->bad_length) == pair->bad_length);
    fuzz_require(strlen(pair->term) <= MINIMAL_PAIR_TERM_BYTES);
    fuzz_require(pair->line > 0);
}

static void read_lines(const char *path)
{
    static const minimal_pair_keys_t keys = {"sentence_good", "sentence_bad", "linguistics_term"};
    minimal_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found = true;
    status_t status = minimal_pairs_open(path, &keys, &pairs);
    while (!status && found) {
        status = minimal_pairs_next(pairs, &pair, &found);
        if (!status && found) look_at(&pair);
    }
    fuzz_refused(&status);
    minimal_pairs_close(&pairs);
}

static void read_pickle(const char *path, size_t size)
{
    tse_pairs_t *pairs = NULL;
    minimal_pair_t pair;
    bool found = true;
    size_t total = 0;
    status_t status = tse_pairs_open(path, &pairs);
    while (!status && found) {
        status = tse_pairs_next(pairs, &pair, &found);
        if (status || !found) continue;
        look_at(&pair);
        fuzz_require(pair.good_length && pair.bad_length && pair.term[0]);
        total += pair.good_length + pair.bad_length;
        fuzz_require(total <= size * TSE_EXPANSION);
    }
    fuzz_refused(&status);
    tse_pairs_close(&pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *path = fuzz_file(data, size);
    read_lines(path);
    read_pickle(path, size);
    return 0;
}
