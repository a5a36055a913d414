/* What the two formats share. Private to id_file.c, npy.c and megatron.c. */
#ifndef WN_TEXT_ID_FILE_PARTS_H
#define WN_TEXT_ID_FILE_PARTS_H

#include "text/id_file.h"

enum { ID_BLOCK = 1 << 16 }; /* elements read at a time */

/* One row of tokens in the .bin. */
typedef struct {
    int64_t offset; /* bytes */
    int32_t length; /* tokens */
} id_sequence_t;

/* Megatron's index, read block by block. */
typedef struct {
    file_t file;
    uint64_t sequences, entries;       /* entries of the document index: documents + 1 */
    uint64_t lengths, offsets, starts; /* bytes where the three lists begin */
    uint64_t *before;     /* [sequences / ID_BLOCK + 1] tokens before each block of sequences */
    id_sequence_t *block; /* [ID_BLOCK] */
    uint64_t held;        /* number of the block in memory, or UINT64_MAX */
} id_index_t;

struct id_file {
    file_t file; /* with the tokens */
    id_type_t type;
    uint64_t start; /* npy: byte of the first token */
    uint64_t tokens, documents;
    uint64_t row;         /* npy of two dimensions: tokens of a document; else 0 */
    id_index_t *index;    /* Megatron, else NULL */
    unsigned char *bytes; /* [ID_BLOCK * 8] */
};

size_t id_size(id_type_t type);
MUST_CHECK status_t id_file_create(const char *path, id_file_t **ids);

/* Tokens that lie side by side at a byte of the file; first: the number of the first one. */
MUST_CHECK status_t id_read_run(id_file_t *ids, uint64_t at, uint64_t count, uint64_t first,
                                int32_t vocabulary, int32_t *id);

void id_index_close(id_index_t **index);
MUST_CHECK status_t id_index_starts(id_file_t *ids, uint64_t document, uint64_t count,
                                    int64_t *first);
MUST_CHECK status_t id_index_read(id_file_t *ids, uint64_t first, uint64_t count,
                                  int32_t vocabulary, int32_t *id);

#endif
