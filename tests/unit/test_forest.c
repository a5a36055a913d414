/* Forests against brute force: every proper prefix once, every token's edge where it belongs, the
 * limit kept; over many random sets of sequences and the awkward ones. */
#include "tests/scratch.h"

#include "core/random.h"
#include "model/forest.h"

enum { LONGEST = 12, SEQUENCES = 64 };

typedef struct {
    int32_t id[SEQUENCES * LONGEST];
    int64_t offset[SEQUENCES + 1];
    size_t count;
} texts_t;

static void add(texts_t *texts, const int32_t *id, int length)
{
    int64_t at = texts->offset[texts->count];
    memcpy(texts->id + at, id, (size_t)length * sizeof *id);
    texts->offset[++texts->count] = at + length;
}

/* The tokens that lead to each row and the row's own, by walking the segments. */
typedef struct {
    int32_t length, token[LONGEST];
} prefix_t;

static prefix_t *walk(const chunk_t *chunk)
{
    prefix_t *row = NULL, path = {0};
    int32_t next = 0, deepest = 0;
    expect_ok(mem_new(&row, (size_t)chunk->rows, "rows"));
    for (int32_t s = 0; s < chunk->segments; s++) {
        const segment_t *segment = &chunk->segment[s];
        assert_int_equal(segment->first, next);
        assert_true(segment->count > 0);
        assert_true(segment->depth <= path.length); /* what is above was visited last */
        path.length = segment->depth;
        for (int32_t i = 0; i < segment->count; i++) {
            assert_int_equal(chunk->position[next], path.length);
            path.token[path.length++] = chunk->token[next];
            row[next++] = path;
        }
        if (path.length > deepest) deepest = path.length;
    }
    assert_int_equal(next, chunk->rows);
    assert_int_equal(chunk->deepest, deepest);
    return row;
}

static bool is_prefix(const prefix_t *prefix, const int32_t *id)
{
    return memcmp(prefix->token, id, (size_t)prefix->length * sizeof *id) == 0;
}

/* Distinct proper prefixes of the sequences of a chunk, by comparing all with all. */
static int32_t count_prefixes(const texts_t *texts, const size_t *sequence, size_t count)
{
    int32_t distinct = 0;
    for (size_t a = 0; a < count; a++) {
        const int32_t *id = texts->id + texts->offset[sequence[a]];
        int64_t length = texts->offset[sequence[a] + 1] - texts->offset[sequence[a]];
        for (int64_t n = 1; n < length; n++) {
            bool seen = false;
            for (size_t b = 0; b < a && !seen; b++) {
                int64_t other = texts->offset[sequence[b] + 1] - texts->offset[sequence[b]];
                seen = other > n && memcmp(texts->id + texts->offset[sequence[b]], id,
                                           (size_t)n * sizeof *id) == 0;
            }
            distinct += !seen;
        }
    }
    return distinct;
}

static void check_edges(const texts_t *texts, const forest_t *forest, const chunk_t *chunk,
                        const prefix_t *row, const size_t *sequence, size_t count)
{
    bool used[SEQUENCES * LONGEST] = {false};
    for (int32_t e = 1; e < chunk->edges; e++) {
        bool after = chunk->edge_row[e] > chunk->edge_row[e - 1] ||
                     (chunk->edge_row[e] == chunk->edge_row[e - 1] &&
                      chunk->edge_token[e] > chunk->edge_token[e - 1]);
        assert_true(after); /* each once */
    }
    for (size_t i = 0; i < count; i++) {
        int64_t first = texts->offset[sequence[i]], end = texts->offset[sequence[i] + 1];
        assert_int_equal(forest->edge_of[first], -1);
        for (int64_t t = first + 1; t < end; t++) {
            int32_t e = forest->edge_of[t];
            assert_true(e >= 0 && e < chunk->edges);
            assert_int_equal(chunk->edge_token[e], texts->id[t]);
            const prefix_t *before = &row[chunk->edge_row[e]];
            assert_int_equal(before->length, t - first);
            assert_true(is_prefix(before, texts->id + first));
            used[e] = true;
        }
    }
    for (int32_t e = 0; e < chunk->edges; e++) assert_true(used[e]);
}

static void check_chunk(const texts_t *texts, const forest_t *forest, size_t c, int32_t limit)
{
    const chunk_t *chunk = &forest->chunk[c];
    const size_t *sequence = forest->sequence + forest->first[c];
    size_t count = forest->first[c + 1] - forest->first[c];
    prefix_t *row = walk(chunk);
    assert_true(count > 0);
    assert_true(chunk->rows <= limit || count == 1);
    assert_true(chunk->cost >= chunk->rows);
    assert_int_equal(chunk->rows, count_prefixes(texts, sequence, count));
    for (int32_t r = 0; r < chunk->rows; r++)
        for (int32_t other = 0; other < r; other++)
            assert_false(row[r].length == row[other].length &&
                         is_prefix(&row[r], row[other].token));
    check_edges(texts, forest, chunk, row, sequence, count);
    mem_free(&row);
}

static void check(const texts_t *texts, int32_t limit)
{
    forest_t *forest = NULL;
    bool seen[SEQUENCES] = {false};
    expect_ok(forest_create(texts->id, texts->offset, texts->count, limit, &forest));
    assert_int_equal(forest->first[0], 0);
    assert_int_equal(forest->first[forest->chunks], texts->count);
    for (size_t i = 0; i < texts->count; i++) {
        assert_true(forest->sequence[i] < texts->count && !seen[forest->sequence[i]]);
        seen[forest->sequence[i]] = true;
    }
    for (size_t c = 0; c < forest->chunks; c++) check_chunk(texts, forest, c, limit);
    forest_destroy(&forest);
    assert_null(forest);
    forest_destroy(&forest);
}

static void random_texts(random_t *random, texts_t *texts, uint64_t letters)
{
    *texts = (texts_t){0};
    size_t count = 1 + random_below(random, SEQUENCES);
    for (size_t s = 0; s < count; s++) {
        int32_t id[LONGEST];
        int length = 2 + (int)random_below(random, LONGEST - 1);
        for (int i = 0; i < length; i++) id[i] = (int32_t)random_below(random, letters);
        add(texts, id, length);
    }
}

static void random_forests(void **state)
{
    static const int32_t limits[] = {1, 2, 5, 13, 40, 100000};
    random_t random = random_stream(1, "test of forests", 0);
    texts_t texts;
    (void)state;
    for (int trial = 0; trial < 600; trial++) {
        random_texts(&random, &texts, 1 + (uint64_t)trial % 5);
        check(&texts, limits[trial % 6]);
    }
}

static void awkward_forests(void **state)
{
    static const int32_t a[] = {5, 4, 3, 2, 1}, b[] = {5, 4, 9, 2, 1}, most[] = {INT32_MAX, -1, 0};
    (void)state;
    for (int32_t limit = 1; limit < 12; limit++) {
        texts_t same = {0}, nested = {0}, pair = {0}, alone = {0}, extreme = {0};
        for (int i = 0; i < 7; i++) add(&same, a, 5);
        check(&same, limit);
        for (int n = 2; n <= 5; n++) add(&nested, a, 7 - n);
        for (int n = 2; n <= 5; n++) add(&nested, a, n);
        check(&nested, limit);
        add(&pair, a, 5);
        add(&pair, b, 5);
        check(&pair, limit);
        add(&alone, a, 2);
        check(&alone, limit);
        add(&extreme, most, 3);
        add(&extreme, most + 1, 2);
        add(&extreme, most, 2);
        check(&extreme, limit);
    }
    texts_t none = {0};
    forest_t *forest = NULL;
    expect_ok(forest_create(none.id, none.offset, 0, 10, &forest));
    assert_int_equal(forest->chunks, 0);
    forest_destroy(&forest);
}

/* By hand: a b c, a b d, a e share a and a b. */
static void worked_example(void **state)
{
    static const int32_t id[] = {1, 2, 4, 1, 5, 1, 2, 3};
    static const int64_t offset[] = {0, 3, 5, 8};
    static const int32_t edge_of[] = {-1, 0, 3, -1, 1, -1, 0, 2};
    forest_t *forest = NULL;
    (void)state;
    expect_ok(forest_create(id, offset, 3, 100, &forest));
    const chunk_t *chunk = forest->chunk;
    assert_int_equal(forest->chunks, 1);
    assert_int_equal(chunk->rows, 2);
    assert_int_equal(chunk->segments, 1);
    assert_int_equal(chunk->edges, 4);
    assert_memory_equal(chunk->token, ((int32_t[]){1, 2}), 8);
    assert_memory_equal(chunk->edge_row, ((int32_t[]){0, 0, 1, 1}), 16);
    assert_memory_equal(chunk->edge_token, ((int32_t[]){2, 5, 3, 4}), 16);
    assert_memory_equal(forest->edge_of, edge_of, sizeof edge_of);
    forest_destroy(&forest);
}

/* The order in which sequences come changes no row of any chunk. */
static void order_does_not_matter(void **state)
{
    random_t random = random_stream(2, "test of forests", 0);
    (void)state;
    for (int trial = 0; trial < 50; trial++) {
        texts_t texts, other = {0};
        int64_t order[SEQUENCES];
        forest_t *a = NULL, *b = NULL;
        random_texts(&random, &texts, 3);
        random_permutation(&random, texts.count, order);
        for (size_t s = 0; s < texts.count; s++) {
            const int64_t *from = texts.offset + order[s];
            add(&other, texts.id + from[0], (int)(from[1] - from[0]));
        }
        expect_ok(forest_create(texts.id, texts.offset, texts.count, 17, &a));
        expect_ok(forest_create(other.id, other.offset, other.count, 17, &b));
        assert_int_equal(a->chunks, b->chunks);
        for (size_t c = 0; c < a->chunks; c++) {
            const chunk_t *p = &a->chunk[c], *q = &b->chunk[c];
            assert_int_equal(p->rows, q->rows);
            assert_int_equal(p->edges, q->edges);
            assert_memory_equal(p->token, q->token, (size_t)p->rows * 4);
            assert_memory_equal(p->position, q->position, (size_t)p->rows * 4);
            assert_memory_equal(p->edge_row, q->edge_row, (size_t)p->edges * 4);
            assert_memory_equal(p->edge_token, q->edge_token, (size_t)p->edges * 4);
        }
        forest_destroy(&a);
        forest_destroy(&b);
    }
}

static void refuses_what_cannot_be_scored(void **state)
{
    static const int32_t id[] = {1, 2, 3};
    static const int64_t one[] = {0, 2, 3}, none[] = {0, 0, 3}, back[] = {0, 3, 2};
    static const int64_t huge[] = {0, (int64_t)1 << 33};
    forest_t *forest = NULL;
    (void)state;
    expect_error(forest_create(id, one, 2, 10, &forest), EXIT_BUG,
                 "sequence 1 has nothing to score");
    assert_null(forest);
    expect_error(forest_create(id, none, 2, 10, &forest), EXIT_BUG, "sequence 0 has nothing");
    expect_error(forest_create(id, back, 2, 10, &forest), EXIT_BUG, "sequence 1 has nothing");
    expect_error(forest_create_whole(id, huge, 1, &forest), EXIT_INPUT,
                 "8589934592 tokens are too many for one chunk");
    assert_null(forest);
}

/* ---- whole sequences ---- */

static void windows(void **state)
{
    int32_t id[60];
    (void)state;
    for (int i = 0; i < 60; i++) id[i] = 100 + i;
    for (int32_t window = 1; window <= 10; window++)
        for (int32_t limit = 1; limit <= 25; limit++)
            for (size_t count = 0; count * (size_t)window <= 60; count++) {
                forest_t *forest = NULL;
                size_t each = limit / window > 1 ? (size_t)(limit / window) : 1, row = 0;
                expect_ok(forest_create_windows(id, count, window, limit, &forest));
                assert_int_equal(forest->chunks, (count + each - 1) / each);
                for (size_t c = 0; c < forest->chunks; c++) {
                    const chunk_t *chunk = &forest->chunk[c];
                    assert_true(chunk->rows <= limit || chunk->segments == 1);
                    assert_int_equal(chunk->rows, chunk->segments * window);
                    assert_int_equal(chunk->edges, 0);
                    assert_int_equal(chunk->deepest, window);
                    for (int32_t r = 0; r < chunk->rows; r++) {
                        assert_int_equal(chunk->token[r], id[row++]);
                        assert_int_equal(chunk->position[r], r % window);
                        assert_int_equal(chunk->segment[r / window].first, r / window * window);
                        assert_int_equal(chunk->segment[r / window].depth, 0);
                    }
                }
                assert_int_equal(row, count * (size_t)window);
                forest_destroy(&forest);
            }
}

static void whole_sequences(void **state)
{
    static const int32_t id[] = {9, 8, 7, 6, 5, 4};
    static const int64_t offset[] = {0, 3, 4, 6};
    static const int32_t position[] = {0, 1, 2, 0, 0, 1};
    forest_t *forest = NULL;
    (void)state;
    expect_ok(forest_create_whole(id, offset, 3, &forest));
    assert_int_equal(forest->chunks, 1);
    assert_int_equal(forest->chunk->rows, 6);
    assert_int_equal(forest->chunk->segments, 3);
    assert_int_equal(forest->chunk->deepest, 3);
    assert_memory_equal(forest->chunk->token, id, sizeof id);
    assert_memory_equal(forest->chunk->position, position, sizeof position);
    forest_destroy(&forest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_forests),
        cmocka_unit_test(awkward_forests),
        cmocka_unit_test(worked_example),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(refuses_what_cannot_be_scored),
        cmocka_unit_test(windows),
        cmocka_unit_test(whole_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
