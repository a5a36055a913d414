/* A table from pairs of ids to a number: open addressing over 64-bit keys. */
#ifndef WN_TEXT_PAIRS_H
#define WN_TEXT_PAIRS_H

#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "core/status.h"

typedef struct {
    uint64_t key; /* left << 32 | right; PAIR_NONE where empty */
    uint32_t value;
} pair_slot_t;

typedef struct {
    pair_slot_t *slot;
    size_t mask;
} pairs_t;

#define PAIR_NONE UINT64_MAX
#define RANK_NONE UINT32_MAX

static inline uint64_t pair_key(int32_t left, int32_t right)
{
    return (uint64_t)(uint32_t)left << 32 | (uint32_t)right;
}

static inline size_t pair_place(const pairs_t *pairs, uint64_t key)
{
    return (size_t)(((key ^ (key >> 29)) * 0x9E3779B97F4A7C15u) >> 24) & pairs->mask;
}

/* Room for count pairs, all absent. */
static inline MUST_CHECK status_t pairs_create(pairs_t *pairs, size_t count)
{
    size_t slots = 16;
    while (slots < count * 2) slots *= 2;
    status_t status = mem_new(&pairs->slot, slots, "pair table");
    if (status) return status;
    pairs->mask = slots - 1;
    for (size_t i = 0; i < slots; i++) pairs->slot[i].key = PAIR_NONE;
    return NULL;
}

/* The pair's slot, or the empty one where it belongs. */
static inline pair_slot_t *pairs_slot(const pairs_t *pairs, uint64_t key)
{
    size_t i = pair_place(pairs, key);
    while (pairs->slot[i].key != key && pairs->slot[i].key != PAIR_NONE) i = (i + 1) & pairs->mask;
    return &pairs->slot[i];
}

/* The pair's number, or RANK_NONE. */
static inline uint32_t pairs_get(const pairs_t *pairs, int32_t left, int32_t right)
{
    const pair_slot_t *slot = pairs_slot(pairs, pair_key(left, right));
    return slot->key == PAIR_NONE ? RANK_NONE : slot->value;
}

static inline void pairs_set(pairs_t *pairs, int32_t left, int32_t right, uint32_t value)
{
    pair_slot_t *slot = pairs_slot(pairs, pair_key(left, right));
    slot->key = pair_key(left, right);
    slot->value = value;
}

#endif
