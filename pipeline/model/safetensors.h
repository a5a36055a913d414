/* The safetensors format (github.com/huggingface/safetensors, "Format"): a header length of
 * eight bytes, a JSON header, then the tensors' bytes side by side. */
#ifndef WN_MODEL_SAFETENSORS_H
#define WN_MODEL_SAFETENSORS_H

#include "model/tensor_list.h"

/* Appends the file's tensors to list (a tensor_reader_t). EXIT_INPUT where the header does not
 * describe exactly the bytes that follow it: none outside the file, none shared, none left over. */
MUST_CHECK status_t safetensors_list(const file_t *file, int index, tensor_list_t *list);

#endif
