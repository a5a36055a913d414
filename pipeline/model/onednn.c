#include "model/onednn.h"

#ifndef WN_ONEDNN

status_t onednn_check(void)
{
    return status_new(EXIT_RESOURCE, "bfloat16 arithmetic needs oneDNN, which this build was made "
                                     "without (README, \"Building elsewhere\")");
}

const char *onednn_kernel(void)
{
    return "";
}

status_t onednn_create(onednn_t **onednn)
{
    *onednn = NULL;
    return onednn_check();
}

void onednn_destroy(onednn_t **onednn)
{
    *onednn = NULL;
}

bool onednn_multiply(onednn_t *onednn, int depths, bool add, const uint16_t *x, const uint16_t *w,
                     float *y)
{
    (void)onednn, (void)depths, (void)add, (void)x, (void)w, (void)y;
    return false;
}

#else

#include <dlfcn.h>
#include <dnnl.h>
#include <stdio.h>

#include "core/memory.h"

/* A block's shape and whether it adds up: what oneDNN makes code for. */
typedef struct {
    dnnl_primitive_t primitive;
    dnnl_memory_t x, w, y; /* borrow their data from call to call */
} block_t;

struct onednn {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    block_t block[ONEDNN_DEPTHS][2]; /* [depths - 1][add] */
};

/* ---- the processor ---- */

static bool has(dnnl_cpu_isa_t wanted)
{
    return ((int)dnnl_get_effective_cpu_isa() & (int)wanted) == (int)wanted;
}

status_t onednn_check(void)
{
    if (has(dnnl_cpu_isa_avx512_core_bf16)) return NULL;
    return status_new(EXIT_RESOURCE, "bfloat16 arithmetic needs a processor with AMX or "
                                     "AVX512-BF16, which this one is not");
}

const char *onednn_kernel(void)
{
    static char name[64]; /* the same text whoever writes it */
    const dnnl_version_t *version = dnnl_version();
    if (!has(dnnl_cpu_isa_avx512_core_bf16)) return "";
    snprintf(name, sizeof name, "oneDNN %d.%d.%d %s", version->major, version->minor,
             version->patch, has(dnnl_cpu_isa_avx512_core_amx) ? "amx-bf16" : "avx512-bf16");
    return name;
}

/* A rank's threads are its own: oneDNN must not start more. The number that OpenMP may use belongs
 * to each thread that calls it; which OpenMP oneDNN was linked with, only the linker knows. */
static void stay_alone(void)
{
    void (*set_threads)(int) = NULL;
    *(void **)&set_threads = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
    if (set_threads) set_threads(1);
}

/* ---- oneDNN 2 and 3 ---- */

#if DNNL_VERSION_MAJOR >= 3
typedef dnnl_memory_desc_t description_t;
static void forget(description_t *description)
{
    if (*description) dnnl_memory_desc_destroy(*description);
}
#define DESCRIBE dnnl_memory_desc_create_with_strides
#define APPEND_SUM(operations) dnnl_post_ops_append_sum(operations, 1, 0, dnnl_f32)
#define GIVEN(description) (description)

static dnnl_status_t describe_product(dnnl_primitive_desc_t *product, dnnl_engine_t engine,
                                      const description_t *x, const description_t *w,
                                      const description_t *y, dnnl_primitive_attr_t attributes)
{
    return dnnl_matmul_primitive_desc_create(product, engine, *x, *w, NULL, *y, attributes);
}
#else
typedef dnnl_memory_desc_t description_t;
static void forget(description_t *description)
{
    (void)description;
}
#define DESCRIBE dnnl_memory_desc_init_by_strides
#define APPEND_SUM(operations) dnnl_post_ops_append_sum(operations, 1)
#define GIVEN(description) (&(description))

static dnnl_status_t describe_product(dnnl_primitive_desc_t *product, dnnl_engine_t engine,
                                      const description_t *x, const description_t *w,
                                      const description_t *y, dnnl_primitive_attr_t attributes)
{
    dnnl_matmul_desc_t operation;
    dnnl_status_t failed = dnnl_matmul_desc_init(&operation, x, w, NULL, y);
    return failed ? failed
                  : dnnl_primitive_desc_create(product, &operation, attributes, engine, NULL);
}
#endif

/* ---- blocks ---- */

/* What is added up keeps float32, whatever the environment lets oneDNN do. */
static dnnl_status_t make_attributes(bool add, dnnl_primitive_attr_t *attributes)
{
    dnnl_post_ops_t operations = NULL;
    dnnl_status_t failed = dnnl_primitive_attr_create(attributes);
    if (failed || !add) return failed;
    failed = dnnl_post_ops_create(&operations);
    if (!failed) failed = APPEND_SUM(operations);
    if (!failed) failed = dnnl_primitive_attr_set_post_ops(*attributes, operations);
    if (operations) dnnl_post_ops_destroy(operations);
    return failed;
}

static dnnl_status_t make_block(dnnl_engine_t engine, int depths, bool add, block_t *block)
{
    int64_t depth = (int64_t)depths * ONEDNN_DEPTH;
    const dnnl_dims_t x_size = {ONEDNN_ROWS, depth}, x_step = {ONEDNN_STRIDE, 1};
    const dnnl_dims_t w_size = {depth, ONEDNN_COLUMNS}, w_step = {1, ONEDNN_STRIDE};
    const dnnl_dims_t y_size = {ONEDNN_ROWS, ONEDNN_COLUMNS}, y_step = {ONEDNN_COLUMNS, 1};
    description_t x = {0}, w = {0}, y = {0};
    dnnl_primitive_attr_t attributes = NULL;
    dnnl_primitive_desc_t product = NULL;
    dnnl_status_t failed = DESCRIBE(&x, 2, x_size, dnnl_bf16, x_step);
    if (!failed) failed = DESCRIBE(&w, 2, w_size, dnnl_bf16, w_step);
    if (!failed) failed = DESCRIBE(&y, 2, y_size, dnnl_f32, y_step);
    if (!failed) failed = make_attributes(add, &attributes);
    if (!failed) failed = describe_product(&product, engine, &x, &w, &y, attributes);
    if (!failed) failed = dnnl_primitive_create(&block->primitive, product);
    if (!failed) failed = dnnl_memory_create(&block->x, GIVEN(x), engine, DNNL_MEMORY_NONE);
    if (!failed) failed = dnnl_memory_create(&block->w, GIVEN(w), engine, DNNL_MEMORY_NONE);
    if (!failed) failed = dnnl_memory_create(&block->y, GIVEN(y), engine, DNNL_MEMORY_NONE);
    if (product) dnnl_primitive_desc_destroy(product);
    if (attributes) dnnl_primitive_attr_destroy(attributes);
    forget(&x);
    forget(&w);
    forget(&y);
    return failed;
}

status_t onednn_create(onednn_t **onednn)
{
    *onednn = NULL;
    status_t status = onednn_check();
    if (!status) status = mem_new(onednn, 1, "oneDNN");
    if (status) return status;
    onednn_t *it = *onednn;
    stay_alone();
    dnnl_status_t failed = dnnl_engine_create(&it->engine, dnnl_cpu, 0);
    if (!failed) failed = dnnl_stream_create(&it->stream, it->engine, dnnl_stream_default_flags);
    for (int d = 1; !failed && d <= ONEDNN_DEPTHS; d++)
        for (int add = 0; !failed && add < 2; add++)
            failed = make_block(it->engine, d, add, &it->block[d - 1][add]);
    if (!failed) return NULL;
    onednn_destroy(onednn);
    return status_new(EXIT_RESOURCE, "%s cannot multiply in bfloat16 (its error %d)",
                      onednn_kernel(), (int)failed);
}

void onednn_destroy(onednn_t **onednn)
{
    onednn_t *it = *onednn;
    if (!it) return;
    for (int d = 0; d < ONEDNN_DEPTHS; d++)
        for (int add = 0; add < 2; add++) {
            block_t *block = &it->block[d][add];
            if (block->primitive) dnnl_primitive_destroy(block->primitive);
            if (block->x) dnnl_memory_destroy(block->x);
            if (block->w) dnnl_memory_destroy(block->w);
            if (block->y) dnnl_memory_destroy(block->y);
        }
    if (it->stream) dnnl_stream_destroy(it->stream);
    if (it->engine) dnnl_engine_destroy(it->engine);
    mem_free(onednn);
}

bool onednn_multiply(onednn_t *it, int depths, bool add, const uint16_t *x, const uint16_t *w,
                     float *y)
{
    const block_t *block = &it->block[depths - 1][add];
    const dnnl_exec_arg_t arguments[] = {
        {DNNL_ARG_SRC, block->x}, {DNNL_ARG_WEIGHTS, block->w}, {DNNL_ARG_DST, block->y}};
    stay_alone();
    return dnnl_memory_set_data_handle(block->x, (void *)x) == dnnl_success &&
           dnnl_memory_set_data_handle(block->w, (void *)w) == dnnl_success &&
           dnnl_memory_set_data_handle(block->y, y) == dnnl_success &&
           dnnl_primitive_execute(block->primitive, it->stream, 3, arguments) == dnnl_success &&
           dnnl_stream_wait(it->stream) == dnnl_success;
}

#endif
