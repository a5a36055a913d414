/* Megatron's .idx: where each sequence of the .bin lies, and which of them make a document. */
#include <string.h>

#include "core/memory.h"
#include "core/strings.h"
#include "text/id_file_parts.h"

enum { HEADER = 34 };
static const char magic[9] = "MMIDIDX\0";

void id_index_close(id_index_t **index)
{
    if (!*index) return;
    file_close(&(*index)->file);
    mem_free(&(*index)->before);
    mem_free(&(*index)->block);
    mem_free(index);
}

static status_t wrong(const id_index_t *index, const char *what)
{
    return status_new(EXIT_INPUT, "%s: %s", index->file.path, what);
}

static uint64_t number(const unsigned char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static status_t read_type(id_file_t *ids, int code)
{
    switch (code) {
    case 1: ids->type = ID_U8; return NULL;
    case 2: ids->type = ID_I8; return NULL;
    case 3: ids->type = ID_I16; return NULL;
    case 4: ids->type = ID_I32; return NULL;
    case 5: ids->type = ID_I64; return NULL;
    case 8: ids->type = ID_U16; return NULL;
    default:
        return status_new(EXIT_INPUT,
                          "%s: token ids of type %d are not supported (known: 1 to 5 "
                          "and 8)",
                          ids->index->file.path, code);
    }
}

static status_t read_header(id_file_t *ids)
{
    id_index_t *index = ids->index;
    unsigned char header[HEADER];
    uint64_t size = index->file.size;
    if (size < HEADER) return wrong(index, "too short for a Megatron index");
    status_t status = file_read_at(&index->file, 0, header, HEADER);
    if (status) return status;
    if (memcmp(header, magic, sizeof magic) != 0)
        return wrong(index, "not a Megatron index (MMIDIDX)");
    if (number(header + 9) != 1) return wrong(index, "a Megatron index of another version than 1");
    status = read_type(ids, header[17]);
    index->sequences = number(header + 18);
    index->entries = number(header + 26);
    uint64_t room = size - HEADER;
    if (!status &&
        (index->sequences > room / 12 || index->entries > (room - 12 * index->sequences) / 8))
        status = wrong(index, "the lists it promises are longer than the file");
    index->lengths = HEADER;
    index->offsets = index->lengths + 4 * index->sequences;
    index->starts = index->offsets + 8 * index->sequences;
    /* Multimodal indices have a byte per sequence behind it all. */
    uint64_t end = index->starts + 8 * index->entries;
    if (!status && end != size && end + index->sequences != size)
        status = wrong(index, "more bytes than its lists need");
    return status;
}

/* Brings a block of sequences into memory, checked against the file with the tokens. */
static status_t load(id_file_t *ids, uint64_t block)
{
    id_index_t *index = ids->index;
    if (index->held == block) return NULL;
    uint64_t first = block * ID_BLOCK, left = index->sequences - first;
    size_t count = left < ID_BLOCK ? (size_t)left : ID_BLOCK, size = id_size(ids->type);
    index->held = UINT64_MAX;
    status_t status = file_read_at(&index->file, index->lengths + 4 * first, ids->bytes, 4 * count);
    for (size_t i = 0; !status && i < count; i++)
        memcpy(&index->block[i].length, ids->bytes + 4 * i, 4);
    if (!status)
        status = file_read_at(&index->file, index->offsets + 8 * first, ids->bytes, 8 * count);
    for (size_t i = 0; !status && i < count; i++) {
        id_sequence_t *sequence = &index->block[i];
        memcpy(&sequence->offset, ids->bytes + 8 * i, 8);
        if (sequence->length < 0 || sequence->offset < 0 ||
            (uint64_t)sequence->offset > ids->file.size ||
            (uint64_t)sequence->length > (ids->file.size - (uint64_t)sequence->offset) / size)
            status = status_new(EXIT_INPUT,
                                "%s: sequence %llu (%d tokens at byte %lld) is not "
                                "within %s",
                                index->file.path, (unsigned long long)(first + i), sequence->length,
                                (long long)sequence->offset, ids->file.path);
    }
    if (!status) index->held = block;
    return status;
}

static status_t count_tokens(id_file_t *ids)
{
    id_index_t *index = ids->index;
    uint64_t blocks = (index->sequences + ID_BLOCK - 1) / ID_BLOCK;
    status_t status = mem_new(&index->before, (size_t)blocks + 1, "Megatron index");
    for (uint64_t b = 0; !status && b < blocks; b++) {
        uint64_t left = index->sequences - b * ID_BLOCK;
        status = load(ids, b);
        index->before[b + 1] = index->before[b];
        for (uint64_t i = 0; !status && i < ID_BLOCK && i < left; i++)
            index->before[b + 1] += (uint64_t)index->block[i].length;
    }
    if (status) return status;
    ids->tokens = index->before[blocks];
    if (ids->tokens <= ids->file.size / id_size(ids->type)) return NULL;
    return status_new(EXIT_INPUT, "%s: %llu tokens do not fit %s", index->file.path,
                      (unsigned long long)ids->tokens, ids->file.path);
}

/* The document index ascends from 0 to the number of sequences. */
static status_t check_documents(id_file_t *ids)
{
    id_index_t *index = ids->index;
    uint64_t last = 0;
    status_t status = NULL;
    if (index->entries == 0)
        return index->sequences ? wrong(index, "the document index is empty") : NULL;
    for (uint64_t at = 0; !status && at < index->entries; at += ID_BLOCK) {
        uint64_t left = index->entries - at;
        size_t count = left < ID_BLOCK ? (size_t)left : ID_BLOCK;
        status = file_read_at(&index->file, index->starts + 8 * at, ids->bytes, 8 * count);
        for (size_t i = 0; !status && i < count; i++) {
            uint64_t entry = number(ids->bytes + 8 * i);
            if (entry < last || entry > index->sequences || (at + i == 0 && entry != 0))
                status = wrong(index, "the document index does not ascend from 0 to the number of "
                                      "sequences");
            last = entry;
        }
    }
    if (!status && last != index->sequences)
        status = wrong(index, "the document index does not end at the number of sequences");
    ids->documents = index->entries - 1;
    return status;
}

static status_t open_index(const char *path, id_file_t *ids)
{
    char *name = NULL;
    if (!has_suffix(path, ".bin"))
        return status_new(EXIT_INPUT,
                          "%s: a name that ends in .bin is expected, with a .idx beside", path);
    status_t status = mem_new(&ids->index, 1, "Megatron index");
    if (!status) status = str_format(&name, "%.*s.idx", (int)(strlen(path) - 4), path);
    if (!status) status = file_open(&ids->index->file, name);
    if (status) mem_free(&ids->index); /* it holds no file */
    mem_free(&name);
    if (!status) status = mem_new(&ids->index->block, ID_BLOCK, "Megatron index");
    if (status) return status;
    ids->index->held = UINT64_MAX;
    return NULL;
}

status_t id_file_open_megatron(const char *path, id_file_t **ids)
{
    status_t status = id_file_create(path, ids);
    if (!status) status = open_index(path, *ids);
    if (!status) status = read_header(*ids);
    if (!status) status = count_tokens(*ids);
    if (!status) status = check_documents(*ids);
    if (status) id_file_close(ids);
    return status;
}

/* The first token of a sequence; the number of tokens for the place behind the last. */
static status_t first_of(id_file_t *ids, uint64_t sequence, int64_t *first)
{
    id_index_t *index = ids->index;
    uint64_t block = sequence / ID_BLOCK, tokens = index->before[block];
    status_t status = sequence % ID_BLOCK ? load(ids, block) : NULL;
    for (uint64_t i = 0; !status && i < sequence % ID_BLOCK; i++)
        tokens += (uint64_t)index->block[i].length;
    *first = (int64_t)tokens;
    return status;
}

status_t id_index_starts(id_file_t *ids, uint64_t document, uint64_t count, int64_t *first)
{
    id_index_t *index = ids->index;
    uint64_t sequence = UINT64_MAX;
    int64_t tokens = 0;
    status_t status = NULL;
    if (count)
        status = file_read_at(&index->file, index->starts + 8 * document, first, 8 * (size_t)count);
    for (uint64_t i = 0; !status && i < count; i++) {
        uint64_t wanted = (uint64_t)first[i];
        /* From one document to the next within a block it takes but a few steps. */
        if (sequence > wanted || wanted / ID_BLOCK != sequence / ID_BLOCK) {
            sequence = wanted;
            status = first_of(ids, wanted, &tokens);
        } else if (sequence < wanted) {
            status = load(ids, sequence / ID_BLOCK);
            for (; !status && sequence < wanted; sequence++)
                tokens += index->block[sequence % ID_BLOCK].length;
        }
        first[i] = tokens;
    }
    return status;
}

/* The block of sequences in which a token lies. */
static uint64_t block_of(const id_index_t *index, uint64_t token)
{
    uint64_t low = 0, high = (index->sequences + ID_BLOCK - 1) / ID_BLOCK;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (index->before[middle] <= token) low = middle;
        else high = middle;
    }
    return low;
}

status_t id_index_read(id_file_t *ids, uint64_t first, uint64_t count, int32_t vocabulary,
                       int32_t *id)
{
    id_index_t *index = ids->index;
    size_t size = id_size(ids->type);
    uint64_t block = count ? block_of(index, first) : 0, at = count ? index->before[block] : 0;
    status_t status = NULL;
    for (uint64_t done = 0; !status && done < count; block++) {
        uint64_t left = index->sequences - block * ID_BLOCK;
        status = load(ids, block);
        for (uint64_t i = 0; !status && i < ID_BLOCK && i < left && done < count; i++) {
            const id_sequence_t *sequence = &index->block[i];
            uint64_t length = (uint64_t)sequence->length, skipped = first + done - at;
            if (skipped < length) {
                uint64_t n = length - skipped < count - done ? length - skipped : count - done;
                status = id_read_run(ids, (uint64_t)sequence->offset + skipped * size, n,
                                     first + done, vocabulary, id + done);
                done += n;
            }
            at += length;
        }
    }
    return status;
}
