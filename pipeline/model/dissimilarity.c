#include "model/dissimilarity.h"

#include <math.h>

#include "core/memory.h"
#include "model/model.h"
#include "par/agree.h"
#include "par/work.h"

const char *const weights_part_names[WEIGHTS_PARTS] = {"input", "up", "output"};

enum { PIECE = 1 << 19, LANES = 8 }; /* elements read together; sums side by side in a row */

/* Sums over a neuron's weights a and b. 1 - cosine = (|a - b|^2 - (|a| - |b|)^2) / (2 |a| |b|)
 * keeps its digits where the two are almost equal, which 1 - a.b / (|a| |b|) would not. */
typedef struct {
    double first, second; /* of a^2, b^2 */
    double apart;         /* of (a - b)^2 */
    double more;          /* of a^2 - b^2 */
} sums_t;

typedef struct {
    model_t *a, *b;
    float *x, *y;
    void *room;
    sums_t *sums; /* [neurons] */
} measure_t;

static double turned(const sums_t *s)
{
    double x = sqrt(s->first), y = sqrt(s->second), longer = s->more / (x + y);
    if (!(x > 0 && y > 0)) return NAN;
    double value = (s->apart - longer * longer) / (2 * x * y);
    return value > 0 ? value : 0;
}

static inline void add(sums_t *sums, double a, double b)
{
    double apart = a - b;
    sums->first += a * a;
    sums->second += b * b;
    sums->apart += apart * apart;
    sums->more += apart * (a + b);
}

/* A whole row of a neuron: a fixed number of sums, added in a fixed order. */
static void add_row(sums_t *sums, const float *x, const float *y, size_t count)
{
    sums_t lane[LANES] = {{0}};
    size_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (size_t k = 0; k < LANES; k++) add(&lane[k], (double)x[i + k], (double)y[i + k]);
    for (size_t k = 0; i < count; i++, k++) add(&lane[k], (double)x[i], (double)y[i]);
    for (size_t k = 0; k < LANES; k++) {
        sums->first += lane[k].first;
        sums->second += lane[k].second;
        sums->apart += lane[k].apart;
        sums->more += lane[k].more;
    }
}

/* Whole rows of a matrix, by_row: a row is a neuron's; else a column is. */
static void add_rows(const measure_t *it, uint64_t row, size_t rows, size_t columns, bool by_row)
{
    for (size_t r = 0; r < rows; r++) {
        const float *x = it->x + r * columns, *y = it->y + r * columns;
        if (by_row) add_row(&it->sums[row + r], x, y, columns);
        else
            for (size_t n = 0; n < columns; n++) add(&it->sums[n], (double)x[n], (double)y[n]);
    }
}

/* outputs: whether the matrix's outputs are the neurons (else its inputs). */
static status_t measure_matrix(measure_t *it, const linear_t *a, const linear_t *b, bool outputs,
                               double *value)
{
    size_t neurons = (size_t)(outputs ? a->outputs : a->inputs);
    size_t rows = (size_t)(a->transposed ? a->inputs : a->outputs);
    size_t columns = (size_t)(a->transposed ? a->outputs : a->inputs);
    size_t together = columns < PIECE ? PIECE / columns : 1;
    status_t status = NULL;
    for (size_t n = 0; n < neurons; n++) it->sums[n] = (sums_t){0};
    for (size_t r = 0; !status && r < rows; r += together) {
        size_t some = rows - r < together ? rows - r : together;
        status = model_read_matrix(it->a, a, r * columns, some * columns, it->room, it->x);
        if (!status)
            status = model_read_matrix(it->b, b, r * columns, some * columns, it->room, it->y);
        if (!status) add_rows(it, r, some, columns, outputs != a->transposed);
    }
    for (size_t n = 0; !status && n < neurons; n++) value[n] = turned(&it->sums[n]);
    return status;
}

static status_t measure_layer(measure_t *it, int index, double *const *value)
{
    const layer_t *a = &it->a->layer[index], *b = &it->b->layer[index];
    size_t at = (size_t)index * (size_t)it->a->shape.mlp;
    status_t status = measure_matrix(it, &a->gate, &b->gate, true, value[WEIGHTS_INPUT] + at);
    if (!status && value[WEIGHTS_UP])
        status = measure_matrix(it, &a->up, &b->up, true, value[WEIGHTS_UP] + at);
    return status ? status
                  : measure_matrix(it, &a->down, &b->down, false, value[WEIGHTS_OUTPUT] + at);
}

static status_t open_both(measure_t *it, const char *directory, const char *other)
{
    status_t status = model_open_headers(directory, &it->a);
    if (!status) status = model_open_headers(other, &it->b);
    if (status) return status;
    const model_shape_t *a = &it->a->shape, *b = &it->b->shape;
    if (a->facts != b->facts || a->layers != b->layers || a->mlp != b->mlp || a->width != b->width)
        return status_new(EXIT_INPUT,
                          "%s is a %s of %d layers, %d neurons and width %d, %s a %s of %d, %d "
                          "and %d: their weights cannot be compared",
                          directory, a->facts->model_type, a->layers, a->mlp, a->width, other,
                          b->facts->model_type, b->layers, b->mlp, b->width);
    size_t widest = (size_t)(a->mlp > a->width ? a->mlp : a->width);
    size_t piece = widest > PIECE ? widest : PIECE;
    status = mem_new(&it->x, piece, "weights");
    if (!status) status = mem_new(&it->y, piece, "weights");
    if (!status) status = mem_new_(&it->room, piece, sizeof(double), "weights");
    if (!status) status = mem_new(&it->sums, (size_t)a->mlp, "sums of weights");
    return status;
}

/* Rank 0 gets every layer from the rank that computed it. */
static void gather(MPI_Comm comm, int rank, int ranks, int layers, int neurons, double *value)
{
    for (int r = 1; r < ranks; r++) {
        size_t first, count;
        work_share(r, ranks, (size_t)layers, &first, &count);
        for (size_t l = first; l < first + count; l++) {
            double *at = value + l * (size_t)neurons;
            if (rank == r) MPI_Send(at, neurons, MPI_DOUBLE, 0, 0, comm);
            if (rank == 0) MPI_Recv(at, neurons, MPI_DOUBLE, r, 0, comm, MPI_STATUS_IGNORE);
        }
    }
}

static status_t measure_share(measure_t *it, int rank, int ranks, dissimilarity_t *out)
{
    size_t first, count, all = (size_t)out->layers * (size_t)out->neurons;
    status_t status = NULL;
    for (int p = 0; !status && p < WEIGHTS_PARTS; p++)
        if (p != WEIGHTS_UP || it->a->shape.facts->up)
            status = mem_new(&out->value[p], all, "dissimilarities");
    work_share(rank, ranks, (size_t)out->layers, &first, &count);
    for (size_t l = first; !status && l < first + count; l++)
        status = measure_layer(it, (int)l, out->value);
    return status;
}

status_t dissimilarity_measure(MPI_Comm comm, const char *directory, const char *other,
                               dissimilarity_t *out)
{
    measure_t it = {0};
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    *out = (dissimilarity_t){0};
    status_t status = agree(comm, open_both(&it, directory, other));
    if (!status) {
        out->layers = it.a->shape.layers;
        out->neurons = it.a->shape.mlp;
        status = agree(comm, measure_share(&it, rank, ranks, out));
    }
    for (int p = 0; !status && p < WEIGHTS_PARTS; p++) {
        if (out->value[p]) gather(comm, rank, ranks, out->layers, out->neurons, out->value[p]);
        if (rank != 0) mem_free(&out->value[p]);
    }
    if (status) dissimilarity_destroy(out);
    mem_free(&it.x);
    mem_free(&it.y);
    mem_free(&it.room);
    mem_free(&it.sums);
    model_close(&it.a);
    model_close(&it.b);
    return status;
}

void dissimilarity_destroy(dissimilarity_t *dissimilarity)
{
    for (int p = 0; p < WEIGHTS_PARTS; p++) mem_free(&dissimilarity->value[p]);
    *dissimilarity = (dissimilarity_t){0};
}
