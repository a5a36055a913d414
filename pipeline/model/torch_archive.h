/* torch .bin files: a zip archive with a pickle that rebuilds tensors from storages, each an
 * entry of its own (torch/serialization.py and torch/_utils.py). The pickle is read as data. */
#ifndef WN_MODEL_TORCH_ARCHIVE_H
#define WN_MODEL_TORCH_ARCHIVE_H

#include "model/tensor_list.h"

/* Appends the tensors of the file's state dict to list (a tensor_reader_t). EXIT_INPUT where the
 * archive or the pickle is damaged, where the pickle names anything but tensors and their
 * storages, or where a tensor does not lie within its storage. Files of torch before 1.6, which
 * are no zip archives, are refused by name. */
MUST_CHECK status_t torch_archive_list(const file_t *file, int index, tensor_list_t *list);

#endif
