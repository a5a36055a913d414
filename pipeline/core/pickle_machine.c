#include "core/pickle_machine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/* A place of the memo that was passed over. */
static const pickle_ref_t UNSET = UINT32_MAX;

void machine_free(machine_t *machine)
{
    mem_free(&machine->stack.item);
    mem_free(&machine->marks.item);
    mem_free(&machine->memo.item);
}

status_t machine_damaged(const machine_t *machine, const char *what)
{
    return status_new(EXIT_INPUT, "%s: pickle: byte %zu, opcode %s: %s", machine->path,
                      machine->start, machine->name, what);
}

static status_t need_bytes(const machine_t *machine, size_t length)
{
    if (machine->length - machine->at < length)
        return machine_damaged(machine, "the pickle ends here");
    return NULL;
}

status_t machine_take(machine_t *machine, size_t length, const char **bytes)
{
    status_t status = need_bytes(machine, length);
    if (status) return status;
    *bytes = machine->bytes + machine->at;
    machine->at += length;
    return NULL;
}

status_t machine_take_line(machine_t *machine, const char **line, size_t *length)
{
    *line = machine->bytes + machine->at;
    const char *end = memchr(*line, '\n', machine->length - machine->at);
    if (!end) return machine_damaged(machine, "the pickle ends within a line");
    *length = (size_t)(end - *line);
    machine->at += *length + 1;
    return NULL;
}

status_t machine_take_number(machine_t *machine, int width, uint64_t *number)
{
    status_t status = need_bytes(machine, (size_t)width);
    if (status) return status;
    *number = 0;
    for (int i = width; i-- > 0;)
        *number = *number << 8 | (unsigned char)machine->bytes[machine->at + (size_t)i];
    machine->at += (size_t)width;
    return NULL;
}

status_t machine_take_decimal(machine_t *machine, int64_t *number)
{
    const char *line = NULL;
    char copy[32], *end;
    size_t length = 0;
    intmax_t value = 0;
    status_t status = machine_take_line(machine, &line, &length);
    if (status) return status;
    bool fits = length > 0 && length < sizeof copy;
    if (fits) {
        memcpy(copy, line, length);
        copy[length] = '\0';
        value = strtoimax(copy, &end, 10);
        fits = strspn(copy, "+-0123456789L") == length && end > copy &&
               (*end == '\0' || strcmp(end, "L") == 0) && value > INT64_MIN && value < INT64_MAX;
    }
    if (!fits) return machine_damaged(machine, "not an integer of 64 bits");
    *number = value;
    return NULL;
}

static status_t append(refs_t *refs, pickle_ref_t ref)
{
    status_t status = mem_grow(&refs->item, &refs->capacity, refs->count + 1, "pickle stack");
    if (!status) refs->item[refs->count++] = ref;
    return status;
}

status_t machine_push(machine_t *machine, pickle_ref_t ref)
{
    return append(&machine->stack, ref);
}

size_t machine_base(const machine_t *machine)
{
    return machine->marks.count ? machine->marks.item[machine->marks.count - 1] : 0;
}

status_t machine_need(const machine_t *machine, size_t count)
{
    if (machine->stack.count - machine_base(machine) < count)
        return machine_damaged(machine, "the stack holds too few values");
    return NULL;
}

pickle_ref_t machine_top(const machine_t *machine)
{
    return machine->stack.item[machine->stack.count - 1];
}

status_t machine_pop_marked(machine_t *machine, const pickle_ref_t **item, size_t *count)
{
    if (!machine->marks.count) return machine_damaged(machine, "no mark on the stack");
    size_t height = machine->marks.item[--machine->marks.count];
    *count = machine->stack.count - height;
    *item = *count ? machine->stack.item + height : NULL; /* there may be no stack yet */
    machine->stack.count = height;
    return NULL;
}

status_t machine_pop(machine_t *machine, const pickle_ref_t **item, size_t count)
{
    status_t status = machine_need(machine, count);
    if (status) return status;
    machine->stack.count -= count;
    *item = machine->stack.item + machine->stack.count;
    return NULL;
}

status_t machine_need_top(const machine_t *machine, pickle_kind_t kind)
{
    char what[64];
    status_t status = machine_need(machine, 1);
    if (status || pickle_kind(machine->tree, machine_top(machine)) == kind) return status;
    snprintf(what, sizeof what, "%s is expected on the stack, %s is there", pickle_kind_name(kind),
             pickle_kind_name(pickle_kind(machine->tree, machine_top(machine))));
    return machine_damaged(machine, what);
}

status_t machine_push_items(machine_t *machine, pickle_kind_t kind, const pickle_ref_t *item,
                            size_t count)
{
    pickle_ref_t ref;
    status_t status = tree_items(machine->tree, kind, item, count, &ref);
    return status ? status : machine_push(machine, ref);
}

status_t machine_push_mark(machine_t *machine)
{
    return append(&machine->marks, (pickle_ref_t)machine->stack.count);
}

status_t machine_memo_put(machine_t *machine, size_t place)
{
    status_t status = machine_need(machine, 1);
    refs_t *memo = &machine->memo;
    if (!status && place >= memo->count) {
        status = mem_grow(&memo->item, &memo->capacity, place + 1, "pickle memo");
        if (status) return status;
        while (memo->count <= place) memo->item[memo->count++] = UNSET;
    }
    if (!status) memo->item[place] = machine_top(machine);
    return status;
}

status_t machine_memo_get(machine_t *machine, size_t place, pickle_ref_t *ref)
{
    if (place >= machine->memo.count || machine->memo.item[place] == UNSET)
        return machine_damaged(machine, "nothing was stored at this place in the memo");
    *ref = machine->memo.item[place];
    return NULL;
}
