#include "text/id_file.h"

#include <stdio.h>
#include <string.h>

#include "core/memory.h"
#include "text/id_file_parts.h"

size_t id_size(id_type_t type)
{
    static const size_t size[] = {1, 1, 2, 2, 4, 4, 8};
    return size[type];
}

status_t id_file_create(const char *path, id_file_t **ids)
{
    status_t status = mem_new(ids, 1, "token ids");
    if (!status) status = file_open(&(*ids)->file, path);
    if (status) {
        mem_free(ids);
        return status;
    }
    status = mem_new(&(*ids)->bytes, (size_t)ID_BLOCK * 8, "token ids");
    if (status) id_file_close(ids);
    return status;
}

void id_file_close(id_file_t **ids)
{
    if (!*ids) return;
    id_index_close(&(*ids)->index);
    file_close(&(*ids)->file);
    mem_free(&(*ids)->bytes);
    mem_free(ids);
}

uint64_t id_file_tokens(const id_file_t *ids)
{
    return ids->tokens;
}

uint64_t id_file_documents(const id_file_t *ids)
{
    return ids->documents;
}

static int64_t value_at(const unsigned char *bytes, id_type_t type)
{
    uint16_t u16;
    uint32_t u32;
    int64_t i64;
    switch (type) {
    case ID_U8: return bytes[0];
    case ID_I8: return (int8_t)bytes[0];
    case ID_U16:
    case ID_I16: memcpy(&u16, bytes, sizeof u16); return type == ID_U16 ? u16 : (int16_t)u16;
    case ID_U32:
    case ID_I32:
        memcpy(&u32, bytes, sizeof u32);
        return type == ID_U32 ? (int64_t)u32 : (int32_t)u32;
    default: memcpy(&i64, bytes, sizeof i64); return i64;
    }
}

static status_t beyond(const id_file_t *ids, uint64_t token, int64_t id, int32_t vocabulary)
{
    char place[80] = "";
    if (ids->row)
        snprintf(place, sizeof place, " (row %llu, column %llu)",
                 (unsigned long long)(token / ids->row), (unsigned long long)(token % ids->row));
    return status_new(EXIT_INPUT, "%s: token %llu%s has the id %lld, from 0 to %d are expected",
                      ids->file.path, (unsigned long long)token, place, (long long)id,
                      vocabulary - 1);
}

status_t id_read_run(id_file_t *ids, uint64_t at, uint64_t count, uint64_t first,
                     int32_t vocabulary, int32_t *id)
{
    size_t size = id_size(ids->type);
    status_t status = NULL;
    for (uint64_t done = 0; !status && done < count;) {
        size_t n = count - done < ID_BLOCK ? (size_t)(count - done) : ID_BLOCK;
        status = file_read_at(&ids->file, at + done * size, ids->bytes, n * size);
        for (size_t i = 0; !status && i < n; i++) {
            int64_t value = value_at(ids->bytes + i * size, ids->type);
            if (value < 0 || value >= vocabulary)
                status = beyond(ids, first + done + i, value, vocabulary);
            id[done + i] = (int32_t)value;
        }
        done += n;
    }
    return status;
}

status_t id_file_starts(id_file_t *ids, uint64_t document, uint64_t count, int64_t *first)
{
    if (count > ids->documents || document > ids->documents - count)
        return status_new(EXIT_BUG, "documents beyond the last one");
    if (ids->index) return id_index_starts(ids, document, count, first);
    for (uint64_t i = 0; i < count; i++) first[i] = (int64_t)((document + i) * ids->row);
    return NULL;
}

status_t id_file_read(id_file_t *ids, uint64_t first, uint64_t count, int32_t vocabulary,
                      int32_t *id)
{
    if (count > ids->tokens || first > ids->tokens - count)
        return status_new(EXIT_BUG, "tokens beyond the last one");
    if (ids->index) return id_index_read(ids, first, count, vocabulary, id);
    return id_read_run(ids, ids->start + first * id_size(ids->type), count, first, vocabulary, id);
}
