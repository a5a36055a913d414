/* Attention over forests against a plain softmax in float64 over each row's own path; and a row's
 * bits against the same path in other company. */
#include "tests/scratch.h"

#include <math.h>

#include "core/random.h"
#include "model/attention.h"

enum { MOST = 400 }; /* tokens of a test's sequences */

typedef struct {
    int32_t id[MOST];
    int64_t offset[65];
    size_t count;
} texts_t;

/* Rows of the path of each row, by walking the segments: parent[r] is the row before r, or -1. */
static void find_parents(const chunk_t *chunk, int32_t *parent)
{
    int32_t last[MOST];
    for (int32_t s = 0; s < chunk->segments; s++)
        for (int32_t i = 0; i < chunk->segment[s].count; i++) {
            int32_t row = chunk->segment[s].first + i, depth = chunk->segment[s].depth + i;
            parent[row] = depth ? last[depth - 1] : -1;
            last[depth] = row;
        }
}

static double dot(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* One row and head; largest: the largest value on the path, to judge errors by. */
static void attend_plainly(const attention_shape_t *shape, const float *projected,
                           const int32_t *parent, int32_t row, int head, double *out,
                           double *largest)
{
    double score[MOST], most = -INFINITY, sum = 0;
    int32_t path[MOST], seen = 0;
    int width = shape->head_width, kv = head / (shape->heads / shape->kv_heads);
    const float *query = projected + (size_t)row * shape->row_stride + shape->query +
                         (size_t)head * shape->query_stride;
    for (int32_t r = row; r >= 0 && (!shape->window || seen < shape->window); r = parent[r]) {
        const float *key =
            projected + (size_t)r * shape->row_stride + shape->key + (size_t)kv * shape->key_stride;
        path[seen] = r;
        score[seen] = dot(query, key, width) * (double)shape->scale;
        most = fmax(most, score[seen++]);
    }
    for (int32_t i = 0; i < seen; i++) sum += exp(score[i] - most);
    *largest = 0;
    for (int d = 0; d < width; d++) out[d] = 0;
    for (int32_t i = 0; i < seen; i++) {
        const float *value = projected + (size_t)path[i] * shape->row_stride + shape->value +
                             (size_t)kv * shape->value_stride;
        for (int d = 0; d < width; d++) {
            out[d] += exp(score[i] - most) / sum * (double)value[d];
            *largest = fmax(*largest, fabs((double)value[d]));
        }
    }
}

static void check(const attention_shape_t *shape, const chunk_t *chunk, const float *projected,
                  const float *out)
{
    int32_t parent[MOST];
    find_parents(chunk, parent);
    for (int32_t row = 0; row < chunk->rows; row++)
        for (int head = 0; head < shape->heads; head++) {
            double expected[256], largest;
            const float *got = out + (size_t)((row * shape->heads + head) * shape->head_width);
            attend_plainly(shape, projected, parent, row, head, expected, &largest);
            for (int d = 0; d < shape->head_width; d++)
                if (!(fabs((double)got[d] - expected[d]) <= 3e-6 * largest))
                    fail_msg("row %d, head %d, column %d: %.9g, expected %.9g", row, head, d,
                             (double)got[d], expected[d]);
        }
}

/* heads, key-value heads, head width, window; by_head: a head's query, key and value together. */
static attention_shape_t make_shape(int heads, int kv_heads, int width, int window, bool by_head)
{
    size_t w = (size_t)width, h = (size_t)heads, k = (size_t)kv_heads;
    attention_shape_t shape = {heads,
                               kv_heads,
                               width,
                               (h + 2 * k) * w + 5,
                               0,
                               h * w,
                               (h + k) * w,
                               w,
                               w,
                               w,
                               (float)(1 / sqrt((double)width)),
                               window};
    if (by_head) {
        shape.key = w, shape.value = 2 * w;
        shape.query_stride = shape.key_stride = shape.value_stride = 3 * w;
    }
    return shape;
}

static float *random_rows(random_t *random, const attention_shape_t *shape, int32_t rows)
{
    float *x = NULL;
    size_t count = (size_t)rows * shape->row_stride;
    expect_ok(mem_new(&x, count, "rows"));
    for (size_t i = 0; i < count; i++) x[i] = (float)(1.5 * random_normal(random));
    return x;
}

static void random_texts(random_t *random, texts_t *texts, int longest)
{
    *texts = (texts_t){0};
    while (texts->count < 64) {
        int64_t at = texts->offset[texts->count],
                length = 2 + (int64_t)random_below(random, longest);
        if (at + length > MOST) break;
        for (int64_t i = 0; i < length; i++)
            texts->id[at + i] = (int32_t)random_below(random, i < 3 ? 2 : 3);
        texts->offset[++texts->count] = at + length;
    }
}

static const struct {
    int heads, kv_heads, width, window;
    bool by_head;
} shapes[] = {
    {1, 1, 1, 0, false},  {2, 2, 16, 0, true},  {4, 2, 24, 0, false}, {6, 2, 20, 7, false},
    {3, 1, 33, 1, false}, {2, 2, 64, 17, true}, {8, 8, 8, 33, true},  {1, 1, 200, 16, false},
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

static attention_shape_t shape_number(int i)
{
    return make_shape(shapes[i].heads, shapes[i].kv_heads, shapes[i].width, shapes[i].window,
                      shapes[i].by_head);
}

/* All chunks of a forest through one buffer, as the executor does. */
static void run(const attention_shape_t *shape, const chunk_t *chunk, attention_t *attention,
                const float *projected, float **out)
{
    size_t count = (size_t)chunk->rows * (size_t)(shape->heads * shape->head_width);
    expect_ok(mem_new(out, count, "output"));
    /* heads in two parts, as two threads would take them */
    int half = shape->heads / 2;
    attention_apply(attention, shape, chunk, half, shape->heads - half, projected, *out);
    attention_apply(attention, shape, chunk, 0, half, projected, *out);
}

static void forests(void **state)
{
    random_t random = random_stream(1, "test of attention", 0);
    (void)state;
    for (int i = 0; i < SHAPES; i++)
        for (int trial = 0; trial < 6; trial++) {
            attention_shape_t shape = shape_number(i);
            texts_t texts;
            forest_t *forest = NULL;
            attention_t *attention = NULL;
            random_texts(&random, &texts, trial < 3 ? 20 : 80);
            expect_ok(forest_create(texts.id, texts.offset, texts.count, 90, &forest));
            expect_ok(attention_create(shape.head_width, 100, &attention));
            for (size_t c = 0; c < forest->chunks; c++) {
                const chunk_t *chunk = &forest->chunk[c];
                float *projected = random_rows(&random, &shape, chunk->rows), *out = NULL;
                run(&shape, chunk, attention, projected, &out);
                check(&shape, chunk, projected, out);
                mem_free(&projected);
                mem_free(&out);
            }
            attention_destroy(&attention);
            forest_destroy(&forest);
        }
}

/* Scores far apart: the softmax must not overflow, and is then nearly a choice. */
static void extreme_scores(void **state)
{
    random_t random = random_stream(2, "test of attention", 0);
    attention_shape_t shape = make_shape(1, 1, 4, 0, false);
    int32_t id[50] = {0};
    int64_t offset[] = {0, 50};
    forest_t *forest = NULL;
    attention_t *attention = NULL;
    (void)state;
    expect_ok(forest_create_whole(id, offset, 1, &forest));
    expect_ok(attention_create(4, 50, &attention));
    float *projected = random_rows(&random, &shape, 50), *out = NULL;
    for (size_t t = 0; t < 50; t++)
        for (size_t d = 0; d < 8; d++) projected[t * shape.row_stride + d] *= 1e4f;
    run(&shape, forest->chunk, attention, projected, &out);
    for (int i = 0; i < 200; i++) assert_true(isfinite(out[i]));
    /* the first row sees itself alone: its value as it is */
    for (size_t d = 0; d < 4; d++) assert_true(out[d] == projected[shape.value + d]);
    mem_free(&projected);
    mem_free(&out);
    attention_destroy(&attention);
    forest_destroy(&forest);
}

/* The value that is the projected state of a token at the end of a path: fixed by the path. */
static void fill_row(float *row, const attention_shape_t *shape, const int32_t *id, int32_t length)
{
    uint64_t path = 0;
    for (int32_t i = 0; i < length; i++) path = path * 7 + 1 + (uint64_t)id[i];
    random_t random = random_stream(path, "a row", (uint64_t)length);
    for (size_t i = 0; i < shape->row_stride; i++) row[i] = (float)random_normal(&random);
}

/* Every sequence alone, whole, in a buffer of another size, against its rows in the forest. */
static void bits_do_not_depend_on_company(void **state)
{
    random_t random = random_stream(3, "test of attention", 0);
    (void)state;
    for (int i = 0; i < SHAPES; i++) {
        attention_shape_t shape = shape_number(i);
        size_t columns = (size_t)(shape.heads * shape.head_width);
        texts_t texts;
        forest_t *forest = NULL, *alone = NULL;
        attention_t *attention = NULL, *other = NULL;
        random_texts(&random, &texts, 60);
        expect_ok(forest_create(texts.id, texts.offset, texts.count, 150, &forest));
        expect_ok(attention_create(shape.head_width, 64, &attention));
        expect_ok(attention_create(shape.head_width, 200, &other));
        for (size_t c = 0; c < forest->chunks; c++) {
            const chunk_t *chunk = &forest->chunk[c];
            int32_t parent[MOST], path[MOST];
            float *projected = NULL, *out = NULL, *single = NULL, *expected = NULL;
            expect_ok(mem_new(&projected, (size_t)chunk->rows * shape.row_stride, "rows"));
            expect_ok(mem_new(&single, 64 * shape.row_stride, "rows"));
            find_parents(chunk, parent);
            for (int32_t row = 0; row < chunk->rows; row++) {
                int32_t length = chunk->position[row] + 1;
                for (int32_t r = row, at = length; at-- > 0; r = parent[r])
                    path[at] = chunk->token[r];
                fill_row(projected + (size_t)row * shape.row_stride, &shape, path, length);
            }
            run(&shape, chunk, attention, projected, &out);
            for (size_t s = forest->first[c]; s < forest->first[c + 1]; s++) {
                const int64_t *at = texts.offset + forest->sequence[s];
                const int32_t *id = texts.id + at[0];
                int64_t whole[] = {0, at[1] - at[0]};
                expect_ok(forest_create_whole(id, whole, 1, &alone));
                for (int32_t n = 0; n < whole[1]; n++)
                    fill_row(single + (size_t)n * shape.row_stride, &shape, id, n + 1);
                run(&shape, alone->chunk, other, single, &expected);
                for (int64_t t = at[0] + 1; t < at[1]; t++) {
                    size_t row = (size_t)chunk->edge_row[forest->edge_of[t]];
                    assert_memory_equal(out + row * columns,
                                        expected + (size_t)(t - at[0] - 1) * columns,
                                        columns * sizeof *out);
                }
                mem_free(&expected);
                forest_destroy(&alone);
            }
            mem_free(&projected);
            mem_free(&single);
            mem_free(&out);
        }
        attention_destroy(&attention);
        attention_destroy(&other);
        forest_destroy(&forest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forests),
        cmocka_unit_test(extreme_scores),
        cmocka_unit_test(bits_do_not_depend_on_company),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
