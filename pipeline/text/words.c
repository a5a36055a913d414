#include "text/words.h"

#include "core/memory.h"

/* The first n of 8 bytes in memory, on this machine. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define FIRST(n) ((n) >= 8 ? ~(uint64_t)0 : ~(~(uint64_t)0 << 8 * ((n)&7)))
#else
#error "words are kept little-endian"
#endif
#define MASK(n)                              \
    {                                        \
        FIRST(n), (n) > 8 ? FIRST((n)-8) : 0 \
    }
const uint64_t word_mask[WORD_BYTES + 1][2] = {MASK(0),  MASK(1),  MASK(2),  MASK(3),
                                               MASK(4),  MASK(5),  MASK(6),  MASK(7),
                                               MASK(8),  MASK(9),  MASK(10), MASK(11),
                                               MASK(12), MASK(13), MASK(14), MASK(15)};

status_t words_create(words_t *words, size_t sets)
{
    words->mask = sets - 1;
    return mem_new(&words->entry, sets * WORD_WAYS, "word cache");
}

void words_free(words_t *words)
{
    mem_free(&words->entry);
    *words = (words_t){0};
}

void words_put(words_t *words, const word_t *key, const int32_t *id, size_t count)
{
    word_t *set = words_set(words, key);
    memmove(set + 1, set, (WORD_WAYS - 1) * sizeof *set);
    set[0] = *key;
    set[0].high |= (uint64_t)count << 60;
    memcpy(set[0].id, id, count * sizeof *id);
}
