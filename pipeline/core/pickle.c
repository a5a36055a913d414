#include "core/pickle.h"

#include <string.h>

#include "core/pickle_machine.h"
#include "core/pickle_text.h"

typedef struct {
    const char *name;
    status_t (*run)(machine_t *machine, int operand); /* NULL: known and not read */
    int operand; /* what opcodes of one kind differ in: a width, a count, a kind, a value */
} opcode_t;

/* --- constants and numbers ---------------------------------------------------------------- */

static status_t op_constant(machine_t *machine, int ref)
{
    return machine_push(machine, (pickle_ref_t)ref);
}

static status_t push_integer(machine_t *machine, int64_t integer)
{
    pickle_ref_t ref;
    status_t status = tree_integer(machine->tree, integer, &ref);
    return status ? status : machine_push(machine, ref);
}

static status_t op_decimal(machine_t *machine, int unused)
{
    (void)unused;
    const char *at = machine->bytes + machine->at;
    int64_t integer;
    if (machine->length - machine->at >= 3 && at[0] == '0' && (at[1] == '0' || at[1] == '1') &&
        at[2] == '\n' && machine->bytes[machine->start] == 'I') { /* booleans before protocol 2 */
        machine->at += 3;
        return machine_push(machine, at[1] == '1' ? REF_TRUE : REF_FALSE);
    }
    status_t status = machine_take_decimal(machine, &integer);
    return status ? status : push_integer(machine, integer);
}

static status_t op_integer(machine_t *machine, int width)
{
    uint64_t number;
    status_t status = machine_take_number(machine, width, &number);
    if (status) return status;
    return push_integer(machine, width == 4 ? (int32_t)(uint32_t)number : (int64_t)number);
}

/* A little-endian two's complement number, preceded by its length in so many bytes. */
static status_t op_long(machine_t *machine, int width)
{
    uint64_t length, number = 0;
    status_t status = machine_take_number(machine, width, &length);
    if (!status && length > 8) status = machine_damaged(machine, "an integer of more than 64 bits");
    if (!status && length) status = machine_take_number(machine, (int)length, &number);
    if (!status && length && length < 8 && number >> (8 * length - 1) & 1)
        number |= ~UINT64_C(0) << 8 * length;
    return status ? status : push_integer(machine, (int64_t)number);
}

/* --- texts ------------------------------------------------------------------------------------ */

static status_t push_text(machine_t *machine, const char *bytes, size_t length)
{
    pickle_ref_t ref;
    status_t status = tree_text(machine->tree, PICKLE_TEXT, bytes, length, &ref);
    return status ? status : machine_push(machine, ref);
}

static status_t op_escaped_text(machine_t *machine, int unicode)
{
    const char *line, *wrong = NULL;
    size_t length = 0;
    str_t text = {0};
    status_t status = machine_take_line(machine, &line, &length);
    if (!status)
        status = unicode ? pickle_raw_unicode(line, length, &text, &wrong)
                         : pickle_unquote(line, length, &text, &wrong);
    if (!status && wrong) status = machine_damaged(machine, wrong);
    if (!status) status = push_text(machine, text.data ? text.data : "", text.length);
    str_free(&text);
    return status;
}

/* Bytes preceded by their length in so many bytes. */
static status_t op_bytes(machine_t *machine, int width)
{
    uint64_t length = 0;
    const char *bytes = NULL;
    status_t status = machine_take_number(machine, width, &length);
    if (!status) status = machine_take(machine, length, &bytes);
    return status ? status : push_text(machine, bytes, length);
}

static status_t op_unicode(machine_t *machine, int width)
{
    uint64_t length = 0;
    const char *bytes = NULL;
    status_t status = machine_take_number(machine, width, &length);
    if (!status) status = machine_take(machine, length, &bytes);
    if (!status && utf8_valid_prefix(bytes, length) < length)
        status = machine_damaged(machine, "a text that is not UTF-8");
    return status ? status : push_text(machine, bytes, length);
}

/* --- containers --------------------------------------------------------------------------------- */

static status_t op_mark(machine_t *machine, int unused)
{
    (void)unused;
    return machine_push_mark(machine);
}

static status_t op_empty(machine_t *machine, int kind)
{
    return machine_push_items(machine, (pickle_kind_t)kind, NULL, 0);
}

static status_t check_pairs(const machine_t *machine, size_t count)
{
    return count % 2 ? machine_damaged(machine, "a key without a value") : NULL;
}

/* A container of all values above the mark. */
static status_t op_marked(machine_t *machine, int kind)
{
    const pickle_ref_t *item;
    size_t count;
    status_t status = machine_pop_marked(machine, &item, &count);
    if (!status && kind == PICKLE_DICT) status = check_pairs(machine, count);
    if (!status && kind == PICKLE_TUPLE && !count) return machine_push(machine, REF_EMPTY_TUPLE);
    return status ? status : machine_push_items(machine, (pickle_kind_t)kind, item, count);
}

static status_t op_tuple(machine_t *machine, int count)
{
    const pickle_ref_t *item;
    status_t status = machine_pop(machine, &item, (size_t)count);
    return status ? status : machine_push_items(machine, PICKLE_TUPLE, item, (size_t)count);
}

/* Appends the values above the mark to the list or dict below it. */
static status_t op_extend(machine_t *machine, int kind)
{
    const pickle_ref_t *item;
    size_t count;
    status_t status = machine_pop_marked(machine, &item, &count);
    if (!status) status = machine_need_top(machine, (pickle_kind_t)kind);
    if (!status && kind == PICKLE_DICT) status = check_pairs(machine, count);
    return status ? status : tree_extend(machine->tree, machine_top(machine), item, count);
}

static status_t op_append(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    status_t status = machine_pop(machine, &item, 1);
    if (!status) status = machine_need_top(machine, PICKLE_LIST);
    return status ? status : tree_extend(machine->tree, machine_top(machine), item, 1);
}

static status_t op_set_item(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    status_t status = machine_pop(machine, &item, 2);
    if (!status) status = machine_need_top(machine, PICKLE_DICT);
    return status ? status : tree_extend(machine->tree, machine_top(machine), item, 2);
}

/* --- stack and memo -------------------------------------------------------------------------- */

static status_t op_pop(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    if (machine->marks.count && machine->stack.count == machine_base(machine)) {
        machine->marks.count--;
        return NULL;
    }
    return machine_pop(machine, &item, 1);
}

static status_t op_pop_mark(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    size_t count;
    return machine_pop_marked(machine, &item, &count);
}

static status_t op_duplicate(machine_t *machine, int unused)
{
    (void)unused;
    status_t status = machine_need(machine, 1);
    return status ? status : machine_push(machine, machine_top(machine));
}

/* A place in the memo, of so many bytes, or decimal (width 0). Python numbers places as it
 * fills them, so that none can exceed the number of opcodes. */
static status_t take_place(machine_t *machine, int width, size_t *place)
{
    uint64_t number = 0;
    int64_t decimal = 0;
    status_t status = width ? machine_take_number(machine, width, &number)
                            : machine_take_decimal(machine, &decimal);
    if (!status && !width) number = (uint64_t)decimal;
    if (!status && number >= machine->length)
        status =
            machine_damaged(machine, "a place in the memo that no pickle of this length reaches");
    *place = number;
    return status;
}

static status_t op_put(machine_t *machine, int width)
{
    size_t place;
    status_t status = take_place(machine, width, &place);
    return status ? status : machine_memo_put(machine, place);
}

static status_t op_memoize(machine_t *machine, int unused)
{
    (void)unused;
    return machine_memo_put(machine, machine->memo.count);
}

static status_t op_get(machine_t *machine, int width)
{
    size_t place;
    pickle_ref_t ref;
    status_t status = take_place(machine, width, &place);
    if (!status) status = machine_memo_get(machine, place, &ref);
    return status ? status : machine_push(machine, ref);
}

/* --- what Python would import, call or look up ---------------------------------------------- */

static status_t push_global(machine_t *machine, const char *module, size_t module_length,
                            const char *name, size_t name_length)
{
    str_t full = {0};
    pickle_ref_t ref;
    status_t status = str_append(&full, module, module_length);
    if (!status) status = str_append(&full, ".", 1);
    if (!status) status = str_append(&full, name, name_length);
    const char *const *known = machine->globals;
    while (!status && known && *known && strcmp(*known, full.data) != 0) known++;
    if (!status && (!known || !*known || strlen(full.data) != full.length))
        status = status_new(EXIT_INPUT,
                            "%s: pickle: byte %zu: the global \"%.100s\" is not among those that "
                            "are read; nothing was executed",
                            machine->path, machine->start, full.data);
    if (!status) status = tree_text(machine->tree, PICKLE_GLOBAL, full.data, full.length, &ref);
    if (!status) status = machine_push(machine, ref);
    str_free(&full);
    return status;
}

static status_t op_global(machine_t *machine, int unused)
{
    (void)unused;
    const char *module, *name;
    size_t module_length, name_length;
    status_t status = machine_take_line(machine, &module, &module_length);
    if (!status) status = machine_take_line(machine, &name, &name_length);
    return status ? status : push_global(machine, module, module_length, name, name_length);
}

static status_t op_stack_global(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    const pickle_t *tree = machine->tree;
    size_t module_length, name_length;
    status_t status = machine_pop(machine, &item, 2);
    if (status) return status;
    if (pickle_kind(tree, item[0]) != PICKLE_TEXT || pickle_kind(tree, item[1]) != PICKLE_TEXT)
        return machine_damaged(machine, "the name of a global is not text");
    const char *module = pickle_text(tree, item[0], &module_length);
    const char *name = pickle_text(tree, item[1], &name_length);
    return push_global(machine, module, module_length, name, name_length);
}

static status_t op_reduce(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    const pickle_t *tree = machine->tree;
    status_t status = machine_pop(machine, &item, 2);
    if (status) return status;
    if (pickle_kind(tree, item[0]) != PICKLE_GLOBAL || pickle_kind(tree, item[1]) != PICKLE_TUPLE)
        return machine_damaged(machine, "a call of something other than a global with a tuple");
    /* an empty OrderedDict is a dict, whose items follow as they do for a dict */
    if (!pickle_items(tree, item[1]) &&
        strcmp(pickle_text(tree, item[0], NULL), "collections.OrderedDict") == 0)
        return machine_push_items(machine, PICKLE_DICT, NULL, 0);
    return machine_push_items(machine, PICKLE_CALL, item, 2);
}

/* Attributes set on an object; only those of an OrderedDict (torch's _metadata) are let pass,
 * and dropped. */
static status_t op_build(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    status_t status = machine_pop(machine, &item, 1);
    return status ? status : machine_need_top(machine, PICKLE_DICT);
}

static status_t op_persistent(machine_t *machine, int unused)
{
    (void)unused;
    const pickle_ref_t *item;
    status_t status = machine_pop(machine, &item, 1);
    return status ? status : machine_push_items(machine, PICKLE_PERSISTENT, item, 1);
}

/* --- frame of the whole ------------------------------------------------------------------------ */

static status_t op_protocol(machine_t *machine, int unused)
{
    (void)unused;
    uint64_t version;
    status_t status = machine_take_number(machine, 1, &version);
    if (!status && version > 5) status = machine_damaged(machine, "a protocol above 5");
    return status;
}

static status_t op_frame(machine_t *machine, int unused)
{
    (void)unused;
    uint64_t length = 0;
    status_t status = machine_take_number(machine, 8, &length);
    if (!status && length > machine->length - machine->at)
        status = machine_damaged(machine, "the frame is longer than the pickle");
    return status;
}

static status_t op_stop(machine_t *machine, int unused)
{
    (void)unused;
    status_t status = machine_need(machine, 1);
    if (!status && machine->at < machine->length)
        status = machine_damaged(machine, "further bytes follow the pickle's end");
    if (!status) machine->tree->root = machine_top(machine);
    machine->stopped = true;
    return status;
}

/* pickletools.opcodes. */
static const opcode_t opcodes[256] = {
    ['('] = {"MARK", op_mark, 0},
    ['.'] = {"STOP", op_stop, 0},
    ['0'] = {"POP", op_pop, 0},
    ['1'] = {"POP_MARK", op_pop_mark, 0},
    ['2'] = {"DUP", op_duplicate, 0},
    ['I'] = {"INT", op_decimal, 0},
    ['L'] = {"LONG", op_decimal, 0},
    ['J'] = {"BININT", op_integer, 4},
    ['K'] = {"BININT1", op_integer, 1},
    ['M'] = {"BININT2", op_integer, 2},
    [0x8a] = {"LONG1", op_long, 1},
    [0x8b] = {"LONG4", op_long, 4},
    ['N'] = {"NONE", op_constant, REF_NONE},
    [0x88] = {"NEWTRUE", op_constant, REF_TRUE},
    [0x89] = {"NEWFALSE", op_constant, REF_FALSE},
    ['S'] = {"STRING", op_escaped_text, 0},
    ['V'] = {"UNICODE", op_escaped_text, 1},
    ['T'] = {"BINSTRING", op_bytes, 4},
    ['U'] = {"SHORT_BINSTRING", op_bytes, 1},
    ['X'] = {"BINUNICODE", op_unicode, 4},
    [0x8c] = {"SHORT_BINUNICODE", op_unicode, 1},
    [0x8d] = {"BINUNICODE8", op_unicode, 8},
    [')'] = {"EMPTY_TUPLE", op_constant, REF_EMPTY_TUPLE},
    [']'] = {"EMPTY_LIST", op_empty, PICKLE_LIST},
    ['}'] = {"EMPTY_DICT", op_empty, PICKLE_DICT},
    ['t'] = {"TUPLE", op_marked, PICKLE_TUPLE},
    ['l'] = {"LIST", op_marked, PICKLE_LIST},
    ['d'] = {"DICT", op_marked, PICKLE_DICT},
    [0x85] = {"TUPLE1", op_tuple, 1},
    [0x86] = {"TUPLE2", op_tuple, 2},
    [0x87] = {"TUPLE3", op_tuple, 3},
    ['a'] = {"APPEND", op_append, 0},
    ['e'] = {"APPENDS", op_extend, PICKLE_LIST},
    ['s'] = {"SETITEM", op_set_item, 0},
    ['u'] = {"SETITEMS", op_extend, PICKLE_DICT},
    ['p'] = {"PUT", op_put, 0},
    ['q'] = {"BINPUT", op_put, 1},
    ['r'] = {"LONG_BINPUT", op_put, 4},
    [0x94] = {"MEMOIZE", op_memoize, 0},
    ['g'] = {"GET", op_get, 0},
    ['h'] = {"BINGET", op_get, 1},
    ['j'] = {"LONG_BINGET", op_get, 4},
    ['c'] = {"GLOBAL", op_global, 0},
    [0x93] = {"STACK_GLOBAL", op_stack_global, 0},
    ['R'] = {"REDUCE", op_reduce, 0},
    ['b'] = {"BUILD", op_build, 0},
    ['Q'] = {"BINPERSID", op_persistent, 0},
    [0x80] = {"PROTO", op_protocol, 0},
    [0x95] = {"FRAME", op_frame, 0},
    ['F'] = {"FLOAT", NULL, 0},
    ['G'] = {"BINFLOAT", NULL, 0},
    ['P'] = {"PERSID", NULL, 0},
    ['B'] = {"BINBYTES", NULL, 0},
    ['C'] = {"SHORT_BINBYTES", NULL, 0},
    ['i'] = {"INST", NULL, 0},
    ['o'] = {"OBJ", NULL, 0},
    [0x81] = {"NEWOBJ", NULL, 0},
    [0x82] = {"EXT1", NULL, 0},
    [0x83] = {"EXT2", NULL, 0},
    [0x84] = {"EXT4", NULL, 0},
    [0x8e] = {"BINBYTES8", NULL, 0},
    [0x8f] = {"EMPTY_SET", NULL, 0},
    [0x90] = {"ADDITEMS", NULL, 0},
    [0x91] = {"FROZENSET", NULL, 0},
    [0x92] = {"NEWOBJ_EX", NULL, 0},
    [0x96] = {"BYTEARRAY8", NULL, 0},
    [0x97] = {"NEXT_BUFFER", NULL, 0},
    [0x98] = {"READONLY_BUFFER", NULL, 0},
};

static status_t step(machine_t *machine)
{
    if (machine->at == machine->length)
        return status_new(EXIT_INPUT, "%s: pickle: truncated: no STOP in its %zu bytes",
                          machine->path, machine->length);
    machine->start = machine->at++;
    unsigned char code = (unsigned char)machine->bytes[machine->start];
    const opcode_t *opcode = &opcodes[code];
    machine->name = opcode->name;
    if (!opcode->run)
        return status_new(EXIT_INPUT,
                          "%s: pickle: byte %zu: opcode %s (0x%02x) is not read; nothing was "
                          "executed",
                          machine->path, machine->start, opcode->name ? opcode->name : "unknown",
                          code);
    return opcode->run(machine, opcode->operand);
}

status_t pickle_parse(const char *path, const char *bytes, size_t length,
                      const char *const *globals, pickle_t **pickle)
{
    machine_t machine = {.path = path, .bytes = bytes, .length = length, .globals = globals};
    *pickle = NULL;
    if (length >= UINT32_MAX / 2) /* values and items are counted in 32 bits */
        return status_new(EXIT_INPUT, "%s: pickle: %zu bytes, fewer than 2 GiB are expected", path,
                          length);
    status_t status = tree_create(pickle);
    machine.tree = *pickle;
    while (!status && !machine.stopped) status = step(&machine);
    machine_free(&machine);
    if (status) pickle_destroy(pickle);
    return status;
}
