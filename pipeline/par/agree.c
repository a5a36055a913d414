#include "par/agree.h"

#include <string.h>

#include "core/memory.h"
#include "par/watch.h"

status_t agree(MPI_Comm comm, status_t status)
{
    int rank, ranks;
    MPI_Comm_rank(comm, &rank);
    MPI_Comm_size(comm, &ranks);
    int mine = status ? rank : ranks, first;
    if (status) watch_error(status);
    MPI_Allreduce(&mine, &first, 1, MPI_INT, MPI_MIN, comm);
    if (status) watch_error(NULL);
    if (first == ranks) return NULL;
    char message[4096] = "";
    int code = 0;
    if (rank == first) {
        strncpy(message, status_message(status), sizeof message - 1);
        code = status_code(status);
    }
    MPI_Bcast(&code, 1, MPI_INT, first, comm);
    MPI_Bcast(message, sizeof message, MPI_CHAR, first, comm);
    if (rank == first) return status;
    status_free(&status);
    return status_new(code, "%s", message);
}

status_t share_bytes(MPI_Comm comm, void *bytes, size_t length)
{
    const size_t piece = 1u << 30;
    for (size_t at = 0; at < length; at += piece) {
        size_t n = length - at < piece ? length - at : piece;
        if (MPI_Bcast((char *)bytes + at, (int)n, MPI_BYTE, 0, comm) != MPI_SUCCESS)
            return status_new(EXIT_RESOURCE, "MPI_Bcast of %zu bytes failed", n);
    }
    return NULL;
}

status_t share_text(MPI_Comm comm, status_t status, str_t *str)
{
    int rank;
    MPI_Comm_rank(comm, &rank);
    status = agree(comm, status);
    if (status) return status;
    unsigned long long length = str->length;
    MPI_Bcast(&length, 1, MPI_UNSIGNED_LONG_LONG, 0, comm);
    if (rank != 0) {
        str_clear(str);
        status = mem_grow(&str->data, &str->capacity, length + 1, "shared text");
    }
    status = agree(comm, status);
    if (!status) status = share_bytes(comm, str->data, length);
    if (!status && rank != 0) {
        str->length = length;
        str->data[length] = '\0';
    }
    return status;
}
