#include "text/mapped.h"

#include "core/memory.h"
#include "text/utf8.h"

void mapped_clear(mapped_t *mapped, bool tracked, size_t limit)
{
    str_clear(&mapped->bytes);
    mapped->joints = 0;
    mapped->characters = 0;
    mapped->tracked = tracked;
    mapped->limit = limit;
}

status_t mapped_reserve(mapped_t *mapped, size_t length)
{
    str_t *bytes = &mapped->bytes;
    if (length > mapped->limit || bytes->length > mapped->limit - length)
        return status_new(EXIT_INPUT, "a normalised text grows beyond %zu bytes", mapped->limit);
    return mem_grow(&bytes->data, &bytes->capacity, bytes->length + length + 1, "normalised text");
}

void mapped_free(mapped_t *mapped)
{
    str_free(&mapped->bytes);
    mem_free(&mapped->joint);
    *mapped = (mapped_t){0};
}

/* Says where the next character comes from. */
static status_t add_joint(mapped_t *mapped, int64_t origin)
{
    if (mapped->joints) {
        joint_t last = mapped->joint[mapped->joints - 1];
        if (last.origin + (mapped->characters - last.at) == origin) return NULL;
    }
    status_t status =
        mem_grow(&mapped->joint, &mapped->joint_capacity, mapped->joints + 1, "text origins");
    if (!status) mapped->joint[mapped->joints++] = (joint_t){mapped->characters, origin};
    return status;
}

/* The last joint at or before character `at` (of the text that the joints speak of). */
static size_t joint_before(const piece_t *piece, int64_t at)
{
    size_t low = 0, high = piece->joints;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (piece->joint[middle].at <= at) low = middle;
        else high = middle;
    }
    return low;
}

int64_t joint_origin(const piece_t *piece, int64_t at)
{
    at += piece->first;
    joint_t joint = piece->joint[joint_before(piece, at)];
    return joint.origin + (at - joint.at);
}

/* Appends the origins of count > 0 characters of source from character `at` on. */
static status_t copy_origins(mapped_t *mapped, const piece_t *source, int64_t at, int64_t count)
{
    int64_t start = mapped->characters;
    status_t status = add_joint(mapped, piece_origin(source, at));
    size_t i = source->joints ? joint_before(source, source->first + at) + 1 : 0;
    for (; !status && i < source->joints; i++) {
        int64_t within = source->joint[i].at - source->first - at;
        if (within >= count) break;
        mapped->characters = start + within;
        status = add_joint(mapped, source->joint[i].origin);
    }
    mapped->characters = start + count;
    return status;
}

status_t mapped_copy(mapped_t *mapped, const char *bytes, size_t length, const piece_t *source,
                     int64_t at)
{
    if (length == 0) return NULL;
    status_t status = mapped_reserve(mapped, length);
    if (!status) status = str_append(&mapped->bytes, bytes, length);
    if (!status && mapped->tracked)
        status = copy_origins(mapped, source, at, utf8_count(bytes, length));
    return status;
}

status_t mapped_adopt(mapped_t *mapped, const piece_t *source, int64_t count)
{
    return mapped->tracked && count > 0 ? copy_origins(mapped, source, 0, count) : NULL;
}

status_t mapped_insert(mapped_t *mapped, const char *bytes, size_t length, int64_t origin)
{
    status_t status = mapped_reserve(mapped, length);
    if (!status) status = str_append(&mapped->bytes, bytes, length);
    for (size_t i = 0; !status && mapped->tracked && i < length; i++) {
        if (!utf8_starts(bytes[i])) continue;
        status = add_joint(mapped, origin);
        mapped->characters++;
    }
    return status;
}

piece_t mapped_piece(const mapped_t *mapped)
{
    return (piece_t){.bytes = mapped->bytes.data,
                     .length = mapped->bytes.length,
                     .joint = mapped->joint,
                     .joints = mapped->joints};
}

piece_t piece_part(const piece_t *piece, size_t start, size_t length, int64_t at)
{
    piece_t part = *piece;
    part.bytes += start;
    part.length = length;
    part.first += at;
    return part;
}
