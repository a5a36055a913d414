/* For the fuzzers of weight files: what must hold of any list that a reader accepts. */
#ifndef WN_TESTS_FUZZ_WEIGHT_FILE_H
#define WN_TESTS_FUZZ_WEIGHT_FILE_H

#include "model/tensor_list.h"
#include "tests/fuzz/fuzz.h"

static inline void fuzz_tensor(const file_t *file, const tensor_t *tensor)
{
    uint64_t count = 1, bytes = 0, end = 0;
    char byte;
    fuzz_require(tensor->dimensions >= 0 && tensor->dimensions <= TENSOR_DIMENSIONS);
    for (int i = 0; i < tensor->dimensions; i++)
        fuzz_require(!__builtin_mul_overflow(count, (uint64_t)tensor->shape[i], &count));
    fuzz_require(count == tensor->count);
    fuzz_require(!__builtin_mul_overflow(count, dtype_size(tensor->type), &bytes));
    fuzz_require(!bytes || !__builtin_add_overflow(tensor->offset, bytes, &end));
    fuzz_require(end <= file->size);
    if (bytes) fuzz_require(!file_read_at(file, end - 1, &byte, 1));
}

/* Reads the bytes as a weight file: each readable tensor lies within it. */
static inline void fuzz_weight_file(const void *data, size_t size, tensor_reader_t read)
{
    file_t file;
    tensor_list_t list = {0};
    const char *path = fuzz_file(data, size);
    status_t status = file_open(&file, path);
    fuzz_require(!status);
    status = read(&file, 3, &list);
    if (!status) status = tensor_list_sort(&list, path);
    for (size_t i = 0; !status && i < list.count; i++) {
        const listed_tensor_t *listed = &list.item[i];
        fuzz_require(tensor_list_find(&list, listed->tensor.name) == listed);
        fuzz_require(listed->tensor.file == 3);
        if (!listed->problem) fuzz_tensor(&file, &listed->tensor);
    }
    fuzz_refused(&status);
    tensor_list_free(&list);
    file_close(&file);
}

#endif
