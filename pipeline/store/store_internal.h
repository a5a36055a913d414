/* Shared by the files of this room only. */
#ifndef WN_STORE_STORE_INTERNAL_H
#define WN_STORE_STORE_INTERNAL_H

#include <hdf5.h>

#include "store/store.h"

struct store {
    hid_t file;
    hid_t reader;  /* of what several ranks write, after store_sync; or -1 */
    MPI_Comm comm; /* MPI_COMM_NULL: this rank alone */
    int rank;
    bool writing;
    bool failed; /* to write, on every rank */
    uint64_t bytes,
        reserved; /* that the file will have, at most and about; that are taken for it */
    char *path, *temporary;
    char *landing; /* rank 0's, where temporary lies below a scratch directory: beside path */
    struct sealed *sealed; /* of what is written: datasets, and the sums of their pages */
    uint64_t *sum;         /* [sums]: what this rank wrote */
    uint64_t sums;
    size_t datasets, sealed_room, sum_room;
    int packed;                  /* collective writes of what is compressed since the last flush */
    struct described *described; /* of what is written: datasets with their axes */
    size_t descriptions, described_room;
};

/* An error with HDF5's innermost reason: "FILE: OBJECT: cannot VERB: reason". */
MUST_CHECK status_t store_error(const store_t *store, const char *object, const char *verb);

/* Properties of whatever is created: without the time of day; and with attributes in its header, however
 * many, for of a heap for them HDF5 would place the parts elsewhere when several processes write. */
void store_plain_object(hid_t create);
/* The same of groups (the file's own among them), and their links. */
void store_plain_group(hid_t create);

/* Opens what several ranks have written for reading it with plain calls: MPI-IO takes for zeros what cannot be
 * read, and does not say so. Not collective. */
MUST_CHECK status_t store_reread(store_t *store);
void store_leave_reader(store_t *store);

/* HDF5 types of a store type, in the file and in memory; borrowed. */
hid_t store_file_type(store_type_t type);
hid_t store_memory_type(store_type_t type);

/* agree over the ranks that write this store together; the status itself where one writes. */
MUST_CHECK status_t store_agree(store_t *store, status_t status);

/* An object or attribute of so many bytes was made. */
void store_count(store_t *store, uint64_t bytes);

/* Collective. Takes the disk space of everything created so far, and some for what describes it:
 * a disk that is too full is noticed now, by every rank, rather than in the middle of a write. */
MUST_CHECK status_t store_reserve(store_t *store);

/* Writes an attribute of this HDF5 type; length: elements of an array, or NULL for a single value. */
MUST_CHECK status_t store_set_attribute(store_t *store, const char *object, const char *key,
                                        hid_t type, const hsize_t *length, const void *value);

/* What a dataset's HDF5 type is for us; STORE_TYPES where we have none. */
store_type_t store_type_of(hid_t dataset);

/* ---- axes ---- */

/* Whether it is one of HDF5's attributes that are made from axes. */
bool axes_are(const char *attribute);
/* Collective. Makes dimension scales and labels of what was described; EXIT_BUG where a dataset has other
 * dimensions than axes. */
MUST_CHECK status_t axes_write(store_t *store);
void axes_free(store_t *store);

/* ---- checksums: docs/files.md ---- */

/* Whether name is that of the dataset that holds them. */
bool checksums_are(const char *name);
/* Collective. Makes room for those of a new dataset of count elements, and says where they are. */
MUST_CHECK status_t checksums_define(store_t *store, const char *name, uint64_t count, int width);
/* This rank wrote a block of a dataset of this shape; each element is written once, by one rank. */
void checksums_add(store_t *store, const char *name, int dimensions, const uint64_t *shape,
                   const uint64_t *start, const uint64_t *count, const void *data);
/* Some of the dataset went through a collective call, for which MPI-IO libraries may report success though
 * a rank could not write (Open MPI 4.1's does). */
void checksums_written_together(store_t *store, const char *name);
/* Collective, after the file was closed: reads such datasets again, each rank a share; EXIT_OUTPUT where
 * they are not what was written. */
MUST_CHECK status_t checksums_verify(store_t *store);
/* Collective. Writes those of all datasets. */
MUST_CHECK status_t checksums_write(store_t *store);
void checksums_free(store_t *store);

/* An EXIT_INPUT error where elements [from, to) of a dataset, in row-major order, are not those that were
 * written. data: these elements as they are stored; NULL: they are read for it, as is the rest of the
 * pages that they lie in. Nothing is checked in a file that has no checksums. */
MUST_CHECK status_t checksums_check(const store_t *store, const char *name,
                                    const store_info_t *info, int width, uint64_t from, uint64_t to,
                                    const void *data);

#endif
