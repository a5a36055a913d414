/* HDF5 files: the one room that knows the library.
 *
 * A file being written lives under a temporary name until store_publish renames it into place:
 * it is whole or absent. Files carry no time stamps, so that equal contents are equal bytes.
 * Whatever is written has checksums, and is checked when it is read: EXIT_INPUT names the dataset.
 * Names are paths inside the file ("/baseline/score"); groups on the way are made.
 *
 * A store that was created on a communicator is collective: every rank makes the same calls in
 * the same order; store_write takes its data from rank 0, store_put from every rank. A store
 * that was opened for reading, or created on MPI_COMM_SELF, is the calling rank's own.
 * Errors: EXIT_OUTPUT when writing, EXIT_INPUT when reading; both name file and object. Those of
 * collective calls are agreed: one rank's failure is every rank's. */
#ifndef WN_STORE_STORE_H
#define WN_STORE_STORE_H

#include <mpi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"
#include "core/strings.h"

typedef struct store store_t;

typedef enum {
    STORE_I32,
    STORE_I64,
    STORE_F32,
    STORE_F64,
    STORE_F16,  /* IEEE binary16 as an HDF5 float; in memory its bits, uint16_t */
    STORE_BF16, /* the upper half of a float32: HDF5 uint16 with the attribute encoding=bfloat16 */
    STORE_TYPES
} store_type_t;

enum { STORE_DIMENSIONS = 4 };

typedef struct {
    store_type_t type;
    int dimensions; /* 0: a scalar */
    uint64_t shape[STORE_DIMENSIONS];
    uint64_t count; /* elements */
} store_info_t;

/* ---- life ---- */

/* From now on files are written in this directory, which all ranks see, and copied to their places when
 * they are published (NULL: they are written beside their places), and those that several ranks write are
 * opened with these hints (or MPI_INFO_NULL) for MPI-IO. Both are borrowed until the next call. */
void store_setup(const char *scratch, MPI_Info hints);

/* Creates path (its directory must exist) under a temporary name. Collective over comm. */
MUST_CHECK status_t store_create(const char *path, MPI_Comm comm, store_t **store);
/* The same of a file that is to be read again by this program, and never published. */
MUST_CHECK status_t store_create_scratch(const char *path, MPI_Comm comm, store_t **store);
/* Closes, syncs and renames to path. Collective like the store. On failure nothing is left. */
MUST_CHECK status_t store_publish(store_t **store);
/* Opens for reading. Not collective. */
MUST_CHECK status_t store_open(const char *path, store_t **store);
/* Closes; a store that was not published vanishes. Collective like the store. */
void store_close(store_t **store);
const char *store_path(const store_t *store);

/* ---- writing ---- */

/* Creates a dataset of this shape and writes all of it from rank 0's data. */
MUST_CHECK status_t store_write(store_t *store, const char *name, store_type_t type, int dimensions,
                                const uint64_t *shape, const void *data);
/* The same for texts [count], stored as fixed-length UTF-8; the other ranks' texts may be NULL. */
MUST_CHECK status_t store_write_texts(store_t *store, const char *name, size_t count,
                                      const char *const *texts);
/* Creates a dataset to be filled by store_put; chunk NULL: contiguous; else chunks of this
 * shape. Space is allocated at once. */
MUST_CHECK status_t store_define(store_t *store, const char *name, store_type_t type,
                                 int dimensions, const uint64_t *shape, const uint64_t *chunk);
/* The same, packed by deflate (level 1 to 9) in chunks of this shape. It is filled by store_put alone,
 * each chunk at once and by one rank. */
MUST_CHECK status_t store_define_packed(store_t *store, const char *name, store_type_t type,
                                        int dimensions, const uint64_t *shape,
                                        const uint64_t *chunk, int level);
/* Writes the block [start, start + count) from data in the dataset's own type; every rank its
 * own block, which may be empty (a zero in count). Collective. */
MUST_CHECK status_t store_put(store_t *store, const char *name, const uint64_t *start,
                              const uint64_t *count, const void *data);
/* The same by this rank alone, whenever it likes. Not collective. */
MUST_CHECK status_t store_put_own(store_t *store, const char *name, const uint64_t *start,
                                  const uint64_t *count, const void *data);

/* Collective like the store: what any rank wrote before is read by all after. */
MUST_CHECK status_t store_sync(store_t *store);

/* Attributes of an object ("/" for the file): what a value is and what made it. */
MUST_CHECK status_t store_set_text(store_t *store, const char *object, const char *key,
                                   const char *text);
MUST_CHECK status_t store_set_number(store_t *store, const char *object, const char *key,
                                     double number);
MUST_CHECK status_t store_set_numbers(store_t *store, const char *object, const char *key,
                                      const double *numbers, size_t count);
MUST_CHECK status_t store_set_integer(store_t *store, const char *object, const char *key,
                                      int64_t integer);
/* What a dataset is, three attributes that each of ours carries. axes: a word for each dimension, in order,
 * divided by blanks ("layers neurons"; "" of a scalar). A dataset of one dimension that has an axis's name and
 * that axis alone, beside the dataset or in the root, is that axis's HDF5 dimension scale where it is as long;
 * scales and HDF5's dimension labels are made by store_publish. */
MUST_CHECK status_t store_describe(store_t *store, const char *object, const char *axes,
                                   const char *unit, const char *description);

/* ---- reading ---- */

/* What cannot be told, for the file is damaged, counts as there: reading it is the error. */
bool store_has(const store_t *store, const char *name);
/* Names of the members of a group in byte order. */
MUST_CHECK status_t store_list(const store_t *store, const char *group, strings_t *names);
/* Appends the names of all datasets, "/group/name", group by group. */
MUST_CHECK status_t store_datasets(const store_t *store, strings_t *names);
MUST_CHECK status_t store_find(const store_t *store, const char *name, store_info_t *info);
/* Reads the block [start, start + count) converted to type (16-bit types convert to no other). A block
 * that is one run of the dataset's elements, in row-major order, is checked against the checksums that
 * the file has of it. */
MUST_CHECK status_t store_get(const store_t *store, const char *name, store_type_t type,
                              const uint64_t *start, const uint64_t *count, void *data);
/* Checks one of so many shares of a numeric dataset, for who reads it in other blocks. */
MUST_CHECK status_t store_verify(const store_t *store, const char *name, int share, int shares);
/* Reads a whole dataset into fresh memory (mem_free): *data, a pointer to it; info may be NULL. */
MUST_CHECK status_t store_read(const store_t *store, const char *name, store_type_t type,
                               void *data, store_info_t *info);
MUST_CHECK status_t store_read_texts(const store_t *store, const char *name, strings_t *texts);
/* Names of an object's attributes in byte order, but for those that HDF5 has of dimension scales. */
MUST_CHECK status_t store_attributes(const store_t *store, const char *object, strings_t *names);
/* Whether an object has an attribute; what cannot be told, for the file is damaged, counts as there. */
bool store_has_attribute(const store_t *store, const char *object, const char *key);
/* Attributes; absent: an error. Text is owned by the caller. */
MUST_CHECK status_t store_get_text(const store_t *store, const char *object, const char *key,
                                   char **text);
MUST_CHECK status_t store_get_number(const store_t *store, const char *object, const char *key,
                                     double *number);
/* A numeric array attribute as float64 in fresh memory. */
MUST_CHECK status_t store_get_numbers(const store_t *store, const char *object, const char *key,
                                      double **numbers, size_t *count);

/* Version of the HDF5 library, "1.10.8". */
const char *store_library_version(void);

#endif
