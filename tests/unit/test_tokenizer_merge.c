/* Merging against the definition: the leftmost pair of lowest rank, found by looking at all. */
#include "tests/scratch.h"

#include "core/random.h"
#include "text/merge.h"

enum { SYMBOLS = 6, MERGES = 60, LONGEST = 3000 };

/* Random merges over a few symbols; products are new ids, which merge in turn. */
static void make_merges(random_t *random, merges_t *merges)
{
    expect_ok(pairs_create(&merges->ranks, MERGES));
    expect_ok(mem_new(&merges->product, MERGES, "products"));
    for (uint32_t rank = 0; rank < MERGES;) {
        int32_t left = (int32_t)random_below(random, SYMBOLS + rank / 2);
        int32_t right = (int32_t)random_below(random, SYMBOLS + rank / 2);
        if (pairs_get(&merges->ranks, left, right) != RANK_NONE) continue;
        pairs_set(&merges->ranks, left, right, rank);
        /* Not always a later id: a table need not list merges in the order of their making. */
        merges->product[rank] = (int32_t)(SYMBOLS + (random_below(random, 4) ? rank : rank / 2));
        rank++;
    }
}

static size_t merge_slowly(const merges_t *merges, int32_t *id, uint32_t *start, size_t count)
{
    for (;;) {
        uint32_t least = RANK_NONE;
        size_t at = 0;
        for (size_t i = 0; i + 1 < count; i++) {
            uint32_t rank = pairs_get(&merges->ranks, id[i], id[i + 1]);
            if (rank >= least) continue;
            least = rank;
            at = i;
        }
        if (least == RANK_NONE) return count;
        id[at] = merges->product[least];
        memmove(id + at + 1, id + at + 2, (count - at - 2) * sizeof *id);
        memmove(start + at + 1, start + at + 2, (count - at - 2) * sizeof *start);
        count--;
    }
}

static void check_length(random_t *random, const merges_t *merges, size_t count)
{
    static int32_t id[LONGEST];
    static uint32_t start[LONGEST];
    merge_t merge = {0};
    expect_ok(merge_reserve(&merge, count));
    uint64_t kinds = 1 + random_below(random, SYMBOLS);
    for (size_t i = 0; i < count; i++) {
        id[i] = merge.id[i] = (int32_t)random_below(random, kinds);
        start[i] = merge.start[i] = (uint32_t)(2 * i);
    }
    merge.start[count] = (uint32_t)(2 * count);
    merge.count = count;
    expect_ok(merge_run(&merge, merges, NULL));
    size_t kept = merge_slowly(merges, id, start, count);
    assert_int_equal(merge.count, kept);
    assert_memory_equal(merge.id, id, kept * sizeof *id);
    assert_memory_equal(merge.start, start, kept * sizeof *start);
    assert_int_equal(merge.start[kept], 2 * count);
    merge_free(&merge);
}

static void test_against_definition(void **state)
{
    (void)state;
    enum { TABLES = 40 };
    random_t random = random_stream(1, "merge test", 0);
    for (int i = 0; i < TABLES; i++) {
        merges_t merges = {0};
        make_merges(&random, &merges);
        for (size_t count = 1; count < 40; count++) check_length(&random, &merges, count);
        /* around the sizes at which the tree of minima gets another level */
        static const size_t edges[] = {255, 256, 257, 272, 273, 1000, LONGEST};
        for (size_t e = 0; e < sizeof edges / sizeof *edges; e++)
            check_length(&random, &merges, edges[e]);
        mem_free(&merges.ranks.slot);
        mem_free(&merges.product);
    }
}

/* 4,097 symbols and more have a third level: a run of one symbol halves at each merge. */
static void test_long_run(void **state)
{
    (void)state;
    enum { COUNT = 1 << 17 };
    merges_t merges = {0};
    merge_t merge = {0};
    expect_ok(pairs_create(&merges.ranks, 3));
    expect_ok(mem_new(&merges.product, 3, "products"));
    for (int i = 0; i < 3; i++) {
        pairs_set(&merges.ranks, i, i, (uint32_t)i);
        merges.product[i] = i + 1;
    }
    expect_ok(merge_reserve(&merge, COUNT + 1));
    for (uint32_t i = 0; i <= COUNT; i++) {
        merge.id[i] = 0;
        merge.start[i] = i;
    }
    merge.start[COUNT + 1] = COUNT + 1;
    merge.count = COUNT + 1;
    expect_ok(merge_run(&merge, &merges, NULL));
    assert_int_equal(merge.count, COUNT / 8 + 1);
    for (uint32_t i = 0; i < COUNT / 8; i++) {
        assert_int_equal(merge.id[i], 3);
        assert_int_equal(merge.start[i], 8 * i);
    }
    assert_int_equal(merge.id[COUNT / 8], 0);
    merge_free(&merge);
    mem_free(&merges.ranks.slot);
    mem_free(&merges.product);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_against_definition),
        cmocka_unit_test(test_long_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
